"""A portal's two Casbin models, over facts that come with each question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextvars import ContextVar
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypeAlias

from partnerauth.policy.engine import rows
from partnerauth.policy.engine.gate import enforcer, role_manager
from partnerauth.policy.portal import Portal

Facts: TypeAlias = Mapping[str, Collection[tuple[str, ...]]]
"""For each role definition of the model the links that hold."""

_NO_FACTS: Facts = MappingProxyType({})


class Rules:
    """A Casbin model and its rule rows.  The facts are an argument, so that a decision depends on nothing else."""

    def __init__(self, name: str, rule_rows: tuple[rows.Row, ...], roles: tuple[str, ...]) -> None:
        """Load the model of this name; `roles` are its role definitions."""
        self.rows = rule_rows
        self._facts: ContextVar[Facts] = ContextVar(name, default=_NO_FACTS)
        conf = files("partnerauth.policy.engine.models").joinpath(f"{name}.conf").read_text("utf-8")
        self._enforcer = enforcer(
            conf,
            [("p", *row) for row in rule_rows],
            name=f"{name}.conf",
            role_managers={role: role_manager(self._has(role)) for role in roles},
        )

    def decide(self, facts: Facts, *question: str) -> tuple[bool, str]:
        """Return whether the question is allowed, and the first field of the row that decided ("" for none)."""
        token = self._facts.set(facts)
        try:
            allowed, row = self._enforcer.enforce_ex(*question)
        finally:
            self._facts.reset(token)
        return bool(allowed), row[0] if row else ""

    def _has(self, role: str):  # noqa: ANN202
        def has(*link: str) -> bool:
            return link in self._facts.get().get(role, ())

        return has


@lru_cache(maxsize=64)
def _management(rule_rows: tuple[rows.Row, ...]) -> Rules:
    return Rules("management", rule_rows, ("g",))


@lru_cache(maxsize=64)
def _rights(rule_rows: tuple[rows.Row, ...]) -> Rules:
    return Rules("rights", rule_rows, ("g", "g2"))


def management(portal: Portal) -> Rules:
    """Return the model that says whose management rights reach whom."""
    return _management(rows.management_rows(portal))


def rights(portal: Portal) -> Rules:
    """Return the model that decides who may do what."""
    return _rights(rows.rights_rows(portal))
