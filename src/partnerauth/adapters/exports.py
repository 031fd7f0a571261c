"""Adapter: overviews as files, csv, xlsx and pdf (KP-13), through kept libraries: `partnerauth[export]`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from importlib.resources import as_file, files
from io import BytesIO, StringIO
from types import MappingProxyType
from typing import Final

from partnerauth.overviews import Overview, shown

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula (FD-06, OWASP CSV Injection)."""

_FONT: Final = ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf")
_NAME: Final = "NotoSans"
_LONGEST: Final = 400
"""Characters of a cell on paper: in the narrowest column they still fit on a page."""


class ExportError(RuntimeError):
    """A file cannot be made: the message says what to install."""


def as_csv(overview: Overview) -> bytes:
    """Return an overview as csv (RFC 4180), in UTF-8 with its mark, so that a spreadsheet reads it as such.

    What would begin a formula has an apostrophe before it, which spreadsheets do not show.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(overview.columns)
    writer.writerows([_inert(cell) for cell in row] for row in overview.rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(overview: Overview) -> bytes:
    """Return an overview as a workbook of one sheet, each cell a text.  Raises ExportError."""
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _missing from error
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": overview.title, "created": overview.at.astimezone(UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        for column, heading in enumerate(overview.columns):
            sheet.write_string(0, column, heading, bold)
            widest = max((len(row[column]) for row in overview.rows), default=0)
            sheet.set_column(column, column, min(60, max(len(heading), widest) + 2))
        for number, row in enumerate(overview.rows, start=1):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, shown(cell)[:32767])
        sheet.freeze_panes(1, 0)
        if overview.rows:
            sheet.autofilter(0, 0, len(overview.rows), len(overview.columns) - 1)
    return file.getvalue()


def as_pdf(overview: Overview) -> bytes:
    """Return an overview as a pdf of landscape pages, with the headings on each.  Raises ExportError."""
    try:
        from fpdf import FPDF, FontFace  # noqa: PLC0415 - an extra
        from fpdf.fonts import TTFFont  # noqa: PLC0415 - an extra

        font = files(_FONT[0]).joinpath(*_FONT[1].split("/"))
    except ImportError as error:
        raise _missing from error
    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_title(overview.title)
    pdf.set_creation_date(overview.at)
    with as_file(font) as path:
        pdf.add_font(_NAME, fname=path)
    drawn = pdf.fonts[_NAME.lower()]
    known = frozenset(drawn.cmap) if isinstance(drawn, TTFFont) else frozenset[int]()
    pdf.set_auto_page_break(auto=True, margin=15)
    pdf.add_page()
    pdf.set_font(_NAME, size=12)
    pdf.cell(text=_drawn(overview.title, known), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(_NAME, size=7)
    pdf.cell(text=f"{overview.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC", new_x="LMARGIN", new_y="NEXT")
    heading = FontFace(fill_color=(230, 230, 230))
    with pdf.table(col_widths=_widths(overview), headings_style=heading, text_align="LEFT", line_height=4) as table:
        for row in (overview.columns, *overview.rows):
            for part in _parts(tuple(_drawn(cell, known) for cell in row)):
                cells = table.row()
                for cell in part:
                    cells.cell(cell)
    return bytes(pdf.output())


WRITERS: Final[Mapping[str, Callable[[Overview], bytes]]] = MappingProxyType(
    {"csv": as_csv, "xlsx": as_xlsx, "pdf": as_pdf}
)
"""What makes a file, by its ending."""

_missing: Final = ExportError("files of this form need two more libraries: pip install 'partnerauth[export]'")


def _inert(cell: str) -> str:
    return f"'{shown(cell)}" if cell.lstrip(" ").startswith(_FORMULA) else shown(cell)


def _parts(row: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield a row as one or more that each fit on a page: a long text goes on in the next."""
    longest = max(map(len, row))
    for start in range(0, max(longest, 1), _LONGEST):
        yield tuple(cell[start : start + _LONGEST] for cell in row)


def _widths(overview: Overview) -> tuple[int, ...]:
    """Return how wide columns are, as shares: by their longest text, within limits."""
    columns = zip(overview.columns, *overview.rows, strict=True)
    return tuple(min(80, max(8, *map(len, column))) for column in columns)


def _drawn(text: str, known: frozenset[int]) -> str:
    """Return a text of letters that the font has: each other one by its number."""
    return "".join(char if ord(char) in known else f"<U+{ord(char):04X}>" for char in shown(text))
