"""The notebook that this code runs in, if it runs in one."""

import sys
from typing import Any


def kernel_shell() -> Any | None:
    """IPython's shell of a notebook's kernel; ``None`` in a terminal, in a script and while grading."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython else None
    return shell if hasattr(shell, "kernel") else None
