"""``python -m tests.audit.speed SITE``: characters a second of the GPT in the page, in headless Chromium, on one core.

Twice: as it is, and in a browser without WebAssembly, in turns.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.audit.server import serving
from tests.chromium import CHROMIUM, WITHOUT_WEBASSEMBLY

WRITE = """async (model) => {
  const { fetchBytes, modelOf, readModel, rank, draw, randomFrom } = await import("./../_static/widgets/gpt.js");
  const file = readModel(await fetchBytes(new URL(`../_static/model/${model}`, location.href)));
  const gpt = modelOf(file), random = randomFrom(0), rates = [];
  for (let round = 0; round < 6; round++) {
    gpt.reset();
    const started = performance.now();
    let id = 0;
    for (let n = 0; n < gpt.config.context_length; n++) id = draw(rank(gpt.step(id), { temperature: 0.8 }), random);
    rates.push(1000 * gpt.config.context_length / (performance.now() - started));
  }
  const parameters = Object.values(file.tensors).reduce((sum, { length, numbers }) => sum + (numbers?.length ?? length), 0);
  return [file.products.way, parameters, gpt.config.context_length, rates];
}"""


def main(site: Path) -> None:
    models = sorted(path.name for path in (site / "_static/model").glob("*.bin"))
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for model in models:
            for before in ("", WITHOUT_WEBASSEMBLY) * 2:
                measure(browser, f"{address}book/playground.html", model, before)
        browser.close()


def measure(browser: Browser, page_address: str, model: str, before: str) -> None:
    page = browser.new_page()
    page.add_init_script(before)
    page.goto(page_address)
    way, parameters, context_length, rates = page.evaluate(WRITE, model)
    page.close()
    print(
        f"{model}, {parameters:,} parameters, {way}, characters a second in rounds of {context_length}:",
        end=" ",
    )
    print(", ".join(f"{rate:.0f}" for rate in rates))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
