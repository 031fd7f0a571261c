"""Overviews as files: the same cells in each form, and nothing in them that a program would carry out."""

from __future__ import annotations

import csv
import zipfile
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from partnerauth.adapters.exports import WRITERS, as_csv, as_pdf, as_xlsx
from partnerauth.overviews import Overview, shown

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
LETTERS = "Zoë Łódź Ünal Ωμέγα Привет “d'Or” €"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def overview(*rows: tuple[str, ...]) -> Overview:
    return Overview(title="Users", at=NOON, columns=("a", "b"), rows=rows)


def read_csv(file: bytes) -> list[list[str]]:
    return [*csv.reader(StringIO(file.decode("utf-8-sig"), newline=""))]


def read_xlsx(file: bytes) -> list[list[object]]:
    sheet = load_workbook(BytesIO(file)).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.rule("KP-13")
def test_every_form_has_every_cell() -> None:
    rows = overview((LETTERS, "2"), ("", "x" * 50))
    assert read_csv(as_csv(rows)) == [["a", "b"], [LETTERS, "2"], ["", "x" * 50]]
    assert read_xlsx(as_xlsx(rows)) == [["a", "b"], [LETTERS, "2"], ["", "x" * 50]]
    assert as_pdf(rows).startswith(b"%PDF-")


@pytest.mark.rule("KP-13")
def test_an_overview_of_nothing_has_its_headings() -> None:
    for form, made in WRITERS.items():
        assert made(overview()), form
    assert read_xlsx(as_xlsx(overview())) == [["a", "b"]]


@pytest.mark.rule("KP-13")
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_fd_06_no_cell_is_a_formula(start: str) -> None:
    cell = f"{start}cmd()|'/c calc'!A1"
    written = read_csv(as_csv(overview((cell, "b"))))[1][0]
    assert written.startswith("'")
    file = as_xlsx(overview((cell, "https://evil.example")))
    with zipfile.ZipFile(BytesIO(file)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert read_xlsx(file)[1] == [shown(cell), "https://evil.example"]


@pytest.mark.rule("GX-08")
@settings(max_examples=60)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_au_08_no_text_makes_a_row_or_a_column_of_its_own(rows: list[tuple[str, str]]) -> None:
    table = overview(*rows)
    read = read_csv(as_csv(table))
    assert [len(row) for row in read] == [2] * (len(rows) + 1)
    assert as_csv(table).count(b"\r\n") == len(rows) + 1
    assert [[(cell or "") for cell in row] for row in read_xlsx(as_xlsx(table))[1:]] == [
        [shown(cell) for cell in row] for row in rows
    ]


def test_what_the_font_lacks_is_told_by_its_number_and_long_texts_go_on() -> None:
    assert as_pdf(overview(("中文 \U0001f4ee", "word " * 8000), ("x" * 9000, "")))


def test_a_file_tells_when_it_was_made_and_the_same_moment_gives_the_same_file() -> None:
    assert as_csv(overview(("a", "b"))) == as_csv(overview(("a", "b")))
    assert as_xlsx(overview(("a", "b"))) == as_xlsx(overview(("a", "b")))
