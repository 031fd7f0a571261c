"""The record in tables: appended as links of chains, read again, and erased where it told of a person."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Label,
    Row,
    Select,
    and_,
    bindparam,
    case,
    insert,
    select,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import NullType

from partnerauth import chain
from partnerauth.adapters.sql import databases
from partnerauth.adapters.sql.columns import Instant, Plain, Words
from partnerauth.adapters.sql.mapping import Values
from partnerauth.adapters.sql.reading import chunks
from partnerauth.adapters.sql.tables import HEAD, LOG, OUTBOX, PERSONAL
from partnerauth.chain import Head, Link, Personal, Spot
from partnerauth.ports import ConflictError, MailState, Recorded, Unit
from partnerauth.records import ERASED

T = TypeVar("T")

AT_ONCE: Final = 500
"""Records that are held in memory at a time while the whole record is read."""

_SAME: Final = and_(PERSONAL.c.position == LOG.c.position, PERSONAL.c.number == LOG.c.number)
_COLUMNS: Final = (*LOG.c, *PERSONAL.c)
_ANY: Final = DefaultDialect()
_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)


def append(connection: Connection, unit: Unit, here: int) -> None:
    """Put the events of a unit on record: the last that a commit does, for here whoever comes second waits (AU-06)."""
    if not unit.events:
        return
    heads = _locked(connection, chain.named(unit.events))
    links, after = chain.appended(heads, unit.events, here, unit.chance or secrets.token_bytes())
    connection.execute(insert(LOG), [_log_row(link) for link in links])
    if personal := [_personal_row(link.spot, link.personal) for link in links if link.personal]:
        connection.execute(insert(PERSONAL), personal)
    grown = update(HEAD).where(HEAD.c.organisation == bindparam("chain", type_=Words))
    grown = grown.values(length=bindparam("then"), digest=bindparam("newest", type_=Words))
    connection.execute(
        grown, [{"chain": each.organisation, "then": each.length, "newest": each.digest} for each in after.values()]
    )
    _erase(connection, unit, here)


def records(connection: Connection, *, about: str | None, organisation: str | None) -> tuple[Recorded, ...]:
    """Return what is on record, oldest first.  Raises records.RecordError."""
    query = select(LOG, *PERSONAL.c).select_from(LOG.outerjoin(PERSONAL, _SAME))
    if about is not None:
        found = _about(about).subquery()
        query = query.join(found, and_(found.c.position == LOG.c.position, found.c.number == LOG.c.number))
    if organisation is not None:
        query = query.where(LOG.c.organisation == organisation)
    rows = connection.execute(query.order_by(LOG.c.position, LOG.c.number)).mappings()
    return tuple(_recorded(_link({column: row[column] for column in _COLUMNS})) for row in rows)


def told_of(connection: Connection, *, subjects: Sequence[str]) -> tuple[Spot, ...]:
    """Return the records that tell of persons, oldest first."""
    spots: list[Spot] = []
    for some in chunks(subjects):
        found = select(PERSONAL.c.position, PERSONAL.c.number).where(
            PERSONAL.c.subject.in_(some), PERSONAL.c.erased_position.is_(None)
        )
        spots += [Spot(*row) for row in connection.execute(found)]
    return tuple(sorted(spots))


def examine(connection: Connection, *, work: Callable[[Sequence[Head], Iterator[Link]], T]) -> T:
    """Do some work on the whole record: what cannot be read is told as it stands there, for the work to find."""
    heads = [
        Head(**{column.key: _value(column, value) for column, value in zip(HEAD.c, row, strict=True)})
        for row in connection.execute(_bare(HEAD.c))
    ]
    query = _bare(_COLUMNS).select_from(LOG.outerjoin(PERSONAL, _SAME)).order_by(LOG.c.organisation, LOG.c.place)
    rows = connection.execute(query.execution_options(yield_per=AT_ONCE))
    return work(sorted(heads, key=lambda head: head.organisation), map(_as_it_stands, rows))


def _bare(columns: Iterable[Column[Any]]) -> Select[Any]:
    """Return the query for columns as the driver gives them."""
    bare: list[Label[Any]] = [type_coerce(each, NullType()).label(f"{each.table.name}_{each.key}") for each in columns]
    return select(*bare)


def _locked(connection: Connection, organisations: Sequence[str]) -> Mapping[str, Head]:
    """Lock the heads of these chains, in order, those that are new too."""
    heads = _heads(connection, organisations)
    if absent := [Head(organisation=each) for each in organisations if each not in heads]:
        claim = databases.of(connection).claim(HEAD, ["organisation"])
        rows = [{"organisation": each.organisation, "length": 0, "digest": each.digest} for each in absent]
        connection.execute(claim, rows)
        heads = {**heads, **_heads(connection, [each.organisation for each in absent])}
    return heads


def _heads(connection: Connection, organisations: Sequence[str]) -> Mapping[str, Head]:
    found: dict[str, Head] = {}
    for some in chunks(organisations):
        query = select(HEAD.c.organisation, HEAD.c.length, HEAD.c.digest).where(HEAD.c.organisation.in_(some))
        rows = connection.execute(query.order_by(HEAD.c.organisation).with_for_update())
        found |= {row[0]: Head(organisation=row[0], length=row[1], digest=row[2]) for row in rows}
    return found


def _erase(connection: Connection, unit: Unit, here: int) -> None:
    if unit.erasing is None:
        return
    number, event = unit.erasing
    found = and_(PERSONAL.c.position == bindparam("p"), PERSONAL.c.number == bindparam("n"))
    gone = update(PERSONAL).where(found, PERSONAL.c.erased_position.is_(None))
    gone = gone.values(subject=event.user, salt="", data={}, erased_position=here, erased_number=number)
    rows = [{"p": spot.position, "n": spot.number} for spot in unit.erases]
    if rows and connection.execute(gone, rows).rowcount != len(rows):
        raise ConflictError(event.user)
    for some in chunks(sorted(unit.forgets)):
        forgotten = update(OUTBOX).where(OUTBOX.c.to.in_(some))
        was_sent = OUTBOX.c.state == MailState.SENT
        state = case((was_sent, OUTBOX.c.state), else_=MailState.DEAD)
        problem = case((was_sent, OUTBOX.c.problem), else_=chain.ERASED)
        blank = {"to": ERASED.addr_spec, "facts": {}, "token": "", "problem": problem, "state": state}
        connection.execute(forgotten.values(blank))


def _about(about: str) -> Select[Any]:
    """Return the query for the records about somebody: whether that is written openly or hidden, each by its index."""
    openly = select(LOG.c.position, LOG.c.number).where(LOG.c.about == about)
    hidden = select(PERSONAL.c.position, PERSONAL.c.number).join(LOG, _SAME)
    hidden = hidden.where(PERSONAL.c.subject == chain.subject_of(about), LOG.c.about.is_(None))
    either = union_all(openly, hidden).subquery()
    return select(either.c.position, either.c.number)


def _log_row(link: Link) -> Values:
    return {
        "position": link.spot.position,
        "number": link.spot.number,
        "organisation": link.organisation,
        "place": link.place,
        "at": link.at,
        "by": link.by,
        "name": link.name,
        "about": link.about,
        "schema_number": link.schema,
        "data": link.data,
        "hidden": link.hidden,
        "digest": link.digest,
    }


def _personal_row(spot: Spot, personal: Personal) -> Values:
    return {
        "position": spot.position,
        "number": spot.number,
        "subject": personal.subject,
        "salt": personal.salt,
        "data": personal.values,
        "erased_position": None,
        "erased_number": None,
    }


def _recorded(link: Link) -> Recorded:
    return Recorded(
        position=link.spot.position,
        event=chain.event_of(link),
        place=link.place,
        is_erased=chain.is_erased(link),
    )


def _as_it_stands(row: Row[Any]) -> Link:
    """Return a record whatever somebody has made of its row: what cannot be read is not what was written either."""
    return _link({column: _value(column, value) for column, value in zip(_COLUMNS, row, strict=True)})


def _value(column: Column[Any], stored: object) -> Any:  # noqa: ANN401 - each column has a type of its own
    if stored is None and (column.nullable or column.table is PERSONAL):
        return None
    match column.type:
        case Plain():
            return _mapping(stored)
        case Instant():
            return _moment(stored)
        case Words():
            return column.type.process_result_value(str(stored), _ANY)
        case _:
            return stored if isinstance(stored, int) else -1


def _mapping(stored: object) -> Mapping[str, Any]:
    try:
        read = json.loads(str(stored))
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {"": str(stored)}


def _moment(stored: object) -> datetime:
    try:
        read = stored if isinstance(stored, datetime) else datetime.fromisoformat(str(stored))
    except ValueError:
        return _NO_TIME
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _link(row: Mapping[Column[Any], Any]) -> Link:
    log, beside = LOG.c, PERSONAL.c
    personal = None
    if row[beside.position] is not None:
        spot = tuple(each for each in (row[beside.erased_position], row[beside.erased_number]) if each is not None)
        personal = Personal(
            subject=row[beside.subject],
            salt=row[beside.salt],
            values=row[beside.data],
            # One without the other is nothing that was ever written, and no erasing on record fits it.
            erased=Spot(spot[0], spot[-1]) if spot else None,
        )
    return Link(
        organisation=row[log.organisation],
        place=row[log.place],
        spot=Spot(row[log.position], row[log.number]),
        at=row[log.at],
        by=row[log.by],
        name=row[log.name],
        about=row[log.about],
        schema=row[log.schema_number],
        data=row[log.data],
        hidden=row[log.hidden],
        digest=row[log.digest],
        personal=personal,
    )
