"""What a step expects, as data: which forms there are, how they are read, and when an answer matches."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, Field, TypeAdapter

from partnerauth.scenarios.vocabulary import Section

Plain: TypeAlias = Any
"""Texts, numbers, truth values, and lists and maps of them: what JSON can say."""


class Refusal(Section):
    """Exactly these refusal codes, in any order."""

    refused: tuple[str, ...] = Field(min_length=1)


class Denial(Section):
    """A decision against it, for exactly this reason."""

    deny: tuple[str, ...] = Field(min_length=1)


class Ended(Section):
    """A session that is over, and the code that tells why."""

    ended: str


class AboutUser(Section):
    """What is asked of a user: only what is named is compared."""

    state: Literal["invited", "pending-approval", "active", "deactivated", "rejected"] | None = None
    administrator: bool | None = None
    management: tuple[str, ...] | None = None
    must_change_password: bool | None = None
    created_by: str | None = None
    organisation: str | None = None


class Held(Section):
    """Exactly these rights and resources; what is left out is none."""

    rights: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class Offered(Section):
    """What can be chosen, and what is shown but cannot."""

    offered: tuple[str, ...] = ()
    greyed: tuple[str, ...] = ()


class Listed(Section):
    """The applications of an account, and those in which the user has rights."""

    offered: tuple[str, ...] = ()
    has_rights: tuple[str, ...] = ()


class Fits(Section):
    """The profiles that a set of rights fits."""

    fits: tuple[str, ...]


class Misfits(Section):
    """What every profile lacks and bars."""

    missing: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    forbidden: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class Shown(Section):
    """Whose link it is."""

    email: str
    name: str


class Template(Section):
    """The template of the newest mail."""

    template: str


class RefusedEvent(Section):
    """A refusal on record."""

    refused: str


class Includes(Section):
    """Something that is on record, among other things."""

    includes: str | RefusedEvent


@dataclass(frozen=True, slots=True)
class Expected:
    """The forms that an expectation can have, and a sentence that names them."""

    forms: TypeAdapter[Any]
    says: str


EXPECTED: Final[Mapping[str, Expected]] = MappingProxyType(
    {
        "do": Expected(TypeAdapter(Literal["accepted"] | Refusal), "accepted, or {refused: [code, …]}"),
        "can": Expected(TypeAdapter(Literal["allow", "deny"] | Denial), "allow, deny, or {deny: [code]}"),
        "sees": Expected(TypeAdapter(Literal["allow", "deny"] | Denial), "allow, deny, or {deny: [code]}"),
        "signed-in": Expected(
            TypeAdapter(str | Ended), "the alias of a user or nobody; with user: active, or {ended: code}"
        ),
        "users": Expected(TypeAdapter(tuple[str, ...]), "a list of aliases, in the list's order"),
        "user": Expected(
            TypeAdapter(AboutUser),
            "a map of any of state, administrator, management, must-change-password, created-by, organisation",
        ),
        "rights": Expected(TypeAdapter(Held), "{rights: [right, …], resources: {kind: [value, …]}}"),
        "who-can": Expected(TypeAdapter(tuple[str, ...]), "a list of aliases"),
        "choices": Expected(TypeAdapter(Offered), "{offered: [right, …], greyed: [right, …]}"),
        "applications": Expected(
            TypeAdapter(Literal["select"] | Listed),
            "{offered: [application, …], has-rights: [application, …]}, or select",
        ),
        "profiles": Expected(
            TypeAdapter(Fits | Misfits),
            "{fits: [profile, …]}, or {missing: {profile: [right, …]}, forbidden: {profile: [right, …]}}",
        ),
        "candidates": Expected(TypeAdapter(tuple[str, ...]), "a list of organisations"),
        "link": Expected(TypeAdapter(Shown), "{email: ADDRESS, name: TEXT}"),
        "mailed": Expected(TypeAdapter(int | Template), "the number of mails, or {template: name} of the newest"),
        "recorded": Expected(
            TypeAdapter(tuple[str | RefusedEvent, ...] | Includes),
            "a list of events in order, refusals as {refused: code}, or {includes: name}",
        ),
    }
)
"""What can be expected of a command (`do`) and of each question."""


def plain(value: object) -> Plain:
    """Return an expectation as plain data with the words of the file; what it leaves out is not in it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value


def matches(question: str, expected: Plain, came: Plain) -> bool:
    """Whether an answer is what was expected; lists compare in any order, except those of `users` and `recorded`."""
    return _MATCHES.get(question, _same)(expected, came)


def _is_decided(expected: Plain, came: Plain) -> bool:
    return _same(expected, came) or (expected == "deny" and isinstance(came, dict) and "deny" in came)


def _is_about(expected: Plain, came: Plain) -> bool:
    return isinstance(came, dict) and all(_same(value, came[name]) for name, value in expected.items())


def _holds_as_much(expected: Plain, came: Plain) -> bool:
    """Whether two maps are the same but for what is empty: to name none and to leave out is the same."""
    return _same(_filled(expected), _filled(came))


def _is_mailed(expected: Plain, came: Plain) -> bool:
    return bool(expected in (came["number"], {"template": came["template"]}))


def _is_recorded(expected: Plain, came: Plain) -> bool:
    """`came` has for each event the forms that name it: its name, and {refused: code} for each of its codes."""
    if isinstance(expected, dict):
        return any(expected["includes"] in forms for forms in came)
    return len(expected) == len(came) and all(each in forms for each, forms in zip(expected, came, strict=True))


def _is_profiles(expected: Plain, came: Plain) -> bool:
    if "fits" in expected:
        return _same(expected["fits"], came.get("fits"))
    return all(_holds_as_much(expected.get(name, {}), came.get(name)) for name in ("missing", "forbidden"))


def _filled(value: Plain) -> Plain:
    if isinstance(value, dict):
        inner = {key: _filled(each) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each not in ({}, [])}
    return value


def _same(one: Plain, other: Plain) -> bool:
    return bool(_sorted(one) == _sorted(other))


def _sorted(value: Plain) -> Plain:
    if isinstance(value, dict):
        return {key: _sorted(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


_MATCHES: Final[Mapping[str, Callable[[Plain, Plain], bool]]] = MappingProxyType(
    {
        "can": _is_decided,
        "sees": _is_decided,
        "users": operator.eq,
        "user": _is_about,
        "rights": _holds_as_much,
        "choices": _holds_as_much,
        "applications": _holds_as_much,
        "profiles": _is_profiles,
        "mailed": _is_mailed,
        "recorded": _is_recorded,
    }
)
"""How the answers to a question compare, where it is not as plain data in any order."""
