"""Random state flows from the judge to the student and never back.

So a test that calls ``torch.manual_seed(0)`` decides what the student's code draws, and nothing that the student
does decides what a test draws.
"""

import ctypes
import random
import struct

import numpy as np
import torch
from numpy.random import mtrand

WORDS = struct.Struct("<624I")
POSITION = struct.Struct("<I")
NUMPY_NAME = "MT19937"
# NumPy's own way to its state and back takes longer than most calls of a test, so its memory is read and written instead:
# 624 words and the position among them, as Python's generator has them.
NUMPY = mtrand.get_bit_generator()
NUMPY_ADDRESS = NUMPY.ctypes.state_address
STATE_BYTES = WORDS.size + POSITION.size


class Memory:
    """What was packed, unpacked and restored last: a generator changes its words only once in 624 numbers."""

    def __init__(self) -> None:
        self.words: tuple[int, ...] = ()
        self.packed = b""
        self.numpy_state = b""

    def pack(self, words: tuple[int, ...]) -> bytes:
        """Words as bytes."""
        if words != self.words:
            self.words, self.packed = words, WORDS.pack(*words)
        return self.packed

    def unpack(self, packed: bytes) -> tuple[int, ...]:
        """Bytes as words."""
        if packed != self.packed:
            self.words, self.packed = WORDS.unpack(packed), packed
        return self.words


LAST = Memory()


def begin() -> None:
    """The same start for every submission."""
    random.seed(0)
    np.random.seed(0)
    torch.default_generator.manual_seed(0)


def capture() -> list[bytes]:
    """The states of Python's, NumPy's and PyTorch's generators."""
    _, state, _ = random.getstate()
    python = LAST.pack(state[:-1]) + POSITION.pack(state[-1])
    return [python, numpy_state(), torch.default_generator.get_state().numpy().tobytes()]


def restore(states: list[bytes]) -> None:
    """Put the generators into the states captured elsewhere."""
    python, of_numpy, of_torch = states
    random.setstate((3, LAST.unpack(python[: WORDS.size]) + POSITION.unpack(python[WORDS.size :]), None))
    restore_numpy(of_numpy)
    torch.default_generator.set_state(torch.frombuffer(bytearray(of_torch), dtype=torch.uint8))


def numpy_state() -> bytes:
    """Words and position of NumPy's generator."""
    return ctypes.string_at(NUMPY_ADDRESS, STATE_BYTES)


def restore_numpy(state: bytes) -> None:
    """Put NumPy's generator into a state; the half of a pair of normal numbers that it may keep is dropped."""
    if len(state) != STATE_BYTES:
        raise ValueError(f"{len(state)} bytes are no state of NumPy's generator; it has {STATE_BYTES}")
    if numpy_state() == LAST.numpy_state:  # nothing was drawn, so nothing is kept
        ctypes.memmove(NUMPY_ADDRESS, state, STATE_BYTES)
    else:
        keys = np.frombuffer(state[: WORDS.size], dtype="<u4")
        np.random.set_state((NUMPY_NAME, keys, *POSITION.unpack(state[WORDS.size :]), 0, 0.0))
    LAST.numpy_state = state


def advance() -> None:
    """Move on, so that the next call of a student's function does not draw the same numbers again."""
    random.random()
    np.random.random_sample()
    torch.rand(())
