"""The rows of a policy, in Casbin's order and under the keys by which a plan looks them up."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, product
from typing import NamedTuple, TypeAlias

from partnerauth.policy.engine.matcher import Clause, Plan
from partnerauth.policy.engine.whitelist import functions

Row: TypeAlias = tuple[str, ...]
Shape: TypeAlias = tuple[int, ...]
"""Which way a row takes through each dimension of a clause."""
Bucket: TypeAlias = "Row | dict[Row, None]"
"""The rows under one key: one row as it is, more as an ordered set."""


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
    """Tables of rows by key, one table a store; each row is in few of them."""

    def __init__(self, plan: Plan, fields: Sequence[str], effect: Callable[[Row], str]) -> None:
        """Start empty.  `fields` are a row's fields, `effect` tells what a matching row does."""
        self.tables: dict[Store, dict[object, Bucket]] = {}
        self._clauses = plan.clauses
        self._effect = effect
        self._settled = _settled(plan.clauses, fields)

    def add(self, row: Row) -> bool:
        """File a row; answers whether that took a table that was not there."""
        before = len(self.tables)
        for store, key in self._places(row):
            table = self.tables.setdefault(store, {})
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
        for store, key in self._places(row):
            bucket = self.tables[store][key]
            if isinstance(bucket, dict) and len(bucket) > 1:
                del bucket[row]
            else:
                del self.tables[store][key]

    def _places(self, row: Row) -> Iterator[tuple[Store, object]]:
        effect = self._effect(row)
        for number, clause in enumerate(self._clauses):
            if not self._holds(clause.static, row):
                continue
            for shape in product(*(self._options(clause, n, row) for n in range(len(clause.dimensions)))):
                columns = [ways[at].column for ways, at in zip(clause.dimensions, shape, strict=True)]
                values = tuple(row[column] for column in columns if column is not None)
                yield Store(effect, number, shape), values[0] if len(values) == 1 else values

    def _options(self, clause: Clause, dimension: int, row: Row) -> list[int]:
        """The ways open to a row; one that asks nothing of the request stands for all."""
        ways = clause.dimensions[dimension]
        fit = [at for at, way in enumerate(ways) if self._holds(way.static, row)]
        always = [at for at in fit if ways[at].always]
        return always[:1] or fit

    def _holds(self, conditions: Iterable[str], row: Row) -> bool:
        return all(self._settled[condition](*row) for condition in conditions)


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
