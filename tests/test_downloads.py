"""Pinned downloads, from a server of our own on this machine."""

import hashlib
import http.server
import os
import re
import socket
import threading
from pathlib import Path

import pytest

from seq2gpt.data import downloads, sets
from seq2gpt.data.downloads import DATA_SETS, DataSet, PinnedFile, cache_folder, fetch
from seq2gpt.errors import UserError

DATA = Path(os.environ.get("SEQ2GPT_DATA", "missing"))
CONTENT = bytes(range(256)) * 1000
RIGHT = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves a right file, a wrong one, an endless one, one that breaks off, and nothing else."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path in ("/right", "/wrong", "/short"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write({"/right": CONTENT, "/wrong": CONTENT[::-1]}.get(self.path, CONTENT[:999]))
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(CONTENT)
        else:
            self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch):
    asked: list[str] = []
    handler = type("Recording", (Handler,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", asked
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SEQ2GPT_DATA", raising=False)
    return tmp_path / "cache" / "seq2gpt" / "data"


def pin(monkeypatch, url: str | None, sha256: str = RIGHT, n_bytes: int = len(CONTENT)) -> None:
    file = PinnedFile("file.bin", n_bytes, sha256, url)
    monkeypatch.setitem(DATA_SETS, "mine", DataSet((file,), "CC0 1.0", "made by hand from nothing"))


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_downloaded_once_and_then_found_in_the_cache(server, monkeypatch, cache):
    url, asked = server
    pin(monkeypatch, f"{url}/right")
    assert fetch("mine") == cache / "mine" == cache_folder() / "mine"
    assert (cache / "mine" / "file.bin").read_bytes() == CONTENT
    assert left_behind(cache) == ["file.bin"]
    fetch("mine")
    assert asked == ["/right"]


def test_a_file_url_works_too(monkeypatch, tmp_path, cache):
    (tmp_path / "source.bin").write_bytes(CONTENT)
    pin(monkeypatch, (tmp_path / "source.bin").as_uri())
    assert (fetch("mine") / "file.bin").read_bytes() == CONTENT


def test_local_copies_go_first_and_nothing_is_asked(server, monkeypatch, tmp_path, cache):
    url, asked = server
    pin(monkeypatch, f"{url}/right")
    monkeypatch.setenv("SEQ2GPT_DATA", str(tmp_path / "local"))
    (tmp_path / "local" / "mine").mkdir(parents=True)
    (tmp_path / "local" / "mine" / "file.bin").write_bytes(CONTENT)
    assert fetch("mine") == tmp_path / "local" / "mine"
    assert asked == []
    assert not cache.exists()


def test_a_set_that_is_not_among_the_local_copies_is_downloaded(server, monkeypatch, tmp_path, cache):
    pin(monkeypatch, f"{server[0]}/right")
    monkeypatch.setenv("SEQ2GPT_DATA", str(tmp_path / "local"))
    assert fetch("mine") == cache / "mine"


def test_a_set_that_is_only_half_among_the_local_copies_is_not_used_from_there(
    server, monkeypatch, tmp_path, cache
):
    files = tuple(PinnedFile(name, len(CONTENT), RIGHT, f"{server[0]}/right") for name in ("a.bin", "b.bin"))
    monkeypatch.setitem(DATA_SETS, "mine", DataSet(files, "CC0 1.0", "made by hand"))
    monkeypatch.setenv("SEQ2GPT_DATA", str(tmp_path / "local"))
    (tmp_path / "local" / "mine").mkdir(parents=True)
    (tmp_path / "local" / "mine" / "a.bin").write_bytes(CONTENT)
    assert fetch("mine") == cache / "mine"
    assert left_behind(cache) == ["a.bin", "b.bin"]


def test_a_local_copy_with_another_checksum_is_refused_and_kept(monkeypatch, tmp_path):
    pin(monkeypatch, None)
    monkeypatch.setenv("SEQ2GPT_DATA", str(tmp_path))
    path = tmp_path / "mine" / "file.bin"
    path.parent.mkdir()
    path.write_bytes(b"other")
    message = f"{path} has another SHA-256 than the pinned {RIGHT[:12]}…; get the file again"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        fetch("mine")
    assert path.read_bytes() == b"other"


def test_a_damaged_file_in_the_cache_is_downloaded_again(server, monkeypatch, cache):
    pin(monkeypatch, f"{server[0]}/right")
    (cache / "mine").mkdir(parents=True)
    (cache / "mine" / "file.bin").write_bytes(CONTENT[:-1])
    assert (fetch("mine") / "file.bin").read_bytes() == CONTENT


def test_the_wrong_content_is_refused_and_nothing_is_kept(server, monkeypatch, cache):
    url = f"{server[0]}/wrong"
    pin(monkeypatch, url)
    found = hashlib.sha256(CONTENT[::-1]).hexdigest()
    message = (
        f"{url} has SHA-256 {found[:12]}… instead of {RIGHT[:12]}…, so it is not the pinned file; nothing was "
        "kept: try again, or set SEQ2GPT_DATA to a folder that holds mine/file.bin"
    )
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        fetch("mine")
    assert left_behind(cache) == []


def test_a_wrong_page_without_end_is_not_read_to_its_end(server, monkeypatch, cache):
    pin(monkeypatch, f"{server[0]}/endless")
    read = []
    original = hashlib.sha256
    monkeypatch.setattr(
        downloads.hashlib, "sha256", lambda content: read.append(len(content)) or original(content)
    )
    with pytest.raises(UserError, match="so it is not the pinned file"):
        fetch("mine")
    assert len(CONTENT) < read[0] <= len(CONTENT) + downloads.CHUNK
    assert left_behind(cache) == []


@pytest.mark.parametrize("path", ["/missing", "/short"])
def test_failed_downloads_are_one_line_that_says_where_to_put_the_file(server, monkeypatch, cache, path):
    url = f"{server[0]}{path}"
    pin(monkeypatch, url)
    with pytest.raises(UserError) as refusal:
        fetch("mine")
    text = str(refusal.value)
    assert text.startswith(url)
    assert text.endswith("set SEQ2GPT_DATA to a folder that holds mine/file.bin")
    assert "\n" not in text
    assert "Not Found" in text or "so it is not the pinned file" in text
    assert left_behind(cache) == []


def test_without_a_network_the_refusal_says_so(monkeypatch, cache):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/file"  # nobody listens there
        pin(monkeypatch, url)
        message = (
            f"{url} cannot be downloaded ([Errno 111] Connection refused); try again, "
            "or set SEQ2GPT_DATA to a folder that holds mine/file.bin"
        )
        with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
            fetch("mine")
    assert left_behind(cache) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(server, monkeypatch, cache):
    pin(monkeypatch, f"{server[0]}/right")

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    path = cache / "mine" / "file.bin"
    message = f"{path} cannot be written (No space left on device); make room, or set XDG_CACHE_HOME to another folder"
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        fetch("mine")
    assert left_behind(cache) == []


def test_a_cache_that_cannot_be_made_is_one_line(server, monkeypatch, tmp_path):
    pin(monkeypatch, f"{server[0]}/right")
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"cannot be written \(Not a directory\); make room, or set XDG_CACHE_HOME"
    ):
        fetch("mine")


def test_a_file_that_nobody_publishes_says_how_to_get_it(monkeypatch):
    pin(monkeypatch, None)
    message = (
        "file.bin has no download of its own: it is made by hand from nothing; "
        "set SEQ2GPT_DATA to a folder that holds mine/file.bin"
    )
    with pytest.raises(UserError, match=f"^{re.escape(message)}$"):
        fetch("mine")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UserError) as refusal:
        fetch("nmaes")
    assert str(refusal.value).startswith(
        "there is no data set 'nmaes' (did you mean names?); the sets are names, "
    )


def test_progress_is_shown_on_a_terminal_only_and_only_if_wanted(server, monkeypatch, capsys, cache):
    pin(monkeypatch, f"{server[0]}/right")
    fetch("mine")
    assert capsys.readouterr() == ("", "")  # not a terminal
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    for progress in (True, False):
        (cache / "mine" / "file.bin").unlink()
        fetch("mine", progress)
        assert ("file.bin" in capsys.readouterr().err) == progress


# ---- the pinned sets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_set_states_its_licence_and_pins_a_commit(name):
    data = DATA_SETS[name]
    assert data.licence
    assert data.origin
    for file in data.files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        if file.url is not None:
            assert re.match(r"https://raw\.githubusercontent\.com/[\w.-]+/[\w.-]+/[0-9a-f]{40}/", file.url)


needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="SEQ2GPT_DATA is not set to the folder of real sets"
)


@needs_data
@pytest.mark.parametrize("name", DATA_SETS)
def test_pins_are_those_of_the_record_of_origin(name, monkeypatch):
    monkeypatch.setenv("SEQ2GPT_DATA", str(DATA))
    assert fetch(name) == DATA / name
    source = (DATA / name / "SOURCE.md").read_text(encoding="utf-8")
    for file in DATA_SETS[name].files:
        row = next(line for line in source.splitlines() if line.startswith(f"| {file.name} |"))
        assert f"| {file.n_bytes} |" in row
        assert row.endswith(f"| {file.sha256} |")
        if file.url is not None:
            owner, repository, commit, path = file.url.removeprefix(
                "https://raw.githubusercontent.com/"
            ).split("/", 3)
            assert f"- github:{owner}/{repository} @ `{commit}` : `{path}`" in source


@needs_data
def test_loaders(monkeypatch):
    monkeypatch.setenv("SEQ2GPT_DATA", str(DATA))
    names = sets.load_names()
    assert len(names) == 32033
    assert names[:3] == ["emma", "olivia", "ava"]
    assert len(sets.load_tinyshakespeare()) == 1_115_394
    assert sets.load_tinyshakespeare().startswith("First Citizen:\nBefore we proceed")
    tales = sets.load_fairy_tales()
    assert len(tales) == 6_713_772
    assert "Presently he arrived at a great town" in tales
    assert len(sets.load_gpt2_merges()) == 50001
    assert sets.load_gpt2_merges()[0] == "#version: 0.2"
    assert sets.read_data(Path("tinyshakespeare")) == sets.load_tinyshakespeare()
    assert sets.read_data(Path("fairy_tales")) == tales
    assert sets.read_data(Path("names")).split("\n")[:2] == ["emma", "olivia"]


def test_a_file_is_read_before_a_set_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("names").write_text("anna\n", encoding="utf-8")
    assert sets.read_data(Path("names")) == "anna\n"


def test_what_is_neither_file_nor_set_is_refused(tmp_path):
    path = tmp_path / "missing.txt"
    wording = r"^there is no file and no data set '.*missing\.txt'; give --data the path of a file or one of these names: "
    with pytest.raises(UserError, match=wording + "names, tinyshakespeare, fairy_tales$"):
        sets.read_data(path)
    with pytest.raises(UserError, match=wording + "names$"):
        sets.read_data(path, ["names"])
    with pytest.raises(UserError, match=r"no data set 'name' \(did you mean names\?\); give"):
        sets.read_data(Path("name"))
    with pytest.raises(UserError, match="no data set 'fairy_tales'; give"):
        sets.read_data(Path("fairy_tales"), ["names"])
