"""Real stores for scenarios: each scenario starts in an empty one, and nothing of anybody else's is ever wiped."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from partnerauth.ports import Store, StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

MARK: Final = 0x5041_5343
"""What tells a SQLite file that scenarios made from any other: its `application_id`."""

SCHEMA: Final = "partnerauth_scenarios"
"""The PostgreSQL schema that scenarios run in; everything outside it is left alone."""

COMMENT: Final = "Made by partnerauth test: every scenario empties it."
"""What tells a schema that scenarios made from any other."""

_BESIDE: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of a file for the files that belong to it."""


def empty_stores(url: str) -> Callable[[], AbstractContextManager[Store]]:
    """Return what opens an empty store in a database, by its SQLAlchemy URL, each time that it is called.

    A SQLite file is made anew each time, and a PostgreSQL database gets a schema of its own.  Raises StoreError
    where the URL cannot be used, or where what is there already was not made by scenarios.
    """
    from sqlalchemy import make_url  # noqa: PLC0415 - SQLModel is loaded by whoever uses it
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - see above

    try:
        parsed = make_url(url)
    except ArgumentError:
        message = f"{url!r} is no database URL: write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        raise StoreError(message) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        file = Path(parsed.database)
        _refuse_a_stranger(file)
        return lambda: _in_file(parsed, file)
    if parsed.get_backend_name() == "sqlite":
        return lambda: _opened(parsed)
    if parsed.get_backend_name() == "postgresql":
        # The one driver that the library comes with is the one that is meant.
        driven = parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed
        return lambda: _in_schema(driven)
    message = f"scenarios run on SQLite and PostgreSQL, not on {parsed.get_backend_name()}"
    raise StoreError(message)


@contextmanager
def _opened(url: URL) -> Iterator[Store]:
    from partnerauth.adapters.sql.store import SqlStore  # noqa: PLC0415 - see empty_stores

    with closing(SqlStore(url.render_as_string(hide_password=False))) as store:
        yield store


@contextmanager
def _in_file(url: URL, file: Path) -> Iterator[Store]:
    _refuse_a_stranger(file)
    for ending in _BESIDE:
        file.with_name(file.name + ending).unlink(missing_ok=True)
    # The mark comes first: a run that is cut short leaves a file that the next one may empty.
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute(f"PRAGMA application_id = {MARK}")
            connection.commit()
    except sqlite3.Error as error:
        message = f"{file}: {error}"
        raise StoreError(message) from None
    with _opened(url) as store:
        yield store


def _refuse_a_stranger(file: Path) -> None:
    """Raise StoreError where there is a file with something in it that scenarios did not make."""
    if not file.exists() or (file.is_file() and not file.stat().st_size):
        return
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            mark = connection.execute("PRAGMA application_id").fetchone()[0]
    except sqlite3.Error:
        mark = None
    if mark != MARK:
        message = f"{file}: it holds something that scenarios did not make; name a file that is not there yet"
        raise StoreError(message)


@contextmanager
def _in_schema(url: URL) -> Iterator[Store]:
    from sqlalchemy import create_engine  # noqa: PLC0415 - see empty_stores
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - see empty_stores

    try:
        administration = create_engine(url, hide_parameters=True)
    except ImportError as error:
        message = f"PostgreSQL needs a driver ({error.name}): pip install 'partnerauth[postgres]'"
        raise StoreError(message) from None
    try:
        with administration.begin() as connection:
            _drop(connection)
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
            connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{COMMENT}'")
        with _opened(url.update_query_dict({"options": f"-csearch_path={SCHEMA}"})) as store:
            yield store
        with administration.begin() as connection:
            _drop(connection)
    except DBAPIError as error:
        message = f"{url.host or 'PostgreSQL'}: {str(error.orig).strip()}"
        raise StoreError(message) from None
    finally:
        administration.dispose()


def _drop(connection: Connection) -> None:
    """Drop the schema of the scenario before, if it is one."""
    found = connection.exec_driver_sql(
        f"SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = '{SCHEMA}'"  # noqa: S608 - a constant
    ).all()
    if any(comment != COMMENT for (comment,) in found):
        message = f"the schema {SCHEMA} was not made by scenarios: rename it, or name another database"
        raise StoreError(message)
    connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
