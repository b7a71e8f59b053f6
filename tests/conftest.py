"""What every test runs under: executed shape annotations, one thread, a fixed seed.

The import hook must be in place before anything imports ``seq2gpt``; pytest loads this file first, in
every worker of pytest-xdist too.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import jaxtyping
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


# ---- widgets in a browser: a test file names its widget in WIDGET, and in READY what shows that it is drawn --------------


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder laid out as the built site is, served on this machine."""
    from chromium import site_in

    with site_in(tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.fixture(scope="module")
def script(site, request: pytest.FixtureRequest):
    """Run an expression of JavaScript in which the widget's name is its module."""
    name = request.module.WIDGET
    page, faults = site.open(site.write("", name="empty.html"))
    yield lambda code, argument=None: page.evaluate(
        f"async (argument) => {{ const {name} = await import('/_static/widgets/{name}.js'); return {code}; }}",
        argument,
    )
    assert faults == []


@pytest.fixture
def show(site, request: pytest.FixtureRequest):
    """Open a page with the widget in a given state; in the end it must be without fault."""
    from chromium import FIGURE

    opened = []

    def show(state: dict | None = None, theme: str = "", **context):
        site.write(FIGURE.format(name=request.module.WIDGET, state=json.dumps(state or {})), theme)
        opened.append(site.open("page.html", **context))
        page = opened[-1][0]
        if ready := getattr(request.module, "READY", ""):
            page.locator(ready).first.wait_for(state="attached")
        return page

    yield show
    for page, faults in opened:
        page.context.close()
        assert faults == []


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of one file, and there of one lab, run in the same process: they share what a fixture made.

    pytest-xdist's own groups change the names of tests, which pytest no longer allows: the marks are without effect.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFileAndLab(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            lab = re.search(r"\[(?:.*-)?(\d\d-[a-z]+)", test) if file.endswith("_labs.py") else None
            return f"{file} {lab[1]}" if lab else file

    return ByFileAndLab(config, log)


@pytest.fixture
def _as_users_run_it() -> Iterator[None]:
    """Without the annotations that the tests execute: they would refuse an argument before the package does."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)
