"""SQLite: how its connections are set up, what makes a file a store, and what its errors mean to whoever runs it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import StaticPool

from partnerauth.ports import StoreError

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


def in_memory(url: URL) -> bool:
    """Whether a database ends with its connection."""
    return (
        url.database in {None, "", ":memory:"} or ":memory:" in str(url.database) or url.query.get("mode") == "memory"
    )


def place(url: URL) -> str:
    """Return what to call a database in a message."""
    return "the database in memory" if in_memory(url) else str(_file(url))


def engine_for(url: URL) -> Engine:
    """Return an engine.  A database in memory has one connection, which all threads share."""
    if in_memory(url):
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


def options(*, writes: bool, patience: float) -> Mapping[str, Any]:
    """Return the execution options of a transaction: whether it writes, and the seconds that it waits for locks."""
    return MappingProxyType({_WRITES: writes, _PATIENCE: patience})


def keep_log_ahead(engine: Engine, *, patience: float) -> None:
    """Let readers read while somebody writes: the file stays so (write-ahead log).  Raises sqlite3.Error.

    SQLite does not wait by itself for whoever else opens the file just now, so this does: for `patience` seconds.
    """
    raw = engine.raw_connection()
    last = time.monotonic() + patience
    try:
        while True:
            try:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > last:
                    raise
                time.sleep(0.02)
            else:
                return
    finally:
        raw.close()


def look_at_file(url: URL, *, create: bool) -> None:
    """Make sure that there is, or can be, a file.  Raises StoreError."""
    if in_memory(url):
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


def is_busy(error: BaseException | None) -> bool:
    """Whether somebody else held a lock."""
    return _code(error) == sqlite3.SQLITE_BUSY


def trouble(error: BaseException | None, where: str) -> StoreError:
    """Return what an error of the driver means; its own text names tables and columns, never values."""
    return StoreError(f"{where}: {_TROUBLES.get(_code(error), f'{error}; nothing was stored')}")


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
