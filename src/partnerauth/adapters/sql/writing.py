"""Writing: a unit becomes rows, over a connection whose transaction whoever calls has begun and will end.

First of all a commit holds what it depends on: version rows of organisations in the order of their ids, those that
rise and those that were only read, and then every row that it changes or has read.  So whoever comes second waits, and
then finds what the first one changed; and two never wait for each other, because all take their locks in one order.
This holds at every isolation level (CC-02): where a transaction sees one old state throughout, PostgreSQL itself
refuses to lock a row, or to add one, that somebody changed since.  SQLite has one writer at a time.

Only once all is held is the position drawn, so that positions rise within an organisation and within a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from partnerauth.adapters.sql import databases, record
from partnerauth.adapters.sql.databases import Database
from partnerauth.adapters.sql.mapping import KEPT, Kept, Part, Values
from partnerauth.adapters.sql.reading import among, chunks, posted
from partnerauth.adapters.sql.tables import CHANGE, OUTBOX, VERSION
from partnerauth.directory import FACTS, Entity, Key
from partnerauth.entities import OrganisationId
from partnerauth.ports import ConflictError, MailState, Posted, Unit

_OLD: Final = "old_"
"""Begins the name of a parameter that a row is looked for by, so that it is not taken for a new value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """An entity to write: `revision` is the one that it was read with, 0 where it is to be new."""

    key: Key[Any]
    before: Entity | None
    after: Entity
    revision: int


def store(connection: Connection, unit: Unit) -> int:
    """Store a unit and return its position.  Raises ConflictError; the transaction then has to be rolled back."""
    database = databases.of(connection)
    database.enter(connection)
    if unit.touched:
        _raise_versions(connection, unit, database)
    expected = {**dict.fromkeys(unit.changes, 0), **unit.revisions}
    _hold(connection, unit, expected, database)
    here = database.next_position(connection)
    puts: dict[type, list[_Change]] = defaultdict(list)
    drops: dict[type, list[tuple[Key[Any], int]]] = defaultdict(list)
    for key, entity in unit.changes.items():
        if entity is not None:
            put = _Change(key=key, before=unit.before.get(key), after=entity, revision=expected[key])
            puts[type(key)].append(put)
        elif expected[key]:
            drops[type(key)].append((key, expected[key]))
    for kept in (each for each in KEPT if each.key in puts):
        _write(connection, kept, puts[kept.key], here, database)
    for kept in (each for each in reversed(KEPT) if each.key in drops):
        _remove(connection, kept, drops[kept.key])
    _many(connection, insert(CHANGE).values(transaction=database.transaction()), _change_rows(unit, here))
    _many(connection, insert(OUTBOX), _outbox_rows(unit))
    record.append(connection, unit, here)
    return here


def claim_mail(connection: Connection, *, now: datetime, until: datetime) -> Posted | None:
    """Take the mail that has been due for longest.

    PostgreSQL passes over what another transaction is taking just now; in SQLite there is one that writes at a time.
    """
    due = select(OUTBOX).where(OUTBOX.c.state == MailState.WAITING, OUTBOX.c.next_try_at <= now)
    first = due.order_by(OUTBOX.c.next_try_at, OUTBOX.c.id).limit(1).with_for_update(skip_locked=True)
    row = connection.execute(first).mappings().one_or_none()
    if row is None:
        return None
    found = posted(row)
    taken = replace(found, attempts=found.attempts + 1, next_try_at=until, problem="")
    changed = {"attempts": taken.attempts, "next_try_at": until, "problem": ""}
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == found.id).values(changed))
    return taken


def mark_sent(connection: Connection, *, ids: Iterable[int]) -> None:
    """Note that mails were sent."""
    for some in chunks(ids):
        sent = update(OUTBOX).where(OUTBOX.c.id.in_(some))
        connection.execute(sent.values(state=MailState.SENT, problem=""))


def mark_failed(connection: Connection, *, mail: int, attempt: int, problem: str, next_try_at: datetime | None) -> bool:
    """Note that a try failed, unless there was another since."""
    this = OUTBOX.c.state == MailState.WAITING, OUTBOX.c.id == mail, OUTBOX.c.attempts == attempt
    then = {"state": MailState.DEAD} if next_try_at is None else {"next_try_at": next_try_at}
    return connection.execute(update(OUTBOX).where(*this).values({"problem": problem, **then})).rowcount > 0


def retry_mails(connection: Connection, *, ids: Iterable[int], now: datetime) -> tuple[int, ...]:
    """Let mails be due now, apart from those that were sent or are being tried."""
    again: list[int] = []
    for some in chunks(sorted({*ids})):
        failed = (OUTBOX.c.id.in_(some), OUTBOX.c.state != MailState.SENT, OUTBOX.c.problem != "")
        found = select(OUTBOX.c.id).where(*failed).order_by(OUTBOX.c.id).with_for_update()
        listed = connection.execute(found).scalars().all()
        anew = {"state": MailState.WAITING, "attempts": 0, "next_try_at": now, "problem": ""}
        connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(listed)).values(anew))
        again += listed
    return tuple(again)


def forget_changes(connection: Connection, *, before: datetime) -> int:
    """Forget which facts changed before a moment, and return how many changes there were."""
    return databases.of(connection).forget(connection, before)


def _raise_versions(connection: Connection, unit: Unit, database: Database) -> None:
    """Hold the versions that were read, and raise those of the organisations that change."""
    organisations = sorted({*unit.versions, *unit.touched})
    present = _versions(connection, organisations, unit, database)
    if absent := [each for each in organisations if each not in present]:
        claim = database.claim(VERSION, ("organisation",))
        _many(connection, claim, ({"organisation": each, "version": 0} for each in absent))
        present |= _versions(connection, absent, unit, database)
    if stale := [each for each in organisations if present[each] != unit.versions.get(each, present[each])]:
        raise ConflictError(", ".join(stale))
    for some in chunks(sorted(unit.touched)):
        raised = update(VERSION).where(VERSION.c.organisation.in_(some)).values(version=VERSION.c.version + 1)
        connection.execute(raised)


def _versions(
    connection: Connection, organisations: Sequence[OrganisationId], unit: Unit, database: Database
) -> dict[OrganisationId, int]:
    """Return versions, and hold them, in this order: those that rise alone, and the others together with others."""
    found: dict[OrganisationId, int] = {}
    column = VERSION.c
    rises = unit.touched if database.has_row_locks else frozenset()
    for is_touched, same in groupby(organisations, rises.__contains__):
        for some in chunks(same):
            query = select(column.organisation, column.version).where(column.organisation.in_(some))
            held = query.order_by(column.organisation).with_for_update(read=not is_touched)
            found |= {row[0]: row[1] for row in connection.execute(held)}
    return found


def _hold(connection: Connection, unit: Unit, expected: Mapping[Key[Any], int], database: Database) -> None:
    """Make sure that these are still as they were read, also those that were not there, and that they stay so."""
    asked: dict[type, list[Key[Any]]] = defaultdict(list)
    for key, revision in expected.items():
        # Where there are no locks on rows, writing a row looks at its revision soon enough.
        if database.has_row_locks or not revision or key not in unit.changes:
            asked[type(key)].append(key)
    for kept in (each for each in KEPT if each.key in asked):
        columns = [kept.table.c[name] for name in kept.key_fields]
        changes = any(key in unit.changes and expected[key] for key in asked[kept.key])
        for some in chunks(sorted(asked[kept.key], key=astuple), len(columns)):
            condition = among(kept.table, kept.key_fields, map(astuple, some))
            query = select(kept.table.c.revision, *columns).where(condition).order_by(*columns)
            rows = connection.execute(query.with_for_update(read=not changes, key_share=changes))
            found = {kept.key(*row[1:]): row[0] for row in rows}
            for stale in (key for key in some if found.get(key, 0) != expected[key]):
                raise ConflictError(stale)


def _write(connection: Connection, kept: Kept, changes: Sequence[_Change], here: int, database: Database) -> None:
    new = [each for each in changes if not each.revision]
    old = [each for each in changes if each.revision]
    claim = database.claim(kept.table, kept.key_fields)
    if _many(connection, claim, ({**_values(kept, each, here), "arrival": here} for each in new)) != len(new):
        raise ConflictError(*(each.key for each in new))
    found = _old(kept.table, (*kept.key_fields, "revision"))
    changed = ({**_changed(kept, each, here), **_which(kept, each.key, each.revision)} for each in old)
    if _many(connection, update(kept.table).where(found), changed) != len(old):
        raise ConflictError(*(each.key for each in old))
    for part in kept.parts:
        _write_part(connection, part, changes)


def _write_part(connection: Connection, part: Part, changes: Iterable[_Change]) -> None:
    """Write the rows that were added or changed, remove those that are gone, and leave the others alone."""
    gone: list[Values] = []
    added: list[Values] = []
    for each in changes:
        before, after = part.items(each.before), part.items(each.after)
        gone += [part.owned(each.after, item) for item, rest in before.items() if after.get(item) != rest]
        added += [{**part.owned(each.after, item), **rest} for item, rest in after.items() if before.get(item) != rest]
    keys = [column.key for column in part.table.primary_key]
    _many(
        connection,
        delete(part.table).where(_old(part.table, keys)),
        ({f"{_OLD}{name}": row[name] for name in keys} for row in gone),
    )
    _many(connection, insert(part.table), added)


def _remove(connection: Connection, kept: Kept, drops: Sequence[tuple[Key[Any], int]]) -> None:
    """Remove what is no longer there; its parts go with it."""
    found = _old(kept.table, (*kept.key_fields, "revision"))
    gone = (_which(kept, key, revision) for key, revision in drops)
    if _many(connection, delete(kept.table).where(found), gone) != len(drops):
        raise ConflictError(*(key for key, _ in drops))


def _values(kept: Kept, change: _Change, here: int) -> Values:
    return {**kept.values(change.after), "revision": here}


def _changed(kept: Kept, change: _Change, here: int) -> Values:
    """Return the new values, without the key: whoever writes it has SQLite look for all that refers to it."""
    return {name: value for name, value in _values(kept, change, here).items() if name not in kept.key_fields}


def _which(kept: Kept, key: Key[Any], revision: int) -> Values:
    """Return the parameters that find the row of an entity as it was read."""
    named = zip(kept.key_fields, astuple(key), strict=True)
    return {**{f"{_OLD}{name}": value for name, value in named}, f"{_OLD}revision": revision}


def _old(table: Table, names: Iterable[str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(f"{_OLD}{name}", type_=table.c[name].type) for name in names))


def _change_rows(unit: Unit, here: int) -> Iterable[Values]:
    facts = (key for key in unit.changes if isinstance(key, FACTS))
    for number, key in enumerate(facts, start=1):
        yield {"position": here, "number": number, "kind": type(key).__name__, "fields": astuple(key)}


def _outbox_rows(unit: Unit) -> Iterable[Values]:
    for mail in unit.mails:
        yield {
            "template": mail.template,
            "to": mail.to,
            "language": mail.language,
            "facts": mail.facts,
            "token": mail.token,
            "at": unit.events[0].at,
            "state": MailState.WAITING,
            "attempts": 0,
            "next_try_at": unit.events[0].at,
            "problem": "",
        }


def _many(connection: Connection, statement: Insert | Update | Delete, rows: Iterable[Values]) -> int:
    """Carry a statement out for each row, and return how many rows of the table it met."""
    listed = list(rows)
    counted = {"preserve_rowcount": True}
    return connection.execute(statement, listed, execution_options=counted).rowcount if listed else 0
