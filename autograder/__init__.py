"""The course's workshop: notebooks are built, checked and graded here.

A lab notebook needs one name of it::

    from autograder import open_lab
    check = open_lab("07-attention")
    check("causal_mask")
"""

from autograder.checking import Lab, open_lab

__all__ = ["Lab", "open_lab"]
