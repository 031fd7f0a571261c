"""How the commands look in a terminal: tables and paragraphs of 100 columns, few colours, plain ASCII where needed."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

import click
from tabulate import tabulate

WIDTH: Final = 100
"""Columns that no line is longer than, file names and links aside."""

Style: TypeAlias = Callable[[str], str]

YES: Final = "✓"
NO: Final = "✗"

_PLAIN: Final = str.maketrans(
    {
        "✓": "+",
        "✗": "-",
        "→": ">",
        "↳": ">",
        "·": "-",
        "…": "...",
        "–": "-",  # noqa: RUF001 - a dash
        "’": "'",  # noqa: RUF001 - an apostrophe
        "│": "|",
        "─": "-",
        "━": "=",
        **dict.fromkeys("╭╮╰╯├┤┬┴┼", "+"),
    }
)
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class BadInput(click.ClickException):
    """Something that the user has to mend: one message for each problem, and exit status 2."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        """Take the problems, each with its place and how to mend it."""
        super().__init__("\n".join(problems))
        self.problems = problems

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - problems go where errors go
        """Print the problems, each with a mark, to standard error."""
        for problem in self.problems:
            show(f"{bad(NO)} {visible(problem)}", err=True)


def program() -> str:
    """Return how the reader calls this program from where he stands."""
    if shutil.which("partnerauth"):
        return "partnerauth"
    called = Path(sys.argv[0])
    if called.name != "partnerauth":
        return "python -m partnerauth"
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)


def show(text: str = "", *, err: bool = False) -> None:
    """Print lines; colours only reach a terminal, and what its encoding lacks is written in ASCII."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    click.echo(text, err=err)


def good(text: str) -> str:
    """Return a text in the colour of what is allowed or done."""
    return click.style(text, fg="green")


def bad(text: str) -> str:
    """Return a text in the colour of what is refused."""
    return click.style(text, fg="red")


def strong(text: str) -> str:
    """Return a text that stands out."""
    return click.style(text, bold=True)


def faint(text: str) -> str:
    """Return a text that stands back."""
    return click.style(text, dim=True)


def named(text: str) -> str:
    """Return a name that the reader can look up: a rule's code, a command, a file."""
    return click.style(text, fg="cyan")


def tick(*, is_so: bool) -> str:
    """Return a mark for yes or no."""
    return good(YES) if is_so else bad(NO)


def visible(text: str) -> str:
    """Return a text from a file or a name as one line without control or invisible characters."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def count(number: int, noun: str) -> str:
    """Return a number and its noun: 1 right, 2 rights."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def title(text: str) -> str:
    """Return a heading with a rule that fills the width."""
    return f"{strong(text)} {faint('─' * (WIDTH - len(text) - 1))}"


def wrapped(text: str, *, indent: str = "", first: str | None = None, style: Style | None = None) -> str:
    """Return a paragraph within the width, behind `first` and then `indent`; `style` is for the text alone."""
    heads = [indent if first is None else first, indent]
    blanks = [" " * len(click.unstyle(head)) for head in heads]
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=blanks[0],
        subsequent_indent=blanks[1],
        break_long_words=False,
        break_on_hyphens=False,
    )
    shown = []
    for number, line in enumerate(lines or [blanks[0]]):
        head, blank = heads[min(number, 1)], blanks[min(number, 1)]
        body = line[len(blank) :]
        shown.append(head + (style(body) if style else body))
    return "\n".join(shown)


def flowing(head: str, items: Iterable[str], *, indent: str) -> str:
    """Return a head and items behind it, as many on a line as fit: an item is never broken unless it is too long."""
    lines, room = [head], WIDTH - len(click.unstyle(head).strip("\n"))
    for item in items:
        size = len(click.unstyle(item))
        if size + 2 > room:
            lines.append(indent + item)
            room = WIDTH - len(indent) - size
        else:
            lines[-1] += f"  {item}"
            room -= size + 2
    return "\n".join(lines)


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Return what belongs together line by line: a faint name, and a text that is wrapped beside it."""
    listed = list(rows)
    if not listed:
        return ""
    room = max(len(name) for name, _ in listed) + 2
    return "\n".join(
        wrapped(text, indent=" " * room, first=click.style(name.ljust(room), dim=True)) for name, text in listed
    )


def listing(headers: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> str:
    """Return a table without a frame, for lines that are read one by one; a row that is short ends early.

    `widths` are those of the columns; a text that is longer goes on below, styled names do not.
    """
    lines = [_line(map(strong, headers), widths), faint(_line(("─" * width for width in widths), widths))]
    for row in rows:
        cells = [
            textwrap.wrap(cell, width, break_on_hyphens=False) or [""] if cell == click.unstyle(cell) else [cell]
            for cell, width in zip(row, widths, strict=False)
        ]
        lines += [_line(line, widths) for line in zip_longest(*cells, fillvalue="")] or [""]
    return "\n".join(lines)


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(cells, widths, strict=False))
    return "  ".join(padded).rstrip()


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in a frame, for marks that are read across and down: names to the left, marks in the middle."""
    return tabulate(
        list(rows),
        [strong(header) for header in headers],
        tablefmt="rounded_outline",
        disable_numparse=True,
        colalign=("left", *["center"] * (len(headers) - 1)),
    )
