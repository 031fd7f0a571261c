"""Compiles any Casbin model: the same answers as pycasbin, without walking the policy."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from threading import RLock

from partnerauth.policy.engine import gate
from partnerauth.policy.engine.explanation import ROWS_READ, Explanation, nearest
from partnerauth.policy.engine.gate import Definition, Enforcer
from partnerauth.policy.engine.index import Row, Rows
from partnerauth.policy.engine.links import Links
from partnerauth.policy.engine.matcher import Vocabulary, plan
from partnerauth.policy.engine.program import Evaluator, Program, Verdict


class CompiledEnforcer:
    """Answers what a pycasbin enforcer answers, by look-ups instead of a walk over its rows.

    Takes a copy of the enforcer's rows and links: changes go through the methods here, each at the cost of one
    row, and no adapter or watcher is called.  What can not be looked up is tested for the rows that remain, and
    what can not be compiled is answered by pycasbin itself; `fallbacks` names both.  pycasbin is also asked
    whenever something raises, so that the answer, or the error, is its own.

    Two things are stricter than in pycasbin.  A policy without rows denies, whatever the effect.  And a row that
    is there twice counts once, so that removing it removes it.

    Any number of threads may ask; changes wait for each other.
    """

    enforce: Callable[..., bool]
    """Decides a request: `enforce("alice", "data1", "read")`.

    A function rather than a method, and the same one while rows come and go: keep it where every nanosecond
    counts.  Raises TypeError for the wrong number of values, and otherwise what pycasbin raises.
    """
    fallbacks: tuple[str, ...]
    """What is not looked up, and why."""

    def __init__(self, enforcer: Enforcer) -> None:
        """Compile an enforcer.

        Raises:
            TypeError: an enforcer that decides in another way than pycasbin's plain one.
            ValueError: a row that pycasbin would stumble over at some request; rows that are not in the order of
                their priority; an enforcer that is switched off and allows everything.
            simpleeval.FeatureNotAvailable: a matcher function that pycasbin refuses, such as Python's own `eval`.
        """
        gate.require_plain(enforcer)
        self._lock = RLock()
        definition = gate.definition(enforcer.model)
        self._fields = len(definition.policy)
        self._link_fields = definition.roles
        self._links = _links(enforcer, definition)
        self._grouped = {
            role: {_checked(link, fields, role): None for link in enforcer.model["g"][role].policy}
            for role, fields in definition.roles.items()
        }
        self._priority = gate.priority_column(enforcer.model)
        self._rows = Rows(self._priority)
        listed = [self._row(row) for row in enforcer.model["p"]["p"].policy]
        for row in listed:
            self._rows.add(row)
        if list(self._rows) != list(dict.fromkeys(listed)):
            message = "rows are not in the order of their priority: model.sort_policies_by_priority() sorts them"
            raise ValueError(message)
        managers = {role: gate.role_manager(links.has) for role, links in self._links.items()}
        self._casbin = gate.interpreter(enforcer, self._rows, managers)
        self._program, self.fallbacks = self._compile(enforcer, definition)
        self.enforce = self._ask if self._program is None else self._program.enforce

    # Decisions.

    def enforce_ex(self, *request: object) -> tuple[bool, list[str]]:
        """Decide a request, with the row that pycasbin explains its answer with: the last one that it matched."""
        verdict = self._verdict(request)
        return verdict.allowed, list(verdict.last or ())

    def explain(self, *request: object) -> Explanation:
        """Decide a request, with the row that decided, or those that came nearest to allowing it."""
        verdict = self._verdict(request)
        if verdict.allowed or verdict.deciding is not None or self._program is None:
            return Explanation(verdict.allowed, verdict.deciding)
        with self._lock:
            rows = list(islice(self._rows, ROWS_READ))
            unread = len(self._rows) - len(rows)
        allowing = (row for row in rows if self._program.effect_of(row) == "allow")
        return Explanation(
            allowed=False,
            row=None,
            near=nearest(self._program.tests(), allowing, request),
            rows_unread=unread,
        )

    @property
    def listing(self) -> str:
        """The functions that decide, as Python; empty where pycasbin decides everything."""
        return "" if self._program is None else self._program.listing

    # Changes.

    def add_policy(self, *row: str) -> bool:
        """Add a row, unless it is there; it holds from the next request on.

        Raises:
            ValueError: the wrong number of fields, a field that is no string, a priority that is no number.
        """
        return self.add_named_policy("p", *row)

    def remove_policy(self, *row: str) -> bool:
        """Remove a row, if it is there; it no longer holds from the next request on."""
        return self.remove_named_policy("p", *row)

    def add_grouping_policy(self, *link: str) -> bool:
        """Add a link of the role definition `g`, unless it is there.

        Raises:
            ValueError: the wrong number of values, or a value that is no string.
        """
        return self.add_named_grouping_policy("g", *link)

    def remove_grouping_policy(self, *link: str) -> bool:
        """Remove a link of the role definition `g`, if it is there."""
        return self.remove_named_grouping_policy("g", *link)

    def add_named_policy(self, kind: str, *row: str) -> bool:
        """As `add_policy`; only rows of type `p` decide."""
        _require_p(kind)
        checked = self._row(row)
        with self._lock:
            added = self._rows.add(checked)
            if added and self._program is not None:
                self._program.add(checked)
        return added

    def remove_named_policy(self, kind: str, *row: str) -> bool:
        """As `remove_policy`; only rows of type `p` decide."""
        _require_p(kind)
        with self._lock:
            removed = self._rows.discard(row)
            if removed and self._program is not None:
                self._program.discard(row)
        return removed

    def add_named_grouping_policy(self, role: str, *link: str) -> bool:
        """As `add_grouping_policy`, for any role definition."""
        checked = _checked(link, self._link_fields[role], role)
        with self._lock:
            if checked in self._grouped[role]:
                return False
            self._grouped[role][checked] = None
            add, _ = self._changes(role)
            add(*checked)
        return True

    def remove_named_grouping_policy(self, role: str, *link: str) -> bool:
        """As `remove_grouping_policy`, for any role definition."""
        with self._lock:
            if link not in self._grouped[role]:
                return False
            del self._grouped[role][link]
            _, remove = self._changes(role)
            remove(*link)
        return True

    # Inside.

    def _changes(self, role: str) -> tuple[Callable[..., object], Callable[..., object]]:
        """How links of a role definition are added and removed."""
        links = self._links.get(role)
        if links is not None:
            return links.add, links.remove
        return gate.link_changes(self._casbin, role)

    def _row(self, row: Sequence[str]) -> Row:
        checked = _checked(row, self._fields, "p")
        if self._priority is not None and not checked[self._priority].isdecimal():
            message = f"p, {', '.join(row)}: the priority {row[self._priority]!r} is no whole number"
            raise ValueError(message)
        return checked

    def _ask(self, *request: object) -> bool:
        """Let pycasbin walk the rows: one request at a time, its interpreter keeps state."""
        with self._lock:
            return len(self._rows) > 0 and bool(self._casbin.enforce(*request))

    def _verdict(self, request: Sequence[object]) -> Verdict:
        if not self._rows:
            return Verdict(allowed=False, last=None, deciding=None)
        if self._program is not None:
            try:
                return self._program.walk(request)
            except Exception:  # noqa: BLE001, S110 - pycasbin is asked instead, and raises what it raises
                pass
        with self._lock:
            allowed, row = self._casbin.enforce_ex(*request)
        found = tuple(row) or None
        return Verdict(allowed, found, found if self._program is None else self._program.decided(allowed, found))

    def _compile(self, enforcer: Enforcer, definition: Definition) -> tuple[Program | None, tuple[str, ...]]:
        refusal = gate.not_compilable(enforcer)
        tree = gate.matcher_tree(definition.matcher)
        effect = gate.effect(enforcer.eft)
        if refusal is not None or tree is None or effect is None:
            return None, (f"every request is left to pycasbin: {refusal}",)
        called = gate.functions(enforcer) | {role: links.has for role, links in self._links.items()}
        # Names of functions and tables in generated code are in capitals, so the matcher's own are not.
        callables = {name: function for name, function in called.items() if name[:1].islower()}
        words = Vocabulary(
            request=definition.request,
            policy=definition.policy,
            roles={role: links.domains for role, links in self._links.items()},
            total=gate.total_functions(callables),
            callables=frozenset(callables),
        )
        names: dict[str, object] = {**callables, "ASK": self._ask}
        for role, links in self._links.items():
            names |= {f"CLOSURES_{role}": links.closures, f"OUT_{role}": links.out, f"REACH_{role}": links.reach}
        decided = plan(tree, words)
        evaluator = self._evaluator(words, called)
        program = Program(decided, words, effect=effect, rows=self._rows, names=names, evaluator=evaluator)
        program.load(list(self._rows))
        managed = (
            f"{role}: its role manager is asked, row by row" for role in definition.roles if role not in self._links
        )
        return program, (*managed, *decided.notes)

    def _evaluator(self, words: Vocabulary, called: Mapping[str, object]) -> Evaluator:
        fields = (*words.request, *words.policy)

        def made(tree: ast.expr) -> Callable[..., object]:
            evaluate = gate.evaluator(tree, called)

            def evaluated(*values: object) -> object:
                with self._lock:
                    return evaluate(dict(zip(fields, values, strict=True)))

            return evaluated

        return made


def _links(enforcer: Enforcer, definition: Definition) -> dict[str, Links]:
    """The role definitions whose links can be looked up."""
    found: dict[str, Links] = {}
    for role, fields in definition.roles.items():
        stock = gate.stock_roles(enforcer, role, fields)
        if stock is not None:
            found[role] = Links(domains=stock.domains, hops=stock.hops)
            for link in stock.links:
                found[role].add(*link)
    return found


def _require_p(kind: str) -> None:
    if kind != "p":
        message = f"{kind!r}: only rows of type p are compiled"
        raise ValueError(message)


def _checked(row: Sequence[str], fields: int, kind: str) -> Row:
    if len(row) != fields or not all(isinstance(value, str) for value in row):
        message = f"{kind}, {', '.join(map(str, row))}: a row of type {kind} takes {fields} texts"
        raise ValueError(message)
    return tuple(row)
