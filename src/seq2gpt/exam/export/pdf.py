"""The printed forms as PDF, by fpdf2: pure Python, and no browser. The fonts are the DejaVu that matplotlib brings,
which have every sign of the bank: Greek letters, roots, arrows, raised and lowered numbers."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import matplotlib
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from seq2gpt.exam.export.content import FIRST_DAY

FONTS = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
SIZE, SMALL, LINE = 10, 9, 5.2  # points, points, millimetres
INDENT = 8.0
LETTERS = "abcdefghijklmnop"


class _Page(FPDF):
    """A4 with the number of the page, the title beside it."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4")
        folder = Path(matplotlib.get_data_path()) / "fonts/ttf"
        for style, name in FONTS.items():
            self.add_font("text", style, folder / name)
        self.add_font("code", "", folder / "DejaVuSansMono.ttf")
        self.set_title(title)
        self.set_lang("en")
        self.set_creation_date(datetime(*FIRST_DAY, tzinfo=UTC))  # the same questions give the same bytes
        self.set_auto_page_break(auto=True, margin=18)
        self.set_margin(18)
        self.add_page()
        self.set_font("text", "B", 14)
        self.multi_cell(0, 8, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(2)
        self.set_font("text", "", SIZE)

    def footer(self) -> None:
        """fpdf2 calls this at the end of each page."""
        self.set_y(-13)
        self.set_font("text", "", 8)
        self.cell(0, 5, f"{self.title}, page {self.page_no()}", align="C")
        self.set_font("text", "", SIZE)

    def finished(self) -> bytes:
        """The file; the fonts' files, which fpdf2 leaves open, are closed."""
        content = bytes(self.output())
        self.close_fonts()
        return content

    def close_fonts(self) -> None:
        """Close the fonts' files."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()


class _Writer(HTMLParser):
    """Writes the HTML of one question: paragraphs, lists, code, a line to write on."""

    def __init__(self, page: FPDF) -> None:
        super().__init__()
        self.page, self.left = page, page.l_margin
        self.lists: list[list[int | bool]] = []  # of each open list: entries so far, and whether with letters
        self.is_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "code":
                self.page.set_font("code", "", SMALL)
            case "pre":
                self.is_pre = True
                self.page.set_font("code", "", SMALL)
            case "br":
                self.page.ln(LINE)
            case "ol" | "ul":
                self.lists.append([0, dict(attrs).get("type") == "a"])
                self.page.set_left_margin(self.page.l_margin + INDENT)
            case "li":
                self._mark()
            case "p" if ("class", "line") in attrs:
                self.page.write(LINE, f"Answer: {'_' * 40} ")

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "code":
                self.page.set_font("text", "", SIZE)
            case "pre" | "p":
                self.is_pre = False
                self.page.set_font("text", "", SIZE)
                self.page.ln(LINE + 1)
            case "li":
                if self.page.get_x() > self.page.l_margin:
                    self.page.ln(LINE)
            case "ol" | "ul":
                self.lists.pop()
                self.page.set_left_margin(self.page.l_margin - INDENT)
                self.page.ln(1)

    def handle_data(self, data: str) -> None:
        text = data if self.is_pre else re.sub(r"\s+", " ", data)
        if text.strip() or self.is_pre:
            self.page.write(LINE, text)

    def _mark(self) -> None:
        entry = self.lists[-1]
        place, letters = int(entry[0]), entry[1]
        entry[0] = place + 1
        self.page.set_x(self.page.l_margin - INDENT + 1)
        self.page.cell(INDENT - 1, LINE, f"{LETTERS[place]}." if letters else f"{place + 1}.")


def paper(title: str, head: str, questions: list[str]) -> bytes:
    """A form as PDF: a line to sign, and the numbered questions, each on one page where it fits."""
    page, trial = _Page(title), _Page(title)
    trial.set_auto_page_break(False)
    page.write(LINE, head)
    page.ln(2 * LINE)
    for number, question in enumerate(questions, 1):
        trial.set_y(0)
        _ask(trial, number, question)
        if page.will_page_break(trial.get_y()) and trial.get_y() < page.eph:
            page.add_page()
        _ask(page, number, question)
    trial.close_fonts()
    return page.finished()


def _ask(page: FPDF, number: int, question: str) -> None:
    page.set_font("text", "B", SIZE)
    page.cell(INDENT, LINE, f"{number}.")
    page.set_font("text", "", SIZE)
    page.set_left_margin(page.l_margin + INDENT)
    _Writer(page).feed(question)
    page.set_left_margin(page.l_margin - INDENT)
    page.ln(3)


def table(title: str, head: list[str], rows: list[list[str]], widths: tuple[int, ...]) -> bytes:
    """A table as PDF."""
    page = _Page(title)
    page.set_font("text", "", SMALL)
    with page.table(col_widths=widths, line_height=LINE, text_align="LEFT") as grid:
        for row in (head, *rows):
            grid.row(row)
    return page.finished()
