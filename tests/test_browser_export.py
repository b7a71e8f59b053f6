"""The exported GPT: its file, and that a page computes with it what PyTorch computes."""

import hashlib
import json
import math
import struct

import pytest
import torch

from chromium import WITHOUT_WEBASSEMBLY, site_in
from seq2gpt import heads, modern
from seq2gpt.browser import export_for_browser, pack_for_browser, quantize_rows, unpack_for_browser
from seq2gpt.generation import apply_temperature, top_k_filter, top_p_filter
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.modern import ModernConfig, ModernGPT
from seq2gpt.tokens import CharTokenizer

SYMBOLS = list("\n abcdefghijé🍵")
CONTEXT = 23


def small_gpt(seed: int = 0, **changes) -> GPT:
    """A GPT of odd sizes with large random weights, so that nothing is near 0 by luck."""
    sizes = {
        "vocab_size": len(SYMBOLS),
        "context_length": CONTEXT,
        "d_model": 21,
        "n_heads": 3,
        "n_layers": 2,
        "d_ff": 37,
    }
    model = GPT(GPTConfig(**sizes | changes)).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return model


def small_modern(seed: int = 5, **changes) -> ModernGPT:
    """A GPT of the modern layout, of odd sizes and with large random weights too."""
    sizes = {
        "vocab_size": len(SYMBOLS),
        "context_length": CONTEXT,
        "d_model": 24,
        "n_heads": 6,
        "n_layers": 2,
    }
    model = ModernGPT(ModernConfig(**sizes | changes)).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return model


def read_file(data: bytes) -> tuple[dict, dict[str, torch.Tensor]]:
    """Header and dequantised tensors, read as the format is documented, number by number."""
    assert data[:8] == b"seq2gpt\n"
    (length,) = struct.unpack("<I", data[8:12])
    header, payload = json.loads(data[12 : 12 + length]), data[12 + length :]
    assert (12 + length) % 4 == 0
    tensors = {}
    for entry in header["tensors"]:
        rows, *columns = entry["shape"]
        at = entry["offset"]
        floats = struct.unpack_from(f"<{rows}f", payload, at)
        if not columns:
            tensors[entry["name"]] = torch.tensor(floats)
            continue
        numbers = struct.unpack_from(f"{rows * columns[0]}b", payload, at + 4 * rows)
        scaled = [
            [scale * n for n in numbers[i * columns[0] :][: columns[0]]] for i, scale in enumerate(floats)
        ]
        tensors[entry["name"]] = torch.tensor(scaled)
    return header, tensors


def dequantised(model: GPT, data: bytes) -> GPT:
    """The same model with the weights that the file holds, in double precision."""
    copy = GPT(model.config).eval()
    _, tensors = read_file(data)
    copy.load_state_dict(tensors | {"head.weight": tensors["token_embedding.weight"]})
    return copy.double()


# ---- the file ------------------------------------------------------------------------------------------------


def test_no_weight_is_off_by_more_than_half_a_step_of_its_row():
    weight = (
        torch.randn(11, 29, generator=torch.Generator().manual_seed(0)) * torch.logspace(-6, 3, 11)[:, None]
    )
    numbers, scales = quantize_rows(weight)
    assert numbers.abs().amax(1).tolist() == [127] * 11
    for i in range(11):
        step = max(abs(w) for w in weight[i].tolist()) / 127
        assert math.isclose(scales[i].item(), step, rel_tol=1e-6)
        for w, n in zip(weight[i].tolist(), numbers[i].tolist(), strict=True):
            assert abs(w - n * step) <= 0.5001 * step


def test_the_file_holds_each_parameter_once_and_describes_itself():
    model, tokenizer = small_gpt(), CharTokenizer(SYMBOLS)
    header, tensors = read_file(pack_for_browser(model, tokenizer))
    parameters = dict(model.named_parameters())
    assert tensors.keys() == parameters.keys()
    assert "head.weight" not in tensors
    assert header["symbols"] == SYMBOLS
    assert header["config"] == {"vocab_size": 14, "context_length": 23, "d_model": 21, "n_heads": 3, "n_layers": 2,
                                "d_ff": 37, "dropout": 0.0, "bias": True}  # fmt: skip
    for name, tensor in tensors.items():
        limit = 0.0 if tensor.dim() == 1 else parameters[name].abs().max().item() / 250
        torch.testing.assert_close(tensor, parameters[name].detach(), atol=limit, rtol=0)


def test_the_checksum_and_the_length_are_those_of_the_payload():
    data = pack_for_browser(small_gpt(), CharTokenizer(SYMBOLS))
    header, _ = read_file(data)
    payload = data[-header["payload_bytes"] :]
    assert data[: -len(payload)].rstrip(b" ").endswith(b"}")  # the header ends where the payload begins
    assert hashlib.sha256(payload).hexdigest() == header["sha256"]


def test_a_parameter_takes_about_a_byte():
    model = GPT(GPTConfig(vocab_size=97, context_length=128, d_model=128, n_heads=4, n_layers=4))
    size = len(pack_for_browser(model, CharTokenizer([chr(32 + i) for i in range(97)])))
    assert size < 1.1 * sum(parameter.numel() for parameter in model.parameters())


def test_what_cannot_be_exported_is_told():
    with pytest.raises(
        ValueError, match=r"^the tokenizer has 2 symbols, the model vocab_size=14; give the tokenizer"
    ):
        pack_for_browser(small_gpt(), CharTokenizer("ab"))
    broken = small_gpt()
    with torch.no_grad():
        broken.blocks[1].norm_2.weight[3] = math.nan
    with pytest.raises(ValueError, match=r"^blocks.1.norm_2.weight holds nan or infinite numbers"):
        pack_for_browser(broken, CharTokenizer(SYMBOLS))


def test_an_older_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "gpt.bin"
    export_for_browser(small_gpt(), CharTokenizer(SYMBOLS), path)
    first = path.read_bytes()
    with pytest.raises(ValueError, match="the tokenizer has 2 symbols"):
        export_for_browser(small_gpt(), CharTokenizer("ab"), path)
    assert path.read_bytes() == first
    export_for_browser(small_gpt(seed=1), CharTokenizer(SYMBOLS), path)
    assert path.read_bytes() != first
    assert [file.name for file in tmp_path.iterdir()] == ["gpt.bin"]


@pytest.mark.parametrize("layout", ["gpt2", "modern"])
def test_a_file_comes_back_as_the_model_that_the_page_computes_with(layout):
    model = small_gpt() if layout == "gpt2" else small_modern(activation="swiglu", n_kv_heads=1)
    data = pack_for_browser(model, CharTokenizer(SYMBOLS), {"val_loss": 1.5})
    again, tokenizer, card = unpack_for_browser(data)
    assert again.config == model.config
    assert (tokenizer.symbols, card) == (SYMBOLS, {"val_loss": 1.5})
    _, tensors = read_file(data)
    for name, parameter in again.named_parameters():
        torch.testing.assert_close(parameter.detach(), tensors[name], atol=1e-7, rtol=1e-6)
    assert unpack_for_browser(pack_for_browser(model, tokenizer))[2] == {}


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        (lambda data: data[:-3], r"^the \d+ of \d+ bytes of weights do not fit their checksum; export"),
        (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "do not fit their checksum"),
        (
            lambda data: data[:200],
            r"^the model file ends inside its header, after 200 bytes; export it again",
        ),
        (lambda data: data[:9], "^this is no model file of seq2gpt; write one with export_for_browser"),
        (lambda data: b"<html>" + data, "^this is no model file of seq2gpt"),
    ],
)
def test_a_spoiled_file_is_refused(spoiled, told):
    data = pack_for_browser(small_gpt(), CharTokenizer(SYMBOLS))
    with pytest.raises(ValueError, match=told):
        unpack_for_browser(spoiled(data))


# ---- the engine ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with site_in(tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.fixture(scope="module")
def script(site):
    """Run statements of JavaScript in which ``gpt`` is the engine and ``argument`` the argument."""
    yield from scripting(site)


@pytest.fixture(scope="module", params=["WebAssembly SIMD", "plain JavaScript"])
def script_of_each_way(site, request):
    """:func:`script`, in a browser with WebAssembly and in one without."""
    yield from scripting(site, way=request.param)


def scripting(site, way: str = "WebAssembly SIMD"):
    before = WITHOUT_WEBASSEMBLY if way == "plain JavaScript" else ""
    page, faults = site.open(site.write("", name="empty.html"), before=before)
    engine = "const gpt = await import('/_static/widgets/gpt.js');"
    yield lambda code, argument=None: page.evaluate(f"async (argument) => {{ {engine} {code} }}", argument)
    assert faults == []


@pytest.mark.browser
def test_the_way_is_the_one_meant(site, script_of_each_way, request):
    (site.folder / "way.bin").write_bytes(pack_for_browser(small_gpt(), CharTokenizer(SYMBOLS)))
    way = script_of_each_way("return gpt.readModel(await gpt.fetchBytes('/way.bin')).products.way;")
    assert way == request.node.callspec.params["script_of_each_way"]


@pytest.mark.browser
@pytest.mark.parametrize("changes", [{}, {"bias": False}, {"n_heads": 1, "d_model": 20, "n_layers": 1}])
def test_logits_equal_those_of_pytorch(site, script_of_each_way, changes):
    model = small_gpt(**changes)
    data = pack_for_browser(model, CharTokenizer(SYMBOLS))
    (site.folder / "logits.bin").write_bytes(data)
    ids = torch.randint(len(SYMBOLS), (1, CONTEXT), generator=torch.Generator().manual_seed(1))
    theirs = script_of_each_way(
        """const model = gpt.modelOf(gpt.readModel(await gpt.fetchBytes('/logits.bin')));
        return argument.map((id) => Array.from(model.step(id)));""",
        ids[0].tolist(),
    )
    with torch.no_grad():
        logits = dequantised(model, data)(ids)[0]
    assert logits.abs().max() > 3
    torch.testing.assert_close(torch.tensor(theirs).double(), logits, atol=1e-5, rtol=0)


@pytest.mark.browser
@pytest.mark.parametrize(
    "changes",
    [
        {"activation": "relu2", "tied": True},
        {"activation": "swiglu", "n_kv_heads": 1, "rope_base": 50.0},
        {"activation": "swiglu", "n_kv_heads": 3, "qk_norm": False, "tied": False, "norm_eps": 0.5},
    ],
)
def test_logits_of_the_modern_layout_equal_those_of_pytorch(site, script_of_each_way, changes):
    model = small_modern(**changes)
    data = pack_for_browser(model, CharTokenizer(SYMBOLS))
    (site.folder / "modern.bin").write_bytes(data)
    _, tensors = read_file(data)
    model.load_state_dict({"head.weight": tensors["token_embedding.weight"]} | tensors)
    ids = torch.randint(len(SYMBOLS), (1, CONTEXT), generator=torch.Generator().manual_seed(1))
    theirs = script_of_each_way(
        """const model = gpt.modelOf(gpt.readModel(await gpt.fetchBytes('/modern.bin')));
        return argument.map((id) => Array.from(model.step(id)));""",
        ids[0].tolist(),
    )
    with torch.no_grad():
        logits = model.double()(ids)[0]
    assert logits.abs().max() > 3
    torch.testing.assert_close(torch.tensor(theirs).double(), logits, atol=1e-5, rtol=0)


def weights_by_pytorch(model, ids: torch.Tensor) -> torch.Tensor:
    """Attention weights, (layer, head, n, n), from queries and keys by the formula, in double precision."""
    seen: list[torch.Tensor] = []

    def attend(query, key, value, *rest, **more):
        scores = query @ key.mT / query.shape[-1] ** 0.5
        later = torch.ones(scores.shape[-2:]).triu(1).bool()
        seen.append(scores.masked_fill(later, -torch.inf).softmax(-1)[0])
        return seen[-1][None] @ value

    where = modern if isinstance(model, ModernGPT) else heads
    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(where, "fused_attention", attend)
        model(ids)
    return torch.stack(seen)


LOOKS = """const file = gpt.readModel(await gpt.fetchBytes(argument.path));
  const model = gpt.modelOf(file);
  argument.ids.forEach((id) => model.step(id));
  const { n_layers, n_heads } = file.config;
  const all = (count, make) => Array.from({ length: count }, (_, index) => make(index));
  return all(n_layers, (layer) => all(n_heads, (head) => argument.ids.map((_, at) => [...model.attention(layer, head, at)])));"""


@pytest.mark.browser
@pytest.mark.parametrize(
    "model",
    [
        small_gpt(),
        small_modern(activation="relu2"),
        small_modern(activation="swiglu", n_kv_heads=2, qk_norm=False, d_head=6),
    ],
    ids=["gpt2", "modern", "grouped"],
)
def test_where_a_head_looked_is_where_it_looks_in_pytorch(site, script_of_each_way, model):
    data = pack_for_browser(model, CharTokenizer(SYMBOLS))
    (site.folder / "looks.bin").write_bytes(data)
    ids = torch.randint(len(SYMBOLS), (1, CONTEXT), generator=torch.Generator().manual_seed(2))
    theirs = script_of_each_way(LOOKS, {"path": "/looks.bin", "ids": ids[0].tolist()})
    wanted = weights_by_pytorch(unpack_for_browser(data)[0].double(), ids)
    assert wanted.std() > 0.05, "the heads look somewhere"
    for layer, heads_of_layer in enumerate(theirs):
        for head, rows in enumerate(heads_of_layer):
            for at, row in enumerate(rows):
                expected = wanted[layer, head, at, : at + 1]
                torch.testing.assert_close(torch.tensor(row).double(), expected, atol=1e-6, rtol=0)


@pytest.mark.browser
def test_the_logits_of_an_earlier_position_come_back_and_nothing_is_lost(site, script):
    (site.folder / "back.bin").write_bytes(pack_for_browser(small_gpt(), CharTokenizer(SYMBOLS)))
    first, again, last, after = script(
        """const model = gpt.modelOf(gpt.readModel(await gpt.fetchBytes('/back.bin')));
        const read = [1, 2, 3].map((id) => [...model.step(id)]);
        const back = [...model.logitsAt(1, 2)];
        const other = gpt.modelOf(gpt.readModel(await gpt.fetchBytes('/back.bin')));
        [1, 2, 3].forEach((id) => other.step(id));
        return [read[1], back, [...model.step(4)], [...other.step(4)]];"""
    )
    assert first == again
    assert last == after


@pytest.mark.browser
def test_a_head_of_its_own_is_used(site, script_of_each_way):
    model = small_gpt()
    model.head.weight = torch.nn.Parameter(
        torch.randn(model.head.weight.shape, generator=torch.Generator().manual_seed(3))
    )
    data = pack_for_browser(model, CharTokenizer(SYMBOLS))
    (site.folder / "head.bin").write_bytes(data)
    theirs = script_of_each_way(
        "return Array.from(gpt.modelOf(gpt.readModel(await gpt.fetchBytes('/head.bin'))).step(4));"
    )
    _, tensors = read_file(data)
    untied = GPT(model.config).eval()
    untied.head.weight = torch.nn.Parameter(torch.zeros_like(untied.head.weight))
    untied.load_state_dict(tensors)
    with torch.no_grad():
        wanted = untied.double()(torch.tensor([[4]]))[0, 0]
    torch.testing.assert_close(torch.tensor(theirs).double(), wanted, atol=1e-5, rtol=0)


@pytest.mark.browser
def test_the_checksum_in_the_page_is_sha256(script):
    for length in (0, 1, 55, 56, 63, 64, 65, 119, 120, 1000):
        data = bytes((7 * i + length) % 256 for i in range(length))
        assert (
            script("return gpt.sha256(Uint8Array.from(argument));", list(data))
            == hashlib.sha256(data).hexdigest()
        )


@pytest.mark.browser
def test_a_connection_that_breaks_is_told(script):
    told = script(
        """globalThis.fetch = async () => new Response(new ReadableStream({
          start(controller) { controller.enqueue(new Uint8Array(5)); },
          pull(controller) { controller.error(new TypeError("network error")); },
        }));
        const seen = [];
        const message = await gpt.fetchBytes("/any", (...counts) => seen.push(counts)).catch((error) => error.message);
        return [message, seen];"""
    )
    assert told == ["the connection broke after 5 bytes of the model file; load it again", [[5, 0]]]


@pytest.mark.browser
def test_a_header_that_is_no_json_is_told(script):
    data = bytearray(pack_for_browser(small_gpt(), CharTokenizer(SYMBOLS)))
    data[12] = ord("x")
    code = "try { gpt.readModel(Uint8Array.from(argument)); } catch (error) { return error.message; }"
    assert script(code, list(data)) == "the model file is damaged: its header cannot be read; load it again"


def by_pytorch(logits: torch.Tensor, temperature: float, k: int | None, p: float | None) -> torch.Tensor:
    logits = apply_temperature(logits, temperature)
    if k is not None:
        logits = top_k_filter(logits, k)
    if p is not None:
        logits = top_p_filter(logits, p)
    return logits.softmax(-1)


@pytest.mark.browser
@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.9])
@pytest.mark.parametrize("k", [None, 1, 5, 13])
@pytest.mark.parametrize("p", [None, 0.05, 0.6, 0.95])
def test_the_filters_leave_what_those_of_the_package_leave(script, temperature, k, p):
    logits = torch.randn(13, generator=torch.Generator().manual_seed(5)).double()
    logits[4] = logits[2] = logits[9]  # of equals the lower id goes first
    ranked = script(
        "return gpt.rank(Float64Array.from(argument[0]), { temperature: argument[1], topK: argument[2], topP: argument[3] });",
        [logits.tolist(), temperature, k, p],
    )
    shares, probabilities = torch.zeros(13).double(), torch.zeros(13).double()
    for token in ranked:
        shares[token["id"]], probabilities[token["id"]] = token["share"], token["probability"]
    torch.testing.assert_close(shares, by_pytorch(logits, temperature, k, p), atol=1e-9, rtol=0)
    torch.testing.assert_close(probabilities, (logits / temperature).softmax(-1), atol=1e-9, rtol=0)
    assert [token["id"] for token in ranked] == logits.sort(descending=True, stable=True).indices.tolist()


@pytest.mark.browser
def test_top_p_meets_its_goal_exactly(script):
    logits = [math.log(share) for share in (0.25, 0.5, 0.125, 0.125)]
    kept = script(
        "return gpt.rank(Float64Array.from(argument), { topP: 0.75 }).filter((t) => t.share > 0).map((t) => t.id);",
        logits,
    )
    assert kept == [1, 0]


@pytest.mark.browser
def test_draws_follow_the_shares_and_the_seed(script):
    counts = script(
        """const random = gpt.randomFrom(7); const counts = [0, 0, 0];
        const ranked = [{ id: 2, share: 0.7 }, { id: 0, share: 0.3 }, { id: 1, share: 0 }];
        for (let i = 0; i < 20000; i++) counts[gpt.draw(ranked, random)]++;
        return counts;"""
    )
    assert counts[1] == 0
    assert abs(counts[2] / 20000 - 0.7) < 0.015  # five standard deviations
    draws = "return [argument, argument, argument + 1].map((seed) => { const r = gpt.randomFrom(seed); return [r(), r()]; });"
    first, again, other = script(draws, 3)
    assert first == again != other
