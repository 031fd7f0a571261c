"""The SQL store: opens a database, carries out reads and commits as transactions, and says what is wrong with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from threading import RLock
from typing import Any, Final, TypeVar
from weakref import WeakSet

from sqlalchemy import URL, Connection, Engine, RootTransaction, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.pool import Pool, StaticPool

from partnerauth.adapters.sql import databases, reading, record, schema, writing
from partnerauth.adapters.sql.databases import Database
from partnerauth.adapters.sql.tables import META
from partnerauth.chain import Head, Link, Spot
from partnerauth.directory import Key
from partnerauth.ports import Changes, ConflictError, Loaded, MailState, Mark, Posted, Recorded, StoreError, Unit
from partnerauth.records import RecordError

T = TypeVar("T")

TRIES: Final = 3
"""How often a transaction is begun when somebody else holds a lock, or the connection turns out to be lost (CC-06)."""


class TableStore(ABC):
    """A store over our tables: whatever it does is work over a connection, in whose transaction `_carry_out` says."""

    def __init__(self, database: Database, url: URL) -> None:
        """Take what the database is, and where."""
        self._database = database
        self._url = url
        self._where = database.place(url)

    @property
    def lasts(self) -> bool:
        """Whether what is stored outlives the process."""
        return self._database.lasts(self._url)

    def read(self, keys: Sequence[Key[Any]]) -> Loaded:
        """Answer every key from one state of the database.  Raises StoreError."""
        return self._carry_out(partial(self._readable, partial(reading.load, keys=keys)))

    def commit(self, unit: Unit) -> int:
        """Store a unit in one transaction, and return its position.

        Raises ConflictError, StoreError, and ValueError for a time without a zone: nothing is stored then.
        """
        return self._carry_out(partial(writing.store, unit=unit), writes=True)

    def position(self) -> int:
        """Return the newest position that is on record, 0 where nothing is.  Raises StoreError."""
        return self._carry_out(reading.position, alone=True)

    def changes_since(self, mark: Mark | None) -> Changes:
        """Return which facts changed since a mark: one statement.  Raises StoreError."""
        return self._carry_out(partial(self._readable, partial(reading.changes_since, mark=mark)), alone=True)

    def records(self, *, about: str | None = None, organisation: str | None = None) -> Sequence[Recorded]:
        """Return what is on record, oldest first.  Raises StoreError, also for what cannot be read."""
        try:
            return self._carry_out(partial(record.records, about=about, organisation=organisation))
        except RecordError as unreadable:
            message = f"{self._where}: {unreadable}"
            raise StoreError(message) from unreadable

    def told_of(self, subjects: Sequence[str]) -> Sequence[Spot]:
        """Return the records that tell of persons, oldest first.  Raises StoreError."""
        return self._carry_out(partial(record.told_of, subjects=subjects))

    def examine(self, work: Callable[[Sequence[Head], Iterator[Link]], T]) -> T:
        """Do some work on the record as it stands at one moment.  Raises StoreError."""
        return self._carry_out(partial(record.examine, work=work))

    def outbox(
        self, *, to: str | None = None, state: MailState | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Posted]:
        """Return mails in the order of their ids.  Raises StoreError."""
        return self._carry_out(
            partial(self._readable, partial(reading.outbox, to=to, state=state, after=after, limit=limit))
        )

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

    @abstractmethod
    def _carry_out(self, work: Callable[[Connection], T], *, writes: bool = False, alone: bool = False) -> T:
        """Carry work out in a transaction: `alone` is for one statement that reads.

        Raises ConflictError where somebody else was faster, with nothing stored, and StoreError.
        """

    def _readable(self, work: Callable[[Connection], T], connection: Connection) -> T:
        """Read.  Raises StoreError for what this library cannot have written (CC-13): nothing is guessed from it."""
        try:
            return work(connection)
        except (ValueError, TypeError, LookupError) as error:
            message = (
                f"{self._where}: something in it was changed by hand and cannot be read ({type(error).__name__}); "
                "undo that, or restore a copy"
            )
            raise StoreError(message) from None


class SqlStore(TableStore):
    """A store in an SQL database.

    `database` is an SQLAlchemy URL, `sqlite:///portal.db` or `postgresql+psycopg://user@host/portal`, or an engine.  A
    SQLite file that is not there is made, and an empty database gets its tables, unless `create` is false.  `patience`
    are the seconds that a transaction waits for the locks of others.  What was opened by URL is closed by `close`.

    A database of an embedder's own, with other tables in it, is opened once `create_tables` has added ours.  Each
    transaction of the store has the isolation level that it needs, whichever the engine was given.
    """

    def __init__(self, database: str | Engine, *, create: bool = True, patience: float = 6.0) -> None:
        """Open the database.  Raises StoreError: nothing is written into what is not a store."""
        self._owned = isinstance(database, str)
        self._engine = databases.engine_for(database) if isinstance(database, str) else database
        super().__init__(databases.of(self._engine), self._engine.url)
        if self._engine.dialect.is_async:
            message = (
                f"{self._engine.dialect.driver}: the store takes an engine that is not asynchronous; sessions of an "
                "AsyncEngine are joined with `AsyncPartnerAuth.using`"
            )
            raise StoreError(message)
        self._patience = patience / TRIES
        self._known: WeakSet[Pool] = WeakSet()
        # A single connection carries one transaction at a time, whoever it belongs to.
        self._turn: AbstractContextManager[Any] = (
            RLock() if isinstance(self._engine.pool, StaticPool) else nullcontext()
        )
        self._database.look_at(self._url, create=create)
        self._database.set_up(self._engine)
        try:
            self._open(create=create)
        except StoreError:
            self.close()
            raise

    @property
    def engine(self) -> Engine:
        """What the database is spoken to through: sessions over it can be joined (`PartnerAuth.using`)."""
        return self._engine

    def close(self) -> None:
        """Close the connections, where the store itself has opened them."""
        if self._owned:
            self._engine.dispose()

    def forget_changes(self, before: datetime) -> int:
        """Forget which facts changed before a moment of the database's own clock; return how many changes there were.

        Tables and record stay as they are.  A process that has not looked since then starts its decisions anew: give
        it a day.  Raises StoreError.
        """
        return self._carry_out(partial(writing.forget_changes, before=before), writes=True)

    def is_of(self, connection: Connection) -> bool:
        """Whether a connection is one of this database: asked once for each engine.  Raises StoreError."""
        pool = connection.engine.pool
        if pool is not self._engine.pool and pool not in self._known:
            if databases.of(connection) is not self._database:
                return False
            if self._carry_out(self._database.identity) != self._database.identity(connection):
                return False
            self._known.add(pool)
        return True

    def _open(self, *, create: bool) -> None:
        ready = partial(_ready, where=self._where, create=create)
        self._carry_out(ready)
        self._carry_out(partial(_make_ready, ready=ready), writes=True)
        self._database.settle(self._engine, patience=self._patience * TRIES)

    def _carry_out(self, work: Callable[[Connection], T], *, writes: bool = False, alone: bool = False) -> T:
        """Carry work out in a transaction of its own; again where a lock or a lost connection was in its way.

        Raises ConflictError where somebody else was faster, with nothing stored, and StoreError.
        """
        left = TRIES
        while True:
            left -= 1
            try:
                return self._transaction(work, writes=writes, alone=alone)
            except DBAPIError as error:
                if self._database.is_conflict(error.orig):
                    raise ConflictError(type(error.orig).__name__) from None
                if not left or not (error.connection_invalidated or self._database.is_busy(error.orig)):
                    # What the driver says may repeat values, which may be secrets.
                    raise self._database.trouble(error.orig, self._where) from None
            except NoConnectionError as error:
                message = f"{self._where}: no connection became free; give the engine a larger pool"
                raise StoreError(message) from error
            except StatementError as error:
                # What a column's type refused.  SQLAlchemy's own text repeats the values, which may be secrets.
                raise error.orig or error from None

    def _transaction(self, work: Callable[[Connection], T], *, writes: bool, alone: bool) -> T:
        options = self._database.options(writes=writes, alone=alone, patience=self._patience)
        with self._turn, self._engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin() as transaction:
                done = work(connection)
                self._end(transaction, writes=writes)
                return done

    def _end(self, transaction: RootTransaction, *, writes: bool) -> None:
        """Commit.  A connection that is lost just then leaves open whether it was: it must not be begun again."""
        try:
            transaction.commit()
        except DBAPIError as error:
            if not writes or not error.connection_invalidated:
                raise
            message = (
                f"{self._where}: the connection was lost at the moment of storing; "
                "look whether it is stored before you do it again"
            )
            raise StoreError(message) from None


def prepare(engine: Engine) -> None:
    """Set up an engine of the embedder's own, other than the store's, whose sessions shall be joined.

    On SQLite its connections then check foreign keys (CC-12), and begin transactions when SQLAlchemy says so; on
    PostgreSQL nothing changes.  Of an `AsyncEngine` it takes the `sync_engine`.  Raises StoreError.
    """
    databases.of(engine).set_up(engine)


def _make_ready(connection: Connection, *, ready: Callable[[Connection], bool]) -> None:
    """Create the tables where there are none, and find out in any case whether the database can be written to."""
    databases.of(connection).only_one(connection)
    if ready(connection):
        connection.execute(update(META).values(position=META.c.position))
    else:
        schema.create_tables(connection)


def _ready(connection: Connection, *, where: str, create: bool) -> bool:
    """Whether the tables are there.  Raises StoreError where they can or must not be made (CC-17)."""
    databases.of(connection).check(connection, where)
    ready = schema.is_ready(connection, where)
    if not ready and not create:
        message = f"{where}: there are no tables in it; name another database, or let them be made with create=True"
        raise StoreError(message)
    return ready
