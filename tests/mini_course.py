"""A course of one lesson without PyTorch, for the tests of the build."""

from pathlib import Path

MODULE = '''\
"""A module."""

import math


def double(x: float) -> float:
    """Twice the number.

    >>> double(3)
    6
    """
    result = 2 * x
    return result


class Circle:
    """A circle with its ``area``."""

    def __init__(self, radius: float) -> None:
        self.radius = radius
        self.area = math.pi * radius**2
'''
# In the place of the real engine: 2 points for double, 3 for the circle.
AUTOGRADER = """\
import sys


def open_lab(lab):
    from autograder.checks import mini

    names = sys.modules["__main__"].__dict__

    def check(name, hidden=False):
        print("checked", name, "with hidden inputs" if hidden else "", object())
        return float(mini.CHECKS[name](names[mini.TARGETS.get(name, name)]))

    check.panel = lambda: print("no panel here")
    return check
"""
CHECKS = """\
TARGETS = {"circle": "Circle"}
CHECKS = {"double": lambda double: 2 * (double(3) == 6), "circle": lambda Circle: 3 * (Circle(1).area > 3)}
"""
SHEET = """\
---
title: A mini lab
setup: |
  import math

  from autograder import open_lab

  check = open_lab("01-mini")
---
# A mini lab

```{exercise} double
title: Twice
minutes: 5
difficulty: 2
text: Why it matters.
hints: [One., Two., Three.]
```

```{exercise} circle
title: Round
target: Circle
given: "class Broken: ..."
minutes: 7
difficulty: 1
text: Why circles matter.
hints: [One., Two., Three.]
```

```{manual} meaning
title: What it means
minutes: 3
points: 4
text: What does it **mean**?
rubric: Two points for twice, two for why.
answer: |
  It means twice.

  And this is why.
```

Play:

```{playground-cell}
print(double(21))
```
"""
LAB = "01-mini"
POINTS = {"double": 2, "circle": 3}


def points(lab: str) -> dict[str, int]:
    """What the exercises are worth."""
    assert lab == LAB
    return POINTS


def make(root: Path) -> Path:
    """Write the course below ``root``."""
    files = {
        f"book/{LAB}/lab.md": SHEET,
        "src/seq2gpt/__init__.py": "",
        "src/seq2gpt/mini.py": MODULE,
        "autograder/__init__.py": AUTOGRADER,
        "autograder/checks/__init__.py": "",
        "autograder/checks/mini.py": CHECKS,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
