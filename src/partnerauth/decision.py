"""What a command is answered: accepted with events and mails, or refused with every broken rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from partnerauth.directory import Entity, Key
from partnerauth.entities import CaseId, Mail, UserId

if TYPE_CHECKING:
    from partnerauth.events import Event

Fact: TypeAlias = str | int | tuple[str, ...]
"""What a reason states: a word, a number, or several words. Never a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A sentence of the rulebook that a command or a question can break.

    `code` is a promise: it is published once, never given to another rule and never renamed.
    `holds` says what is true while nobody breaks the rule, `because` why portals want that, and `says`
    is the message for whoever broke it, with the facts of the reason in braces.  `sources` are the ids of
    the rulebook that ask for it.
    """

    code: str
    holds: str
    because: str
    says: str
    sources: tuple[str, ...]

    def broken(self, **facts: Fact) -> Reason:
        """Return the reason that this rule is broken, with the facts that broke it."""
        return Reason(rule=self, facts=MappingProxyType(facts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One broken rule and the facts that broke it (GX-09)."""

    rule: Rule
    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def code(self) -> str:
        """The refusal code of the rulebook."""
        return self.rule.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The command happened: what changed, and the mails to send once that is stored.

    `keeps` and `drops` are rows that no record repeats because they hold the hash of a secret or belong to a
    user's own stream: credentials, tokens, sessions, attempts.  `created` is the user whom the command made, and
    `case` the case.  `session` is the secret of a new session, for the browser alone, and `secret` what else only
    the caller may know: the registration token of whoever verified his address (DP-01).  `notices` are what the
    page tells everybody alike, by the names of `messages.NOTICES` (SP-04).
    """

    events: tuple[Event, ...] = ()
    mails: tuple[Mail, ...] = ()
    keeps: tuple[Entity, ...] = ()
    drops: tuple[Key[Any], ...] = ()
    created: UserId | None = None
    case: CaseId | None = None
    session: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing changed: every broken rule of the first gate that did not open (rulebook, section 0)."""

    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not self.reasons:
            message = "a refusal names at least one broken rule"
            raise ValueError(message)

    @property
    def codes(self) -> tuple[str, ...]:
        """The refusal codes, each once, in the order in which the flow asks."""
        return tuple(reason.code for reason in self.reasons)


Answer: TypeAlias = Accepted | Refused


def broken(*answers: Reason | None) -> tuple[Reason, ...]:
    """Keep the broken rules, in the order in which they were asked, each code once with what all of them name."""
    kept: dict[str, Reason] = {}
    for answer in answers:
        if answer is not None:
            kept[answer.code] = _joined(kept[answer.code], answer) if answer.code in kept else answer
    return tuple(kept.values())


def _joined(first: Reason, more: Reason) -> Reason:
    """Return one reason for two that name things of one sort: what two forms lack is named together."""
    lists = {name for name, fact in first.facts.items() if isinstance(fact, tuple)}
    if any(first.facts[name] != more.facts.get(name) for name in first.facts.keys() - lists):
        return first
    named = {name: dict.fromkeys((*_names(first.facts[name]), *_names(more.facts[name]))) for name in lists}
    return first.rule.broken(**{**first.facts, **{name: tuple(names) for name, names in named.items()}})


def _names(fact: Fact) -> tuple[str, ...]:
    return fact if isinstance(fact, tuple) else ()
