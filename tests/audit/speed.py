"""``python -m tests.audit.speed SITE``: characters a second of the GPT in the page, in headless Chromium, on one core."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.audit.server import serving
from tests.chromium import CHROMIUM

WRITE = """async () => {
  const { fetchBytes, modelOf, readModel, rank, draw, randomFrom } = await import("./../_static/widgets/gpt.js");
  const file = readModel(await fetchBytes(new URL("../_static/model/gpt.bin", location.href)));
  const gpt = modelOf(file), random = randomFrom(0), rates = [];
  for (let round = 0; round < 6; round++) {
    gpt.reset();
    const started = performance.now();
    let id = 0;
    for (let n = 0; n < gpt.config.context_length; n++) id = draw(rank(gpt.step(id), { temperature: 0.8 }), random);
    rates.push(1000 * gpt.config.context_length / (performance.now() - started));
  }
  return [file.nBytes, gpt.config.context_length, rates];
}"""


def main(site: Path) -> None:
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{address}book/playground.html")
        n_bytes, context_length, rates = page.evaluate(WRITE)
        browser.close()
    print(f"model of {n_bytes / 1e6:.2f} MB, {context_length} characters a round, the first round warms up")
    print("characters a second:", ", ".join(f"{rate:.0f}" for rate in rates))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
