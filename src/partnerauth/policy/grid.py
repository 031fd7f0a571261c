"""Grids in portal files: cells X (mandatory), O (optional), NA (not applicable), no (not allowed)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Cell(StrEnum):
    """What a column says of a row: a profile of a right, or a form of a field."""

    MANDATORY = "X"
    OPTIONAL = "O"
    NOT_APPLICABLE = "NA"
    NOT_ALLOWED = "no"


class GridError(ValueError):
    """A grid that cannot be read: `line` counts from 1 within the grid's own text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Grid:
    """A table by row, then by column, in the order of the file."""

    columns: tuple[str, ...]
    rows: Mapping[str, Mapping[str, Cell]]

    def column(self, name: str) -> Mapping[str, Cell]:
        """Return one column: the cell of every row."""
        return MappingProxyType({row: cells[name] for row, cells in self.rows.items()})


def parse_grid(text: str) -> Grid:
    """Read a grid: the first line names the columns, each further one a row, cells apart by `|`.

    Raises GridError, with the line, for a cell that is none of the four, a row or column that is named
    twice or not at all, and a row with too few or too many cells.
    """
    columns: tuple[str, ...] | None = None
    rows: dict[str, Mapping[str, Cell]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, *cells = (part.strip() for part in line.split("|"))
        if columns is None:
            columns = _columns(number, cells)
            continue
        if not name or name in rows:
            raise GridError(number, f"row {name!r} is named twice" if name else "the row has no name")
        if len(cells) != len(columns):
            raise GridError(number, f"row {name!r} has {len(cells)} cells where {len(columns)} columns are named")
        rows[name] = MappingProxyType(
            {column: _cell(number, name, column, cell) for column, cell in zip(columns, cells, strict=True)}
        )
    if columns is None or not rows:
        raise GridError(1, "the grid names no columns" if columns is None else "the grid has no rows")
    return Grid(columns, MappingProxyType(rows))


def _columns(number: int, names: list[str]) -> tuple[str, ...]:
    if not names or "" in names or len(set(names)) != len(names):
        raise GridError(number, "the first line names each column once: row | column | column …")
    return tuple(names)


def _cell(number: int, row: str, column: str, cell: str) -> Cell:
    try:
        return Cell(cell)
    except ValueError:
        raise GridError(number, f"row {row!r}, column {column!r}: {cell!r} is none of {', '.join(Cell)}") from None
