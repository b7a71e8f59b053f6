"""The course's workshop: notebooks are built, checked and graded here.

A lab notebook needs one name of it::

    from autograder import open_lab
    check = open_lab("07-attention")
    check("causal_mask")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.checking import Lab, open_lab

__all__ = ["Lab", "open_lab"]


def __getattr__(name: str) -> Any:
    """Load the checks, and with them torch, when they are asked for: most commands need neither."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autograder import checking

    return getattr(checking, name)
