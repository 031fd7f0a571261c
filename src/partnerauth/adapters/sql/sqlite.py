"""SQLite: how its connections are set up, what makes a file a store, and what its errors mean to whoever runs it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Select,
    Table,
    bindparam,
    cast,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
    true,
    update,
)
from sqlalchemy.engine import URL
from sqlalchemy.pool import StaticPool

from partnerauth.adapters.sql.mapping import facts
from partnerauth.adapters.sql.tables import CHANGE, LOG, META
from partnerauth.ports import Changes, Mark, StoreError

product: Final = "SQLite"
has_row_locks: Final = False

_WRITES: Final = "partnerauth_writes"
_PATIENCE: Final = "partnerauth_patience"
_READY: Final = "partnerauth_ready"

_TROUBLES: Final[Mapping[int, str]] = MappingProxyType(
    {
        sqlite3.SQLITE_NOTADB: "it is no SQLite database; name another file, or move this one away",
        sqlite3.SQLITE_CORRUPT: "it is damaged; restore a copy of it",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened; look whether the folder is there and may be written to",
        sqlite3.SQLITE_READONLY: "it can only be read; make the file and its folder writable for this user",
        sqlite3.SQLITE_PERM: "it may not be used; make the file and its folder writable for this user",
        sqlite3.SQLITE_BUSY: "another process keeps it locked; end that one, or try again when it is done",
        sqlite3.SQLITE_FULL: "it cannot grow, the disk is full; make room, nothing was lost and nothing half written",
        sqlite3.SQLITE_IOERR: "the disk failed to read or write it; look at the disk, and restore a copy if need be",
    }
)


def lasts(url: URL) -> bool:
    """Whether a database outlives its connection."""
    return not _in_memory(url)


def place(url: URL) -> str:
    """Return what to call a database in a message."""
    return "the database in memory" if _in_memory(url) else str(_file(url))


def engine_for(url: URL) -> Engine:
    """Return an engine.  A database in memory has one connection, which all threads share."""
    if _in_memory(url):
        shared: Mapping[str, Any] = {"check_same_thread": False}
        return create_engine(url, poolclass=StaticPool, connect_args=shared, hide_parameters=True)
    return create_engine(url, hide_parameters=True)


def set_up(engine: Engine) -> None:
    """Set every connection of an engine up, once, those that it has already too.

    Foreign keys are checked (CC-12), and transactions begin where SQLAlchemy says so, with a BEGIN of their own:
    one that writes waits for the others before it reads, lest what it has read is out of date when it writes (CC-06).
    """
    if not event.contains(engine, "checkout", _check_out):
        event.listen(engine, "checkout", _check_out)
        event.listen(engine, "begin", _begin)


def options(*, writes: bool, alone: bool, patience: float) -> Mapping[str, Any]:
    """Return the execution options of a transaction: whether it writes, and the seconds that it waits for locks."""
    del alone
    return MappingProxyType({_WRITES: writes, _PATIENCE: patience})


def check(connection: Connection, where: str) -> None:
    """Do nothing: any SQLite that Python comes with will do."""
    del connection, where


def settle(engine: Engine, *, patience: float) -> None:
    """Let readers read while somebody writes: the file stays so (write-ahead log).  Raises StoreError.

    SQLite does not wait by itself for whoever else opens the file just now, so this does: for `patience` seconds.
    """
    if _in_memory(engine.url):
        return
    raw = engine.raw_connection()
    last = time.monotonic() + patience
    try:
        while True:
            try:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
            except sqlite3.Error as error:
                if not is_busy(error) or time.monotonic() > last:
                    raise trouble(error, place(engine.url)) from error
                time.sleep(0.02)
            else:
                return
    finally:
        raw.close()


def look_at(url: URL, *, create: bool) -> None:
    """Make sure that there is, or can be, a file.  Raises StoreError."""
    if _in_memory(url):
        return
    file = _file(url)
    if file.is_dir():
        message = f"{file}: it is a folder; name a file in it, for example {file / 'portal.db'}"
        raise StoreError(message)
    if not file.parent.is_dir():
        message = f"{file}: the folder {file.parent} is not there; make it, or name another file"
        raise StoreError(message)
    if not file.exists() and not create:
        message = f"{file}: there is no such file; name another one, or let it be made with create=True"
        raise StoreError(message)


def only_one(connection: Connection) -> None:
    """Do nothing: whoever writes is the only one."""
    del connection


def is_busy(error: BaseException | None) -> bool:
    """Whether somebody else held a lock."""
    return _code(error) == sqlite3.SQLITE_BUSY and not is_conflict(error)


def is_conflict(error: BaseException | None) -> bool:
    """Whether somebody else wrote since this transaction has read: none of the store's own begins like that."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY_SNAPSHOT


def trouble(error: BaseException | None, where: str) -> StoreError:
    """Return what an error of the driver means; its own text names tables and columns, never values."""
    return StoreError(f"{where}: {_TROUBLES.get(_code(error), f'{error}; nothing was stored')}")


def enter(connection: Connection) -> None:
    """Count the commit: this first write makes sure that nothing it reads from now on is out of date."""
    connection.execute(update(META).values(position=META.c.position + 1))


def next_position(connection: Connection) -> int:
    """Return the position that was counted."""
    return int(connection.execute(select(META.c.position)).scalar_one())


def transaction() -> ColumnElement[int]:
    """Return a number drawn by lot."""
    return cast(func.random(), BigInteger)


def claim(table: Table, names: Sequence[str]) -> Insert:
    """Return the statement that adds a row: nobody else can have added it since it was looked for."""
    del names
    return insert(table)


def changes_since(connection: Connection, mark: Mark | None) -> Changes:
    """Return what was committed since a mark, in one statement.

    A mark is the position of the newest change and the number that was drawn for it: where that change is not there
    any more, somebody has put another copy of the file in place.
    """
    position, drawn = map(int, (mark or f"{_NEVER}:0").split(":"))
    rows = connection.execute(_NEWS, {"seen": position, "drawn": drawn}).all()
    here, lot, recorded, is_there, forgotten = rows[0][:5]
    is_whole = mark is None or (is_there if position else not forgotten)
    keys = facts((kind, fields) for *_, kind, fields in rows) if is_whole else None
    return Changes(mark=Mark(f"{here}:{lot}"), position=recorded, keys=keys)


def _news() -> Select[Any]:
    """Return the query for what was committed after a position, made once: it is asked at every view."""
    seen, drawn = bindparam("seen", type_=BigInteger), bindparam("drawn", type_=BigInteger)
    newest = select(CHANGE.c.position, CHANGE.c.transaction).order_by(CHANGE.c.position.desc(), CHANGE.c.number.desc())
    last, marked = newest.limit(1).subquery(), CHANGE.alias()
    return (
        select(
            func.coalesce(last.c.position, 0),
            func.coalesce(last.c.transaction, 0),
            select(func.coalesce(func.max(LOG.c.position), 0)).scalar_subquery(),
            select(marked.c.position).where(marked.c.position == seen, marked.c.transaction == drawn).exists(),
            META.c.forgotten,
            CHANGE.c.kind,
            CHANGE.c.fields,
        )
        .select_from(META.outerjoin(last, true()).outerjoin(CHANGE, CHANGE.c.position > seen))
        .order_by(CHANGE.c.position, CHANGE.c.number)
    )


_NEVER: Final = 2**63 - 1
"""A position that no commit has."""

_NEWS: Final = _news()


def identity(connection: Connection) -> tuple[object, ...]:
    """Return what tells a file from every other one, however it is named."""
    main = connection.exec_driver_sql("PRAGMA database_list").all()[0]
    found = Path(main[2]).stat()
    return found.st_dev, found.st_ino


def checks_references(connection: Connection) -> bool:
    """Whether a row that refers to none is refused on this connection: SQLite does so only where it is told to."""
    return bool(connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one())


def waits_for_commit(connection: Connection) -> bool:
    """Whether what was said waits for a commit, after a statement was carried out."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.in_transaction)


def size(connection: Connection) -> int:
    """Return how many bytes the database has."""
    pages = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    return int(connection.execute(pages).scalar_one())


def columns(connection: Connection, begins: str) -> Iterable[tuple[str, str]]:
    """Return the tables whose names begin so, each with its columns, in one statement."""
    listed = text(
        "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND substr(t.name, 1, length(:begins)) = :begins"
    )
    return [(table, column) for table, column in connection.execute(listed, {"begins": begins})]


def partitions(connection: Connection) -> frozenset[str]:
    """Return no name: SQLite has no such tables."""
    del connection
    return frozenset()


def triggers(connection: Connection) -> frozenset[str]:
    """Return the names of the triggers that are there."""
    return frozenset(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars())


def damage(connection: Connection, begins: str) -> Iterator[str]:
    """Yield which rows refer to nothing, and which pages of the file are broken: in all of its tables."""
    del begins
    for row in connection.execute(text("PRAGMA foreign_key_check")):
        yield f"{row[0]}: row {row[1]} refers to a row of {row[2]} that is not there"
    found = connection.execute(text("PRAGMA integrity_check")).scalars()
    yield from (each for each in found if each != "ok")


def forget(connection: Connection, before: datetime) -> int:
    """Remove the changes that were made before a moment, but for the newest, which marks are of."""
    newest = select(func.max(CHANGE.c.position)).scalar_subquery()
    last = connection.execute(
        select(func.max(CHANGE.c.position)).where(CHANGE.c.at < before, CHANGE.c.position < newest)
    ).scalar_one()
    if last is None:
        return 0
    connection.execute(update(META).values(forgotten=last))
    return connection.execute(delete(CHANGE).where(CHANGE.c.position <= last)).rowcount


def _in_memory(url: URL) -> bool:
    """Whether a database ends with its connection."""
    return (
        url.database in {None, "", ":memory:"} or ":memory:" in str(url.database) or url.query.get("mode") == "memory"
    )


def _code(error: BaseException | None) -> int:
    """Return the primary result code, of which the extended ones are shades."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _check_out(connection: Any, record: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
    if _READY in record.info:
        return
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    record.info[_READY] = True


def _begin(connection: Connection) -> None:
    chosen = connection.get_execution_options()
    if _PATIENCE in chosen:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(chosen[_PATIENCE] * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if chosen.get(_WRITES) else "BEGIN")


def _file(url: URL) -> Path:
    return Path(str(url.database).removeprefix("file:").partition("?")[0])
