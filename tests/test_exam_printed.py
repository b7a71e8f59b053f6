"""Forms to print as PDF: every sign has a glyph, nothing is left out, no question is torn, the same bytes each day."""

import logging
import re

import pytest
from fpdf import FPDF

from seq2gpt.exam.collection import load_all
from seq2gpt.exam.export.pdf import paper
from seq2gpt.exam.export.printed import printed
from seq2gpt.exam.forms import draw, find_profile

FORM = draw(load_all(), find_profile("university"), "a seed", n_items=18)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float, str]]:
    """(page, height, text) of everything that is put on paper, in its order."""
    texts: list[tuple[int, float, str]] = []
    for name in ("write", "cell"):
        original = getattr(FPDF, name)

        def record(self, first, height, *rest, original=original, **more):
            text = str(height if original.__name__ == "write" else (rest or ("",))[0])
            texts.append((self.page, self.get_y(), text))
            return original(self, first, height, *rest, **more)

        monkeypatch.setattr(FPDF, name, record)
    return texts


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", content))


def test_every_sign_of_the_bank_has_a_glyph(caplog: pytest.LogCaptureFixture) -> None:
    signs = sorted({sign for question in load_all() for sign in f"{question.stem}{question.interaction}"})
    assert len(signs) > 120
    with caplog.at_level(logging.WARNING):
        paper("Signs", "", [f"<p>{''.join(signs)}</p><pre>{''.join(signs)}</pre>".replace("<", "&lt;").replace("&lt;p", "<p").replace("&lt;/p", "</p")])  # fmt: skip
    assert "missing" not in caplog.text


def test_each_form_has_every_question_and_its_options(written: list[tuple[int, float, str]]) -> None:
    files = printed(FORM, "a seed")
    assert sorted(files) == ["form-A.html", "form-A.pdf", "form-B.html", "form-B.pdf", "key.html", "key.pdf"]
    assert all(files[name].startswith(b"%PDF-") for name in files if name.endswith(".pdf"))
    assert 3 <= pages(files["form-A.pdf"]) <= 9
    said = " ".join(text for *_, text in written)
    plain = re.sub(r"\s+", "", said)
    for question in FORM.questions:
        for text in [question.stem, *(str(o["text"]) for o in question.interaction.get("options", []))]:
            assert plain.count(re.sub(r"[\s`]+", "", text)) >= 4, (
                text
            )  # on trial and in earnest, in both forms


def test_a_question_is_not_torn_apart_where_a_page_can_hold_it() -> None:
    block = f"<p>Stem</p><ol type='a'>{''.join(f'<li>option {n}</li>' for n in range(6))}</ol>"
    assert pages(paper("Blocks", "Name", [block] * 5)) == 1
    assert pages(paper("Blocks", "Name", [block] * 6)) == 2
    assert pages(paper("Blocks", "Name", [f"<p>{'long ' * 3000}</p>"])) > 1


def test_the_same_form_gives_the_same_bytes_on_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    first = paper("A form", "Name", ["<p>Is √d_k a divisor?</p>"])
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert paper("A form", "Name", ["<p>Is √d_k a divisor?</p>"]) == first
    assert b"/CreationDate (D:19800101000000Z" in first
