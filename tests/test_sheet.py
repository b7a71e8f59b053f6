"""Reading lab sheets: what they mean, and how every mistake is reported."""

from pathlib import Path

import pytest

from autograder.sheet import Code, Exercise, Manual, Text, read_sheet
from seq2gpt.errors import UserError

FRONT = "---\ntitle: A lab\nsetup: |\n  import math\n---\n"
EXERCISE = """\
```{exercise} double
title: Twice
minutes: 5
difficulty: 2
text: |
  Why `double` matters.
hints:
  - One.
  - Two.
  - Three.
```
"""
QUESTION = """\
```{manual} why
title: Why twice
minutes: 3
points: 2
text: Say why.
rubric: One point for each reason.
answer: Because.
```
"""
SHEET = f"""{FRONT}
# A lab

~~~python
```{{exercise}} only shown
~~~

{EXERCISE}
+++

More text.

```{{code-cell}} plot
x = 1

y = 2
```
```{{playground-cell}}
x + y
```
"""


@pytest.fixture
def write(tmp_path: Path):
    """Write a sheet and return its path."""

    def write(text: str) -> Path:
        path = tmp_path / "lab.md"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_parts_come_in_order(write) -> None:
    sheet = read_sheet(write(SHEET), known=["double"])
    assert (sheet.title, sheet.minutes, sheet.setup) == ("A lab", 5, "import math")
    opening, exercise, text, plot, playground = sheet.parts
    assert opening == Text("# A lab\n\n~~~python\n```{exercise} only shown\n~~~", 6)
    assert exercise == Exercise(
        "double", 13, "Twice", 5, 2, "Why `double` matters.", ("One.", "Two.", "Three."), target="double"
    )
    assert (text, plot) == (Text("More text.", 26), Code("x = 1\n\ny = 2", 29, locked=True, name="plot"))
    assert playground == Code("x + y", 34, locked=False)
    assert sheet.exercises == [exercise]


def test_optional_fields(write) -> None:
    front = FRONT.replace("setup", "minutes: 60\nsetup")
    text = front + EXERCISE.replace("minutes", "target: Twice.run\ngiven: |\n  class Broken: ...\nminutes")
    sheet = read_sheet(write(text))
    assert sheet.minutes == 60
    assert (sheet.exercises[0].target, sheet.exercises[0].given) == ("Twice.run", "class Broken: ...")


def test_a_question(write) -> None:
    sheet = read_sheet(write(FRONT + EXERCISE + QUESTION), known=["double"])
    assert sheet.minutes == 8
    assert sheet.parts[1] == Manual(
        "why", 17, "Why twice", 3, 2, "Say why.", "One point for each reason.", "Because."
    )
    assert [exercise.name for exercise in sheet.exercises] == ["double"]


MISTAKES = {
    "no front matter": ("# A lab\n", 1, "no front matter; start with a line ---"),
    "open front matter": ("---\ntitle: A\n", 1, "no front matter"),
    "no title": (FRONT.replace("title: A lab\n", ""), 1, "the front matter has no 'title'; add a line `title: …`"),
    "unknown front key": (FRONT.replace("title", "titel"), 2, "unknown key 'titel'; did you mean title?"),
    "malformed front matter": (FRONT.replace("A lab", "A: lab"), 2, "the front matter is not valid YAML: mapping values"),
    "unknown directive": (FRONT + "```{exercse} a\n```\n", 6, "unknown directive {exercse}; did you mean {exercise}?"),
    "exercise without name": (FRONT + "```{exercise}\n```\n", 6, "'' is no name; write {exercise} NAME"),
    "odd name": (FRONT + "```{exercise} a b\n```\n", 6, "'a b' is no name"),
    "unclosed text fence": (FRONT + "text\n```python\nx = 1\n", 7, "this fence is never closed; add a line ```"),
    "unclosed exercise": (FRONT + EXERCISE.replace("- Three.\n```", "- Three.") + EXERCISE, 6, "this fence is never closed"),
    "empty cell": (FRONT + "```{code-cell}\n\n```\n", 6, "this {code-cell} is empty"),
    "malformed YAML": (FRONT + EXERCISE.replace("Twice", "Twice: or more"), 7, "exercise 'double' is not valid YAML"),
    "YAML of another kind": (FRONT + "```{exercise} a\n- 1\n```\n", 7, "exercise 'a' must be lines of the form `key: value`"),
    "missing hints": (
        FRONT + EXERCISE[: EXERCISE.index("hints")] + "```\n", 6, "exercise 'double' has no 'hints'; add a line",
    ),
    "two hints": (FRONT + EXERCISE.replace("  - Three.\n", ""), 12, "has 2 hints; write 3: a direction, a step, near-code"),
    "hint that is no text": (FRONT + EXERCISE.replace("- Two.", "- a: b"), 12, "hint 2 is {'a': 'b'}, no text; quote it"),
    "key twice": (FRONT + EXERCISE.replace("minutes: 5", "title: Again"), 8, "exercise 'double' has 'title' twice; remove one"),
    "unknown key": (FRONT + EXERCISE.replace("hints", "hint"), 12, "unknown key 'hint'; did you mean hints?"),
    "difficulty": (FRONT + EXERCISE.replace("difficulty: 2", "difficulty: 4"), 9, "difficulty=4 must be 1, 2 or 3"),
    "minutes as words": (FRONT + EXERCISE.replace("5", "five"), 8, "minutes='five' must be a whole number of at least 1"),
    "minutes as yes": (FRONT + EXERCISE.replace("5", "yes"), 8, "minutes=True must be a whole number"),
    "empty text": (FRONT + EXERCISE.replace("Why `double` matters.", ""), 10, "text='' must be a text"),
    "duplicate": (FRONT + EXERCISE + EXERCISE, 17, "exercise 'double' is already on line 6; remove one"),
    "question without name": (FRONT + "```{manual}\n```\n", 6, "'' is no name; write {manual} NAME"),
    "question without points": (FRONT + QUESTION.replace("points: 2\n", ""), 6, "question 'why' has no 'points'; add a line"),
    "question worth nothing": (FRONT + QUESTION.replace("points: 2", "points: 0"), 9, "points=0 must be a whole number of at least 1"),
    "question with hints": (FRONT + QUESTION.replace("answer", "hints"), 12, "question 'why': unknown key 'hints'"),
    "rubric as a list": (FRONT + QUESTION.replace("One point", "[1]"), 11, "question 'why' is not valid YAML"),
    "marker in the answer": (
        FRONT + QUESTION.replace("Because.", "'### END SOLUTION'"), 12, "question 'why': answer holds 'END SOLUTION', at which",
    ),
    "question named like an exercise": (
        FRONT + EXERCISE + QUESTION.replace("why\n", "double\n", 1), 17, "question 'double' is already on line 6; remove one or rename",
    ),
    "too little time for the question": (FRONT.replace("setup", "minutes: 7\nsetup") + EXERCISE + QUESTION, 1, "write 8 or more"),
    "too little time": (FRONT.replace("setup", "minutes: 4\nsetup") + EXERCISE, 1, "minutes=4 is less than"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_with_its_line(write, text: str, line: int, message: str) -> None:
    path = write(text)
    with pytest.raises(UserError) as caught:
        read_sheet(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert message in str(caught.value)


def test_exercises_and_checks_must_agree(write) -> None:
    path = write(FRONT + EXERCISE)
    with pytest.raises(
        UserError, match=r"lab\.md:6: exercise 'double' has no checks; did you mean doubled\?$"
    ):
        read_sheet(path, known=["doubled", "other"])
    with pytest.raises(
        UserError, match=r"lab\.md:1: there are checks for halve, but no such exercise; add it$"
    ):
        read_sheet(path, known=["double", "halve"])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        read_sheet(tmp_path / "lab.md")
    (tmp_path / "lab.md").write_bytes(b"---\n\xff")
    with pytest.raises(UserError, match="is not UTF-8 text \\(byte 4\\)"):
        read_sheet(tmp_path / "lab.md")
