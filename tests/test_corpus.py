"""The embedded corpus, text files of one's own, the split, and writing files whole."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2gpt.data import corpus
from seq2gpt.data.corpus import (
    build_corpus,
    embedded_corpus,
    normalize,
    python_texts,
    read_text,
    split_corpus,
)
from seq2gpt.data.files import write_atomically
from seq2gpt.errors import UserError

SOURCES = {
    "python/pydoc_data/topics.py": b'topics = {"if": "The if statement.", "for": "The \\u201cfor\\u201d loop."}',
    "python/a.py": b'"""Module a."""\nclass C:\n    """A class."""\n    x = "no docstring"\n',
    "python/b.py": b'def f():\n    r"""Matches \\d.\n\n    Indented.\n    """\nasync def g():\n    "A class."\n',
    "python/broken.py": b"def (:\n",
    "lessons/07.md": "# Attention\n\nEvery position – looks.".encode(),
}


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "seq2gpt"


@pytest.fixture
def few_sources(monkeypatch) -> dict[str, bytes]:
    sources = dict(SOURCES)
    monkeypatch.setattr(corpus, "_sources", lambda: iter(sources.items()))
    return sources


def test_manual_docstrings_and_lessons_are_joined_without_repetition():
    assert build_corpus(SOURCES) == (
        'The if statement.\n\nThe "for" loop.\n\nModule a.\n\nA class.\n\nMatches \\d.\n\nIndented.\n\n'
        "# Attention\n\nEvery position - looks.\n"
    )


def test_the_real_corpus_is_large_english_plain_text_from_all_three_sources(cache):
    text = embedded_corpus()
    assert 1_500_000 < len(text) < 4_000_000
    assert set(text) <= {chr(code) for code in range(32, 127)} | {"\n"}
    assert len(set(text)) == 96  # every printable character occurs: any ASCII prompt can be read
    assert "Assert statements are a convenient way to insert debugging assertions" in text  # the manual
    assert "arithmetic mean" in text  # the docstrings of statistics.py
    assert "every position looks at every other" in text  # this course's own docstrings
    assert len(re.findall(r"\bthe\b", text)) > 15_000
    pythons_own = python_texts()
    assert len(set(pythons_own)) == 96, "the vocabulary does not depend on the course's own text"
    assert "every position looks at every other" not in pythons_own


def test_the_corpus_is_cached_and_follows_its_sources(cache, few_sources):
    first = embedded_corpus()
    (file,) = cache.iterdir()
    file.write_text("what the cache says", encoding="ascii")
    assert embedded_corpus() == "what the cache says"
    few_sources["lessons/07.md"] += b" More."
    assert embedded_corpus() == first.replace("looks.", "looks. More.")
    assert len(list(cache.iterdir())) == 1, "the outdated file stays behind"


def test_without_a_cache_folder_the_corpus_is_the_same(tmp_path, monkeypatch, few_sources):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert embedded_corpus() == build_corpus(SOURCES)


def test_an_edit_of_the_courses_own_text_leaves_what_is_held_out_unchanged(tmp_path, monkeypatch, cache):
    library, package = tmp_path / "python", tmp_path / "package"
    lessons = package / "course_files" / "lessons"
    library.mkdir()
    lessons.mkdir(parents=True)
    docstrings = [f"Python's docstring number {i} says {i * i}." for i in range(97)]
    (library / "a.py").write_text("".join(f"def f(): {text!r}\n" for text in docstrings), encoding="utf-8")
    (package / "attention.py").write_text("'Looks at a word.'", encoding="utf-8")
    (lessons / "07.md").write_text("# Attention", encoding="utf-8")
    monkeypatch.setattr(corpus, "PACKAGE", package)
    monkeypatch.setattr(corpus.sysconfig, "get_paths", lambda: {"stdlib": str(library)})
    before = embedded_corpus()
    (package / "attention.py").write_text("'Looks at all words.'", encoding="utf-8")
    (lessons / "01.md").write_text("# Tokens\n\n" + "A chapter. " * 311, encoding="utf-8")
    after = embedded_corpus()
    for context_length in (2, 7, 149):
        learned, held_out = split_corpus(after, context_length)
        assert held_out.encode() == split_corpus(before, context_length)[1].encode()
        assert all(text in learned for text in ("Looks at all words.", "A chapter. " * 310, "# Attention"))
    assert python_texts() == "\n\n".join(docstrings)
    (library / "a.py").write_text(f"'{'Another Python. ' * 300}'", encoding="utf-8")
    assert split_corpus(embedded_corpus(), 7)[1] != split_corpus(before, 7)[1]


@given(st.text())
def test_normalized_text_is_printable_ascii_and_stays_as_it_is(text):
    plain = normalize(text)
    assert all(char == "\n" or " " <= char <= "~" for char in plain)
    assert "\n\n\n" not in plain
    assert " \n" not in plain
    assert normalize(plain) == plain


def test_signs_become_their_plain_form():
    assert normalize("W ≤ √d_k — “é”…\tx\r\n") == 'W <= sqrt d_k - "e"...    x'


def test_a_file_is_read_with_newlines_and_without_a_byte_order_mark(tmp_path):
    path = tmp_path / "poem.txt"
    path.write_bytes("\ufeffé\r\nb\rc\n".encode())
    assert read_text(path) == "é\nb\nc\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "{path} does not exist; give --data the path of a text file"),
        (b"", "{path} holds no text; give --data a file with something to learn from"),
        (b" \n\r\n", "{path} holds no text; give --data a file with something to learn from"),
        (
            "naïve ".encode() + b"caf\xe9 au lait",
            "{path} is not UTF-8 text (byte 0xe9 at offset 10); save it as UTF-8 and try again",
        ),
    ],
)
def test_unusable_files_are_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        read_text(path)
    assert str(refusal.value) == message.format(path=path)


def test_a_folder_is_no_text(tmp_path):
    with pytest.raises(UserError) as refusal:
        read_text(tmp_path)
    assert str(refusal.value) == (
        f"{tmp_path} is a folder; make token files of its texts with `seq2gpt tokenize {tmp_path} NEW-FOLDER`, "
        "and train on these"
    )


@given(st.integers(2, 40), st.integers(0, 5000))
def test_the_split_loses_nothing_and_holds_out_slices_from_the_whole_length(context_length, surplus):
    text = "".join(chr(0x4E00 + i) for i in range(20 * (context_length + 1) + surplus))  # no two alike
    training, validation = split_corpus(text, context_length)
    assert sorted(training + validation) == sorted(text)
    assert len(validation) > context_length
    assert len(training) > context_length
    assert 0.02 < len(validation) / len(text) <= 0.055
    if surplus > 40 * (context_length + 1):
        assert text.index(validation[0]) < len(text) / 2


def test_a_text_too_short_for_the_context_is_refused():
    assert len(split_corpus("ab" * 90, context_length=8)[1]) == 9
    with pytest.raises(UserError) as refusal:
        split_corpus("ab" * 89, context_length=8)
    assert str(refusal.value) == (
        "the corpus has 178 characters, but context_length=8 needs 180 or more; "
        "use a longer text or a smaller --context-length"
    )


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
