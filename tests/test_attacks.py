"""The grading engine against the attack corpus, and the corpus itself: its course, its witnesses, its teeth."""

import base64
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from attacks import course
from attacks.attack import WRONG, Attack, answers, lost
from attacks.corpus import ATTACKS, KINDS, LISTED
from attacks.engines import Grader, Grades
from attacks.probes import LARGEST_FEEDBACK, LARGEST_NOTEBOOK, UNKNOWN, Witness
from attacks.run import ClassOutcome, Outcome, grade_alone, grade_class, outcome
from attacks.world import BYSTANDER, SECRETS, World

HERE = Path(__file__).parent
ENGINES = ("ours",)
# Two of each class, for every day; `make test-slow` tries all.
QUICK = (
    *(
        "perfect",
        "shadows-list",
        "copied-test",
        "truncated",
        "patched-allclose",
        "input-transformer",
        "no-tensor",
    ),
    *("reads-solutions", "seed-in-environment", "edits-bystander", "connects", "orphan", "ends-the-process"),
)
# What nbgrader's defaults do with some of them; the corpus has teeth as long as this holds.
STOCK = {
    "perfect": [],
    "tag-skip-test": ["score: softmax earned 3, honest are 0"],
    "patched-allclose": ["score: softmax earned 3, honest are 0"],
    "warns": ["score: softmax earned 0, honest are 3"],
    "writes-outside": ["host: marker-writes-outside changed"],
}


# ------------------------------------------------------------------------------------ the engine


@pytest.fixture(scope="module", params=ENGINES)
def quick(request: pytest.FixtureRequest) -> ClassOutcome:
    """A few attacks, graded as one class."""
    return grade_class(request.param, [ATTACKS[name] for name in QUICK])


@pytest.fixture(scope="module", params=ENGINES)
def everybody(request: pytest.FixtureRequest) -> ClassOutcome:
    """The whole corpus, graded as one class."""
    return grade_class(request.param, LISTED)


@pytest.fixture(scope="module", params=ENGINES)
def grader(request: pytest.FixtureRequest) -> Iterator[Grader]:
    """A grader's process for one submission after the other."""
    process = Grader(request.param)
    yield process
    process.close()


def of(result: ClassOutcome, name: str) -> Outcome:
    """What came of one attack."""
    return next(o for o in result.outcomes if o.attack.name == name)


@pytest.mark.parametrize("name", QUICK)
def test_a_few_attacks_fail(quick: ClassOutcome, name: str) -> None:
    assert of(quick, name).wrong == [], ATTACKS[name].does


def test_nobody_else_suffers(quick: ClassOutcome) -> None:
    assert quick.anybody == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_fails_in_a_class(everybody: ClassOutcome, name: str) -> None:
    assert of(everybody, name).wrong == [], ATTACKS[name].does


@pytest.mark.slow
def test_nobody_else_suffers_from_all(everybody: ClassOutcome) -> None:
    assert everybody.anybody == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_fails_alone(grader: Grader, name: str) -> None:
    assert grade_alone(grader, ATTACKS[name]).wrong == [], ATTACKS[name].does


@pytest.mark.skipif(os.getuid() != 0, reason="an ordinary user grades already")
@pytest.mark.parametrize(
    "chosen",
    [
        ("--only", "perfect", "patched-allclose", "reads-solutions", "hard-link", "orphan"),
        pytest.param((), marks=pytest.mark.slow),
    ],
    ids=["a few", "all"],
)
def test_attacks_fail_when_an_ordinary_user_grades(chosen: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o777)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": home,
        }
        command = [sys.executable, str(HERE / "jail_places.py"), "-m", "tests.attacks", "--class", *chosen]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=HERE.parent)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "as they must be" in done.stdout


def test_stock_nbgrader_is_taken_in_by_some() -> None:
    grader = Grader("stock")
    found = {name: grade_alone(grader, ATTACKS[name]).wrong for name in STOCK}
    grader.close()
    assert found == STOCK


# ------------------------------------------------------------------------------------ the corpus


def test_the_corpus_is_large_and_every_attack_is_described() -> None:
    assert len(ATTACKS) == len(LISTED) >= 80
    assert min(Counter(attack.kind for attack in LISTED)[kind] for kind in KINDS) >= 10
    for attack in LISTED:
        assert attack.does.endswith("."), attack.name
        assert set(attack.earns) == set(course.POINTS), attack.name
        assert all(0 <= attack.earns[name] <= points for name, points in course.POINTS.items()), attack.name


def test_every_probe_is_aimed_at() -> None:
    aims = {attack.aims.partition(":")[0] for attack in LISTED}
    tripped_by_deeds = {probe.partition(":")[0] for _, probe, _ in DEEDS}
    assert aims == tripped_by_deeds | {"score", "late"}
    leaked = {attack.aims for attack in LISTED if attack.aims.startswith("leak")}
    assert leaked == {f"leak: {what}" for what in [*SECRETS, "hidden inputs"]}


def points_of(answers: dict[str, str]) -> dict[str, float]:
    """What the course's tests give for answers that attack nothing."""
    names: dict[str, object] = {"__name__": "__main__"}
    exec(course.SETUP, names)
    earned = {}
    for exercise, answer in answers.items():
        exec(answer, names)
        try:
            exec(course.EXERCISES[exercise].tests, names)
            earned[exercise] = float(names["points"])  # type: ignore[arg-type]
        except Exception:
            earned[exercise] = 0.0
    return earned


def test_the_course_gives_all_points_for_right_and_none_for_wrong_answers() -> None:
    assert points_of(course.ANSWERS) == course.POINTS
    assert points_of(WRONG) == dict.fromkeys(course.POINTS, 0.0)


def test_what_is_released_hides_the_secrets() -> None:
    released = str(course.notebook(solved=False))
    for secret in (course.SOLUTION_SECRET, course.HIDDEN_SECRET, course.HIDDEN_INPUT, "BEGIN"):
        assert secret in str(course.notebook(solved=True))
        assert secret not in released


def test_every_submission_can_be_handed_in_and_names_no_place_of_this_machine() -> None:
    with World() as world:
        for attack in LISTED:
            place = world.place(attack.name)
            place.mkdir(parents=True)
            attack.build(place, world)
            path = place / f"{course.LAB}.ipynb"
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**20:
                text = path.read_text(encoding="utf-8", errors="replace")
                assert "$HOST" not in text, attack.name
        assert not world.leftovers()


# ------------------------------------------------------------------------------------ the witnesses


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh one, with the places that a run would leave."""
    with World() as made:
        place = made.place("mallory")
        place.mkdir(parents=True)
        answers()(place, made)
        with sqlite3.connect(made.work / "gradebook.db") as db:
            db.execute("create table student (id text)")
            db.execute("create table grade_cells (max_score real)")
            total = sum(course.POINTS.values()) + course.ESSAY_POINTS
            db.execute("insert into grade_cells values (?)", (total,))
        yield made
    for child in CHILDREN:
        child.kill()
        child.wait()
    CHILDREN.clear()


CHILDREN: list["subprocess.Popen[bytes]"] = []  # that play what an attack leaves behind


def write(path: Path, text: str) -> None:
    """A file with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def connect(family: int, address: object, words: bytes) -> None:
    """Say something to a listener."""
    with socket.socket(family) as s:
        s.connect(address)
        s.sendall(words)
        s.shutdown(socket.SHUT_WR)
        s.recv(1)


def execute(world: World, statement: str) -> None:
    """Change the gradebook."""
    with sqlite3.connect(world.work / "gradebook.db") as db:
        db.execute(statement)


def graded(world: World, text: str, **nbgrader: object) -> None:
    """Leave a graded notebook whose only output is ``text``."""
    printed = new_output("stream", name="stdout", text=text)
    cell = new_code_cell("x", outputs=[printed], metadata={"nbgrader": nbgrader})
    place = world.work / "autograded" / "mallory" / course.LAB / f"{course.LAB}.ipynb"
    course.write(new_notebook(cells=[cell]), place)


def feedback(world: World, text: str) -> None:
    """Leave a page of feedback."""
    write(world.work / "feedback" / "mallory" / course.LAB / f"{course.LAB}.html", text)


def leave_process(world: World) -> None:
    """A process that nobody ends."""
    command = [sys.executable, "-c", "import time; time.sleep(60)", f"{world.tag}-mallory"]
    CHILDREN.append(subprocess.Popen(command, start_new_session=True))


def rename_process(world: World) -> None:
    """A process that has only its short name."""
    code = f"import ctypes, time; ctypes.CDLL(None).prctl(15, b'{world.tag}', 0, 0, 0); print(flush=True); time.sleep(60)"
    command = [sys.executable, "-c", code.replace(world.tag, "".join(f"\\x{ord(c):02x}" for c in world.tag))]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    CHILDREN.append(child)
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()


def fill_disk(world: World) -> None:
    """More than is allowed, for long enough to be seen."""
    for number in range(17):
        (world.temporary / str(number)).write_bytes(bytes(10 * 2**20))
    time.sleep(0.6)


SOLUTION = SECRETS["solution"]
DEEDS: list[tuple[str, str, Callable[[World], object]]] = [
    ("mallory", "host: mallory.txt changed", lambda w: write(w.host / "mallory.txt", "")),
    ("mallory", "host: shared.txt changed", lambda w: write(w.host / "shared.txt", "by mallory")),
    (UNKNOWN, "host: id_secret changed", lambda w: (w.host / "id_secret").chmod(0o777)),
    (UNKNOWN, "host: id_secret changed", lambda w: (w.host / "id_secret").unlink()),
    (UNKNOWN, "host: link changed", lambda w: (w.host / "link").symlink_to("/nowhere")),
    (
        "mallory",
        f"submissions: {course.LAB}.ipynb changed",
        lambda w: write(w.place(BYSTANDER) / f"{course.LAB}.ipynb", "by mallory"),
    ),
    (
        UNKNOWN,
        f"course: {course.LAB}.ipynb changed",
        lambda w: write(w.root / "solutions" / course.LAB / f"{course.LAB}.ipynb", ""),
    ),
    (
        "mallory",
        "network: a connection",
        lambda w: connect(socket.AF_INET, ("127.0.0.1", w.port), b"mallory"),
    ),
    (UNKNOWN, "network: a connection", lambda w: connect(socket.AF_UNIX, f"\0{w.tag}", b"")),
    ("mallory", "process: one was left behind", leave_process),
    (UNKNOWN, "process: one was left behind", rename_process),
    (
        "mallory",
        "process: the instructor's was killed",
        lambda w: os.kill(w.decoy("mallory"), signal.SIGKILL),
    ),
    (
        "mallory",
        "gradebook: a student mallory2",
        lambda w: execute(w, "insert into student values ('mallory2')"),
    ),
    (
        UNKNOWN,
        "gradebook: 17 points are possible, not 16",
        lambda w: execute(w, "update grade_cells set max_score = 17"),
    ),
    (UNKNOWN, "disk: more than 160 MB of temporary files", fill_disk),
    ("mallory", "leak: solution", lambda w: graded(w, f"a {SOLUTION} b")),
    ("mallory", "leak: solution", lambda w: graded(w, SOLUTION[::-1])),
    ("mallory", "leak: solution", lambda w: graded(w, SOLUTION.encode().hex())),
    ("mallory", "leak: solution", lambda w: graded(w, base64.b64encode(SOLUTION.encode()).decode())),
    ("mallory", "leak: seed", lambda w: graded(w, SECRETS["seed"], grade=True)),
    ("mallory", "leak: hidden tests", lambda w: graded(w, SECRETS["hidden tests"])),
    (
        "mallory",
        "leak: hidden tests",
        lambda w: feedback(w, SECRETS["hidden tests"].replace("-", "<b>-</b>")),
    ),
    ("mallory", "leak: hidden inputs", lambda w: feedback(w, f"<p>{course.HIDDEN_INPUT}</p>")),
    (
        "mallory",
        "leak: host",
        lambda w: connect(socket.AF_INET, ("127.0.0.1", w.port), f"mallory {SECRETS['host']}".encode()),
    ),
    (
        "mallory",
        "html: the feedback holds a live script",
        lambda w: feedback(w, "<p><script>attack()</script>"),
    ),
    ("mallory", "html: the feedback holds a live script", lambda w: feedback(w, "<img onerror=attack()>")),
    (
        "mallory",
        "html: the feedback holds a live script",
        lambda w: feedback(w, "<a href='javascript:attack()'>"),
    ),
    (
        "mallory",
        "flood: the feedback has more than 1 MB",
        lambda w: feedback(w, "x" * (LARGEST_FEEDBACK + 1)),
    ),
    ("mallory", "flood: the graded notebook has more than 6 MB", lambda w: graded(w, "x" * LARGEST_NOTEBOOK)),
]


@pytest.mark.parametrize(
    ("culprit", "probe", "deed"), DEEDS, ids=[f"{i}-{d[1]}" for i, d in enumerate(DEEDS)]
)
def test_every_probe_trips(world: World, culprit: str, probe: str, deed: Callable[[World], object]) -> None:
    witness = Witness(world, course.LAB, ["mallory", "mall"])
    assert witness.tripped() == {}
    deed(world)
    time.sleep(0.1)  # a listener's thread has to hear it
    assert probe in witness.tripped()[culprit]


def test_what_an_instructor_may_read_is_no_leak(world: World) -> None:
    graded(world, SECRETS["hidden tests"], grade=True)
    feedback(world, "&lt;script&gt;attack()&lt;/script&gt;")
    assert Witness(world, course.LAB, ["mallory"]).tripped() == {}


@pytest.mark.parametrize(
    ("given", "remark", "flagged", "wrong"),
    [
        (lost(), "", False, []),
        (lost(), None, True, []),
        (lost(), "odd", None, []),
        (None, "", None, ["lost: no score was entered"]),
        (lost(scale=1.5), "", None, ["score: scale earned 1.5, honest are 4"]),
        (lost(), "", True, ["flag: the instructor is told nothing"]),
        (lost(), "odd", False, ["flag: an honest student is reported: odd"]),
    ],
)
def test_what_is_wrong_with_an_outcome(
    given: dict[str, float] | None, remark: str | None, flagged: bool | None, wrong: list[str]
) -> None:
    attack = Attack("mallory", "Tries.", answers(), flagged=flagged)
    points = {} if given is None else {"mallory": given}
    remarks = None if remark is None else {"mallory": remark}
    assert outcome(attack, Grades(points, remarks), {}).wrong == wrong
    assert outcome(attack, Grades(points, remarks), {"mallory": {"host: x"}}).wrong == [*wrong, "host: x"]
