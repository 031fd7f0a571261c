"""Reading: the keys of one type are one statement, over a connection that whoever calls has opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import product
from operator import itemgetter
from sys import intern
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, and_, func, or_, select, true, union_all

from partnerauth.adapters.sql import databases
from partnerauth.adapters.sql.mapping import (
    BY_ENTITY,
    BY_KEY,
    DOMAINS,
    LISTED,
    MANAGEMENT,
    Kept,
    Listed,
    Part,
)
from partnerauth.adapters.sql.tables import LOG, OUTBOX, VERSION
from partnerauth.directory import (
    AdministratorsAt,
    AdministratorsOf,
    AnotherHolder,
    EveryUser,
    FirstComer,
    Key,
    KnownUser,
    OrganisationsWithDomain,
)
from partnerauth.entities import Credential, Mail, Organisation, OrganisationId, Selection, State, User, UserId
from partnerauth.ports import Changes, Loaded, MailState, Mark, Posted, concerned

T = TypeVar("T")
K = TypeVar("K", bound=Key[Any])

AT_ONCE: Final = 900
"""Values in one statement: older builds of SQLite take 999."""
ROWS_AT_ONCE: Final = 1_000
"""Rows that are in memory as rows, where there may be a million of them."""

ORGANISATION: Final = BY_ENTITY[Organisation].table
USER: Final = BY_ENTITY[User].table
CREDENTIAL: Final = BY_ENTITY[Credential].table


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entity, the commit that wrote it, and where it stands among others: by when it came, then by its key."""

    entity: Any
    revision: int
    place: tuple[Any, ...]


def load(connection: Connection, keys: Sequence[Key[Any]]) -> Loaded:
    """Answer every key.  The connection's transaction is one state of the store, or the answers are none."""
    asked: dict[type, list[Any]] = defaultdict(list)
    for key in dict.fromkeys(keys):
        asked[type(key)].append(key)
    values: dict[Key[Any], Any] = {}
    revisions: dict[Key[Any], int] = {}
    for kind, same in asked.items():
        if kind in BY_KEY:
            found = _singles(connection, BY_KEY[kind], same)
            values |= {key: found[key].entity if key in found else None for key in same}
            revisions |= {key: found[key].revision if key in found else 0 for key in same}
        else:
            values |= ANSWERS[kind](connection, same)
    homes = _homes(connection, values.values())
    organisations = {each for key in keys for each in concerned(key, values[key], homes.get)}
    return Loaded(
        values={key: values[key] for key in keys},
        revisions=revisions,
        versions=_versions(connection, organisations),
    )


def position(connection: Connection) -> int:
    """Return the newest position that is on record, 0 where nothing is."""
    return int(connection.execute(select(func.coalesce(func.max(LOG.c.position), 0))).scalar_one())


def changes_since(connection: Connection, *, mark: Mark | None) -> Changes:
    """Return which facts changed since a mark: in one statement, so that any transaction will do."""
    return databases.of(connection).changes_since(connection, mark)


def outbox(
    connection: Connection, *, to: str | None, state: MailState | None, after: int, limit: int | None
) -> tuple[Posted, ...]:
    """Return mails in the order of their ids."""
    query = select(OUTBOX).where(OUTBOX.c.id > after)
    if to is not None:
        query = query.where(OUTBOX.c.to == to)
    if state is not None:
        query = query.where(OUTBOX.c.state == state)
    return tuple(posted(row) for row in connection.execute(query.order_by(OUTBOX.c.id).limit(limit)).mappings())


def chunks(values: Iterable[T], width: int = 1) -> Iterator[list[T]]:
    """Yield the values in lists of as many as fit in a statement, of `width` each."""
    listed, size = list(values), AT_ONCE // max(1, width)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def among(table: Table, names: Sequence[str], keys: Iterable[tuple[Any, ...]]) -> ColumnElement[bool]:
    """Return the condition that these columns have the values of one of the keys.

    Of two columns or more each key is spelled out: SQLite reads a whole table to compare rows with a list of rows.
    """
    columns = [table.c[name] for name in names]
    if not columns:
        return true()
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return or_(*(and_(*(column == value for column, value in zip(columns, key, strict=True))) for key in keys))


def pairs(connection: Connection, table: Table, key: str, value: str, keys: Iterable[Any]) -> dict[Any, Any]:
    """Return one column by another, for these values of that other."""
    found: dict[Any, Any] = {}
    for some in chunks(sorted(keys)):
        rows = connection.execute(select(table.c[key], table.c[value]).where(table.c[key].in_(some)))
        found |= {row[table.c[key]]: row[table.c[value]] for row in rows.mappings()}
    return found


def posted(row: RowMapping) -> Posted:
    """Return a mail of the outbox."""
    column = OUTBOX.c
    mail = Mail(
        template=row[column.template],
        to=row[column.to],
        language=row[column.language],
        facts=row[column.facts],
        token=row[column.token],
    )
    return Posted(
        id=row[column.id],
        mail=mail,
        at=row[column.at],
        state=row[column.state],
        attempts=row[column.attempts],
        next_try_at=row[column.next_try_at],
        problem=row[column.problem],
    )


def _singles(connection: Connection, kept: Kept, keys: Sequence[Key[Any]]) -> Mapping[Key[Any], Found]:
    found: dict[Key[Any], Found] = {}
    for some in chunks(keys, len(kept.key_fields)):
        condition = among(kept.table, kept.key_fields, map(astuple, some))
        found |= {kept.key(*each.place[1:]): each for each in _found(connection, kept, condition)}
    return found


def _found(connection: Connection, kept: Kept, condition: ColumnElement[bool]) -> Iterator[Found]:
    parts = {part.field: _parts(connection, kept, part, condition) for part in kept.parts}
    column = kept.table.c
    for row in connection.execute(select(kept.table).where(condition)).mappings():
        key = tuple(row[column[name]] for name in kept.key_fields)
        of_this = {name: rows(key) for name, rows in parts.items()}
        yield Found(entity=kept.read(row, of_this), revision=row[column.revision], place=(row[column.arrival], *key))


def _parts(
    connection: Connection, kept: Kept, part: Part, condition: ColumnElement[bool]
) -> Callable[[tuple[Any, ...]], Any]:
    """Return what gives the value of this part for a key of the entity."""
    repeats = {field: part.table.c[column] for column, field in part.owner.items()}
    of_key = [repeats[name] for name in kept.key_fields]
    same = and_(*(kept.table.c[name] == repeats[name] for name in kept.key_fields))
    rows: dict[tuple[Any, ...], list[RowMapping]] = defaultdict(list)
    for row in connection.execute(select(part.table).join(kept.table, same).where(condition)).mappings():
        rows[tuple(row[column] for column in of_key)].append(row)
    return lambda key: part.join(rows.get(key, ()), part.table)


def _listed(listed: Listed) -> Callable[[Connection, Sequence[Key[Any]]], Mapping[Key[Any], Any]]:
    """Return the function that answers questions of this kind."""
    kept = BY_ENTITY[listed.entity]
    names = listed.asked

    def answers(connection: Connection, keys: Sequence[Key[Any]]) -> Mapping[Key[Any], Any]:
        found: dict[Key[Any], list[tuple[tuple[Any, ...], Any]]] = {key: [] for key in keys}
        for some in chunks(keys, len(names)):
            condition = among(kept.table, names, map(astuple, some))
            if listed.where is not None:
                condition &= listed.where(kept.table)
            rows = _fields(connection, kept, listed, condition) if listed.field else _whole(connection, kept, condition)
            for place, values, answer in rows:
                found[listed.key(*(values[name] for name in names))].append((place, answer))
        ordered = {key: tuple(answer for _, answer in sorted(rows, key=itemgetter(0))) for key, rows in found.items()}
        return {key: next(iter(several), None) for key, several in ordered.items()} if listed.alone else ordered

    return answers


def _whole(connection: Connection, kept: Kept, condition: ColumnElement[bool]) -> Iterator[tuple[Any, Any, Any]]:
    for each in _found(connection, kept, condition):
        yield each.place, kept.values(each.entity), each.entity


def _fields(
    connection: Connection, kept: Kept, listed: Listed, condition: ColumnElement[bool]
) -> Iterator[tuple[Any, Any, Any]]:
    names = dict.fromkeys((*listed.asked, *kept.key_fields, listed.field))
    columns = {name: kept.table.c[name] for name in names}
    query = select(kept.table.c.arrival, *columns.values()).where(condition)
    for row in connection.execute(query).mappings():
        values = {name: row[column] for name, column in columns.items()}
        place = (row[kept.table.c.arrival], *(values[name] for name in kept.key_fields))
        yield place, values, values[listed.field]


def _each(
    query: Callable[[K], Select[Any]],
) -> Callable[[Connection, Sequence[K]], Mapping[Key[Any], tuple[Any, ...]]]:
    """Return the function that answers each question with what its own query finds."""
    return lambda connection, keys: {key: tuple(connection.execute(query(key)).scalars()) for key in keys}


def _first(
    query: Callable[[K], Select[Any]],
) -> Callable[[Connection, Sequence[K]], Mapping[Key[Any], Any]]:
    """Return the function that answers each question with the first that its own query finds, or None."""
    several = _each(query)
    return lambda connection, keys: {key: next(iter(found), None) for key, found in several(connection, keys).items()}


def _another_holder(key: AnotherHolder) -> Select[Any]:
    column = MANAGEMENT.table.c
    return (
        select(column.user)
        .where(
            column.organisation == key.organisation,
            column.management == key.management,
            column.state == State.ACTIVE,
            column.user != key.other_than,
        )
        .limit(1)
    )


def _administrators_of(
    connection: Connection, keys: Sequence[AdministratorsOf]
) -> Mapping[Key[Any], tuple[UserId, ...]]:
    """Find each right and state by itself: asked for several at once, SQLite may read the rights of everybody."""
    column = MANAGEMENT.table.c
    found: dict[Key[Any], set[UserId]] = {}
    for key in keys:
        holders = [
            select(column.user).where(
                column.organisation == key.organisation, column.management == management, column.state == state
            )
            for management, state in product(sorted(key.management), (State.ACTIVE, State.INVITED))
        ]
        found[key] = set(connection.execute(union_all(*holders)).scalars()) if holders else set()
    arrivals = pairs(connection, USER, "id", "arrival", set().union(*found.values()))
    return {key: tuple(sorted(users, key=lambda user: (arrivals[user], user))) for key, users in found.items()}


def _administrators_at(key: AdministratorsAt) -> Select[Any]:
    column = MANAGEMENT.table.c
    return (
        select(USER.c.id)
        .join(MANAGEMENT.table, column.user == USER.c.id)
        .where(USER.c.domain == key.domain, USER.c.state == State.ACTIVE, column.management.in_(sorted(key.management)))
        .group_by(USER.c.id, USER.c.arrival)
        .order_by(USER.c.arrival, USER.c.id)
    )


def _first_comer(key: FirstComer) -> Select[Any]:
    """Return the query for him: the first of those active and of those who were, each found by an index."""
    column = CREDENTIAL.c
    people = select(USER.c.id, USER.c.arrival).where(USER.c.organisation == key.organisation)
    inside = people.where(USER.c.state == State.ACTIVE)
    left = people.join(CREDENTIAL, column.user == USER.c.id).where(
        USER.c.state == State.DEACTIVATED, column.password_hash != ""
    )
    firsts = [each.order_by(USER.c.arrival, USER.c.id).limit(1).subquery() for each in (inside, left)]
    either = union_all(*(select(each.c.id, each.c.arrival) for each in firsts)).subquery()
    return select(either.c.id).order_by(either.c.arrival, either.c.id)


def _every_user(connection: Connection, keys: Sequence[EveryUser]) -> Mapping[Key[Any], tuple[KnownUser, ...]]:
    """Read what is asked of them, some rows at a time; what many have in common is kept once."""
    column = USER.c
    query = select(column.email, column.organisation, column.state, column.deactivated_by)
    in_order = query.order_by(column.arrival, column.id).execution_options(yield_per=ROWS_AT_ONCE)
    found = tuple(
        KnownUser(email.key, OrganisationId(intern(organisation)), state, intern(by))
        for email, organisation, state, by in connection.execute(in_order)
    )
    return dict.fromkeys(keys, found)


def _organisations_with_domain(key: OrganisationsWithDomain) -> Select[Any]:
    column = DOMAINS.table.c
    return (
        select(ORGANISATION.c.id)
        .join(DOMAINS.table, column.organisation == ORGANISATION.c.id)
        .where(column.domain == key.domain)
        .order_by(ORGANISATION.c.arrival, ORGANISATION.c.id)
    )


ANSWERS: Final[Mapping[type, Callable[[Connection, Sequence[Any]], Mapping[Key[Any], Any]]]] = MappingProxyType(
    {
        **{listed.key: _listed(listed) for listed in LISTED},
        AnotherHolder: _first(_another_holder),
        EveryUser: _every_user,
        FirstComer: _first(_first_comer),
        AdministratorsOf: _administrators_of,
        AdministratorsAt: _each(_administrators_at),
        OrganisationsWithDomain: _each(_organisations_with_domain),
    }
)
"""How every question is answered that does not ask for one entity by its key."""


def _homes(connection: Connection, values: Iterable[object]) -> Mapping[UserId, OrganisationId]:
    """Return the organisations of the users whose selections are among the answers."""
    things = (thing for value in values for thing in (value if isinstance(value, tuple) else (value,)))
    users = {thing.user for thing in things if isinstance(thing, Selection)}
    return pairs(connection, USER, "id", "organisation", users)


def _versions(connection: Connection, organisations: Iterable[OrganisationId]) -> Mapping[OrganisationId, int]:
    asked = set(organisations)
    return {**dict.fromkeys(asked, 0), **pairs(connection, VERSION, "organisation", "version", asked)}
