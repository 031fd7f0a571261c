"""Events as plain data for the log and back again: exact both ways, and never without the number of their schema."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from partnerauth import events
from partnerauth.addresses import EmailAddress
from partnerauth.events import ERASED_DOMAIN, Event

SCHEMA: Final = 1
"""The number under which events are written today; a reader refuses every other one."""

OPEN: Final = frozenset(
    {
        # Who acted, for whom, on what: ids, which are nobody's name once the person behind one is erased.
        *("organisation", "by", "user", "account", "case", "origin", "subcontractor", "RightsDelegated.source"),
        # What was given, asked for or decided: words of the portal file, and what companies agreed on.
        *("application", "applications", "billing_addresses", "ceilings", "codes", "command", "contract", "contracts"),
        *("digest", "elements", "form", "given", "kind", "management", "named"),
        *("option", "options", "overview", "provider"),
        *("state", "status"),
        # What a company says of itself.  One that a mail opened may be called by its sender's address, and is not here.
        *("country", "domain", "domains"),
        *("OrganisationCreated.title", "OrganisationCreated.street", "OrganisationCreated.town"),
    }
)
"""The fields of events, by name, or by event and name, that hold text and tell of no person.

Every other field that holds text is personal, one that somebody adds tomorrow too: it can be erased (GDPR, article 17).
"""

ERASED: Final = EmailAddress("erased", "erased", ERASED_DOMAIN)
"""What stands in the place of an address that was erased."""


class RecordError(ValueError):
    """What is on record cannot be read: the message names the event, what is wrong with it, and what to do."""


@cache
def recorded_events() -> Mapping[str, type[Event]]:
    """Return every kind of event that can be on record, by name: those that no other kind derives from."""
    kinds = [each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event)]
    return MappingProxyType(
        {each.__name__: each for each in kinds if not any(each in other.__mro__[1:] for other in kinds)}
    )


def to_row(event: Event) -> dict[str, Any]:
    """Return an event as a row of the log.

    `organisation`, `at`, `by`, `name` and `about` are there to be looked for, `schema` is the number of the
    schema, and `data` the whole event in nothing but dicts, lists, strings, numbers and truth values.
    Raises ValueError where a time has no zone (CC-15) and TypeError for a value that has no such form.
    """
    return {
        "organisation": event.organisation,
        "at": event.at,
        "by": event.by,
        "name": event.name,
        "about": event.about,
        "schema": SCHEMA,
        "data": plain(event),
    }


@cache
def personal_fields(name: str) -> frozenset[str]:
    """Return the fields of an event that tell of a person: what holds text and is not `OPEN`."""
    kind = recorded_events().get(name)
    texts = (field for field, hint in _hints(kind).items() if _holds_text(hint)) if kind else ()
    return frozenset(field for field in texts if OPEN.isdisjoint({field, f"{name}.{field}"}))


def blank(name: str, field: str) -> Any:  # noqa: ANN401 - JSON has no type of its own
    """Return what stands in a row in the place of a personal value that was erased."""
    hint = _hints(recorded_events()[name])[field]
    if hint is EmailAddress:
        return plain(ERASED)
    return "" if hint is str else {}


def _hints(kind: type[Event]) -> Mapping[str, Any]:
    return {name: hint for name, hint in get_type_hints(kind).items() if not name.startswith("_")}


def _holds_text(hint: Any) -> bool:  # noqa: ANN401 - annotations have no type of their own
    """Whether a value of this annotation has text in it."""
    hint = getattr(hint, "__supertype__", hint)
    if arguments := get_args(hint):
        return any(map(_holds_text, arguments))
    if dataclasses.is_dataclass(hint):
        return any(map(_holds_text, get_type_hints(hint).values()))
    return isinstance(hint, type) and issubclass(hint, str | tuple) and not issubclass(hint, Enum)


def from_row(name: str, schema: int, data: Mapping[str, Any]) -> Event:
    """Return the event that `to_row` made a row of.

    Raises RecordError where this version of the library does not know its name, its schema or its fields.
    """
    kind = recorded_events().get(name)
    if kind is None or schema != SCHEMA:
        message = (
            f"{name}, schema {schema}: this version of partnerauth reads {len(recorded_events())} kinds of events of "
            f"schema {SCHEMA}, and this is none of them; read it with the version that wrote it, or a newer one"
        )
        raise RecordError(message)
    unknown = sorted(set(data) - {field.name for field in dataclasses.fields(kind)})
    if unknown:
        message = f"{name}: unknown fields {', '.join(unknown)}; read it with the version that wrote it, or a newer one"
        raise RecordError(message)
    try:
        event = _shape(name).validate_python(dict(data))
    except ValidationError as wrong:
        fields = dict.fromkeys(str(each["loc"][0]) for each in wrong.errors(include_input=False))
        message = f"{name}: {', '.join(fields)}: not as it was written; something else has changed the log"
        raise RecordError(message) from None
    kept: dict[str, Any] = {field.name: frozen(getattr(event, field.name)) for field in dataclasses.fields(event)}
    return kind(**kept)


def plain(value: object) -> Any:  # noqa: ANN401, PLR0911 - JSON has no type of its own; one line for each kind of value
    """Return a value as JSON knows it: sets sorted, times in UTC, and what has fields as an object of them.

    Raises ValueError for a time without a zone and TypeError for what has no such form.
    """
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case datetime():
            return in_utc(value).isoformat()
        case Mapping():
            return {str(name): plain(each) for name, each in value.items()}
        case frozenset():
            return sorted(plain(each) for each in value)
        case tuple() | list():
            return [plain(each) for each in value]
        case _ if dataclasses.is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            raise TypeError(type(value).__name__)


@cache
def _shape(name: str) -> TypeAdapter[Any]:
    """Return what reads an event of this name: made once, when first wanted, for making one takes time."""
    return TypeAdapter(recorded_events()[name])


def frozen(value: object) -> object:
    """Return a mapping as one that nobody can change, and anything else as it is."""
    return MappingProxyType(value) if isinstance(value, dict) else value


def in_utc(at: datetime) -> datetime:
    """Return a time in UTC.  Raises ValueError where it has no zone (CC-15)."""
    if at.utcoffset() is None:
        message = f"{at.isoformat()} has no time zone: say which one is meant, for example with tzinfo=UTC"
        raise ValueError(message)
    return at.astimezone(UTC)
