"""The small parts of the jail: bounds, the view, the filter's numbers, messages."""

import math
import re
import socket
import sys
from pathlib import Path

import pytest

from autograder.jail import Policy
from autograder.jail.calls import NUMBERS
from autograder.jail.limits import resource_limits
from autograder.jail.messages import Closed, receive, receive_with_fds, send
from autograder.jail.namespaces import unused_id
from autograder.jail.seccomp import ARCHITECTURES, program
from autograder.jail.usage import fields_sum
from autograder.jail.view import View, module_files

ROOT = Path(__file__).resolve().parents[1]
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"wall_seconds": 0}, "wall_seconds=0 leaves no time; use more than 0"),
        ({"cpu_seconds": -1.5}, "cpu_seconds=-1.5 leaves no time"),
        ({"wall_seconds": math.inf}, "wall_seconds=inf is no bound; use a finite number"),
        ({"wall_seconds": math.nan}, "wall_seconds=nan is no bound"),
        (
            {"memory_bytes": 2**20},
            "memory_bytes=1048576 is too little for a Python process; use 67108864 or more",
        ),
        ({"processes": 0}, "processes=0 is too little"),
        ({"processes": 2.5}, "processes=2.5 counts things; use a whole number"),
        ({"files": True}, "files=True is no bound"),
        ({"output_bytes": "1"}, "output_bytes='1' is no bound"),
    ],
)
def test_policy_is_checked(bounds: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        Policy(**bounds)  # type: ignore[arg-type]


def test_each_bound_reaches_the_kernel() -> None:
    policy = Policy(cpu_seconds=7.5, memory_bytes=2**28, processes=11, open_files=43, file_bytes=5003)
    limits = resource_limits(policy, "root", data_bytes=1009)
    assert limits["CPU"] == 8
    assert limits["DATA"] == 1009 + 3 * 2**27
    assert limits["NPROC"] == 12
    assert resource_limits(policy, "user", data_bytes=0)["NPROC"] == 13
    assert limits["NOFILE"] == 43
    assert limits["FSIZE"] == 5003


def test_view_has_python_and_the_named_modules_only() -> None:
    view = View.of(("seq2gpt.sampling", "autograder.grading"))
    assert str(ROOT / "src/seq2gpt/sampling.py") in view.modules
    assert str(ROOT / "src/seq2gpt/__init__.py") in view.modules
    assert str(ROOT / "autograder/grading") in view.modules
    installed = [p for p in view.shown if Path(p).is_relative_to(sys.prefix)]  # it may lie in the repository
    assert not any(Path(p).is_relative_to(ROOT) for p in view.shown if p not in installed)
    assert not {sys.prefix, sys.base_prefix} & set(view.shown), "a prefix may be a home folder"
    assert {str(ROOT / "autograder"), str(ROOT / "src/seq2gpt")} == set(view.hidden)
    assert set(view.path) == {str(ROOT), str(ROOT / "src")}
    assert View.from_json(view.to_json()) == view
    assert not any(path in ("/", "/usr", "/etc", "/home", "/root", str(Path.home())) for path in view.shown)


def test_unknown_module() -> None:
    with pytest.raises(ModuleNotFoundError, match="'seq2gpt.none' is no module with a file of its own"):
        module_files("seq2gpt.none")


def test_throw_away_ids_differ_and_are_nobodys() -> None:
    ids = {unused_id("0 0 4294967295\n", pid) for pid in range(2, 3000)}
    assert len(ids) == 2998
    assert min(ids) > 2**31
    assert max(ids) < 2**32 - 2
    small = {unused_id("0 1000 1\n1 100000 65536\n", pid) for pid in range(2, 3000)}
    assert min(small) > 30_000  # as seen inside, where it is set
    assert max(small) < 65_536


@pytest.mark.parametrize("machine", sorted(HEADERS))
def test_numbers_of_system_calls(machine: str) -> None:
    """The kernel's own tables, where a compiler's headers are installed."""
    if not HEADERS[machine].exists():
        pytest.skip(f"no {HEADERS[machine]}")
    pairs = re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text())
    kernel = {name: int(number) for name, number in pairs}
    ours = {name: numbers[machine] for name, numbers in NUMBERS.items() if machine in numbers}
    known = {name: number for name, number in ours.items() if name in kernel}
    assert known == {name: kernel[name] for name in known}
    assert len(known) > 50


@pytest.mark.parametrize("machine", sorted(ARCHITECTURES))
def test_filter(machine: str) -> None:
    """The program, run by a little machine of our own, on each architecture."""
    code = program(machine)

    def verdict(number: int, *arguments: int, architecture: int = ARCHITECTURES[machine]) -> int:
        return interpret(code, number, architecture, (*arguments, 0, 0, 0, 0, 0, 0)[:6])

    calls = {name: numbers[machine] for name, numbers in NUMBERS.items() if machine in numbers}
    allow, refuse, missing, family = 0x7FFF0000, 0x50001, 0x50026, 0x50061
    conditional = {"clone", "clone3", "socket", "socketpair", "mmap", "ioctl"}
    for name, number in calls.items():
        if name not in conditional:
            assert verdict(number) == refuse, name
    assert verdict(calls["clone3"]) == missing
    assert verdict(calls["clone"], 0x11) == allow
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(calls["clone"], flag | 0x11) == refuse
    for name in ("socket", "socketpair"):
        assert verdict(calls[name], 1) == allow
        assert all(verdict(calls[name], other) == family for other in (0, 2, 10, 16, 17, 38, 40))
    assert [verdict(calls["mmap"], 0, 0, 0, flags) for flags in (0x22, 0x1, 0x21, 0x20021)] == [
        allow,
        allow,
        refuse,
        refuse,
    ]
    assert [verdict(calls["ioctl"], 0, what) for what in (0x5401, 0x5412, 0x541C)] == [allow, refuse, refuse]
    assert verdict(0) == (allow if 0 not in calls.values() else refuse)
    assert verdict(457) == missing
    assert verdict(0x40000000 + 1) == missing
    assert verdict(0, architecture=0x40000003) == 0x80000000


def interpret(code: bytes, number: int, architecture: int, arguments: tuple[int, ...]) -> int:
    """Run a filter as the kernel would."""
    import struct

    data = struct.pack("=IIQ6Q", number, architecture, 0, *arguments)
    instructions = list(struct.iter_unpack("=HBBI", code))
    at, value = 0, 0
    while True:
        what, if_true, if_false, k = instructions[at]
        at += 1
        if what == 0x06:
            return k
        if what == 0x20:
            (value,) = struct.unpack_from("=I", data, k)
        elif what == 0x54:
            value &= k
        else:
            holds = {0x15: value == k, 0x25: value > k, 0x45: bool(value & k)}[what]
            at += if_true if holds else if_false


def test_messages() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, {"a": [1]}, b"body", [0])
        header, body, fds = receive_with_fds(theirs)
        assert (header, body, len(fds)) == ({"a": [1]}, b"body", 1)
        ours.sendall(b"\1\0\0")
        ours.close()
        with pytest.raises(Closed, match="in the middle"):
            receive(theirs)


def test_fields() -> None:
    assert fields_sum("VmPTE:\t 4 kB\nVmSwap:\t 0 kB\nRssAnonX:\t 8 kB\n", ("VmPTE", "RssAnon")) == 4096
