"""The book as an EPUB: the table of its files says which of them hold formulas and drawings, as readers' programs expect."""

import posixpath
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip("jupyter_book", reason="the extra `book` is not installed")

from autograder import book
from chromium import ROOT

CONFIG = f"""
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["seq2gpt_epub", "sphinx_design", "seq2gpt_quiz"]
project = author = version = release = copyright = "tiny"
epub_basename = "tiny"
root_doc = "index"
"""
CARD = """
.. grid:: 2

   .. grid-item-card:: A card

      of another extension, beside nodes of ours that have a form for EPUB
"""
PAGE = "{title}\n=======\n\n.. raw:: html\n\n   {body}\n"
INDEX = "Tiny\n====\n\n.. toctree::\n\n   formula\n   drawing\n   plain\n" + CARD


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


@pytest.mark.slow
def test_the_whole_book_is_well_formed_and_holds_what_it_names(tmp_path):
    """A reading program refuses a page that is no XML, and has no server to ask for what is missing."""
    written = book.write_epub(tmp_path / "site", None, "folded")
    with zipfile.ZipFile(written) as opened:
        pages = {
            name: opened.read(name) for name in opened.namelist() if name.endswith((".xhtml", ".opf", ".ncx"))
        }
        names = set(opened.namelist())
    assert len(pages) > 90
    for name, page in pages.items():
        for element in ET.fromstring(page).iter():
            for attribute in ("src", "href"):
                address = urlsplit(element.get(attribute, ""))
                if address.path and not address.scheme:
                    assert (
                        posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(address.path)))
                        in names
                    )
