"""Overviews: the users of an organisation, their rights, and the record, as tables to read or export (KP-13).

Whoever takes one stands on record (AU-14): `take` asks as a command would, and answers with the table or a refusal.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.entities import Member, Operator, OrganisationId, System
from partnerauth.events import Event, OverviewTaken
from partnerauth.flow import Command, Flow, Situation, full_name, refuse
from partnerauth.policy import isolation, management
from partnerauth.ports import Recorded
from partnerauth.records import plain
from partnerauth.shell import Shell, carry_out, conversation
from partnerauth.view import View

Name: TypeAlias = Literal["users", "rights", "record"]
"""Which overview."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A table of texts: what it is of, when it was taken, the headings, and a row for each thing."""

    title: str
    at: datetime
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class TakeOverview(Command):
    """Read or export an overview of an organisation; of every one where it is left out, for those who may."""

    overview: Name
    form: str
    organisation: str = ""


def _decide(s: Situation[TakeOverview]) -> Answer:
    """Let administrators take what is their organisation's, and operator and system what is anybody's (AU-10)."""
    command = s.command
    if isinstance(s.actor, Member):
        if command.organisation != s.me.organisation:
            return Refused((isolation.OTHER_ORGANISATION.broken(names=(command.organisation,)),))
        if refused := refuse(management.is_administrator(s.portal, s.me)):
            return refused
    event = OverviewTaken(
        organisation=OrganisationId(command.organisation),
        by=s.by,
        at=s.now,
        overview=command.overview,
        form=command.form,
    )
    return Accepted(events=(event,))


FLOW: Final = Flow(command=TakeOverview, decide=_decide)

_OFFERED: Final = ("user", "administrator", "operator", "system")


def take(
    shell: Shell, actor: Member | Operator | System, overview: Name, *, form: str, organisation: str = ""
) -> Overview | Refused:
    """Return an overview, once it is on record that this actor took it, in this form; or the refusal, recorded too.

    Refuses: sign-in-required, user-inactive and the other codes of a session, other-organisation,
    management-right-missing.  Raises StoreError.
    """
    offers = MappingProxyType({**shell.portal.offers, FLOW.word: _OFFERED})
    portal = shell.portal.model_copy(update={"offers": offers})
    command = TakeOverview(overview=overview, form=form, organisation=organisation)
    now = shell.ports.clock.now()
    answer = carry_out(conversation(portal, FLOW, actor, command, now), shell.perform)
    if isinstance(answer, Refused):
        return answer
    if overview == "record":
        return of_record(shell.store.records(organisation=organisation or None), now)
    view = shell.view()
    organisations = (organisation,) if organisation else tuple(dict.fromkeys(_organisations(shell)))
    tables = [_OVERVIEWS[overview](view, each) for each in organisations]
    title = f"{shell.portal.title}: {overview} of {organisation or 'all organisations'}"
    return Overview(title=title, at=now, columns=_COLUMNS[overview], rows=tuple(row for rows in tables for row in rows))


def _organisations(shell: Shell) -> Iterator[str]:
    yield from shell.store.examine(lambda heads, _: tuple(head.organisation for head in heads if head.organisation))


def _users(view: View, organisation: str) -> Iterator[tuple[str, ...]]:
    for user in view.users(organisation):
        creator = view.user(user.created_by)
        yield (
            organisation,
            user.id,
            user.username,
            full_name(user.details),
            user.email.original,
            creator.username or creator.id if creator else user.created_by,
            user.state.value,
            ", ".join(sorted(view.management(user.id))),
        )


def _rights(view: View, organisation: str) -> Iterator[tuple[str, ...]]:
    for user in view.users(organisation):
        for (account, application), holding in view.rights_of(user.id).items():
            resources = [f"{kind} {name}" for kind, names in holding.resources.items() for name in sorted(names)]
            named = (user.id, user.username or user.email.original, user.state.value)
            for right in sorted(holding.rights) or [""]:
                yield (organisation, *named, account, application, right, "; ".join(resources))


_OVERVIEWS: Final[Mapping[str, Callable[[View, str], Iterator[tuple[str, ...]]]]] = MappingProxyType(
    {"users": _users, "rights": _rights}
)
_PLAIN: Final = re.compile(r"[\w@.+/:-]+")
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "users": ("organisation", "id", "user name", "name", "e-mail", "created by", "state", "management rights"),
        "rights": ("organisation", "id", "user", "state", "account", "application", "right", "resources"),
        "record": ("organisation", "number", "at (UTC)", "by", "event", "about", "what", "note"),
    }
)


def of_record(records: Iterable[Recorded], at: datetime) -> Overview:
    """Return the record as a table, in its order: numbers tell it besides the time, which a clock may set back."""
    rows: list[tuple[str, ...]] = []
    latest: dict[str, datetime] = {}
    for each in records:
        event = each.event
        is_back = event.at < latest.get(event.organisation, event.at)
        latest[event.organisation] = event.at
        notes = ["personal data erased"] * each.is_erased + ["clock set back"] * is_back
        rows.append(
            (
                event.organisation,
                str(each.place),
                f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
                event.by,
                event.name,
                event.about,
                worded(event),
                ", ".join(notes),
            )
        )
    return Overview(title="The record", at=at, columns=_COLUMNS["record"], rows=tuple(rows))


def worded(event: Event) -> str:
    """Return the fields of an event as `name=value`, where no value passes for another or for two.

    What is no plain word is quoted as JSON; several stand in brackets, and what belongs together in parentheses.
    Left out is what is told beside it, and what is empty.
    """
    told = {"organisation", "by", "at"}
    named = ((field.name, plain(getattr(event, field.name))) for field in fields(event) if field.name not in told)
    return " ".join(f"{name}={_valued(value)}" for name, value in named if value not in ("", None, [], {}, event.about))


def _valued(value: object) -> str:
    match value:
        case {"original": str(original), "local": _, "domain": _}:
            return _valued(original)
        case str():
            return value if value and _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
        case dict():
            return f"[{', '.join(f'{_valued(name)}: {_valued(each)}' for name, each in value.items())}]"
        case list():
            return f"[{', '.join(_together(each) for each in value)}]"
        case _:
            return json.dumps(value)


def _together(value: object) -> str:
    return f"({' '.join(map(_valued, value))})" if isinstance(value, list) else _valued(value)


def shown(text: str) -> str:
    """Return a text without a character that is not seen or moves others: those are written by their numbers.

    Newlines, terminal sequences and directions of writing would else forge lines of a table (AU-08, ASVS 16.4.1).
    """
    return "".join(char if _is_seen(char) else _escaped(char) for char in text)


def _is_seen(char: str) -> bool:
    return char == " " or (char.isprintable() and unicodedata.category(char) not in {"Cf", "Zs"})


def _escaped(char: str) -> str:
    number = f"{ord(char):x}"
    return f"\\u{number:>04}" if len(number) <= len("ffff") else f"\\U{number:>08}"
