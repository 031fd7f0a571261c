"""The functions that decide a plan over rows that come and go."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import NamedTuple

from partnerauth.policy.engine.emit import source
from partnerauth.policy.engine.explanation import Test
from partnerauth.policy.engine.gate import Effect
from partnerauth.policy.engine.index import Index, Row, Rows
from partnerauth.policy.engine.matcher import Condition, Plan, Vocabulary
from partnerauth.policy.engine.whitelist import functions

Evaluator = Callable[[ast.expr], Callable[..., object]]
"""Makes a function of a request's and a row's values of a tree that only pycasbin's own evaluator reads."""

_STOPS: Mapping[Effect, frozenset[str]] = {
    Effect.SOME_ALLOW: frozenset({"allow"}),
    Effect.NO_DENY: frozenset({"deny"}),
    Effect.ALLOW_AND_NO_DENY: frozenset({"deny"}),
    Effect.PRIORITY: frozenset({"allow", "deny"}),
}
"""The effects of a matching row after which no further row is looked at."""


class Verdict(NamedTuple):
    """What the rows say to a request."""

    allowed: bool
    last: Row | None
    """The last row that was looked at and matched: pycasbin's explanation."""
    deciding: Row | None
    """The first row that made it so, if a row did."""


class Program:
    """A plan, its index, and the functions made of them.

    `enforce` stays the same function for good.  When a row needs a table that was not there, it gets new code:
    whoever kept it would otherwise go on answering without that row.
    """

    def __init__(  # noqa: PLR0913 - a plan, what its words mean, and what it is about
        self,
        plan: Plan,
        words: Vocabulary,
        *,
        effect: Effect,
        rows: Rows,
        names: Mapping[str, object],
        evaluator: Evaluator,
    ) -> None:
        """Make the functions for no rows yet.  `names` are what the matcher calls, and `ASK`: pycasbin itself."""
        self._plan = plan
        self._words = words
        self._effect = effect
        self._rows = rows
        self._evaluator = evaluator
        self._eft = words.policy.index("p_eft") if "p_eft" in words.policy else None
        self._index = Index(plan, words.policy, self.effect_of)
        self._environment: dict[str, object] = {
            **names,
            "DICT": dict,
            "STR": str,
            "Exception": Exception,
            "ROWS": rows.order,
            "WALK": self.walk,
        }
        self._tests: list[list[Test]] = []
        self.listing = ""
        """The text of the functions, for reading."""
        made = self._make()
        self.enforce = made["enforce"]
        self._candidates = made["candidates"]
        self._matches: Callable[..., object] = made.get("matches") or evaluator(plan.tree)

    def effect_of(self, row: Row) -> str:
        """What a row does where it matches: allow, deny, or neither."""
        eft = "allow" if self._eft is None else row[self._eft]
        return eft if eft in ("allow", "deny") else "other"

    def load(self, rows: Sequence[Row]) -> None:
        """File many rows at once."""
        for row in rows:
            self._index.add(row)
        self._renew()

    def add(self, row: Row) -> None:
        """File a row."""
        if self._index.add(row):
            self._renew()

    def discard(self, row: Row) -> None:
        """Take a row out."""
        self._index.discard(row)

    def walk(self, request: Sequence[object]) -> Verdict:
        """Look at the candidates in order, as pycasbin looks at all rows.

        Raises:
            Exception: whatever a condition raises; also where only pycasbin can say what the answer is.
        """
        found = self._candidates(*request)
        if found is None:
            message = "the request holds something other than strings"
            raise TypeError(message)
        ordered = sorted(found, key=self._rows.order.__getitem__) if len(found) > 1 else list(found)
        stops = _STOPS[self._effect]
        last = first = None
        for row in ordered:
            if not self._true(self._matches(*request, *row)):
                continue
            last = row
            effect = self.effect_of(row)
            if effect in stops:
                return Verdict(effect == "allow", row, row)
            if effect == "allow" and first is None:
                first = row
        if self._effect is Effect.ALLOW_AND_NO_DENY:
            return Verdict(first is not None, last, first)
        return Verdict(self._effect is Effect.NO_DENY and len(self._rows) > 0, last, None)

    def decided(self, allowed: bool, row: Row | None) -> Row | None:  # noqa: FBT001 - the answer is the subject
        """The row that pycasbin explains an answer with, if it is one that decides."""
        by_row = not allowed or self._effect is not Effect.NO_DENY
        decides = row is not None and by_row and self.effect_of(row) == ("allow" if allowed else "deny")
        return row if decides else None

    def tests(self) -> list[list[Test]]:
        """Each clause's conditions, as functions of a request's and a row's values."""
        if not self._tests:
            self._tests = [
                [(condition.text, self._test(condition)) for condition in clause.conditions]
                for clause in self._plan.clauses
            ]
        return self._tests

    def _test(self, condition: Condition) -> Callable[..., object]:
        if not condition.native:
            return self._evaluator(condition.tree)
        parameters = ", ".join((*self._words.request, *self._words.policy))
        text = f"def holds({parameters}):\n    return {ast.unparse(condition.tree)}"
        return functions(ast.parse(text), self._environment)["holds"]

    @staticmethod
    def _true(result: object) -> bool:
        """Pycasbin takes a number for an answer, or raises: that is for itself to say."""
        if not isinstance(result, bool):
            message = "the matcher answers neither true nor false"
            raise TypeError(message)
        return result

    def _make(self) -> dict[str, FunctionType]:
        names = {store: f"ROWS_{number}" for number, store in enumerate(self._index.tables)}
        self._environment.update((name, self._index.tables[store]) for store, name in names.items())
        self.listing = source(self._plan, self._words, self._effect, names)
        return functions(ast.parse(self.listing), self._environment)

    def _renew(self) -> None:
        made = self._make()
        self.enforce.__code__ = made["enforce"].__code__
        self._candidates.__code__ = made["candidates"].__code__
