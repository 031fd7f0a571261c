"""Which database is meant: `sqlite` and `postgresql` are two modules with one interface, for all that differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

from sqlalchemy import URL, ColumnElement, Connection, Engine, Insert, Table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from partnerauth.adapters.sql import postgresql, sqlite
from partnerauth.ports import Changes, Mark, StoreError

EXAMPLES: Final = "name a database like sqlite:///portal.db or postgresql+psycopg://user@host/portal"


class Database(Protocol):
    """What a module says and does for its database."""

    @property
    def product(self) -> str:
        """What a database of this kind is called."""

    @property
    def has_row_locks(self) -> bool:
        """Whether rows are locked one by one; else whoever writes has the whole database for himself."""

    def engine_for(self, url: URL) -> Engine:
        """Return an engine.  Raises StoreError where its driver is not there, or is another one."""

    def set_up(self, engine: Engine) -> None:
        """Set every connection of an engine up, once.  Raises StoreError where its driver is another one."""

    def place(self, url: URL) -> str:
        """Return what to call a database in a message: without its password."""

    def lasts(self, url: URL) -> bool:
        """Whether a database outlives its connection."""

    def look_at(self, url: URL, *, create: bool) -> None:
        """Make sure that there is, or can be, a database, as far as can be known before a connection.

        Raises StoreError.
        """

    def check(self, connection: Connection, where: str) -> None:
        """Make sure that this database will do, before anything is written into it.  Raises StoreError."""

    def settle(self, engine: Engine, *, patience: float) -> None:
        """Make a database that was opened fit for its work.  Raises StoreError."""

    def options(self, *, writes: bool, alone: bool, patience: float) -> Mapping[str, Any]:
        """Return the execution options of a transaction, whatever the engine's own are.

        `alone` is for one of a single statement that reads; `patience` are the seconds that it waits for a lock.
        """

    def only_one(self, connection: Connection) -> None:
        """Let whoever else opens the database wait until this transaction is over."""

    def is_busy(self, error: BaseException | None) -> bool:
        """Whether somebody else held a lock for too long: the same may succeed a moment later."""

    def is_conflict(self, error: BaseException | None) -> bool:
        """Whether somebody else was faster: the decision has to be taken again."""

    def trouble(self, error: BaseException | None, where: str) -> StoreError:
        """Return what an error of the driver means and what to do, without any value."""

    def enter(self, connection: Connection) -> None:
        """Begin a commit, before anything is read that it depends on."""

    def next_position(self, connection: Connection) -> int:
        """Return the position of the commit, once it holds whatever it depends on."""

    def transaction(self) -> ColumnElement[int]:
        """Return what tells this transaction from every other one."""

    def claim(self, table: Table, names: Sequence[str]) -> Insert:
        """Return the statement that adds a row, or none where there is one with these columns alike."""

    def changes_since(self, connection: Connection, mark: Mark | None) -> Changes:
        """Return what became visible since a mark, in one statement."""

    def identity(self, connection: Connection) -> tuple[object, ...]:
        """Return what tells the database of a connection, and our tables in it, from every other one."""

    def checks_references(self, connection: Connection) -> bool:
        """Whether a row that refers to none is refused on this connection (CC-12)."""

    def size(self, connection: Connection) -> int:
        """Return how many bytes the database has."""

    def columns(self, connection: Connection, begins: str) -> Iterable[tuple[str, str]]:
        """Return the tables whose names begin so, and the sequences where there are such, each with its columns.

        In one statement: it is asked at every start.
        """

    def partitions(self, connection: Connection) -> frozenset[str]:
        """Return the names of the tables that are parts of another one."""

    def triggers(self, connection: Connection) -> frozenset[str]:
        """Return the names of the triggers that are there and not switched off."""

    def damage(self, connection: Connection, begins: str) -> Iterator[str]:
        """Yield what the database itself finds wrong with what is in the tables whose names begin so."""

    def waits_for_commit(self, connection: Connection) -> bool:
        """Whether what was said on a connection waits for a commit, after a statement was carried out."""

    def forget(self, connection: Connection, before: datetime) -> int:
        """Remove the changes that were made before a moment, and return how many there were."""


DATABASES: Final[Mapping[str, Database]] = MappingProxyType({"sqlite": sqlite, "postgresql": postgresql})
"""By the name of their dialect."""


def of(opened: Engine | Connection) -> Database:
    """Return the database that an engine or a connection speaks to.  Raises StoreError for one of another kind."""
    found = DATABASES.get(opened.dialect.name)
    if found is None:
        message = f"{opened.dialect.name}: this store speaks SQLite and PostgreSQL; {EXAMPLES}"
        raise StoreError(message)
    return found


def engine_for(url: str) -> Engine:
    """Return an engine for a database by its URL.  Raises StoreError."""
    try:
        parsed = make_url(url)
        name = parsed.get_backend_name()
        if name in DATABASES:
            return DATABASES[name].engine_for(parsed)
    except (ArgumentError, NoSuchModuleError) as error:
        message = f"{error}; {EXAMPLES}"
        raise StoreError(message) from error
    message = f"{name}: this store speaks SQLite and PostgreSQL; {EXAMPLES}"
    raise StoreError(message)
