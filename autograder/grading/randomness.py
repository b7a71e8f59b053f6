"""Random state flows from the judge to the student and never back.

So a test that calls ``torch.manual_seed(0)`` decides what the student's code draws, and nothing that the student
does decides what a test draws.
"""

import random
import struct

import numpy as np
import torch

WORDS = struct.Struct("<625I")
NUMPY_NAME = "MT19937"


def capture() -> list[bytes]:
    """The states of Python's, NumPy's and PyTorch's generators."""
    _, keys, position, _, _ = np.random.get_state(legacy=True)
    numpy_state = np.asarray(keys, dtype="<u4").tobytes() + struct.pack("<I", position)
    return [WORDS.pack(*random.getstate()[1]), numpy_state, torch.get_rng_state().numpy().tobytes()]


def restore(states: list[bytes]) -> None:
    """Put the generators into the states captured elsewhere."""
    python, numpy_state, torch_state = states
    random.setstate((3, WORDS.unpack(python), None))
    keys, position = np.frombuffer(numpy_state[:-4], dtype="<u4"), struct.unpack("<I", numpy_state[-4:])[0]
    np.random.set_state((NUMPY_NAME, keys, position, 0, 0.0))
    torch.set_rng_state(torch.frombuffer(bytearray(torch_state), dtype=torch.uint8))


def advance() -> None:
    """Move on, so that the next call of a student's function does not draw the same numbers again."""
    random.random()
    np.random.random_sample()
    torch.rand(())
