"""The judge and the student's process: ordinary tests on a student's objects, and a student who does not play fair."""

import builtins
import json
import math
import random
import socket
import struct
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.grading import errors, proxies, randomness, suspicion, wire
from autograder.grading.limits import Limits
from autograder.grading.processes import jail
from autograder.grading.session import CellRun, Session
from autograder.grading.wire import Channel, Codec, PeerGone, PeerLate, WireError
from autograder.timing import TooSlow

LIMITS = Limits(cell_seconds=20, test_seconds=20, memory_bytes=2**28)
SECONDS = 20.0

# ------------------------------------------------------------------------------------ values


def again(value: Any) -> Any:
    """A value, sent and received."""
    left, right = socket.socketpair()
    sender, receiver = Channel(left), Channel(right)
    codec = Codec()
    sender.send(codec.encode(value), codec.buffers, time.monotonic() + 5)
    data, buffers = receiver.receive(time.monotonic() + 5)
    sender.close()
    receiver.close()
    return Codec(buffers).decode(data)


plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=20,
)


@settings(max_examples=60)
@given(values)
def test_plain_values_arrive_as_they_were(value: Any) -> None:
    arrived = again(value)
    assert arrived == value
    assert type(arrived) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        {1, "a"}, frozenset({2}), bytearray(b"x"), range(3, 11, 2), slice(None, 5), ..., deque([1, 2]), Counter("abca"),
        OrderedDict(b=1, a=2), 2**200, -(2**64), math.inf, torch.float16, torch.device("cpu"), torch.Size([2, 3]),
        np.int64(7), np.float32(0.5),
    ],
    ids=lambda value: type(value).__name__,  # a set shows its members in another order in every process
)  # fmt: skip
def test_other_values_arrive_with_their_type(value: Any) -> None:
    arrived = again(value)
    assert arrived == value
    assert type(arrived) is type(value)


def test_nan_arrives_as_nan() -> None:
    assert math.isnan(again(math.nan))


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16", "int64", "uint8", "bool", "complex64"])
@pytest.mark.parametrize("shape", [(), (0, 3), (5, 3, 2)])
def test_tensors_arrive_bit_for_bit(dtype: str, shape: tuple[int, ...]) -> None:
    tensor = (torch.randn(shape) * 3).to(getattr(torch, dtype))
    arrived = again(tensor)
    assert arrived.dtype == tensor.dtype
    assert torch.equal(arrived, tensor)
    assert arrived.shape == tensor.shape


def test_views_gradients_and_arrays() -> None:
    assert torch.equal(again(torch.arange(6).reshape(2, 3).T), torch.arange(6).reshape(2, 3).T)
    assert again(torch.zeros(3, requires_grad=True)).requires_grad
    assert again(torch.zeros(2, device="meta")).device.type == "meta"
    array = np.arange(6, dtype=">i2").reshape(3, 2)
    assert np.array_equal(again(array), array)
    assert again(array).dtype == array.dtype


@pytest.mark.parametrize("value", [object(), len, np.array([object()]), torch.zeros(2, 2).to_sparse()])
def test_what_does_not_go_by_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        Codec().encode(value)


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else []


def test_depth_and_count_are_bounded_both_ways() -> None:
    Codec().encode(nested(wire.DEPTH - 1))
    with pytest.raises(WireError, match="nested too deeply"):
        Codec().encode(nested(wire.DEPTH + 1))
    with pytest.raises(WireError, match="too many parts"):
        Codec().encode([0] * (wire.VALUES + 1))
    deep: Any = ["l", []]
    for _ in range(wire.DEPTH + 1):
        deep = ["l", [deep]]
    with pytest.raises(WireError, match="nested too deeply"):
        Codec().decode(deep)
    with pytest.raises(WireError, match="too many parts"):
        Codec().decode(["l", [0] * (wire.VALUES + 1)])


def test_a_generator_goes_on_from_where_it_stands() -> None:
    generator = torch.Generator().manual_seed(5)
    torch.rand(3, generator=generator)
    sent = again(generator)
    assert torch.equal(torch.rand(7, generator=sent), torch.rand(7, generator=generator))


@pytest.mark.parametrize(
    "data",
    [
        {}, [], [7], ["?"], ["l"], ["l", 3], ["d", [[1]]], ["d", [[["l", []], 1]]], ["i", "0x"], ["i", "0x" + "f" * 30_000],
        ["f", "1e5"], ["b", 1], ["b", "x"], ["b", -1], ["r", 1, 2, 0], ["c", "a", 1], ["T", "float32", [3], 0, False, "cpu"],
        ["T", "float32", [-1], 0, False, "cpu"], ["T", "object", [0], 0, False, "cpu"], ["T", "float32", [2**50], 0, False, "meta"],
        ["T"], ["N", "O", [1], 0, False], ["N", "V8", [1], 0, False], ["N", "<M8[s]", [1], 0, False], ["N", "<f8", [3], 0, False], ["size", ["a"]], ["device", "cuda"], ["dtype", "evil"],
        ["o", 1], ["P", "x"], ["Q", "os", "system"], ["generator", 0], ["generator", "x"], ["generator"],
    ],
    ids=str,
)  # fmt: skip
def test_malformed_values_are_wire_errors_and_nothing_else(data: Any) -> None:
    with pytest.raises(WireError):
        Codec([bytes(8)]).decode(data)


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<I", wire.HEADER_BYTES + 1), struct.pack("<I", 2) + b"{}", struct.pack("<I", 5) + b"[1,2]",
        struct.pack("<I", 6) + b"[1,[-1", struct.pack("<I", 8) + b"[1,[-1]]", struct.pack("<I", 8) + b"[1,[9e9]", b"\xff" * 9,
        struct.pack("<I", 17) + b"[1, [99999999999]]"[:17], struct.pack("<I", 4) + b"\xff\xfe\xfd\xfc",
    ],
)  # fmt: skip
def test_malformed_frames_are_wire_errors_and_nothing_else(content: bytes) -> None:
    left, right = socket.socketpair()
    left.sendall(content)
    left.close()
    with pytest.raises(WireError):
        Channel(right).receive(time.monotonic() + 1)
    right.close()


def test_a_frame_that_stops_in_the_middle_is_late_and_an_end_is_an_end() -> None:
    left, right = socket.socketpair()
    left.sendall(struct.pack("<I", 100) + b"[")
    channel = Channel(right)
    with pytest.raises(PeerLate):
        channel.receive(time.monotonic() + 0.05)
    left.close()
    with pytest.raises(PeerGone):
        channel.receive(time.monotonic() + 1)
    channel.close()


# ------------------------------------------------------------------------------------ exceptions


@pytest.mark.parametrize(
    "kind", [k for k in vars(builtins).values() if isinstance(k, type) and issubclass(k, Exception)]
)
def test_a_students_exception_is_raised_as_the_builtin_type_with_its_text(kind: type[Exception]) -> None:
    kinds = [c.__name__ for c in kind.__mro__]
    error = errors.remote_error({"name": "MyError", "kinds": kinds, "text": "'why'", "line": "line 3"})
    assert isinstance(error, Exception if kind is ExceptionGroup else kind)
    assert (type(error).__name__, str(error)) == ("MyError", "'why'")


@pytest.mark.parametrize(
    "kinds", [[], ["object"], ["int"], ["GeneratorExit", "BaseException"], [7], ["eval"]]
)
def test_nothing_but_exceptions_is_ever_raised(kinds: list[Any]) -> None:
    error = errors.remote_error({"name": "1;evil", "kinds": kinds, "text": "x", "line": ""})
    assert isinstance(error, Exception)
    assert type(error).__name__ == "Exception"


def test_an_interrupt_means_too_slow_and_an_exit_stays_an_exit() -> None:
    told = {
        "name": "KeyboardInterrupt",
        "kinds": ["KeyboardInterrupt", "BaseException"],
        "text": "",
        "line": "",
    }
    assert isinstance(errors.remote_error(told), TooSlow)
    assert isinstance(errors.remote_error(told | {"name": "SystemExit", "kinds": ["SystemExit"]}), SystemExit)


def test_no_class_whose_values_travel_by_value_can_be_posed_as() -> None:
    for name in (
        "torch.Tensor",
        "builtins.float",
        "builtins.tuple",
        "builtins.type",
        "os.PathLike",
        "torch._C.TensorBase",
    ):
        assert proxies.library_class(name) is None
    assert proxies.library_class("torch.nn.modules.linear.Linear") is torch.nn.Linear


# ------------------------------------------------------------------------------------ random state


@pytest.fixture
def generators() -> Iterator[None]:
    """The generators of this process, as they were."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    yield
    random.setstate(before[0])
    np.random.set_state(before[1])
    torch.set_rng_state(before[2])


def drawn() -> tuple[float, ...]:
    """Numbers of all generators; an odd count of normal ones, so that NumPy keeps the other of a pair."""
    return random.random(), random.gauss(0, 1), *np.random.normal(size=3), float(torch.rand(()))


@pytest.mark.usefixtures("generators")
@pytest.mark.parametrize("draws_between", [0, 1, 700])
def test_a_state_that_was_captured_gives_the_same_numbers_again(draws_between: int) -> None:
    randomness.begin()
    first = randomness.capture()
    _, keys, position, _, _ = np.random.get_state(legacy=True)
    assert first[1] == np.asarray(keys, dtype="<u4").tobytes() + struct.pack("<I", position)
    randomness.restore(first)
    wanted = drawn()
    for _ in range(draws_between):
        drawn()
    later = randomness.capture()
    randomness.restore(first)
    assert drawn() == wanted
    randomness.restore(later)
    randomness.restore(first)
    assert drawn() == wanted


@pytest.mark.usefixtures("generators")
def test_every_submission_begins_with_the_same_state_and_every_call_with_another() -> None:
    randomness.begin()
    wanted = randomness.capture()
    drawn()
    randomness.begin()
    assert randomness.capture() == wanted
    randomness.advance()
    assert all(a != b for a, b in zip(randomness.capture(), wanted, strict=True))


@pytest.mark.parametrize("size", [0, 2499, 2501])
def test_a_state_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} bytes are no state"):
        randomness.restore_numpy(bytes(size))


# ------------------------------------------------------------------------------------ two processes

STUDENT = """
import collections, random, sys, torch, torch.nn as nn, torch.nn.functional as F

class GPT(nn.Module):
    def __init__(self, V=11, d=16):
        super().__init__()
        self.wte = nn.Embedding(V, d)
        self.h = nn.TransformerEncoderLayer(d, 2, 32, dropout=0.1, batch_first=True)
        self.head = nn.Linear(d, V, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, idx, targets=None):
        mask = nn.Transformer.generate_square_subsequent_mask(idx.shape[1])
        x = self.head(self.h(self.wte(idx), src_mask=mask))
        return x, None if targets is None else F.cross_entropy(x.flatten(0, 1), targets.flatten())

class Tok:
    def __init__(self, text):
        self.vocab = sorted(set(text))
    def encode(self, s):
        return [self.vocab.index(c) for c in s]
    def decode(self, ids):
        return "".join(self.vocab[i] for i in ids)
    def __len__(self):
        return len(self.vocab)

class TooLong(ValueError):
    pass

def holds(x): return bool(x)
def size(x): return len(x)
def softmax(x): return x.softmax(-1)
def two(x, y): return x * y, x + 1, y.detach()
def same(x): return x
def needs_two(x):
    if x.dim() != 2: raise TooLong(f"need 2-D, got {x.dim()}-D")
    return x
def in_place(x, log): x.add_(1); log.append("x"); return x
def count(n):
    for i in range(n): yield i
def forever():
    while True: yield 1
def draw(): return torch.rand(3), random.random()
def apply(f, x): print("applying"); return f(x) + 1
def step(params):
    with torch.no_grad():
        for p in params: p -= 0.5 * p.grad
class Vec:
    def __init__(self, *x): self.x = list(x)
    def __add__(self, o): return Vec(*(a + b for a, b in zip(self.x, o.x if isinstance(o, Vec) else [o] * len(self.x))))
    __radd__ = __add__
    def __mul__(self, k): return Vec(*(a * k for a in self.x))
    def __matmul__(self, o): return sum(a * b for a, b in zip(self.x, o.x))
    def __sub__(self, o): return [a - b for a, b in zip(self.x, o.x)]
    def __truediv__(self, k): return Vec(*(a / k for a in self.x))
    def __neg__(self): return self * -1
    def __abs__(self): return max(map(abs, self.x))
    def __eq__(self, o): return isinstance(o, Vec) and self.x == o.x
    def __lt__(self, o): return self.x < o.x
    def __float__(self): return float(self.x[0])
    def __int__(self): return int(self.x[0])
    def __index__(self): return int(self.x[0])
    def __len__(self): return len(self.x)
    def __getitem__(self, i): return self.x[i]
    def __contains__(self, a): return a in self.x
    def __bool__(self): return any(self.x)
    def __str__(self): return f"<{self.x}>"
def vec(): return Vec(1, 2)
def deep(n): return deep(n - 1)
def point(): return collections.namedtuple("Point", "x y")(1, 2)
losses, config = [3.0, 2.0], dict(n_layer=2)
"""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    found = Session(jail(), LIMITS, {"SEQ2GPT_GRADING_SEED": "secret"}, {})
    yield found
    found.close()


def run(session: Session, test: str, student: str = "") -> CellRun:
    """Run a test cell after a student's."""
    if session.pair is None:
        session.start()
        first = session.run_student(STUDENT, SECONDS)
        assert not first.outputs
        session.run_judge("import copy, torch, torch.nn as nn", SECONDS)
    if student:
        session.run_student(student, SECONDS)
    if session.pair is None:
        return CellRun(ended="died")
    return session.run_judge(test, SECONDS)


def errors_of(run: CellRun) -> list[str]:
    """Errors of a cell in words."""
    return [f"{o.ename}: {o.evalue}" for o in run.outputs if o.output_type == "error"]


TESTS = {
    "module": """
        torch.manual_seed(0)
        model = GPT()
        assert isinstance(model, nn.Module) and issubclass(GPT, nn.Module) and isinstance(model, GPT)
        assert isinstance(model.head, nn.Linear) and not isinstance(model.head, nn.Embedding) and type(model).__name__ == "GPT"
        idx, targets = torch.randint(0, 11, (2, 7)), torch.randint(0, 11, (2, 7))
        logits, loss = model(idx, targets)
        assert logits.shape == (2, 7, 11) and loss.ndim == 0
        loss.backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
        assert sum(p.numel() for p in model.parameters()) == sum(
            v.numel() for k, v in model.state_dict().items() if k != "head.weight")
        assert model.head.weight is model.wte.weight
        model.eval()
        a, b = model(idx)[0], model(idx[:, :4])[0]
        assert torch.allclose(a[:, :4], b, atol=1e-5)
        with torch.no_grad(): assert not model(idx)[0].requires_grad
        twin = copy.deepcopy(model); other = GPT(); other.eval()
        assert twin is not model and not torch.allclose(other(idx)[0], a)
        other.load_state_dict(model.state_dict())
        assert torch.allclose(twin(idx)[0], a) and torch.allclose(other(idx)[0], a)
        model.train()
        assert not torch.allclose(model(idx)[0], model(idx)[0]), "dropout draws anew"
        model.zero_grad()
        assert all(p.grad is None for p in model.parameters())
        """,
    "training in the test": """
        model = GPT(); model.eval()
        idx = torch.arange(8).reshape(2, 4)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        first = model(idx, idx)[1]
        for _ in range(5):
            optimizer.zero_grad(); loss = model(idx, idx)[1]; loss.backward(); optimizer.step()
        assert model(idx, idx)[1] < first
        names = [name for name, _ in model.named_parameters()]
        assert "wte.weight" in names and "head.weight" not in names
        """,
    "parameters set in every way": """
        model = GPT()
        model.wte.weight.data = torch.zeros(11, 16); assert student_eval("m.wte.weight.abs().sum().item()", m=model) == 0
        with torch.no_grad(): model.wte.weight.fill_(2)
        assert student_eval("m.wte.weight.mean().item()", m=model) == 2
        model.wte.weight.data[0, 0] = 5; assert student_eval("m.wte.weight[0, 0].item()", m=model) == 5
        model.wte.weight.requires_grad_(False); assert not student_eval("m.wte.weight.requires_grad", m=model)
        model.head.weight = nn.Parameter(torch.ones(11, 16)); assert torch.equal(model.head.weight, torch.ones(11, 16))
        model.wte = model.wte.to(torch.float64); assert model.wte.weight.dtype == torch.float64
        """,
    "gradients handed over": """
        layer = student_eval("nn.Linear(3, 2)")
        before = layer.weight.detach().clone()
        layer(torch.ones(3)).sum().backward()
        step(layer.parameters())
        assert torch.allclose(layer.weight, before - 0.5)
        """,
    "gradient through a function": """
        x = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
        (softmax(x) ** 2).sum().backward()
        y = x.detach().clone().requires_grad_(); (torch.softmax(y, -1) ** 2).sum().backward()
        assert torch.allclose(x.grad, y.grad)
        assert torch.autograd.gradcheck(softmax, [x])
        a, b = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
        product, plus, cut = two(a * 2, b)
        assert not cut.requires_grad
        grads = torch.autograd.grad(plus.sum(), [a, b], allow_unused=True, retain_graph=True)
        assert torch.equal(grads[0], torch.full((3,), 2.0)) and grads[1] is None
        grads = torch.autograd.grad(softmax(product).sum() + product.sum(), [a, b])
        assert torch.allclose(grads[1], 2 * a, atol=1e-6)
        """,
    "identity": "x = torch.ones(3); assert same(x) is x and same is same and GPT is GPT",
    "tokenizer": 't = Tok("hello world"); assert t.decode(t.encode("hello")) == "hello" and len(t) == 8 and t.vocab[0] == " "',
    "exceptions": """
        try: needs_two(torch.zeros(3))
        except ValueError as error: assert str(error) == "need 2-D, got 1-D" and type(error).__name__ == "TooLong"
        else: raise AssertionError("no error")
        try: deep(10**6)
        except RecursionError: pass
        assert not hasattr(Tok("a"), "missing")
        """,
    "arguments": """
        x, log = torch.zeros(2), []
        result = in_place(x, log)
        assert torch.equal(x, torch.zeros(2)) and log == [], "seen, not believed"
        assert torch.equal(result, torch.ones(2))
        changed, _ = in_place.__last_call__
        assert torch.equal(changed[0], torch.ones(2)) and changed[1] == ["x"]
        """,
    "generators": """
        assert list(count(4)) == [0, 1, 2, 3] and sum(1 for _, _ in zip(range(5), forever())) == 5
        assert 3 in count(5) and next(iter(forever())) == 1
        """,
    "random state": """
        import random
        torch.manual_seed(3); random.seed(3); mine = draw(); torch.manual_seed(3); random.seed(3)
        assert torch.equal(mine[0], torch.rand(3)) and mine[1] == random.random()
        assert not torch.equal(draw()[0], draw()[0])
        """,
    "functions of the test": """
        seen = []
        assert apply(lambda x: seen.append(x) or x * 2, 5) == 11 and seen == [5]
        assert torch.equal(apply(torch.relu, torch.tensor([-1.0, 1.0])), torch.tensor([1.0, 2.0]))
        assert apply(lambda x: torch.equal(softmax(x), torch.softmax(x, -1)), torch.randn(3)) == 2
        def fails(x): raise KeyError("ours")
        try: apply(fails, 1)
        except KeyError as error: assert (type(error).__name__, str(error)) == ("KeyError", "'ours'")
        else: raise AssertionError("it did not fail")
        """,
    "truth and length of an object of the test": """
        class Box:
            def __init__(self, n): self.n = n
            def __len__(self): return self.n
        assert (holds(Box(0)), holds(Box(3))) == (False, True) and size(Box(3)) == 3
        assert holds(object()) and holds(lambda: 0)
        try: size(object())
        except TypeError as error: assert "has no len()" in str(error)
        else: raise AssertionError("it has a length")
        """,
    "plain names": 'assert losses[-1] < losses[0] and config["n_layer"] == 2 and point().y == 2',
    "operators of a class": """
        v, w = Vec(1, 2), Vec(3, 4)
        assert v + w == Vec(4, 6) and v != w and v < w and not w < v
        assert (v * 2).x == [2, 4] and (10 + v).x == [11, 12] and (-v).x == [-1, -2] and sum([v, w]) == Vec(4, 6)
        assert v @ w == 11 and w - v == [2, 2] and (w / 2).x == [1.5, 2.0] and abs(-w) == 4
        assert float(v) == 1.0 and int(w) == 3 and [5, 6, 7][v] == 6 and len(v) == 2 and v[1] == 2 and list(v) == [1, 2]
        assert 2 in v and 5 not in v and v and not Vec(0, 0) and str(v) == "<[1, 2]>" and copy.deepcopy(v) + w == Vec(4, 6)
        """,
    "an object of a function's": """
        v = vec()
        assert float(v) == 1.0 and len(v) == 2 and v[1] == 2 and 2 in v and str(v) == "<[1, 2]>" and abs(v) == 2
        assert v != Vec(1, 2) and v == v and v not in [Vec(1, 2)]
        for uses in (lambda: v + Vec(1, 2), lambda: Vec(1, 2) + v, lambda: 1 + v, lambda: v * 2, lambda: v < Vec(1, 2)):
            try: uses()
            except TypeError as error: assert str(error) == "the result is a Vec object, not a number or a tensor", error
            else: raise AssertionError("it computed")
        """,
    "signature": 'import inspect; assert list(inspect.signature(two).parameters) == ["x", "y"]',
}  # fmt: skip


@pytest.mark.parametrize("name", TESTS)
def test_a_test_is_ordinary_python(session: Session, name: str) -> None:
    text = "\n".join(line.removeprefix("        ") for line in TESTS[name].strip("\n").split("\n"))
    result = run(session, text)
    assert (errors_of(result), result.ended) == ([], "finished")


def test_what_the_student_prints_in_a_call_is_printed_in_the_test(session: Session) -> None:
    result = run(session, "apply(lambda x: x, 1)")
    assert [o.get("text") or o.data["text/plain"] for o in result.outputs] == ["applying\n", "2"]


LIARS = {
    "always equal": "class Liar:\n    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = lambda *a: True\n    __hash__ = None",
    "tensor in name": "class Liar(nn.Module):\n    __class__ = torch.Tensor\n    shape = (3,)\n    def __eq__(self, o): return torch.ones(3).bool()",
    "zero": "class Liar:\n    __float__ = __abs__ = item = lambda self: 0.0\n    __eq__ = __contains__ = __lt__ = lambda *a: True\n"
    "    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = abs = max = all = lambda self, *a: self\n    __hash__ = None",
    "one of its class": "class Liar(nn.Module):\n    def __new__(cls, *a): return ONE\n    def __init__(self, *a): pass\n"
    "    __float__ = __abs__ = item = lambda self: 0.0\n    __eq__ = __contains__ = __lt__ = lambda *a: True\n"
    "    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = abs = max = all = lambda self, *a: self\n    __hash__ = nn.Module.__hash__\n"
    "ONE = object.__new__(Liar)\nnn.Module.__init__(ONE)",
    "arithmetic": "class Liar:\n    __sub__ = __rsub__ = __abs__ = __add__ = lambda self, *a: self\n"
    "    abs = max = sum = item = lambda self, *a: self\n    __lt__ = __float__ = lambda *a: True\n"
    "    allclose = equal = eq = all = lambda *a, **k: True",
}  # fmt: skip


@pytest.mark.parametrize("liar", LIARS)
@pytest.mark.parametrize(
    "test",
    [
        "assert f(1) == 5", "assert 5 == f(1)", "assert f(1) < 6", "assert abs(f(1) - 5) < 1e-6",
        "assert torch.allclose(f(1), torch.ones(3))", "assert (f(1) - torch.ones(3)).abs().max().item() < 1e-5",
        "assert f(1).allclose(torch.ones(3))", "assert (f(1) == torch.ones(3)).all()", "assert torch.equal(torch.ones(3), f(1))",
        "assert (torch.ones(3) - f(1)).abs().max() < 1e-5", "assert isinstance(f(1), torch.Tensor)", "assert float(f(1)) == 1.0",
        "assert 5 in [f(1)]", "assert f(1) in (5, 6)", "assert [f(1)] == [5]", "assert 5 in f(1)", "assert (f(1) - 5).item() == 0",
        "assert (torch.ones(3) - f(1)).abs().max().item() == 0", "assert f(1) == f(2) and f(1) is not f(2)",
        "got = f(1); made = Liar(); assert (got - 5).item() == 0", "made = Liar(); assert (f(1) - 5).item() == 0",
        "made = Liar(); assert made == f(1) and made is not f(1)", "made = Liar(); assert (made - f(1)).item() == 0",
    ],
)  # fmt: skip
def test_an_object_cannot_judge_itself(session: Session, liar: str, test: str) -> None:
    assert errors_of(run(session, test, f"{LIARS[liar]}\ndef f(x): return Liar()"))


HOSTILE = {
    "replaces a comparison": "torch.allclose = torch.equal = lambda *a, **k: True\nimport builtins\nbuiltins.float = lambda x: 1.0",
    "replaces json": "import json\njson.dumps = lambda *a, **k: '[{\"value\": 5}, []]'",
    "garbage on every socket": "import os\ndef f(x):\n    for fd in range(3, 20):\n        try: os.write(fd, b'\\xff' * 100)\n        except OSError: pass",
    "a huge value": "def f(x): return 'x' * 10**8",
    "a deep value": "def f(x):\n    v = []\n    for _ in range(1000): v = [v]\n    return v",
    "many values": "def f(x): return [0] * 10**6",
    "ends the process": "import os\ndef f(x): os._exit(0)",
    "forges an answer": "import inspect\ndef f(x):\n    for frame in inspect.stack():\n        frame.frame.f_locals.update(result=5)\n    return 4",
    "hoards": "h = []\ndef f(x):\n    while True: h.append(bytearray(2**24))",
    "sends its end": "import os\ndef f(x):\n    for fd in range(3, 20):\n        try: os.write(fd, b'\\x1b\\0\\0\\0[{\"done\": {\"ok\": true}}, []]'); \n        except OSError: pass\n    return 4",
    "throws": "def f(x): raise BaseException('x')",
    "leaves": "import sys\ndef f(x): sys.exit(0)",
}  # fmt: skip


@pytest.mark.parametrize("attack", HOSTILE)
def test_an_attack_fails_the_test_and_leaves_the_judge_able(session: Session, attack: str) -> None:
    result = run(
        session, "assert f(1) == 5 and torch.allclose(torch.zeros(2), torch.ones(2))\n3.0", HOSTILE[attack]
    )
    assert errors_of(result) or result.ended == "died", result
    assert not [o for o in result.outputs if o.output_type == "execute_result"]
    session.close()
    assert errors_of(run(session, "assert torch.equal(softmax(torch.zeros(2)), torch.full((2,), 0.5))")) == []


def test_points_earned_before_the_end_are_kept(session: Session) -> None:
    test = "points = 0.0\nfor i in range(4):\n    try:\n        points += f(i) == i\n    except Exception: pass\npoints"
    result = run(session, test, "import os\ndef f(x): return x if x < 2 else os._exit(0)")
    assert [o.data["text/plain"] for o in result.outputs if o.output_type == "execute_result"] == ["2.0"]
    assert result.ended == "died"


def test_a_call_that_sleeps_is_interrupted_and_the_next_one_answered(session: Session) -> None:
    code = "import time\ndef f(x):\n    if x: time.sleep(60)\n    return x"
    run(session, "0", code)
    assert session.pair
    test = "try: f(1)\nexcept BaseException as e: print(type(e).__name__)\n"
    late = session.run_judge(test, 3.0)
    assert [o.text for o in late.outputs] == ["TooSlow\n"]
    assert errors_of(run(session, "assert f(0) == 0")) == []


def test_the_student_cannot_see_the_private_seed(session: Session) -> None:
    code = (
        "import os, gc\nfound = [os.environ.get('SEQ2GPT_GRADING_SEED')]\n"
        "for pid in os.listdir('/proc'):\n    try: found.append('secret' in open(f'/proc/{pid}/environ').read())\n"
        "    except OSError: pass"
    )
    assert errors_of(run(session, "assert not any(found), found", code)) == []


# ------------------------------------------------------------------------------------ questions to ask


def test_attempts_are_named() -> None:
    source = (
        "import socket\nfrom autograder.mutants import load\nimport os\nos._exit(0)\ntorch.allclose = lambda *a: True\n"
        "open('/proc/self/environ')\nimport math"
    )
    assert suspicion.attempts(source) == [
        "imports socket", "imports autograder.mutants", "replaces torch.allclose", "uses os._exit", "names '/proc/self/environ'",
    ]  # fmt: skip
    assert suspicion.attempts("def (") == []


def test_answers_alike_are_asked_about_and_common_ones_are_not() -> None:
    body = "\n".join(f"    a{i} = x + {i} * foo(x, {i})" for i in range(9))
    answer = f"def f(x):\n{body}\n    return a1"
    renamed = (
        f'def f(y):\n    """Mine."""\n{body.replace("a", "b").replace("x", "y")}\n\n    return b1  # own'
    )
    other = answer.replace("+", "-")
    answers = {
        "ada": {"f": answer},
        "bob": {"f": renamed},
        "cyd": {"f": other},
        "dan": {"f": "def f(x): return x"},
    }
    assert suspicion.alike(answers, {}) == [{"exercise": "f", "students": ["ada", "bob"]}]
    assert suspicion.alike(answers, {"f": renamed}) == []
    assert suspicion.alike({f"s{i}": {"f": answer} for i in range(9)}, {}) == []
    blank = answer + "\n\ndef g(x):\n    raise NotImplementedError()"
    assert suspicion.alike({"ada": {"f": blank}, "bob": {"f": blank}}, {}) == []


def test_the_wire_writes_json() -> None:
    assert (
        json.dumps(Codec().encode({"a": (1, [None, True])}))
        == '["d", [["a", ["t", [1, ["l", [null, true]]]]]]]'
    )
