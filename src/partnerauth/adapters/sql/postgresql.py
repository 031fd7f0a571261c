"""PostgreSQL, through psycopg 3: isolation, positions, what is new since when, and what its errors mean.

What is read in one call is read from one snapshot.  A commit is READ COMMITTED, whatever the engine was set to: it
locks the rows that it depends on before it looks at them, so that each statement sees what others had committed
before it got its locks.  Nothing here needs another level, and nothing fails on one (CC-07).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    create_engine,
    delete,
    event,
    extract,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql

from partnerauth.adapters.sql.mapping import facts
from partnerauth.adapters.sql.tables import CHANGE, LOG, META, POSITIONS
from partnerauth.ports import Changes, Mark, StoreError

product: Final = "PostgreSQL"
has_row_locks: Final = True

DRIVER: Final = "postgresql+psycopg"

_OLDEST: Final = 13
"""The first version that tells its transactions' numbers as this module asks for them."""

_PATIENCE: Final = "partnerauth_patience"

_LOCK: Final = 0x7061_7274_6E65_7261
"""What whoever opens a database locks: the letters of `partnera`."""

_CONFLICTS: Final = frozenset({"40001", "40P01", "23505"})
"""A transaction that cannot be put in a row with others, a deadlock, and a row that somebody else has just added."""

_LOCKED: Final = "55P03"

_DATABASE: Final[ColumnElement[int]] = literal_column(
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""The number of the database that is spoken to."""

_TROUBLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "25006": "it can only be read: name the primary server, or set default_transaction_read_only off",
        "42501": "this user may not do that; make it the owner of the tables, and let it create in their schema",
        "42P01": "a table is missing; restore a copy, or let the tables be made anew in an empty database",
        "53100": "it cannot grow, the disk is full; make room, nothing was lost and nothing half written",
        "53200": "the server has no memory left; look at what else it does, nothing was stored",
        "53300": "it has too many connections; raise max_connections, or give the engines smaller pools",
        _LOCKED: "another transaction keeps it locked; pg_stat_activity names it, end that one or try again when it is "
        "done, nothing was stored",
        "57014": "a statement was cancelled or took longer than statement_timeout; nothing was stored, try again",
        "57P01": "the server ended the connection; nothing was stored, try again when it is up",
        "57P02": "the server crashed; nothing was stored, try again when it is up",
        "57P03": "the server starts or stops just now; try again when it is up",
    }
)
"""What to do, by SQLSTATE."""

_UNREACHABLE: Final = (
    "the server cannot be reached, or the connection was lost ({}); nothing was stored, "
    "look whether the server is up, and whether host, name, user and password are right"
)


def engine_for(url: URL) -> Engine:
    """Return an engine.  Plain `postgresql://` means psycopg 3 here, the driver that the library comes with."""
    driven = url.set(drivername=DRIVER) if url.drivername == "postgresql" else url
    if driven.drivername != DRIVER:
        raise _of_another_driver(driven.get_driver_name())
    try:
        return create_engine(driven, hide_parameters=True)
    except ImportError as error:
        message = f"PostgreSQL needs a driver ({error.name}): pip install 'partnerauth[postgres]'"
        raise StoreError(message) from None


def set_up(engine: Engine) -> None:
    """Let transactions wait for locks as long as their options say.  Raises StoreError for another driver."""
    if engine.dialect.driver != "psycopg":
        raise _of_another_driver(engine.dialect.driver)
    if not event.contains(engine, "begin", _begin):
        event.listen(engine, "begin", _begin)


def place(url: URL) -> str:
    """Return what to call a database in a message: its address, without user and password."""
    host = f"{url.host or 'the local server'}{f':{url.port}' if url.port else ''}"
    return f"PostgreSQL database {url.database or ''} at {host}"


def lasts(url: URL) -> bool:
    """Whether a database outlives its connection."""
    del url
    return True


def look_at(url: URL, *, create: bool) -> None:
    """Leave it to the first connection to find out whether there is a database."""
    del url, create


def check(connection: Connection, where: str) -> None:
    """Make sure that the server is young enough, and that the database keeps every text.  Raises StoreError."""
    version = connection.dialect.server_version_info or (0,)
    if version < (_OLDEST,):
        message = f"{where}: the server is PostgreSQL {version[0]}; {_OLDEST} or a newer one is needed"
        raise StoreError(message)
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        message = f"{where}: its encoding is {encoding}; make one with ENCODING 'UTF8' for this"
        raise StoreError(message)


def settle(engine: Engine, *, patience: float) -> None:
    """Do nothing: readers read while somebody writes."""
    del engine, patience


def options(*, writes: bool, alone: bool, patience: float) -> Mapping[str, Any]:
    """Return the execution options of a transaction: they win over those of the engine, for this transaction."""
    level = "READ COMMITTED" if writes else "AUTOCOMMIT" if alone else "REPEATABLE READ"
    how = {_PATIENCE: patience} if writes else {"postgresql_readonly": True}
    return MappingProxyType({"isolation_level": level, **how})


def only_one(connection: Connection) -> None:
    """Let whoever else opens the database wait until this transaction is over."""
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def is_busy(error: BaseException | None) -> bool:
    """Whether somebody else held a lock for too long."""
    return _state(error) == _LOCKED


def is_conflict(error: BaseException | None) -> bool:
    """Whether somebody else was faster (CC-07)."""
    return _state(error) in _CONFLICTS


def trouble(error: BaseException | None, where: str) -> StoreError:
    """Return what an error means.  Of the server's own text only the first line is shown: the details have values."""
    state = _state(error)
    if state in _TROUBLES:
        return StoreError(f"{where}: {_TROUBLES[state]}")
    if state:
        primary = getattr(getattr(error, "diag", None), "message_primary", None)
        return StoreError(f"{where}: {primary or state}; nothing was stored")
    return StoreError(f"{where}: {_UNREACHABLE.format(str(error).strip().partition(chr(10))[0])}")


def enter(connection: Connection) -> None:
    """Do nothing: there is no row that every commit writes, else each waited for all others."""
    del connection


def next_position(connection: Connection) -> int:
    """Return a number that no other commit has, higher than whatever was committed before it was drawn.

    It is drawn once the commit holds its locks, so that what one organisation or one row sees only rises.
    """
    return int(connection.execute(select(POSITIONS.next_value())).scalar_one())


def transaction() -> ColumnElement[int]:
    """Return the number of this transaction, which no other one of the server ever has."""
    return cast(cast(func.pg_current_xact_id(), Text), BigInteger)


def claim(table: Table, names: Sequence[str]) -> Insert:
    """Return the statement that adds a row, or none where somebody else has: an error would end the transaction."""
    return postgresql.insert(table).on_conflict_do_nothing(index_elements=[table.c[name] for name in names])


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What a transaction could see: all numbers before `end`, but for those that were `open`.

    `line` names the life of the server and the table that it is of: numbers of two lives say nothing of each other.
    """

    line: str
    start: int
    end: int
    open: tuple[int, ...]

    @classmethod
    def of(cls, mark: str) -> _Snapshot:
        """Read what was written as `line/start:end:open,open`.  Raises ValueError."""
        line, _, rest = mark.rpartition("/")
        start, end, between = rest.split(":")
        return cls(line, int(start), int(end), tuple(map(int, filter(None, between.split(",")))))


def changes_since(connection: Connection, mark: Mark | None) -> Changes:
    """Return what became visible since a mark, in one statement and so from one snapshot.

    Positions are no help here: a lower one may be committed after a higher one.  What the server's own snapshots tell
    apart leaves no gap: whatever was not finished at the mark has a number past its end, or was open then.
    """
    seen = _Snapshot("", 0, _NEVER, ()) if mark is None else _Snapshot.of(mark)
    rows = connection.execute(_NEWS, {"end": seen.end, "open": list(seen.open)}).all()
    line, snapshot, forgotten, position = rows[0][:4]
    here = Mark(f"{line}/{snapshot}")
    now = _Snapshot.of(here)
    is_whole = mark is None or (seen.line == now.line and not seen.start <= forgotten < now.end)
    keys = facts((kind, fields) for *_, kind, fields in rows) if is_whole else None
    return Changes(mark=here, position=position, keys=keys)


def _news() -> Select[Any]:
    """Return the query for what a snapshot did not show, made once: it is asked at every view."""
    number = CHANGE.c.transaction
    unseen = or_(number >= bindparam("end", type_=BigInteger), number.in_(bindparam("open", expanding=True)))
    # A dump of another server may have brought numbers that are still to come here.
    came = and_(unseen, number < _number("pg_snapshot_xmax"))
    return (
        select(
            _line(),
            cast(func.pg_current_snapshot(), Text),
            META.c.forgotten,
            select(func.coalesce(func.max(LOG.c.position), 0)).scalar_subquery(),
            CHANGE.c.kind,
            CHANGE.c.fields,
        )
        .select_from(META.outerjoin(CHANGE, came))
        .order_by(CHANGE.c.position, CHANGE.c.number)
    )


def _line() -> ColumnElement[str]:
    start = extract("epoch", func.pg_postmaster_start_time())
    return func.concat_ws("-", start, _DATABASE, literal_column(f"{META.name}.tableoid"))


def _number(part: str) -> ColumnElement[int]:
    """Return a number of the present snapshot."""
    return cast(cast(getattr(func, part)(func.pg_current_snapshot()), Text), BigInteger)


_NEVER: Final = 2**63 - 1
"""A number that no transaction has."""

_NEWS: Final = _news()


def identity(connection: Connection) -> tuple[object, ...]:
    """Return what tells a table of a database of a running server from every other one."""
    table: ColumnElement[int] = literal_column(f"to_regclass('{META.name}')::oid")
    return tuple(connection.execute(select(func.pg_postmaster_start_time(), _DATABASE, table)).one())


def checks_references(connection: Connection) -> bool:
    """Whether a row that refers to none is refused: always."""
    del connection
    return True


def waits_for_commit(connection: Connection) -> bool:
    """Whether what was said waits for a commit."""
    driver: Any = connection.connection.driver_connection
    return getattr(driver, "autocommit", False) is not True


def size(connection: Connection) -> int:
    """Return how many bytes the database has."""
    return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def columns(connection: Connection, begins: str) -> Iterable[tuple[str, str]]:
    """Return the tables and sequences whose names begin so, each with its columns, in one statement."""
    listed = text(
        "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
        "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S') "
        "AND attnum > 0 AND NOT attisdropped AND starts_with(relname, :begins)"
    )
    return [(table, column) for table, column in connection.execute(listed, {"begins": begins})]


def partitions(connection: Connection) -> frozenset[str]:
    """Return the names of the tables that are parts of another one."""
    listed = text("SELECT relname FROM pg_class WHERE relispartition AND relnamespace = current_schema()::regnamespace")
    return frozenset(connection.execute(listed).scalars())


def triggers(connection: Connection) -> frozenset[str]:
    """Return the names of the triggers that are there and not switched off."""
    listed = text(
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND tgenabled <> 'D' AND relnamespace = current_schema()::regnamespace"
    )
    return frozenset(connection.execute(listed).scalars())


def damage(connection: Connection, begins: str) -> Iterator[str]:
    """Yield the constraints that not all rows were checked against; broken pages it knows of when it reads them."""
    unchecked = text(
        "SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid WHERE NOT convalidated "
        "AND starts_with(relname, :begins) AND relnamespace = current_schema()::regnamespace"
    )
    for name in connection.execute(unchecked, {"begins": begins}).scalars():
        yield f"{name}: this constraint was never checked against the rows that are there"


def forget(connection: Connection, before: datetime) -> int:
    """Remove the changes that were made before a moment, but for those that somebody may not see yet."""
    oldest = connection.execute(select(_number("pg_snapshot_xmin"))).scalar_one()
    gone = and_(CHANGE.c.at < before, CHANGE.c.transaction < oldest)
    newest = select(func.coalesce(func.max(CHANGE.c.transaction), 0)).where(gone).scalar_subquery()
    connection.execute(update(META).values(forgotten=func.greatest(META.c.forgotten, newest)))
    return connection.execute(delete(CHANGE).where(gone)).rowcount


def _state(error: BaseException | None) -> str:
    """Return the SQLSTATE of an error, nothing where it did not come from the server."""
    return getattr(error, "sqlstate", None) or ""


def _of_another_driver(driver: str) -> StoreError:
    return StoreError(
        f"{driver}: PostgreSQL is spoken to through psycopg 3; name a database like {DRIVER}://user@host/portal"
    )


def _begin(connection: Connection) -> None:
    patience = connection.get_execution_options().get(_PATIENCE)
    if patience is not None:
        # SQLAlchemy leaves READ WRITE behind where a transaction was READ ONLY, and so overrules whoever has closed the
        # database for writing by a setting of its own.
        driver: Any = connection.connection.driver_connection
        driver.read_only = None
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(patience * 1000)}")
