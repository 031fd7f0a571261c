"""The caller's transaction: commands and questions over a session or a connection that somebody else commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Connection, inspect, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from partnerauth.adapters.sql import databases
from partnerauth.adapters.sql.store import SqlStore, TableStore
from partnerauth.adapters.sql.tables import META, MetaRow
from partnerauth.decision import Answer
from partnerauth.directory import Key
from partnerauth.entities import Actor, Visitor
from partnerauth.flow import Command
from partnerauth.flows import FLOWS
from partnerauth.index import Index
from partnerauth.ports import ConflictError, Loaded, OutdatedTransactionError, Store, Unit
from partnerauth.shell import Shell, carry_out
from partnerauth.view import View

T = TypeVar("T")

Transaction: TypeAlias = Session | scoped_session[Any] | Connection
"""What a caller's transaction is reached through: an SQLAlchemy or SQLModel session, or a connection."""

_DRIVERS: Final = frozenset({"pysqlite", "aiosqlite", "psycopg"})
"""What was tried: another one may tell of conflicts in another way."""

_OUTDATED: Final = (
    "{}: others changed what this transaction builds on, and it cannot see that; roll it back and run it again"
    " (on SQLite, give the command before the transaction reads anything)"
)


class JoinedStore(TableStore):
    """A store over a connection whose transaction somebody else has begun and will end: this one never commits.

    What it writes it writes within a savepoint of its own: where that fails, it takes back this and nothing else.
    """

    def __init__(self, connection: Connection) -> None:
        """Take a connection of a database that an `SqlStore` has opened.  Raises StoreError for any other kind."""
        super().__init__(databases.of(connection), connection.engine.url)
        self._connection = connection

    def hold(self) -> None:
        """Be the one who writes, where there is but one: SQLite lets nobody write who has read what is out of date.

        Raises OutdatedTransactionError, StoreError, and ValueError where nothing waits for a commit.
        """
        if not self._database.has_row_locks:
            self._carry_out(lambda connection: connection.execute(update(META).values(position=META.c.position)))
        if not self._database.waits_for_commit(self._connection):
            message = "using: this session commits every statement by itself (AUTOCOMMIT); give it a transaction"
            raise ValueError(message)

    def read(self, keys: Sequence[Key[Any]]) -> Loaded:
        """Answer every key from one state, with whatever this transaction has changed.  Raises StoreError.

        Where each statement sees what others have committed by then, an answer counts once it is the same twice.
        """
        loaded = super().read(keys)
        while not self._stands_still and (again := super().read(keys)) != loaded:
            loaded = again
        return loaded

    def commit(self, unit: Unit) -> int:
        """Store a unit as a part of the transaction, and return its position.

        Raises ConflictError, OutdatedTransactionError and StoreError, with nothing of it stored.
        """
        try:
            return super().commit(unit)
        except ConflictError as conflict:
            raise (self._outdated() if self._stands_still else conflict) from None

    @cached_property
    def _stands_still(self) -> bool:
        """Whether the transaction sees one state from its first statement to its last, whatever others commit."""
        return self._connection.get_isolation_level() in {"REPEATABLE READ", "SERIALIZABLE"}

    def _carry_out(self, work: Callable[[Connection], T], *, writes: bool = False, alone: bool = False) -> T:
        """Carry work out within the transaction; what writes is taken back as a whole where it fails."""
        del alone
        try:
            with self._connection.begin_nested() if writes else nullcontext():
                return work(self._connection)
        except DBAPIError as error:
            if self._database.is_conflict(error.orig):
                # After a savepoint the transaction goes on; without one it is over.
                raise ConflictError(type(error.orig).__name__) if writes else self._outdated() from None
            raise self._database.trouble(error.orig, self._where) from None
        except StatementError as error:
            # What a column's type refused.  SQLAlchemy's own text repeats the values, which may be secrets.
            raise error.orig or error from None

    def _outdated(self) -> OutdatedTransactionError:
        return OutdatedTransactionError(_OUTDATED.format(self._where))


class Joined:
    """A portal's user management within a transaction of the caller's (`PartnerAuth.using`).

    Nothing is committed here, and nothing but what failed here is taken back.  It can be used for one transaction of
    the session after the other, as the session can, and for two of them at the same time no more than that.
    """

    def __init__(self, auth: Shell, session: Transaction) -> None:
        """Take a session.  Raises ValueError where its transactions cannot be joined, and says what to do."""
        self._auth = auth
        self._session = session
        self._kept = _joinable(auth.store, session)

    def execute(self, actor: Actor, command: Command) -> Answer:
        """Carry out a command as a part of the transaction, its record and its mails included, as `Shell.execute`.

        Raises ConflictError where the transaction has to be run again, StoreError, and ValueError for a command of
        a visitor, or any other before which a guess is counted: a guess that is rolled back would be free (GX-05).
        """
        store = self.begin(actor, command)
        return carry_out(self._auth.steps(actor, command), lambda step: self._auth.perform(step, store))

    def begin(self, actor: Actor, command: Command) -> Store:
        """Make sure that a command can be carried out here, and return the store to perform its steps over.

        Raises as `execute` does.
        """
        if isinstance(actor, Visitor) or FLOWS[command.word()].counts_guesses:
            message = (
                f"{command.word()}: a guess is counted before a secret is compared, in a transaction of the library's "
                "own; call auth.execute(…) instead, before this transaction begins or after it has ended (GX-05)"
            )
            raise ValueError(message)
        store = self._store()
        store.hold()
        return store

    def view(self) -> View:
        """Return a view of everything as this transaction sees it, with whatever it has changed so far.

        It is of this transaction alone, and ends with it; what was asked before is not remembered.  Raises StoreError
        and ValueError.
        """
        store, ports = self._store(), self._auth.ports
        index = Index(self._auth.portal, store, models=self._auth.models)
        return View(self._auth.portal, index, store, ports.clock.now(), ports.words)

    def _store(self) -> JoinedStore:
        connection = _connection(self._session)
        _make_sure_it_will_do(connection, self._kept)
        return JoinedStore(connection)


def _joinable(store: Store, session: object) -> SqlStore:
    if not isinstance(session, Session | scoped_session | Connection):
        message = f"using: {type(session).__name__} is no Session or Connection of SQLAlchemy"
        if hasattr(session, "run_sync"):
            message += "; for an AsyncSession there is AsyncPartnerAuth"
        raise ValueError(message)  # noqa: TRY004 - all that `using` cannot take is one kind of error
    if not isinstance(store, SqlStore):
        message = "using: this store has no transactions to join; name a database, for example sqlite:///portal.db"
        raise ValueError(message)  # noqa: TRY004 - as above
    if not store.lasts or isinstance(store.engine.pool, StaticPool | SingletonThreadPool):
        message = (
            "using: all share the one connection of this database, which carries one transaction at a time; "
            "name a file, for example sqlite:///portal.db"
        )
        raise ValueError(message)
    return store


def _connection(session: Transaction) -> Connection:
    """Return the connection of a session's transaction, of the database where our tables are bound to."""
    if isinstance(session, Connection):
        return session
    return session.connection(bind_arguments={"mapper": inspect(MetaRow)})


def _make_sure_it_will_do(connection: Connection, store: SqlStore) -> None:
    """Make sure that a connection is one of the store's database, and checks what it should (CC-12)."""
    if connection.dialect.driver not in _DRIVERS:
        message = (
            f"using: {connection.dialect.driver} is not among the drivers of sessions: {', '.join(sorted(_DRIVERS))}"
        )
        raise ValueError(message)
    if not store.is_of(connection):
        here, there = (databases.of(each).place(each.url) for each in (connection.engine, store.engine))
        message = f"using: this session is of {here}, and the store of {there}; a transaction is of one database"
        raise ValueError(message)
    if not databases.of(connection).checks_references(connection):
        message = "using: foreign keys are not checked on this connection; call adapters.sql.prepare(engine) once"
        raise ValueError(message)
