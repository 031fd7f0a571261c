"""The schema of a database: which version it has, what is missing, and what leads it to the newest version.

The number in the meta row is what counts.  A database of another version is not opened, and neither is one of this
version that lacks a column or a trigger: somebody stopped in the middle, or restored half of it (CC-17).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from partnerauth.adapters.sql import append_only, databases
from partnerauth.adapters.sql.databases import Database
from partnerauth.adapters.sql.tables import LOG, MARKER, META, METADATA, POSITIONS, SCHEMA_VERSION
from partnerauth.ports import StoreError
from partnerauth.records import RecordError

OURS: Final = "partnerauth_"
"""Begins the name of every table of ours, and of none else."""

UPGRADE: Final = "make a copy of it, then run `partnerauth db upgrade`"
_NO_ALEMBIC: Final = "migrations need Alembic: pip install 'partnerauth[migrations]'"
_OTHERS: Final = (
    "{}: it belongs to something else, its tables are {}; "
    "name another database, or call create_tables if ours shall stand beside them"
)

_PATIENCE: Final = 6.0
_TRIGGER: Final = re.compile(r"CREATE TRIGGER (\w+)")


def create_tables(connection: Connection) -> None:
    """Add this library's tables to a database, beside whatever tables are there; the caller commits."""
    METADATA.create_all(connection)
    connection.execute(insert(META).values(id=1, marker=MARKER, schema_version=SCHEMA_VERSION, position=0))


def upgrade_tables(connection: Connection) -> int:
    """Lead our tables to the newest version, or create them, in the caller's transaction; return what version it was.

    0 is a database without tables of ours.  For an embedder's own migrations.  On SQLite the engine has to be one that
    begins transactions for DDL, too (`prepare`), and checks no foreign keys in this one (`PRAGMA foreign_keys = OFF`,
    before it begins), for a table that is made anew is dropped once.
    Raises StoreError: for a newer version, and where Alembic is missing.
    """
    try:
        from partnerauth.adapters.sql.migrations import climb  # noqa: PLC0415 - nobody else needs Alembic
    except ModuleNotFoundError as error:
        raise StoreError(_NO_ALEMBIC) from error
    databases.of(connection).only_one(connection)
    where = databases.of(connection).place(connection.engine.url)
    found = version(connection, where)
    if found > SCHEMA_VERSION:
        raise StoreError(_of_another_version(found, where))
    if found < SCHEMA_VERSION:
        _look_at_transaction(connection, where)
        try:
            climb(connection, found)
        except RecordError as unreadable:
            message = f"{where}: {unreadable}; nothing was changed"
            raise StoreError(message) from unreadable
        _whole(connection, where)
    return found


def upgrade(database: str | Engine, *, beside: bool = False, patience: float = 30.0) -> int:
    """Lead a database to the newest version in one transaction, and return what version it was; 0 if it was empty.

    Whoever upgrades it at the same moment waits, for `patience` seconds at most.  `beside` creates our tables in a
    database that has others.  Raises StoreError; nothing has changed then.
    """
    with _connected(database, create=True) as (connection, kind, where):
        _foreign_keys(connection, on=False)
        connection.execution_options(**kind.options(writes=True, alone=False, patience=patience))
        try:
            with connection.begin():
                # Before any table is read: whoever waits must not hold what the other has to change.
                kind.only_one(connection)
                kind.check(connection, where)
                if not beside:
                    version(connection, where, only_ours=True)
                return upgrade_tables(connection)
        finally:
            if not connection.invalidated:
                _foreign_keys(connection, on=True)


@contextmanager
def _connected(database: str | Engine, *, create: bool) -> Iterator[tuple[Connection, Database, str]]:
    """Yield a connection, the kind of its database, and what to call it.  Raises StoreError for the driver's errors."""
    engine = databases.engine_for(database) if isinstance(database, str) else database
    kind = databases.of(engine)
    where = kind.place(engine.url)
    kind.look_at(engine.url, create=create)
    kind.set_up(engine)
    try:
        with engine.connect() as connection:
            yield connection, kind, where
    except DBAPIError as error:
        # What the driver says may repeat values.
        raise kind.trouble(error.orig, where) from None
    finally:
        if isinstance(database, str):
            engine.dispose()


def version(connection: Connection, where: str, *, only_ours: bool = False) -> int:
    """Return the version of our tables, 0 where there are none.

    Raises StoreError where the row that says so is missing, and with `only_ours` where the database is somebody else's.
    """
    there = _columns(connection)
    if {*there.get(META.name, ())} >= {META.c.marker.name, META.c.schema_version.name}:
        found = connection.execute(select(META.c.schema_version)).scalar_one_or_none()
        if found is None or found < 1:
            message = f"{where}: the row that says what it is has gone, or was changed; restore a copy of it"
            raise StoreError(message)
        return int(found)
    names = inspect(connection).get_table_names()
    if names and (only_ours or META.name in names):
        raise StoreError(_OTHERS.format(where, ", ".join(sorted(names)[:5])))
    return 0


def is_ready(connection: Connection, where: str) -> bool:
    """Whether our tables are there as this partnerauth needs them; without any in it, a database is none of ours yet.

    Raises StoreError for another version, for a part of this one, and for somebody else's database.
    """
    found = version(connection, where, only_ours=True)
    if found not in {0, SCHEMA_VERSION}:
        raise StoreError(_of_another_version(found, where))
    if found and (lacks := tuple(missing(connection))):
        message = f"{where}: half of it is not there: {'; '.join(lacks[:3])}; restore a copy of it"
        raise StoreError(message)
    return bool(found)


def missing(connection: Connection) -> Iterator[str]:
    """Yield the tables, columns, sequences and triggers of this version that a database does not have."""
    there = _columns(connection)
    for table in METADATA.tables.values():
        if table.name not in there:
            yield f"the table {table.name}"
        elif lost := sorted({column.name for column in table.columns} - there[table.name]):
            yield f"{table.name}: the column {', '.join(lost)}"
    if connection.dialect.supports_sequences:
        yield from (f"the sequence {each.name}" for each in (POSITIONS,) if each.name not in there)
    triggers = databases.of(connection).triggers(connection)
    yield from (f"the trigger {each}" for each in triggers_of(connection.dialect.name) if each not in triggers)


def triggers_of(dialect: str) -> tuple[str, ...]:
    """Return the names of the triggers that belong to this version."""
    statements = append_only.STATEMENTS[dialect]
    found = (_TRIGGER.match(each) for table in append_only.TABLES for each in statements(table))
    return tuple(each[1] for each in found if each)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What was found in a database; `problem` is why it would not be opened, and `size` counts bytes.

    `differences` from the tables of this version and `damage` are only looked for where the version is this one.
    """

    where: str
    kind: str
    version: int
    position: int | None
    size: int
    counts: Mapping[str, int]
    problem: str = ""
    differences: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    newest: int = SCHEMA_VERSION

    @property
    def is_fit(self) -> bool:
        """Whether this partnerauth can work with it, and nothing is wrong."""
        return self.version == self.newest and not (self.problem or self.differences or self.damage)


def state(database: str, *, whole: bool = False) -> State:
    """Look at a database without changing it; with `whole` at everything that may be wrong.  Raises StoreError."""
    with _connected(database, create=False) as (connection, kind, where):
        connection.execution_options(**kind.options(writes=False, alone=False, patience=_PATIENCE))
        with connection.begin():
            return _state(connection, where, whole=whole)


def _state(connection: Connection, where: str, *, whole: bool) -> State:
    found, problem = version(connection, where), ""
    try:
        if not is_ready(connection, where):
            problem = "there are no tables of ours in it: run `partnerauth db upgrade`, or name another database"
    except StoreError as error:
        problem = str(error).removeprefix(f"{where}: ")
    is_this, kind = found == SCHEMA_VERSION, databases.of(connection)
    return State(
        where=where,
        kind=f"{kind.product} {'.'.join(map(str, connection.dialect.server_version_info or ()))}",
        version=found,
        position=_position(connection) if is_this and not problem else None,
        size=kind.size(connection),
        counts=counts(connection),
        problem=problem,
        differences=tuple(differences(connection)) if whole and is_this else (),
        damage=tuple(kind.damage(connection, OURS)) if whole and is_this else (),
    )


def _position(connection: Connection) -> int:
    """Return the position of the newest commit: SQLite counts it, and PostgreSQL's newest is on record."""
    newest = select(func.coalesce(func.max(LOG.c.position), 0)).scalar_subquery()
    counted, recorded = connection.execute(select(META.c.position, newest)).one()
    return max(int(counted), int(recorded))


def differences(connection: Connection) -> Iterator[str]:
    """Yield in what our tables differ from those that this version makes.  Raises StoreError without Alembic."""
    try:
        from partnerauth.adapters.sql.migrations import comparing  # noqa: PLC0415 - nobody else needs Alembic
    except ModuleNotFoundError as error:
        raise StoreError(_NO_ALEMBIC) from error
    yield from comparing.differences(connection, METADATA, OURS, databases.of(connection).partitions(connection))
    yield from (each for each in missing(connection) if each.startswith(("the sequence", "the trigger")))


def counts(connection: Connection) -> Mapping[str, int]:
    """Return how many rows each table of ours has that is there, by its name without what all begin with."""
    names = set(inspect(connection).get_table_names())
    return {
        table.name.removeprefix(OURS): int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in METADATA.tables.values()
        if table.name in names
    }


def _columns(connection: Connection) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for table, column in databases.of(connection).columns(connection, OURS):
        found[table].add(column)
    return found


def _of_another_version(found: int, where: str) -> str:
    way = "upgrade partnerauth" if found > SCHEMA_VERSION else UPGRADE
    return f"{where}: its tables are of version {found}, this partnerauth has version {SCHEMA_VERSION}; {way}"


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    """Switch SQLite's foreign keys: between transactions, for within one it is not heard."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")
        cursor.close()


def _look_at_transaction(connection: Connection, where: str) -> None:
    """Make sure that SQLite can take all of it back, and removes nothing when a table is dropped to be made anew."""
    if connection.dialect.name != "sqlite":
        return
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        message = f"{where}: its driver has begun no transaction; `prepare` the engine before it connects"
        raise StoreError(message)
    if connection.execute(text("PRAGMA foreign_keys")).scalar():
        message = f"{where}: it would check foreign keys; PRAGMA foreign_keys = OFF before the transaction begins"
        raise StoreError(message)


def _whole(connection: Connection, where: str) -> None:
    """Look at what came out.  Raises StoreError, so that the caller takes it back."""
    if wrong := [*missing(connection), *databases.of(connection).damage(connection, OURS)]:
        message = f"{where}: the upgrade does not come out whole: {'; '.join(wrong[:3])}; nothing was changed"
        raise StoreError(message)
