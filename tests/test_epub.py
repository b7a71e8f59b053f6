"""The book as an EPUB: the table of its files says which of them hold formulas and drawings, as readers' programs expect."""

import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile

import pytest

pytest.importorskip("jupyter_book", reason="the extra `book` is not installed")

from chromium import ROOT

CONFIG = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["seq2gpt_epub"]
project = author = version = release = copyright = "tiny"
epub_basename = "tiny"
root_doc = "index"
"""
PAGE = "{title}\n=======\n\n.. raw:: html\n\n   {body}\n"
INDEX = "Tiny\n====\n\n.. toctree::\n\n   formula\n   drawing\n   plain\n"


def test_the_table_of_files_says_what_pages_hold(tmp_path):
    pages = {
        "formula": '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>',
        "drawing": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "plain": "<p>words</p>",
    }
    (tmp_path / "conf.py").write_text(CONFIG)
    (tmp_path / "index.rst").write_text(INDEX)
    for name, body in pages.items():
        (tmp_path / f"{name}.rst").write_text(PAGE.format(title=name, body=body))
    words = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "-b",
        "epub",
        "-d",
        tmp_path / "read",
        tmp_path,
        tmp_path / "out",
    ]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "out/tiny.epub") as book:
        assert book.namelist()[0] == "mimetype"
        table = ET.fromstring(book.read("content.opf"))
    items = table.iter("{http://www.idpf.org/2007/opf}item")
    properties = {item.get("href"): item.get("properties") for item in items}
    assert properties["formula.xhtml"] == "mathml"
    assert properties["drawing.xhtml"] == "svg"
    assert properties["plain.xhtml"] is None
    assert properties["nav.xhtml"] == "nav"
