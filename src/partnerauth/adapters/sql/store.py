"""The SQL store: opens a database, carries out reads and commits as transactions, and says what is wrong with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from threading import RLock
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, insert, inspect, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.pool import StaticPool

from partnerauth.adapters.sql import reading, sqlite, writing
from partnerauth.adapters.sql.reading import META
from partnerauth.adapters.sql.tables import MARKER, METADATA, SCHEMA_VERSION
from partnerauth.directory import Key
from partnerauth.ports import Loaded, MailState, Posted, Recorded, StoreError, Unit
from partnerauth.records import RecordError

T = TypeVar("T")

TRIES: Final = 3
"""How often a transaction is begun again when somebody else holds a lock (CC-06)."""

_NOT_YET: Final = "{}: this store speaks SQLite; name a database like sqlite:///portal.db"


class SqlStore:
    """A store in an SQL database.

    `database` is an SQLAlchemy URL, such as `sqlite:///portal.db`, or an engine.  A file that is not there is made,
    and an empty database gets its tables, unless `create` is false.  `patience` are the seconds that a transaction
    waits for the locks of others.  What was opened by URL is closed by `close`.

    A database of an embedder's own, with other tables in it, is opened once `create_tables` has added ours.
    """

    def __init__(self, database: str | Engine, *, create: bool = True, patience: float = 6.0) -> None:
        """Open the database.  Raises StoreError: nothing is written into what is not a store."""
        self._owned = isinstance(database, str)
        self._engine = _engine(database) if isinstance(database, str) else database
        if self._engine.dialect.name != "sqlite":
            raise StoreError(_NOT_YET.format(self._engine.dialect.name))
        self._patience = patience / TRIES
        self._where = sqlite.place(self._engine.url)
        # A single connection carries one transaction at a time, whoever it belongs to.
        self._turn: AbstractContextManager[Any] = (
            RLock() if isinstance(self._engine.pool, StaticPool) else nullcontext()
        )
        sqlite.look_at_file(self._engine.url, create=create)
        sqlite.set_up(self._engine)
        try:
            self._open(create=create)
        except StoreError:
            self.close()
            raise

    @property
    def lasts(self) -> bool:
        """Whether what is stored outlives the process."""
        return not sqlite.in_memory(self._engine.url)

    def close(self) -> None:
        """Close the connections, where the store itself has opened them."""
        if self._owned:
            self._engine.dispose()

    def read(self, keys: Sequence[Key[Any]]) -> Loaded:
        """Answer every key from one state of the database.  Raises StoreError."""
        return self._carry_out(partial(reading.load, keys=keys))

    def commit(self, unit: Unit) -> int:
        """Store a unit in one transaction, and return its position.

        Raises ConflictError, StoreError, and ValueError for a time without a zone: nothing is stored then.
        """
        return self._carry_out(partial(writing.store, unit=unit), writes=True)

    def position(self) -> int:
        """Return the position of the newest commit.  Raises StoreError."""
        return self._carry_out(reading.position)

    def changes_since(self, position: int) -> tuple[int, Sequence[Key[Any]]]:
        """Return the newest position, and the keys of the facts that later commits changed.  Raises StoreError."""
        return self._carry_out(partial(reading.changes_since, earlier=position))

    def records(self, *, about: str | None = None, organisation: str | None = None) -> Sequence[Recorded]:
        """Return what is on record, oldest first.  Raises StoreError, also for what cannot be read."""
        try:
            return self._carry_out(partial(reading.records, about=about, organisation=organisation))
        except RecordError as unreadable:
            message = f"{self._where}: {unreadable}"
            raise StoreError(message) from unreadable

    def outbox(
        self, *, to: str | None = None, state: MailState | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Posted]:
        """Return mails in the order of their ids.  Raises StoreError."""
        return self._carry_out(partial(reading.outbox, to=to, state=state, after=after, limit=limit))

    def claim_mail(self, now: datetime, until: datetime) -> Posted | None:
        """Take the mail that has been due for longest.  Raises StoreError."""
        return self._carry_out(partial(writing.claim_mail, now=now, until=until), writes=True)

    def mark_sent(self, ids: Iterable[int]) -> None:
        """Note that mails were sent.  Raises StoreError."""
        self._carry_out(partial(writing.mark_sent, ids=tuple(ids)), writes=True)

    def mark_failed(self, mail: int, *, attempt: int, problem: str, next_try_at: datetime | None) -> bool:
        """Note that a try failed.  Raises StoreError."""
        noted = partial(writing.mark_failed, mail=mail, attempt=attempt, problem=problem, next_try_at=next_try_at)
        return self._carry_out(noted, writes=True)

    def retry_mails(self, ids: Iterable[int], now: datetime) -> Sequence[int]:
        """Let mails be due now.  Raises StoreError."""
        return self._carry_out(partial(writing.retry_mails, ids=tuple(ids), now=now), writes=True)

    def _open(self, *, create: bool) -> None:
        ready = partial(_ready, where=self._where, create=create)
        self._carry_out(ready)
        self._carry_out(partial(_make_ready, ready=ready), writes=True)
        if self.lasts:
            try:
                sqlite.keep_log_ahead(self._engine, patience=self._patience * TRIES)
            except sqlite3.Error as error:
                raise sqlite.trouble(error, self._where) from error

    def _carry_out(self, work: Callable[[Connection], T], *, writes: bool = False) -> T:
        """Carry work out in a transaction of its own; again where somebody else held a lock, a few times."""
        left = TRIES
        while True:
            left -= 1
            try:
                return self._transaction(work, writes=writes)
            except DBAPIError as error:
                if not left or not sqlite.is_busy(error.orig):
                    raise sqlite.trouble(error.orig, self._where) from error.orig
            except NoConnectionError as error:
                message = f"{self._where}: no connection became free; give the engine a larger pool"
                raise StoreError(message) from error
            except StatementError as error:
                # What a column's type refused.  SQLAlchemy's own text repeats the values, which may be secrets.
                raise error.orig or error from None

    def _transaction(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        with self._turn, self._engine.connect() as connection:
            connection.execution_options(**sqlite.options(writes=writes, patience=self._patience))
            with connection.begin():
                return work(connection)


def create_tables(connection: Connection) -> None:
    """Add this library's tables to a database, beside whatever tables are there; the caller commits."""
    METADATA.create_all(connection)
    connection.execute(insert(META).values(id=1, marker=MARKER, schema_version=SCHEMA_VERSION, position=0))


def _make_ready(connection: Connection, *, ready: Callable[[Connection], bool]) -> None:
    """Create the tables where there are none, and find out in any case whether the database can be written to."""
    if ready(connection):
        connection.execute(update(META).values(position=META.c.position))
    else:
        create_tables(connection)


def _ready(connection: Connection, *, where: str, create: bool) -> bool:
    """Whether the tables are there.  Raises StoreError where they can or must not be made (CC-17)."""
    inspector = inspect(connection)
    names = inspector.get_table_names()
    columns = {column["name"] for column in inspector.get_columns(META.name)} if META.name in names else set()
    if columns >= set(META.c.keys()):
        _check_version(connection.execute(select(META.c.schema_version)).scalar_one_or_none(), where)
        return True
    if names:
        message = (
            f"{where}: it belongs to something else, its tables are {', '.join(sorted(names)[:5])}; "
            "name another database, or call create_tables if ours shall stand beside them"
        )
        raise StoreError(message)
    if not create:
        message = f"{where}: there are no tables in it; name another database, or let them be made with create=True"
        raise StoreError(message)
    return False


def _check_version(version: int | None, where: str) -> None:
    if version == SCHEMA_VERSION:
        return
    if version is None:
        message = f"{where}: the row that says what it is has gone; restore a copy of it"
    else:
        way = "upgrade partnerauth" if version > SCHEMA_VERSION else "migrate it"
        message = f"{where}: its tables are of version {version}, this partnerauth has version {SCHEMA_VERSION}; {way}"
    raise StoreError(message)


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return sqlite.engine_for(parsed)
    except (ArgumentError, NoSuchModuleError) as error:
        message = f"{error}; name a database like sqlite:///portal.db"
        raise StoreError(message) from error
    raise StoreError(_NOT_YET.format(parsed.get_backend_name()))
