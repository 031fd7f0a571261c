"""Why a request was answered as it was: the row that decided, or the rows that came nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from partnerauth.policy.engine.index import Row

NEAREST = 3
"""How many rows an explanation names."""

ROWS_READ = 100_000
"""How many rows are read to find the nearest; `Explanation.rows_unread` tells how many were not."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A row that would have allowed the request, had these conditions of the matcher held for it."""

    row: Row
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer with its evidence."""

    allowed: bool
    row: Row | None
    """The first row that decided; None where no row did, which denies, or allows where only deny rows count."""
    near: tuple[NearMiss, ...] = ()
    """For a denial that no row decided: the rows that fail the fewest conditions, nearest first."""
    rows_unread: int = 0
    """How many rows were not read when looking for the nearest."""


Test = tuple[str, Callable[..., object]]
"""A condition's text, and the condition as a function of a request's and a row's values."""


def nearest(clauses: Sequence[Sequence[Test]], rows: Iterable[Row], request: Sequence[object]) -> tuple[NearMiss, ...]:
    """Return the rows that fail the fewest conditions of a clause, in the order of the rows where equal."""
    misses = (
        NearMiss(row, _nearest_clause([(_failed(tests, request, row), len(tests)) for tests in clauses]))
        for row in rows
    )
    return tuple(nsmallest(NEAREST, misses, key=lambda miss: len(miss.failed)))


def _nearest_clause(clauses: Sequence[tuple[tuple[str, ...], int]]) -> tuple[str, ...]:
    """What failed in the clause of which the smallest part failed: a lone condition is not near."""
    failed, _ = min(clauses, key=lambda clause: len(clause[0]) / clause[1])
    return failed


def _failed(tests: Iterable[Test], request: Sequence[object], row: Row) -> tuple[str, ...]:
    return tuple(text for text, test in tests if not _holds(test, request, row))


def _holds(test: Callable[..., object], request: Sequence[object], row: Row) -> bool:
    try:
        return bool(test(*request, *row))
    except Exception:  # noqa: BLE001 - a condition that raises did not hold, whatever it raised
        return False
