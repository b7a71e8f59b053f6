"""Where the inputs of checks come from: a seed, public or kept for grading, and what is drawn from it."""

import os
import zlib

import torch
from torch import Tensor

from autograder.grading.seed import SEED_VARIABLE

PUBLIC_SEED = 7


class Draw:
    """Inputs for one check: the same for the same seed, different for every check."""

    def __init__(self, seed: int, salt: str) -> None:
        self.generator = torch.Generator().manual_seed((seed * 1_000_003 + zlib.crc32(salt.encode())) % 2**63)

    def normal(self, *shape: int, dtype: torch.dtype = torch.float64, grad: bool = False) -> Tensor:
        """Independent standard normal numbers."""
        values = torch.randn(*shape, generator=self.generator, dtype=torch.float64).to(dtype)
        return values.requires_grad_(grad)

    def mask(self, *shape: int) -> Tensor:
        """A random boolean mask in which every row allows something and forbids something."""
        mask = torch.rand(*shape, generator=self.generator) < 0.5
        rows, columns = mask.view(-1, shape[-1]), shape[-1]
        allowed = torch.randint(columns, (len(rows), 1), generator=self.generator)
        rows.scatter_(1, allowed, True).scatter_(1, (allowed + 1) % columns, False)
        return mask

    def integer(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def primes(self, count: int, above: int = 2) -> list[int]:
        """Distinct primes in random order, so that no wrong axis fits by accident."""
        pool = [p for p in (2, 3, 5, 7, 11, 13, 17, 19) if p > above]
        order = torch.randperm(len(pool), generator=self.generator)[:count]
        return [pool[i] for i in order.tolist()]


def private_seed() -> int:
    """The seed of the graded inputs, from the instructor's environment; the public one without it."""
    value = os.environ.get(SEED_VARIABLE, "")
    return seed_of(value) if value else PUBLIC_SEED


def seed_of(secret: str) -> int:
    """The seed that a secret stands for."""
    return zlib.crc32(secret.encode())
