"""The SQL store on PostgreSQL: what it refuses to open, what it survives, and what it says (CC-07, CC-19)."""

from __future__ import annotations

import secrets
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, closing
from threading import Thread
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from tests.adapters.test_sql_tables import BROKEN
from tests.postgres import Server, cluster

from partnerauth.adapters.sql import SqlStore, postgresql
from partnerauth.directory import AttemptsAgainst, key_of
from partnerauth.entities import Attempts, Credential, Token, TokenId, UserId
from partnerauth.ports import ConflictError, StoreError, Unit
from partnerauth.testing.stores import WORLD, refused, together, unit_of

A = AttemptsAgainst("a")


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    made = create_engine(postgres_url)
    yield made
    made.dispose()


@pytest.fixture
def store(engine: Engine) -> SqlStore:
    return SqlStore(engine, patience=0.9)


def guesses(key: str, wrong: int = 0) -> Attempts:
    return Attempts(key=key, wrong=wrong)


def put(store: SqlStore, *names: str) -> int:
    return store.commit(unit_of(store, *map(guesses, names), events=(refused(),)))


@pytest.fixture(scope="module")
def asks(postgres: Server) -> Iterator[Server]:
    """A server that asks for a password, which the one that somebody has named may not do."""
    with ExitStack() as opened:
        yield postgres if postgres.owned else opened.enter_context(cluster()).start()


def cut(server: Server, connection: Connection) -> None:
    """End a connection from outside, as an administrator would."""
    driver: Any = connection.connection.driver_connection
    server.run(f"SELECT pg_terminate_backend({driver.info.backend_pid}, 5000)")


# What is not opened.


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "wrong-Tram-99"}, "password authentication failed"),
        ({"database": "nothing"}, 'database "nothing" does not exist'),
        ({"port": 1}, "[Cc]onnection refused"),
    ],
)
def test_a_server_that_cannot_be_reached_is_told_without_the_password(
    asks: Server, change: dict[str, Any], says: str
) -> None:
    url = asks.by_port.set(**change)
    with pytest.raises(
        StoreError, match=rf"the server cannot be reached, .*{says}.*; nothing was stored, look"
    ) as told:
        SqlStore(url.render_as_string(hide_password=False))
    for secret in ("Tram-61", "Tram-99"):
        assert secret not in "".join(traceback.format_exception(told.value))


def test_plain_postgresql_means_psycopg(postgres_url: str) -> None:
    url = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(SqlStore(url)) as store:
        assert store.lasts
        assert put(store, "a") == 1


def test_an_asynchronous_engine_is_refused(postgres_url: str) -> None:
    engine = create_async_engine(make_url(postgres_url)).sync_engine
    with pytest.raises(StoreError, match="the store takes an engine that is not asynchronous"):
        SqlStore(engine)


def test_a_database_that_cannot_keep_every_text_is_not_opened(postgres: Server) -> None:
    name = f"latin_{secrets.token_hex(6)}"
    postgres.run(f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    url = postgres.url.set(database=name).render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="its encoding is LATIN1; make one with ENCODING 'UTF8'"):
        SqlStore(url)
    postgres.run(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_of_somebody_else_is_not_opened_and_not_touched(empty_postgres_url: str) -> None:
    engine = create_engine(empty_postgres_url)
    with engine.begin() as theirs:
        theirs.execute(text("CREATE TABLE customer (number int)"))
    with pytest.raises(StoreError, match="it belongs to something else, its tables are customer"):
        SqlStore(engine)
    with engine.begin() as theirs:
        assert theirs.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar() == 1
    engine.dispose()


# What is survived.


def test_cc_19_a_connection_that_is_cut_in_the_middle_is_made_again(
    postgres: Server, engine: Engine, store: SqlStore
) -> None:
    cuts = [cut]

    def cut_once(connection: Connection, _: object, statement: str, *__: object) -> None:
        if statement.startswith("INSERT INTO partnerauth_attempts") and cuts:
            cuts.pop()(postgres, connection)

    event.listen(engine, "before_cursor_execute", cut_once)
    put(store, "a")
    assert cuts == []
    assert len(store.records()) == 1
    assert store.read([A]).values == {A: guesses("a")}


def test_cc_19_a_connection_that_is_cut_again_and_again_is_told(
    postgres: Server, engine: Engine, store: SqlStore
) -> None:
    def cut_always(connection: Connection, _: object, statement: str, *__: object) -> None:
        if statement.startswith("INSERT INTO partnerauth_attempts"):
            cut(postgres, connection)

    event.listen(engine, "before_cursor_execute", cut_always)
    with pytest.raises(StoreError, match=r"nothing was stored, (try again when it|look whether the server) is up"):
        put(store, "a")
    event.remove(engine, "before_cursor_execute", cut_always)
    assert (store.read([A]).values, store.records()) == ({A: None}, ())
    put(store, "a")
    assert len(store.records()) == 1


def test_cc_19_a_connection_that_is_cut_at_the_commit_is_told_and_nothing_is_done_twice(
    postgres: Server, engine: Engine, store: SqlStore
) -> None:
    def cut_now(connection: Connection) -> None:
        cut(postgres, connection)

    unit = unit_of(store, guesses("a"), events=(refused(),))
    event.listen(engine, "commit", cut_now)
    with pytest.raises(StoreError, match="lost at the moment of storing; look whether it is stored before you do it"):
        store.commit(unit)
    event.remove(engine, "commit", cut_now)
    assert store.records() == ()
    store.commit(unit)
    assert len(store.records()) == 1


def test_cc_19_a_server_that_stops_is_told_and_used_again_when_it_is_back() -> None:
    with cluster() as made:
        server = made.start()
        with server.database() as url, closing(SqlStore(url)) as store:
            put(store, "a")
            made.stop()
            for _ in range(2):
                with pytest.raises(StoreError, match=r"(try again when it is up|look whether the server is up)"):
                    put(store, "b")
            made.start()
            put(store, "b")
            assert len(store.records()) == 2
            made.stop()
            with pytest.raises(StoreError, match=r"(try again when it is up|look whether the server is up)"):
                store.changes_since(None)
            made.start()
            assert store.changes_since(None).position == len(store.records())


def test_a_restarted_server_lets_decisions_start_anew() -> None:
    with cluster() as made, made.start().database() as url, closing(SqlStore(url)) as store:
        mark = store.changes_since(None).mark
        made.stop()
        made.start()
        assert store.changes_since(mark).keys is None


def test_cc_19_a_database_that_is_closed_for_writing_is_told(engine: Engine, store: SqlStore) -> None:
    with engine.begin() as theirs:
        name = theirs.execute(text("SELECT current_database()")).scalar()
        theirs.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    engine.dispose()
    with pytest.raises(StoreError, match="it can only be read: name the primary server, or set default_transaction_re"):
        put(store, "a")
    assert store.read([A]).values == {A: None}


def test_cc_06_a_locked_row_is_waited_for_and_then_told(engine: Engine, store: SqlStore) -> None:
    put(store, "a")
    unit = unit_of(store, guesses("a", wrong=1))
    with engine.begin() as theirs:
        theirs.execute(text("SELECT * FROM partnerauth_attempts FOR UPDATE"))
        began = time.monotonic()
        with pytest.raises(StoreError, match="another transaction keeps it locked; pg_stat_activity names it"):
            store.commit(unit)
        assert time.monotonic() - began > 0.8
    store.commit(unit)
    assert store.read([A]).values == {A: guesses("a", wrong=1)}


def test_cc_07_a_deadlock_is_a_conflict_with_nothing_stored(engine: Engine) -> None:
    store = SqlStore(engine, patience=30)
    put(store, "a", "b")
    unit = unit_of(store, guesses("a", wrong=1), guesses("b", wrong=1), events=(refused(),))
    row = "SELECT * FROM partnerauth_attempts WHERE key = '{}' FOR UPDATE"
    outcome: list[bool] = []

    def commit() -> None:
        try:
            store.commit(unit)
        except ConflictError:
            outcome.append(False)
        else:
            outcome.append(True)

    with engine.begin() as theirs:
        theirs.execute(text(row.format("b")))
        waiting = Thread(target=commit)
        waiting.start()
        time.sleep(0.4)
        theirs.execute(text(row.format("a")))
        waiting.join()
    assert outcome == [False]
    assert len(store.records()) == 1
    store.commit(unit)


def test_cc_07_what_two_read_and_each_changes_for_the_other_is_changed_by_one(store: SqlStore) -> None:
    """Write skew: each reads the row that the other changes."""
    put(store, "a", "b")
    for number in range(1, 9):
        units = [
            unit_of(store, guesses(mine, wrong=number), reads=[AttemptsAgainst(other)], events=(refused(),))
            for mine, other in (("a", "b"), ("b", "a"))
        ]
        stored: list[int] = []

        def commit(unit: Unit, stored: list[int] = stored) -> None:
            try:
                stored.append(store.commit(unit))
            except ConflictError:
                return

        together([lambda unit=unit: commit(unit) for unit in units])  # type: ignore[misc]
        assert len(stored) == 1
        for key in ("a", "b"):
            now = store.read([AttemptsAgainst(key)]).values[AttemptsAgainst(key)]
            store.commit(unit_of(store, guesses(key, wrong=now.wrong)))


# What is said.


def test_a_row_that_the_database_refuses_is_told_without_its_values(store: SqlStore) -> None:
    stray = Credential(user=UserId("nobody"), password_hash="$argon2id$of-nobody")
    with pytest.raises(StoreError, match=r"violates foreign key constraint .*; nothing was stored") as told:
        store.commit(Unit(changes={key_of(stray): stray}, events=(refused(),)))
    assert "nobody" not in "".join(traceback.format_exception(told.value))
    assert store.records() == ()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (errors.DiskFull("x"), "the disk is full; make room, nothing was lost and nothing half written"),
        (errors.InsufficientPrivilege("x"), "this user may not do that; make it the owner of the tables"),
        (errors.TooManyConnections("x"), "it has too many connections; raise max_connections, or give the engines"),
        (errors.QueryCanceled("x"), "took longer than statement_timeout; nothing was stored"),
        (errors.UndefinedTable("x"), "a table is missing; restore a copy"),
        (errors.OutOfMemory("x"), "the server has no memory left"),
        (errors.CrashShutdown("x"), "the server crashed; nothing was stored, try again"),
        (errors.CannotConnectNow("x"), "the server starts or stops just now; try again"),
        (errors.DataCorrupted("hash $argon2"), "XX001; nothing was stored"),
    ],
)
def test_cc_19_what_goes_wrong_is_told_with_what_to_do(error: psycopg.Error, says: str) -> None:
    told = str(postgresql.trouble(error, "here"))
    assert told.startswith("here: ")
    assert says in told
    assert "argon2" not in told


@pytest.mark.rule("GX-12", "BP-09", "BP-12", "BP-31", "GX-04")
def test_cc_12_cc_13_the_database_itself_refuses_what_the_rules_rule_out(engine: Engine, store: SqlStore) -> None:
    token = next(each for each in WORLD if isinstance(each, Token))
    store.commit(unit_of(store, *WORLD, events=(refused(),)))
    store.commit(unit_of(store, Token(**{**vars_of(token), "id": TokenId("link-2"), "digest": "digest-2"})))
    taken = []
    for name, statement in BROKEN.items():
        try:
            with engine.begin() as other:
                other.exec_driver_sql(statement)
        except IntegrityError:
            continue
        taken.append(name)
    assert taken == []


def vars_of(token: Token) -> dict[str, Any]:
    return {name: getattr(token, name) for name in Token.__dataclass_fields__}
