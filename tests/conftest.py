"""What every test runs under: executed shape annotations, one thread, a fixed seed.

The import hook must be in place before anything imports ``seq2gpt``; pytest loads this file first, in
every worker of pytest-xdist too.
"""

import sys

import pytest
import torch
from hypothesis import settings
from jaxtyping import install_import_hook

imported_too_early = [name for name in sys.modules if name.split(".")[0] == "seq2gpt"]
assert not imported_too_early, f"{imported_too_early} came before the hook, their annotations stay unchecked"
install_import_hook("seq2gpt", "beartype.beartype")

torch.set_num_threads(1)  # the same sums in the same order on every machine, and no fight between workers

# Deterministic examples; no deadline, because a shared machine is slow at times.
settings.register_profile("seq2gpt", derandomize=True, database=None, deadline=None)
settings.load_profile("seq2gpt")


@pytest.fixture(autouse=True)
def _seed() -> None:
    """Parameters drawn by a module's constructor do not depend on which tests ran before."""
    torch.manual_seed(0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file, and there of one lab, run in the same process: they share what a fixture made."""
    for item in items:
        lab = getattr(item, "callspec", None) and item.callspec.params.get("lab")
        item.add_marker(pytest.mark.xdist_group(f"{item.path.name} {lab or ''}"))
