"""A filter on system calls, in the kernel: what no exercise needs and attacks are made of is refused.

The filter is a program for the kernel's packet-filter machine, see seccomp(2), put together here without a library.
"""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

from autograder.jail import linux
from autograder.jail.calls import NUMBERS

ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}  # as the kernel's audit calls them
LAST_KNOWN = 456  # later calls are not judged here, so they do not exist; x86's 32-bit variants lie above too

ALLOW, ERRNO, KILL_PROCESS = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
LOAD, JUMP_EQUAL, JUMP_GREATER, JUMP_ANY_BIT, AND, RETURN = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in what the filter sees

NEW_NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWCGROUP
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUSER
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
)
AF_UNIX = 1
MAP_SHARED_ANONYMOUS = 0x21  # memory that stays when no process maps it, so that no account shows it
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # type into a terminal
SECCOMP_MODE_FILTER = 2


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction of the filter machine; jumps count the instructions that they skip."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def refuse(number: int) -> bytes:
    """Let the call fail with this error number."""
    return instruction(RETURN, ERRNO | number)


def argument(index: int) -> bytes:
    """Load the low half of an argument; the flags looked at here all fit."""
    return instruction(LOAD, FIRST_ARGUMENT + 8 * index)


@dataclass(frozen=True)
class Rule:
    """What happens to one system call: ``body`` is run for it, and falls through where the call is allowed."""

    name: str
    body: bytes

    def compile(self, numbers: dict[str, int]) -> bytes:
        """The rule as instructions; nothing where the architecture has no such call. Ends with the number loaded."""
        if self.name not in numbers:
            return b""
        body = self.body + instruction(LOAD, NUMBER)
        return instruction(JUMP_EQUAL, numbers[self.name], 0, len(body) // 8) + body


ARGUMENT_RULES = (
    Rule("clone", argument(0) + instruction(JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1) + refuse(errno.EPERM)),
    Rule("clone3", refuse(errno.ENOSYS)),  # its flags lie in memory; the C library goes back to clone
    Rule("socket", argument(0) + instruction(JUMP_EQUAL, AF_UNIX, 1, 0) + refuse(errno.EAFNOSUPPORT)),
    Rule("socketpair", argument(0) + instruction(JUMP_EQUAL, AF_UNIX, 1, 0) + refuse(errno.EAFNOSUPPORT)),
    Rule(
        "mmap",
        argument(3)
        + instruction(AND, MAP_SHARED_ANONYMOUS)
        + instruction(JUMP_EQUAL, MAP_SHARED_ANONYMOUS, 0, 1)
        + refuse(errno.EPERM),
    ),
    Rule(
        "ioctl",
        argument(1)
        + instruction(JUMP_EQUAL, TIOCSTI, 1, 0)
        + instruction(JUMP_EQUAL, TIOCLINUX, 0, 1)
        + refuse(errno.EPERM),
    ),
)
CONDITIONAL = {rule.name for rule in ARGUMENT_RULES}


def program(machine: str) -> bytes:
    """The filter for ``x86_64`` or ``aarch64``."""
    numbers = {name: pair[machine] for name, pair in NUMBERS.items() if machine in pair}
    denied = [Rule(name, refuse(errno.EPERM)) for name in numbers if name not in CONDITIONAL]
    return b"".join(
        [
            instruction(LOAD, ARCHITECTURE),
            instruction(JUMP_EQUAL, ARCHITECTURES[machine], 1, 0),
            instruction(RETURN, KILL_PROCESS),
            instruction(LOAD, NUMBER),
            instruction(JUMP_GREATER, LAST_KNOWN, 0, 1),
            refuse(errno.ENOSYS),
            *(rule.compile(numbers) for rule in (*ARGUMENT_RULES, *denied)),
            instruction(RETURN, ALLOW),
        ]
    )


class Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install() -> None:
    """Put this process, and all that it starts, under the filter; needs no_new_privs. It cannot be taken off."""
    code = program(os.uname().machine)
    kernel_program = Program(len(code) // 8, code)
    linux.prctl(linux.PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(kernel_program))
