"""A portal's two Casbin models, specialised to its rule rows, over facts that come with each question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextvars import ContextVar
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import TypeAlias

from partnerauth.policy.engine import rows
from partnerauth.policy.engine.gate import load_model
from partnerauth.policy.engine.specialise import specialise
from partnerauth.policy.portal import Portal

Facts: TypeAlias = Mapping[str, Collection[tuple[str, ...]]]
"""For each role definition of the model the links that hold."""

_NO_FACTS: Facts = MappingProxyType({})


class _Asked:
    """The facts of one role definition, of whichever question is being decided in this context."""

    def __init__(self, role: str, facts: ContextVar[Facts]) -> None:
        self._role = role
        self._facts = facts

    def holds(self, *link: str) -> bool:
        return link in self._facts.get().get(self._role, ())


class Rules:
    """A Casbin model and its rule rows.  The facts are an argument, so that a decision depends on nothing else."""

    def __init__(self, name: str, rule_rows: tuple[rows.Row, ...], roles: tuple[str, ...]) -> None:
        """Load the model of this name; `roles` are its role definitions."""
        self.rows = rule_rows
        self._facts: ContextVar[Facts] = ContextVar(name, default=_NO_FACTS)
        asked = {role: _Asked(role, self._facts) for role in roles}
        self._made = specialise(load_model(conf_text(name), f"{name}.conf"), rule_rows, asked)

    @property
    def listing(self) -> str:
        """What is decided, as Python to read: one commented condition for each rule row."""
        return self._made.listing

    def decide(self, facts: Facts, *question: str) -> tuple[bool, str]:
        """Return whether the question is allowed, and the first field of the row that decided ("" for none)."""
        token = self._facts.set(facts)
        try:
            allowed, row = self._made.explain(*question)
        finally:
            self._facts.reset(token)
        return allowed, row or ""


def conf_text(name: str) -> str:
    """Return the text of a model that the library ships: `rights` or `management`."""
    return files("partnerauth.policy.engine.models").joinpath(f"{name}.conf").read_text("utf-8")


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
