"""What happened that must not: measured from outside, never believed from a submission."""

import base64
import contextlib
import hashlib
import html
import json
import os
import sqlite3
import stat
import sysconfig
from collections import defaultdict
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from pathlib import Path

from . import course
from .world import BYSTANDER, SECRETS, World, wait_until_quiet

UNKNOWN = "?"  # somebody did it
LARGEST_FEEDBACK = 2**20
LARGEST_NOTEBOOK = 6 * 2**20
LARGEST_TEMPORARY = 160 * 2**20
Tripped = dict[str, set[str]]


class Witness:
    """Remembers how the world was; :meth:`tripped` says what has changed, and by whom."""

    def __init__(self, world: World, lab: str, suspects: Collection[str]) -> None:
        self.world, self.lab = world, lab
        self.suspects = sorted(suspects, key=len, reverse=True)  # the longest name that fits is the culprit's
        self.files = self._guarded()

    def _guarded(self) -> dict[Path, str]:
        """What no submission may touch: the host's files, the course, what was handed in."""
        found = {}
        for top in (self.world.host, self.world.root, self.world.submitted):
            found.update(digests(top))
        return found

    def tripped(self, hidden_tests_shown: bool = False) -> Tripped:
        """The probes that tripped, by student."""
        wait_until_quiet(self.world)
        found: Tripped = defaultdict(set)
        for probe in (
            self._files,
            self._network,
            self._processes,
            self._gradebook,
            self._disk,
            self._packages,
        ):
            for name, what in probe():
                found[name].add(what)
        for student in [*self.suspects, BYSTANDER]:
            for what in leaks(self.world, self.lab, student, hidden_tests_shown):
                found[student].add(what)
        return dict(found)

    def _culprit(self, *evidence: str) -> str:
        return next((name for name in self.suspects if any(name in text for text in evidence)), UNKNOWN)

    def _files(self) -> Iterator[tuple[str, str]]:
        now = self._guarded()
        for path in sorted(self.files.keys() | now.keys()):
            if self.files.get(path) == now.get(path):
                continue
            kind = "host" if path.is_relative_to(self.world.host) else "submissions"
            if path.is_relative_to(self.world.root):
                kind = "course"
            content = ""
            with contextlib.suppress(OSError):
                content = path.read_bytes()[:10_000_000].decode(errors="replace") if path.is_file() else ""
            traces = (str(path.relative_to(self.world.host)), content) if kind == "host" else (content,)
            yield self._culprit(*traces), f"{kind}: {path.name} changed"

    def _network(self) -> Iterator[tuple[str, str]]:
        for listener in self.world.listeners:
            for words in listener.heard:
                yield self._culprit(words), "network: a connection"

    def _processes(self) -> Iterator[tuple[str, str]]:
        for process in self.world.leftovers():
            yield self._culprit(" ".join(process.info["cmdline"] or [])), "process: one was left behind"
        for name, decoy in self.world.decoys.items():
            if decoy.poll() is not None:
                yield name, "process: the instructor's was killed"

    def _gradebook(self) -> Iterator[tuple[str, str]]:
        path = self.world.work / "gradebook.db"
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
        ):
            known = {*self.suspects, BYSTANDER}
            for (student,) in db.execute("select id from student"):
                if student not in known:
                    yield self._culprit(student), f"gradebook: a student {student}"
            points = db.execute("select sum(max_score) from grade_cells").fetchone()[0]
            if points is not None and self.lab == course.LAB:
                wanted = sum(course.POINTS.values()) + course.ESSAY_POINTS
                if points != wanted:
                    yield UNKNOWN, f"gradebook: {points:g} points are possible, not {wanted:g}"

    def _disk(self) -> Iterator[tuple[str, str]]:
        if self.world.largest > LARGEST_TEMPORARY:
            yield UNKNOWN, "disk: more than 160 MB of temporary files"

    def _packages(self) -> Iterator[tuple[str, str]]:
        for name in os.listdir(sysconfig.get_path("purelib")):
            if self.world.tag in name:
                yield self._culprit(name), "host: a package was installed"


def digests(top: Path) -> dict[Path, str]:
    """Content, kind and mode of everything below a folder."""
    found = {}
    for folder, folders, names in os.walk(top):
        for name in [*folders, *names]:
            path = Path(folder, name)
            status = path.lstat()
            text = f"{stat.filemode(status.st_mode)}"
            if stat.S_ISREG(status.st_mode):
                with path.open("rb") as file:
                    text += hashlib.file_digest(file, "sha256").hexdigest()
            elif stat.S_ISLNK(status.st_mode):
                text += os.readlink(path)
            found[path] = text
    return found


def leaks(world: World, lab: str, student: str, hidden_tests_shown: bool) -> Iterator[str]:
    """Secrets, live HTML and floods in what a student's run left for students and instructors to read."""
    outputs, own_outputs, page = "", "", ""
    graded = world.work / "autograded" / student / lab / f"{lab}.ipynb"
    with contextlib.suppress(OSError, ValueError, KeyError):
        if graded.stat().st_size > LARGEST_NOTEBOOK:
            yield "flood: the graded notebook has more than 6 MB"
        cells = json.loads(graded.read_bytes())["cells"]
        outputs = json.dumps([c.get("outputs") for c in cells], ensure_ascii=False)
        # The outputs of a test may quote the test: only instructors read them.
        own = [c.get("outputs") for c in cells if not c["metadata"].get("nbgrader", {}).get("grade")]
        own_outputs = json.dumps(own, ensure_ascii=False)
    for path in (world.work / "feedback" / student / lab).glob("*.html"):
        if path.stat().st_size > LARGEST_FEEDBACK:
            yield "flood: the feedback has more than 1 MB"
        page += html.unescape(strip_tags(raw := path.read_text(encoding="utf-8", errors="replace")))
        if is_live(raw):
            yield "html: the feedback holds a live script"
    heard = " ".join(words for listener in world.listeners for words in listener.heard if student in words)
    for what, secret in SECRETS.items():
        if what == "bystander" and student == BYSTANDER:
            continue
        places = (own_outputs if what == "hidden tests" else outputs) + heard
        if not (what == "hidden tests" and hidden_tests_shown):
            places += page
        if any(form in places for form in forms(secret)):
            yield f"leak: {what}"
    if not hidden_tests_shown and course.HIDDEN_INPUT in page:
        yield "leak: hidden inputs"


class LiveHtml(HTMLParser):
    """Notes whether an attack's script would run."""

    live = False
    in_script = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.in_script = tag == "script"
        self.live |= any("attack()" in (value or "") for _, value in attributes)

    def handle_endtag(self, tag: str) -> None:
        self.in_script = False

    def handle_data(self, data: str) -> None:
        self.live |= self.in_script and "attack()" in data


def is_live(page: str) -> bool:
    """Whether a page holds an attack's script, handler or link, not merely the text of one."""
    parser = LiveHtml()
    parser.feed(page)
    return parser.live


def strip_tags(page: str) -> str:
    """The text of a page; highlighting splits a secret over several tags."""
    parts = page.replace(">", ">\0").replace("<", "\0<").split("\0")
    return "".join(part for part in parts if not part.startswith("<"))


def forms(secret: str) -> Iterator[str]:
    """A secret as it may be disguised."""
    yield secret
    yield secret[::-1]
    yield secret.encode().hex()
    yield base64.b64encode(secret.encode()).decode()
