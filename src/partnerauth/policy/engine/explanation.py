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
    """Return the rows of which the smallest part of the conditions failed, in the order of rows where equal."""
    misses = (_missed(clauses, row, request) for row in rows)
    return tuple(miss for _, miss in nsmallest(NEAREST, misses, key=lambda found: found[0]))


def _missed(
    clauses: Sequence[Sequence[Test]], row: Row, request: Sequence[object]
) -> tuple[tuple[float, int], NearMiss]:
    """How far a row is from matching, and why: by the clause of which the smallest part failed."""
    failed = [(_failed(tests, request, row), len(tests)) for tests in clauses]
    distance, why = min(((len(some) / of, -of), some) for some, of in failed)
    return distance, NearMiss(row, why)


def _failed(tests: Iterable[Test], request: Sequence[object], row: Row) -> tuple[str, ...]:
    return tuple(text for text, test in tests if not _holds(test, request, row))


def _holds(test: Callable[..., object], request: Sequence[object], row: Row) -> bool:
    try:
        return bool(test(*request, *row))
    except Exception:  # noqa: BLE001 - a condition that raises did not hold, whatever it raised
        return False
