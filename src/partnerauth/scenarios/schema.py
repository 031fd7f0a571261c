"""A scenario as it stands in a file, once it is known to be valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from pydantic import Field

from partnerauth.policy.portal import Portal
from partnerauth.scenarios.expectations import Plain
from partnerauth.scenarios.vocabulary import AccountFacts, Section


class OrganisationFacts(Section):
    """An organisation that is there already."""

    name: str = ""
    street: str = ""
    town: str = ""
    country: str = ""
    domains: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    subcontractor: bool = False
    accounts: Mapping[str, AccountFacts] | None = None


class HeldFacts(Section):
    """What a user holds in one application on one account."""

    application: str
    account: str = ""
    rights: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class UserFacts(Section):
    """A user who is there already."""

    organisation: str
    email: str
    username: str = ""
    details: Mapping[str, str] = Field(default_factory=dict)
    password: str | None = None
    state: str = "active"
    administrator: bool | None = None
    management: tuple[str, ...] | None = None
    rights: tuple[HeldFacts, ...] = ()


class Given(Section):
    """What is there already."""

    organisations: Mapping[str, OrganisationFacts] = Field(default_factory=dict)
    users: Mapping[str, UserFacts] = Field(default_factory=dict)
    allow_list: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: a command (`do`) or a question (`check`), by its word, with typed fields."""

    number: int
    line: int
    is_command: bool
    word: str
    actor: str
    fields: Mapping[str, Any]
    expected: Plain
    after: timedelta

    @property
    def title(self) -> str:
        """What the step does, in one line."""
        who = f"{self.actor}: " if self.actor else ""
        about = [str(self.fields[name]) for name in _TELLING if name in self.fields]
        verb = "" if self.is_command else "check "
        return " ".join([f"{who}{verb}{self.word}", *about])


_TELLING = ("user", "email", "identifier", "sender", "browser", "to", "about", "organisation", "application", "right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A valid scenario."""

    title: str
    file: str
    line: int
    portal: Portal
    now: datetime
    given: Given
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong with a file; `step` 0 and an empty `scenario` or `field` where there is none."""

    file: str
    reason: str
    line: int = 0
    scenario: str = ""
    step: int = 0
    field: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        where = [self.scenario, f"step {self.step}" if self.step else "", self.field]
        return ": ".join([place, *([", ".join(part for part in where if part)] if any(where) else []), self.reason])


class ScenarioError(ValueError):
    """A scenario file that is not valid: every problem with file, line, scenario, step, field and reason."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return a sentence for a name that nobody knows, with the one that was meant, or all that there are."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"no {what} is called {name!r}; {hint}there are {', '.join(names) or 'none'}"
