"""Run code that nobody vouches for: each call in a jailed process of its own, ready in milliseconds.

    from autograder.jail import Policy, Zygote

    with Zygote(preload=("torch",), modules=("autograder.grading.worker",)) as zygote:
        with zygote.spawn("autograder.grading.worker:main", b"payload", fds=[sock.fileno()], policy=Policy()) as child:
            outcome = child.wait()        # Outcome(ended="exit", code=0, seconds=…, cpu_seconds=…, peak_bytes=…)

The entry is called as ``main(payload, fds)`` in a process that has torch imported already. It sees Python, ``modules``
and an empty folder of its own, and nothing else: no network, no other process, no home folder, no writable disk. What it
may use is the :class:`Policy`; when it takes more, everything that it started is killed and the outcome says why. A step
of the isolation that fails raises :class:`JailError` with the step's name: nothing ever runs with less. Linux only;
``available`` says what is possible elsewhere.
"""

from autograder.jail.child import Child, Outcome
from autograder.jail.errors import JailError, JailUnavailable
from autograder.jail.policy import Policy
from autograder.jail.zygote import Zygote

__all__ = ["Child", "JailError", "JailUnavailable", "Outcome", "Policy", "Zygote"]
