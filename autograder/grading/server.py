"""The process that grading's workers are forked from: it imports the engine while its parent does something else.

Imports nothing of the engine, so that a command can begin it before its own imports.
"""

import multiprocessing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

ENGINE = "autograder.grading.engine"


def begin() -> ForkServerContext:
    """Start it if it does not run; the context makes processes in it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([ENGINE])
    forkserver.ensure_running()
    return context
