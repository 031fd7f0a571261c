"""Migrations: what the first partnerauth stored is there after them, and nothing is done by halves."""

from __future__ import annotations

import ast
import json
import secrets
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from alembic.operations import Operations
from pydantic import SecretStr
from sqlalchemy import Connection, RowMapping, create_engine, event, inspect, select, text
from sqlalchemy.pool import StaticPool
from tests.adapters.day import ACME, FIRST, OPERATOR, PERSON, VISITOR
from tests.databases import change
from tests.postgres import Server

from partnerauth.adapters.sql import SqlStore, migrations, prepare, schema
from partnerauth.adapters.sql.migrations import schema_1
from partnerauth.adapters.sql.schema import upgrade, upgrade_tables
from partnerauth.adapters.sql.tables import SCHEMA_VERSION
from partnerauth.decision import Accepted
from partnerauth.directory import key_of
from partnerauth.entities import Member, State
from partnerauth.events import Event
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.ports import MailState, StoreError
from partnerauth.records import from_row
from partnerauth.testing.clockwork import world
from partnerauth.testing.stores import WORLD, together
from partnerauth.verification import Examination

DUMPS: Final = Path(__file__).parent / "schema-1"
"""What the code of version 1 wrote: a day at bpost, and a row of every noun."""


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """What makes an empty database, and returns its URL."""
    with ExitStack() as stack:

        def made() -> str:
            if request.param == "sqlite":
                return f"sqlite:///{tmp_path / secrets.token_hex(4)}.db"
            server: Server = request.getfixturevalue("postgres")
            return stack.enter_context(server.database(tables=False))

        yield made


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """The URL of an empty database."""
    return new_url()


@pytest.fixture
def other_url(new_url: Callable[[], str]) -> str:
    """The URL of another one."""
    return new_url()


def fill(url: str, dump: str) -> None:
    """Make a database of version 1 as it was dumped."""
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as old:
        old.executescript((DUMPS / f"{dump}.sql").read_text("utf-8"))
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            with closing(sqlite3.connect(str(engine.url.database))) as file:
                old.backup(file)
        else:
            source = create_engine("sqlite://", creator=lambda: old, poolclass=StaticPool)
            with engine.begin() as connection, source.connect() as reading:
                schema_1.TABLES.create_all(connection)
                for table in schema_1.TABLES.sorted_tables:
                    if values := [_in_utc(row) for row in reading.execute(select(table)).mappings()]:
                        connection.execute(table.insert(), values)
        engine.dispose()


def _in_utc(row: RowMapping) -> Mapping[str, Any]:
    return {str(name): each.replace(tzinfo=UTC) if isinstance(each, datetime) else each for name, each in row.items()}


def kept(url: str) -> Mapping[str, Counter[tuple[Any, ...]]]:
    """Return the rows of version 1, as far as their columns are meant to stay as they were."""
    with reading(url) as connection:
        return {
            table.name: Counter(
                tuple(row) for row in connection.execute(select(*(c for c in table.c if c.name not in CHANGED)))
            )
            for table in schema_1.TABLES.sorted_tables
        }


def events(url: str) -> list[Event]:
    """Return what is on record in a database of version 1."""
    log = schema_1.LOG.c
    with reading(url) as connection:
        query = select(log.name, log.schema_number, log.data).order_by(log.position, log.number)
        return [from_row(name, number, json.loads(data)) for name, number, data in connection.execute(query)]


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def structure(url: str) -> Mapping[str, Any]:
    """Return everything that a database knows of our tables, whatever order it is in."""
    with reading(url) as connection:
        look = inspect(connection)
        found: dict[str, Any] = {}
        for table in sorted(each for each in look.get_table_names() if each.startswith("partnerauth_")):
            columns = {
                each["name"]: (str(each["type"]), each["nullable"], each["default"]) for each in look.get_columns(table)
            }
            checks = {each["name"]: each["sqltext"] for each in look.get_check_constraints(table)}
            uniques = {each["name"]: each["column_names"] for each in look.get_unique_constraints(table)}
            keys = {each["name"]: _plain(each) for each in look.get_foreign_keys(table)}
            indexes = {each["name"]: (each["column_names"], each["unique"]) for each in look.get_indexes(table)}
            found[table] = (columns, look.get_pk_constraint(table), checks, uniques, keys, indexes)
        if connection.dialect.name == "sqlite":
            triggers = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            triggers = text("SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal")
            functions = text("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace")
            found["functions"] = dict(map(tuple, connection.execute(functions)))
            found["sequences"] = sorted(look.get_sequence_names())
        found["triggers"] = dict(map(tuple, connection.execute(triggers)))
    return found


def _plain(key: Mapping[str, Any]) -> object:
    return {name: value for name, value in key.items() if name != "referred_schema"}


CHANGED: Final = frozenset({"schema_version", "sent", "about", "data"})
"""What version 2 writes in another way: looked at by itself."""


# From version 1.


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("dump", ["bpost", "every-noun"])
def test_everything_that_version_1_held_is_there_after_the_upgrade(url: str, dump: str) -> None:
    fill(url, dump)
    rows, told = kept(url), events(url)
    with reading(url) as connection:
        sent = dict(map(tuple, connection.execute(select(schema_1.OUTBOX.c.id, schema_1.OUTBOX.c.sent))))
    assert upgrade(url) == 1
    assert kept(url) == rows
    with closing(SqlStore(url, create=False)) as store:
        assert [each.event for each in store.records()] == told
        assert {each.id: each.state is MailState.SENT for each in store.outbox()} == sent
        assert {each.state for each in store.outbox()} == {MailState.SENT, MailState.WAITING} or dump == "every-noun"
        assert all(each.next_try_at == each.at and not each.attempts for each in store.outbox())


def test_every_noun_reads_as_it_was_stored(url: str) -> None:
    fill(url, "every-noun")
    upgrade(url)
    with closing(SqlStore(url)) as store:
        values = store.read([key_of(entity) for entity in WORLD]).values
        assert list(values.values()) == list(WORLD)


@pytest.mark.rule("GX-08")
def test_the_record_verifies_from_the_migration_on(url: str) -> None:
    fill(url, "bpost")
    upgrade(url)
    with closing(SqlStore(url)) as store:
        portal = world("bpost", store)
        assert findings(store) == []
        assert isinstance(portal.execute(OPERATOR, SetOption(organisation=ACME, option="ftp", enabled=False)), Accepted)
        assert findings(store) == []
        places = [each.place for each in store.records(organisation=ACME)]
        assert places == list(range(1, len(places) + 1))
        change(url, f"DROP TRIGGER partnerauth_log_unchanged{on(url, 'log')}")
        change(url, "UPDATE partnerauth_log SET \"by\" = 'operator:x' WHERE position = 2 AND number = 1")
        assert len(findings(store)) == 1


def findings(store: SqlStore) -> list[object]:
    return store.examine(lambda heads, links: [*Examination(heads).of(links)])


def test_life_goes_on_after_the_upgrade(url: str) -> None:
    fill(url, "bpost")
    upgrade(url)
    with closing(SqlStore(url)) as store:
        portal = world("bpost", store, seed=2)
        portal.clock.set(datetime(2026, 1, 5, 9, 30, tzinfo=UTC))
        view = portal.view()
        chief = view.signed_in("chief-acme")
        assert chief
        assert view.can(chief, "emasspost", "creation", account="hq")
        assert [user.username for user in view.users(ACME)] == ["ben", "chief-acme", "mallory"]
        link = SecretStr(portal.secret(store.outbox(to="pia@print.example")[-1].mail.token))
        given = (
            (VISITOR, SignIn(identifier="chief-acme", password=FIRST)),
            (VISITOR, ResetPassword(token=link, password=SecretStr("Oud-Spoor-88"))),
            (Member(user=chief), CreateUser(details={**PERSON, "email": "new@acme.example", "username": "new"})),
        )
        assert [type(portal.execute(actor, command)) for actor, command in given] == [Accepted] * 3


def test_who_was_deactivated_comes_back_as_what_he_was(url: str) -> None:
    fill(url, "bpost")
    change(
        url,
        "DELETE FROM partnerauth_management WHERE user_id IN "
        "(SELECT id FROM partnerauth_user WHERE username IN ('mallory', 'ben'))",
        "UPDATE partnerauth_user SET state = 'deactivated' WHERE username IN ('mallory', 'ben')",
    )
    upgrade(url)
    with closing(SqlStore(url)) as store:
        users = {each.username: each for each in world("bpost", store).view().users(ACME)}
    assert users["mallory"].deactivated_from is State.REJECTED
    assert users["ben"].deactivated_from is State.ACTIVE
    assert users["chief-acme"].deactivated_from is State.ACTIVE


# What comes out.


def test_a_migrated_database_and_a_new_one_have_the_same_schema(url: str, other_url: str) -> None:
    assert upgrade(url) == 0
    SqlStore(other_url).close()
    assert structure(url) == structure(other_url)
    fill_again = schema.state(url, whole=True)
    assert (fill_again.problem, fill_again.differences, fill_again.damage) == ("", (), ())


def test_an_upgraded_database_and_a_new_one_have_the_same_schema(url: str, other_url: str) -> None:
    fill(url, "bpost")
    assert upgrade(url) == 1
    SqlStore(other_url).close()
    assert structure(url) == structure(other_url)
    assert schema.state(url, whole=True).is_fit
    assert schema.state(other_url, whole=True).is_fit


def test_version_1_is_frozen(tmp_path: Path) -> None:
    """Its tables are exactly those that the code of version 1 made."""
    made, dumped = (f"sqlite:///{tmp_path / name}" for name in ("made.db", "dumped.db"))
    fill(dumped, "bpost")
    engine = create_engine(made)
    schema_1.TABLES.create_all(engine)
    engine.dispose()
    assert structure(made) == structure(dumped)


FREE: Final = frozenset({"addresses.name_key", "records.RecordError", "records.from_row"})
"""What a migration may take from modules that go on changing: see `schema_2_record`."""


@pytest.mark.parametrize(
    "module", sorted(Path(migrations.__file__).parent.glob("schema_*.py")), ids=lambda file: file.stem
)
def test_a_version_is_frozen_whatever_becomes_of_other_modules(module: Path) -> None:
    taken = {
        f"{node.module}.{each.name}".removeprefix("partnerauth.")
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("partnerauth")
        for each in node.names
    }
    assert {each for each in taken if not each.startswith("adapters.sql.migrations.")} <= FREE


def test_a_second_upgrade_does_nothing(url: str) -> None:
    fill(url, "bpost")
    upgrade(url)
    rows, before = kept(url), structure(url)
    assert upgrade(url) == SCHEMA_VERSION
    assert (kept(url), structure(url)) == (rows, before)


def test_there_is_a_step_to_every_version() -> None:
    assert len(migrations.STEPS) == SCHEMA_VERSION


# By halves, at once, and by the wrong program.


def test_cc_17_an_older_database_is_not_opened_and_says_what_to_do(url: str) -> None:
    fill(url, "bpost")
    before = kept(url)
    told = (
        rf"its tables are of version 1, this partnerauth has version {SCHEMA_VERSION}; "
        "make a copy of it, then run `partnerauth db upgrade`"
    )
    with pytest.raises(StoreError, match=told):
        SqlStore(url)
    assert kept(url) == before


def test_cc_17_a_newer_database_is_neither_opened_nor_upgraded(url: str) -> None:
    SqlStore(url).close()
    change(url, "UPDATE partnerauth_meta SET schema_version = 99")
    for work in (SqlStore, upgrade):
        with pytest.raises(StoreError, match=r"its tables are of version 99, .*; upgrade partnerauth$"):
            work(url)


HALVES: Final = {
    "a table": ("DROP TABLE partnerauth_case", "the table partnerauth_case"),
    "a column": ("ALTER TABLE partnerauth_session DROP COLUMN idle_at", "partnerauth_session: the column idle_at"),
    "a trigger": ("DROP TRIGGER partnerauth_log_kept", "the trigger partnerauth_log_kept"),
}


@pytest.mark.parametrize(("statement", "lacks"), HALVES.values(), ids=HALVES)
def test_cc_17_half_a_database_is_not_opened(url: str, statement: str, lacks: str) -> None:
    SqlStore(url).close()
    change(url, statement + (on(url, "log") if "TRIGGER" in statement else ""))
    with pytest.raises(StoreError, match=f"half of it is not there: {lacks}; restore a copy of it"):
        SqlStore(url)


def test_cc_17_tables_of_one_version_with_the_number_of_another_are_not_opened(url: str) -> None:
    fill(url, "bpost")
    change(url, "UPDATE partnerauth_meta SET schema_version = 2")
    with pytest.raises(StoreError, match="half of it is not there"):
        SqlStore(url)


def test_two_who_upgrade_at_once_do_it_once(url: str) -> None:
    fill(url, "bpost")
    told = events(url)
    found: list[int] = []
    together([lambda: found.append(upgrade(url))] * 3)
    assert sorted(found) == [1, SCHEMA_VERSION, SCHEMA_VERSION]
    with closing(SqlStore(url)) as store:
        assert [each.event for each in store.records()] == told
        assert findings(store) == []


class Stopped(Exception):  # noqa: N818 - it is no error
    """An upgrade was stopped."""


def test_an_upgrade_that_fails_anywhere_changes_nothing(url: str) -> None:
    fill(url, "every-noun")
    rows, before = kept(url), structure(url)
    engine = create_engine(url)
    left, done = 0, False

    def fails(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Stopped

    event.listen(engine, "before_cursor_execute", fails)
    for number in range(1, 2000, 9):
        left = number
        try:
            done = upgrade(engine) == 1
        except Stopped:
            left = 0
            assert (kept(url), structure(url)) == (rows, before)
        if done:
            break
    engine.dispose()
    assert number > 70
    assert schema.state(url, whole=True).is_fit


DIES: Final = """
import os, signal, sys
from sqlalchemy import create_engine, event
from partnerauth.adapters.sql.schema import upgrade
engine, left = create_engine(sys.argv[1]), int(sys.argv[2])
def dies(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(engine, "after_cursor_execute", dies)
upgrade(engine)
"""


@pytest.mark.parametrize("statements", [5, 60])
def test_cc_10_an_upgrade_that_is_killed_changes_nothing(url: str, statements: int) -> None:
    fill(url, "every-noun")
    rows = kept(url)
    done = subprocess.run([sys.executable, "-c", DIES, url, str(statements)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert kept(url) == rows
    assert upgrade(url) == 1


def test_an_upgrade_that_does_not_come_out_whole_is_taken_back(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(op: Operations) -> None:
        op.execute("UPDATE partnerauth_meta SET schema_version = 2")

    fill(url, "bpost")
    monkeypatch.setattr(migrations, "STEPS", (schema_1.upgrade, forgetful))
    with pytest.raises(StoreError, match=r"the upgrade does not come out whole: .*; nothing was changed"):
        upgrade(url)
    assert schema.state(url).version == 1


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE partnerauth_log SET name = 'UserVanished' WHERE position = 3", "UserVanished, schema 1: this version"),
        ("UPDATE partnerauth_log SET data = 'nothing' WHERE position = 3", "AccountSet: not as it was written"),
    ],
)
def test_a_record_that_somebody_has_changed_is_not_made_part_of_a_chain(url: str, statement: str, says: str) -> None:
    fill(url, "bpost")
    change(url, statement)
    with pytest.raises(StoreError, match=says):
        upgrade(url)
    assert schema.state(url).version == 1


# Where other tables are, and where Alembic is not.


def test_a_database_of_somebody_else_gets_our_tables_only_when_that_is_said(url: str) -> None:
    change(url, "CREATE TABLE customer (number INTEGER)", "INSERT INTO customer VALUES (7)")
    with pytest.raises(StoreError, match="it belongs to something else, its tables are customer"):
        upgrade(url)
    assert upgrade(url, beside=True) == 0
    with closing(SqlStore(url)) as store, reading(url) as connection:
        assert store.position() == 0
        assert connection.execute(text("SELECT number FROM customer")).scalar() == 7


def test_an_embedder_upgrades_our_tables_in_a_transaction_of_his_own(url: str) -> None:
    fill(url, "every-noun")
    engine = create_engine(url)
    prepare(engine)
    with engine.connect() as mine:
        foreign_keys_off(mine)
        with mine.begin() as transaction:
            mine.execute(text("CREATE TABLE customer (number INTEGER)"))
            assert upgrade_tables(mine) == 1
            transaction.rollback()
        assert inspect(mine).has_table("customer") is False
        assert mine.execute(text("SELECT schema_version FROM partnerauth_meta")).scalar() == 1
    with engine.connect() as mine:
        foreign_keys_off(mine)
        with mine.begin():
            mine.execute(text("CREATE TABLE customer (number INTEGER)"))
            assert upgrade_tables(mine) == 1
    engine.dispose()
    with closing(SqlStore(url)) as store:
        assert findings(store) == []


def foreign_keys_off(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")


def test_a_connection_that_checks_foreign_keys_is_refused_before_anything_is_dropped(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    fill(url, "every-noun")
    rows = kept(url)
    engine = create_engine(url)
    with engine.begin() as mine, pytest.raises(StoreError, match="has begun no transaction; `prepare` the engine"):
        upgrade_tables(mine)
    prepare(engine)
    with engine.begin() as mine, pytest.raises(StoreError, match="PRAGMA foreign_keys = OFF before the transaction"):
        upgrade_tables(mine)
    assert upgrade(engine) == 1
    with engine.connect() as mine:
        assert mine.execute(text("PRAGMA foreign_keys")).scalar() == 1
    engine.dispose()
    assert kept(url) == rows


WITHOUT: Final = """
import sys
sys.modules["alembic"] = None
from partnerauth.adapters.sql import SqlStore
from partnerauth.adapters.sql.schema import upgrade
from partnerauth.ports import StoreError
SqlStore(sys.argv[1]).close()
try:
    upgrade(sys.argv[1])
except StoreError as error:
    print(error)
"""


def test_a_store_is_made_and_opened_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    done = subprocess.run([sys.executable, "-c", WITHOUT, url], check=True, capture_output=True, text=True)
    assert "migrations need Alembic: pip install 'partnerauth[migrations]'" in done.stdout


def on(url: str, table: str) -> str:
    """Return what PostgreSQL wants to know besides when a trigger is dropped."""
    return "" if url.startswith("sqlite") else f" ON partnerauth_{table}"
