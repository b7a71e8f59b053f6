"""Run code that nobody vouches for: each call in a jailed process of its own, ready in milliseconds.

    from autograder.jail import Policy, Zygote

    with Zygote(preload=("torch",), modules=("autograder.grading.worker",)) as zygote:
        with zygote.spawn("autograder.grading.worker:main", b"payload", fds=[sock.fileno()], policy=Policy()) as child:
            outcome = child.wait()        # Outcome(ended="exit", code=0, seconds=…, cpu_seconds=…, peak_bytes=…)

The entry is called as ``main(payload, fds)`` in a process that has torch imported already. It sees Python, ``modules``
and an empty folder of its own, and nothing else: no network, no other process, no home folder, no writable disk. What it
may use is the :class:`Policy`; when it takes more, everything that it started is killed and the outcome says why. A step
of the isolation that fails raises :class:`JailError` with the step's name: nothing ever runs with less. Linux only;
``choose.open_jail`` takes a container elsewhere, or refuses.

It does not stop a fault of the kernel (that needs a virtual machine), nor what can be learned from how long things
take. All jails of one zygote share its memory layout and what it has imported, so it must hold no secret.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.jail.available import JailUnavailable
    from autograder.jail.child import Child, Outcome
    from autograder.jail.errors import JailError
    from autograder.jail.policy import Policy
    from autograder.jail.zygote import Zygote

__all__ = ["Child", "JailError", "JailUnavailable", "Outcome", "Policy", "Zygote"]

HOMES = {
    "Child": "child",
    "JailError": "errors",
    "JailUnavailable": "available",
    "Outcome": "child",
    "Policy": "policy",
    "Zygote": "zygote",
}


def __getattr__(name: str) -> Any:
    """Load a part when it is asked for: the zygote, which is copied into every jail, holds its own side only."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
