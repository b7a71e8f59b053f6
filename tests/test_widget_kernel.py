"""The kernel of the GPT in the page: its bytes are its source, its products are exact, and where it cannot run others can."""

import pytest
import torch

from seq2gpt.widgets import wasm

COLUMNS = [1, 3, 15, 16, 17, 128, 521, 2048]

PRODUCT = """async ([columns, weights, scales, x]) => {
  const { PlainProducts, SimdProducts } = await import("/_static/widgets/products.js");
  const matrix = { numbers: Int8Array.from(weights), scales: Float32Array.from(scales), columns };
  return [SimdProducts, PlainProducts].map((Products) => {
    const y = new Float64Array(scales.length);
    new Products([["w", matrix]]).multiply(y, "w", Float64Array.from(x));
    return [...y];
  });
}"""


@pytest.fixture(scope="module")
def page(site):
    page, faults = site.open(site.write("", name="empty.html"))
    yield page
    assert faults == []


def products(page, weights: torch.Tensor, scales: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """What the kernel and plain JavaScript make of it: two rows."""
    argument = [weights.shape[1], weights.flatten().tolist(), scales.tolist(), x.tolist()]
    return torch.tensor(page.evaluate(PRODUCT, argument), dtype=torch.float64)


def test_the_bytes_are_those_of_the_source():
    assert wasm.FILE.read_text(encoding="utf-8") == wasm.kernel_script(), (
        "kernel.js is stale; run `python -m seq2gpt.widgets.wasm`"
    )


def test_the_source_decides_the_bytes(tmp_path, monkeypatch):
    changed = tmp_path / "kernel.wat"
    changed.write_text(wasm.SOURCE.read_text(encoding="utf-8").replace("i32.const 32767", "i32.const 32766"))
    monkeypatch.setattr(wasm, "SOURCE", changed)
    assert wasm.FILE.read_text(encoding="utf-8") != wasm.kernel_script()


@pytest.mark.browser
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("size", [1e-20, 1.0, 1e20])
def test_products_are_those_of_double_precision(page, columns, size):
    generator = torch.Generator().manual_seed(columns)
    weights = torch.randint(-127, 128, (7, columns), generator=generator)
    scales = torch.rand(7, generator=generator)
    x = size * torch.randn(columns, generator=generator).double()
    expected = (weights.double() * scales.double()[:, None]) @ x
    limit = x.abs().max() * (weights.double() * scales.double()[:, None]).abs().sum(1).max()
    simd, plain = products(page, weights, scales, x)
    assert (simd - expected).abs().max() <= 2.0**-30 * limit
    assert (plain - expected).abs().max() <= 2.0**-24 * limit  # its weights are rounded to float32


@pytest.mark.browser
@pytest.mark.parametrize("sign", [1, -1])
def test_the_widest_row_of_the_largest_numbers_does_not_overflow(page, sign):
    """2,048 times 127 times the largest, where every product of halves is at its largest too."""
    columns = COLUMNS[-1]
    weights = torch.full((3, columns), 127 * sign)
    for x in (torch.ones(columns), -torch.ones(columns)):
        simd, _ = products(page, weights, torch.ones(3), x.double())
        torch.testing.assert_close(
            simd, torch.full((3,), sign * 127.0 * columns * x[0].item()).double(), rtol=1e-9, atol=0
        )


@pytest.mark.browser
def test_zeros_give_zeros_and_numbers_of_an_earlier_vector_are_gone(page):
    got = page.evaluate(
        """async () => {
          const { SimdProducts } = await import("/_static/widgets/products.js");
          const matrix = (columns) => ({ numbers: new Int8Array(2 * columns).fill(5), scales: Float32Array.of(1, 0), columns });
          const products = new SimdProducts([["wide", matrix(37)], ["narrow", matrix(3)]]);
          const y = new Float64Array(2);
          const of = (name, x) => { products.multiply(y, name, Float64Array.from(x)); return [...y]; };
          return [of("wide", Array(37).fill(1e20)), of("narrow", [1, 1, 1]), of("wide", Array(37).fill(0))];
        }"""
    )
    assert got == [[pytest.approx(185e20), 0], [pytest.approx(15), 0], [0, 0]]


@pytest.mark.browser
def test_a_row_too_wide_for_the_sums_takes_the_plain_way(page):
    ways = page.evaluate(
        """async () => {
          const { productsOf } = await import("/_static/widgets/products.js");
          return [2048, 2049].map((columns) => productsOf({ w: { numbers: new Int8Array(columns), scales: new Float32Array(1), columns } }).way);
        }"""
    )
    assert ways == ["WebAssembly SIMD", "plain JavaScript"]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("policy", "way"),
    [
        ("script-src 'self' 'unsafe-inline'", "plain JavaScript"),
        ("script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'", "WebAssembly SIMD"),
    ],
)
def test_a_page_that_forbids_webassembly_computes_all_the_same(site, policy, way):
    head = f'<link rel="icon" href="data:,"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    script = """<script type="module">
      import { productsOf } from "./_static/widgets/products.js";
      const products = productsOf({ w: { numbers: Int8Array.of(2, 3), scales: Float32Array.of(0.5), columns: 2 } });
      const y = new Float64Array(1);
      products.multiply(y, "w", Float64Array.of(4, 10));
      globalThis.told = [products.way, y[0]];
    </script>"""
    (site.folder / "policy.html").write_text(
        f"<!DOCTYPE html><html><head>{head}</head><body>{script}</body></html>"
    )
    page, _ = site.open("policy.html")  # the browser reports what the policy forbids
    page.wait_for_function("globalThis.told")
    told = page.evaluate("globalThis.told")
    assert told == [way, pytest.approx(19)]
    page.context.close()
