"""The rows of a policy, in Casbin's order and under the keys by which a plan looks them up."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice, product
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from partnerauth.policy.engine.matcher import Clause, Plan, Way
from partnerauth.policy.engine.whitelist import functions

Row: TypeAlias = tuple[str, ...]
Shape: TypeAlias = tuple[int, ...]
"""Which way a row takes through each dimension of a clause."""
Bucket: TypeAlias = Row | dict[Row, None]
"""The rows under one key: one row as it is, more as an ordered set."""


Table: TypeAlias = dict[object, Bucket]
Route: TypeAlias = tuple[Table, Callable[[Row], object]]
"""A table that a row is filed in, and its key there."""


class Store(NamedTuple):
    """Names a table of rows: those of one effect that take the same ways through a clause."""

    effect: str
    clause: int
    shape: Shape


class Rows:
    """Policy rows, each once, in the order in which Casbin evaluates them.

    Reads like the list that pycasbin keeps, so that its interpreter can walk these very rows.
    """

    __slots__ = ("_added", "_priority", "_sorted", "order")

    def __init__(self, priority: int | None) -> None:
        """Start empty; `priority` is the column by whose number rows are sorted, if there is one."""
        self.order: dict[Row, tuple[int, int]] = {}
        """Row to place: (priority, how many rows were ever added before it)."""
        self._priority = priority
        self._added = 0
        self._sorted: list[Row] | None = []

    def add(self, row: Row) -> bool:
        """Add a row after all those of its priority, unless it is there."""
        if row in self.order:
            return False
        self.order[row] = (0 if self._priority is None else int(row[self._priority]), self._added)
        self._added += 1
        self._sorted = None
        return True

    def discard(self, row: Row) -> bool:
        """Take a row out, if it is there."""
        self._sorted = None
        return self.order.pop(row, None) is not None

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.order)

    def __iter__(self) -> Iterator[Row]:
        """Walk the rows in order."""
        if self._priority is None:
            return iter(self.order)
        if self._sorted is None:
            self._sorted = sorted(self.order, key=self.order.__getitem__)
        return iter(self._sorted)

    def __getitem__(self, position: int) -> Row:
        """Return the row at a place."""
        return next(islice(iter(self), position, None))


class Index:
    """Tables of rows by key, one table a store; each row is in few of them.

    Where a row goes depends on its effect and on the conditions that the row alone settles.  There are few
    such combinations, so the way is worked out once for each.
    """

    def __init__(self, plan: Plan, fields: Sequence[str], effect: Callable[[Row], str]) -> None:
        """Start empty.  `fields` are a row's fields, `effect` tells what a matching row does."""
        self.tables: dict[Store, Table] = {}
        self._clauses = plan.clauses
        self._effect = effect
        self._settled = _settled(plan.clauses, fields)
        self._routes: dict[tuple[object, ...], list[Route]] = {}

    def add(self, row: Row) -> bool:
        """File a row; answers whether that took a table that was not there."""
        before = len(self.tables)
        for table, key_of in self._route(row):
            key = key_of(row)
            bucket = table.get(key)
            if bucket is None:
                table[key] = row
            elif isinstance(bucket, dict):
                bucket[row] = None
            else:
                table[key] = {bucket: None, row: None}
        return len(self.tables) > before

    def discard(self, row: Row) -> None:
        """Take a row out again."""
        for table, key_of in self._route(row):
            key = key_of(row)
            bucket = table[key]
            if isinstance(bucket, dict) and len(bucket) > 1:
                del bucket[row]
            else:
                del table[key]

    def _route(self, row: Row) -> list[Route]:
        signature = (self._effect(row), *[bool(test(*row)) for test in self._settled.values()])
        found = self._routes.get(signature)
        if found is None:
            found = self._routes[signature] = list(self._worked_out(signature))
        return found

    def _worked_out(self, signature: tuple[object, ...]) -> Iterator[Route]:
        effect, *settled = signature
        holds = {text for text, held in zip(self._settled, settled, strict=True) if held}
        for number, clause in enumerate(self._clauses):
            if not holds.issuperset(clause.static):
                continue
            for shape in product(*(_options(ways, holds) for ways in clause.dimensions)):
                columns = [ways[at].column for ways, at in zip(clause.dimensions, shape, strict=True)]
                table = self.tables.setdefault(Store(str(effect), number, shape), {})
                yield table, _key_of([column for column in columns if column is not None])


def _options(ways: Sequence[Way], holds: Collection[str]) -> list[int]:
    """The ways open to a row; one that asks nothing of the request stands for all."""
    fit = [at for at, way in enumerate(ways) if all(text in holds for text in way.static)]
    always = [at for at in fit if ways[at].always]
    return always[:1] or fit


def _key_of(columns: Sequence[int]) -> Callable[[Row], object]:
    return itemgetter(*columns) if columns else _no_key


def _no_key(_: Row) -> object:
    return ()


def _settled(clauses: Iterable[Clause], fields: Sequence[str]) -> dict[str, Callable[..., object]]:
    """A function of a row for every condition that the row alone settles."""
    texts: dict[str, None] = {}
    for clause in clauses:
        texts |= dict.fromkeys(clause.static)
        for ways in clause.dimensions:
            texts |= dict.fromkeys(text for way in ways for text in way.static)
    made: dict[str, Callable[..., object]] = {}
    for text in texts:
        source = f"def holds({', '.join(fields)}):\n    return {text}"
        made[text] = functions(ast.parse(source), {})["holds"]
    return made
