"""The process in which a submission runs: set limits, then become an IPython kernel.

Started as a script, not imported: ``python -P kernel.py LIMITS -f CONNECTION_FILE``, where LIMITS is JSON
such as ``{"DATA": 2147483648}``. It must start fast, so it imports nothing of the course.
"""

import json
import resource
import sys
from typing import NoReturn


def set_limits(limits: dict[str, int]) -> None:
    """Lower the resource limits of this process and of all that it starts; never raise one."""
    for name, wanted in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))


def stop(code: object = None) -> NoReturn:
    """What ``exit()`` means here: end the cell. IPython's own would end the kernel without a word."""
    raise SystemExit(code)


def main() -> None:
    """Serve the kernel until it is killed."""
    set_limits(json.loads(sys.argv[1]))
    from ipykernel.kernelapp import IPKernelApp  # after the limits, so that they bind it too

    app = IPKernelApp.instance()
    app.initialize(sys.argv[2:])
    assert app.shell is not None
    app.shell.user_ns.update(exit=stop, quit=stop)
    app.start()


if __name__ == "__main__":
    main()
