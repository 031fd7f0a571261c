"""The chain of records: each is linked to the one before it in its organisation, so that none changes unseen (GX-08).

A link is the SHA-256 of the canonical form of a record, which holds the digest of the record before it.  Personal
values stand in it as keyed digests alone (HMAC-SHA256, under a salt of each record); values and salt are kept
beside, so that a person is erased and every link still holds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from partnerauth.addresses import name_key
from partnerauth.events import Event
from partnerauth.records import blank, from_row, in_utc, personal_fields, plain, to_row

FORM: Final = 1
"""The number of the canonical form: it stands inside every link."""

ERASED: Final = "erased"
"""What is noted of a mail that will not be sent because its reader was erased."""

START: Final = "0" * hashlib.sha256().digest_size * 2
"""What the first record of a chain has in the place of a digest before it."""


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain: how many records an organisation has ("" for what belongs to none), and the newest digest."""

    organisation: str
    length: int = 0
    digest: str = START


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where a record stands among all: the position of its commit, and its number within that."""

    position: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What a record tells of a person: kept beside the chain, and the one part of it that can go.

    `subject` is whose it is: a user's id, or the key of what was typed or written where there was no user yet.  Once
    it is erased there is no salt and no value, `subject` is the user's id, and `erased` the record that says so.
    """

    subject: str
    salt: str = field(repr=False)
    values: Mapping[str, Any]
    erased: Spot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A record as it is kept: the `place` in its chain counts from 1.

    `about` is None where it is personal itself, `data` holds the open fields of the event, and `hidden` the keyed
    digests of the personal ones.
    """

    organisation: str
    place: int
    spot: Spot
    at: datetime
    by: str
    name: str
    about: str | None
    schema: int
    data: Mapping[str, Any]
    hidden: Mapping[str, str]
    digest: str = ""
    personal: Personal | None = None


def canonical(value: object) -> bytes:
    """Return a value as the one JSON text that it has: ASCII, keys sorted, no space, no float that is not a number."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest_of(link: Link, before: str) -> str:
    """Return the digest that belongs to a record, given the digest of the one before it."""
    written = {
        "form": FORM,
        "before": before,
        "organisation": link.organisation,
        "place": link.place,
        "position": link.spot.position,
        "number": link.spot.number,
        "at": in_utc(link.at),
        "by": link.by,
        "name": link.name,
        "about": link.about,
        "schema": link.schema,
        "data": link.data,
        "hidden": link.hidden,
    }
    return hashlib.sha256(canonical(written)).hexdigest()


def hidden(salt: str, name: str, value: object) -> str:
    """Return what stands in the chain for a personal value: nobody finds the value by trying once the salt is gone."""
    return hmac.new(bytes.fromhex(salt), canonical([name, value]), hashlib.sha256).hexdigest()


def named(events: Iterable[Event]) -> tuple[str, ...]:
    """Return the chains that events belong to, each once, in the order in which their heads are locked."""
    return tuple(sorted({event.organisation for event in events}))


def appended(
    heads: Mapping[str, Head], events: Sequence[Event], position: int, chance: bytes
) -> tuple[tuple[Link, ...], Mapping[str, Head]]:
    """Return events as the next records of their chains, and the heads that these then have.

    `heads` has the present head of every organisation that an event is of; `chance` are 16 unpredictable bytes or
    more that are used for nothing else: from them comes a salt for each record that needs one.
    """
    after = dict(heads)
    links: list[Link] = []
    for number, event in enumerate(events, start=1):
        head = after[event.organisation]
        link = _unlinked(event, head.length + 1, Spot(position, number), chance)
        link = replace(link, digest=digest_of(link, head.digest))
        after[event.organisation] = Head(organisation=head.organisation, length=link.place, digest=link.digest)
        links.append(link)
    return tuple(links), MappingProxyType(after)


def event_of(link: Link) -> Event:
    """Return the event that a record tells of; what was erased is blank.  Raises records.RecordError."""
    names = personal_fields(link.name)
    values = dict(link.personal.values) if link.personal else {}
    if link.personal and link.personal.erased:
        values = {name: blank(link.name, name) for name in names}
        values |= {"subject": link.personal.subject} if "subject" in names else {}
    return from_row(link.name, link.schema, {**link.data, **values})


def _hidden(personal: Personal) -> Mapping[str, str]:
    return {name: hidden(personal.salt, name, value) for name, value in personal.values.items()}


def subject_of(typed: str) -> str:
    """Return what a person is found by who was only ever named: what was typed, in whichever way (GX-12)."""
    return name_key(typed) or typed


def is_about(link: Link, somebody: str) -> bool:
    """Whether a record is about somebody, by his id or by a name that was typed; about the id where he was erased."""
    if link.about is not None:
        return link.about == somebody
    return link.personal is not None and link.personal.subject == subject_of(somebody)


def is_erased(link: Link) -> bool:
    """Whether what a record told of a person was erased."""
    return link.personal is not None and link.personal.erased is not None


def erased(link: Link, user: str, spot: Spot) -> Link:
    """Return what is left of a record once a user is erased from it, by the record that says so."""
    if link.personal is None:
        return link
    return replace(link, personal=replace(link.personal, subject=user, salt="", values=_NOTHING, erased=spot))


def _unlinked(event: Event, place: int, spot: Spot, chance: bytes) -> Link:
    row = to_row(event)
    names = personal_fields(event.name)
    open_data = {name: value for name, value in row["data"].items() if name not in names}
    personal = None
    if names:
        salt = hmac.new(chance, f"{spot.number}".encode(), hashlib.sha256).hexdigest()
        values = {name: row["data"][name] for name in sorted(names)}
        personal = Personal(subject=getattr(event, "user", "") or subject_of(event.about), salt=salt, values=values)
    return Link(
        organisation=event.organisation,
        place=place,
        spot=spot,
        at=in_utc(event.at),
        by=event.by,
        name=event.name,
        about=event.about if not names or event.about in open_data.values() else None,
        schema=row["schema"],
        data=open_data,
        hidden=_hidden(personal) if personal else _NOTHING,
        personal=personal,
    )
