"""The process that grading's workers are forked from: it imports the engine while its parent does something else.

Imports nothing of the engine, so that a command can begin it before its own imports.
"""

import multiprocessing
import os
import threading
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

ENGINE = "autograder.grading.engine"


def begin() -> ForkServerContext:
    """Start it if it does not run; the context makes processes in it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([ENGINE])
    forkserver.ensure_running()
    return context


def end_with_the_grader() -> None:
    """Have this worker end when the grader is gone, killed perhaps: it would wait for work for ever, with its jail."""
    threading.Thread(target=wait_for_its_end, daemon=True).start()


def wait_for_its_end() -> None:
    """End this process, and with it the jail, as soon as the one that began it has ended."""
    if grader := multiprocessing.parent_process():
        grader.join()
        os._exit(1)
