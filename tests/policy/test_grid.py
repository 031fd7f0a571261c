"""Grids in portal files: what is read, and the line of what cannot be."""

from __future__ import annotations

import pytest

from partnerauth.policy.grid import Cell, Grid, GridError, parse_grid


@pytest.mark.rule("BP-28")
def test_a_grid_is_read_by_rows_and_columns() -> None:
    grid = parse_grid("\n# a comment\nright | one | two\n\nread  | X   | O\nwrite | NA  | no\n")
    assert grid.columns == ("one", "two")
    assert dict(grid.rows["read"]) == {"one": Cell.MANDATORY, "two": Cell.OPTIONAL}
    assert dict(grid.column("two")) == {"read": Cell.OPTIONAL, "write": Cell.NOT_ALLOWED}
    assert list(grid.rows) == ["read", "write"]
    assert isinstance(grid, Grid)


@pytest.mark.rule("BP-28")
@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "the grid names no columns"),
        ("# nothing else", 1, "the grid names no columns"),
        ("right | one", 1, "the grid has no rows"),
        ("right", 1, "names each column once"),
        ("right | one | one", 1, "names each column once"),
        ("right | one | ", 1, "names each column once"),
        ("right | one\nread | X\nread | O", 3, "row 'read' is named twice"),
        ("right | one\n\n | X", 3, "the row has no name"),
        ("right | one\nread", 2, "row 'read' has 0 cells where 1 columns are named"),
        ("right | one\nread | X | O", 2, "row 'read' has 2 cells where 1 columns are named"),
        ("right | one\nread | x", 2, "row 'read', column 'one': 'x' is none of X, O, NA, no"),
        ("right | one\nread | ", 2, "'' is none of"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(GridError, match=says.replace("|", r"\|")) as caught:
        parse_grid(text)
    assert caught.value.line == line
