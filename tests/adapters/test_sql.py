"""The SQL store on real files: what it refuses to open, what it survives, and what stands in its tables."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, create_mock_engine, event, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool
from tests.adapters.day import ACME

from partnerauth.adapters.sql import SqlStore, create_tables
from partnerauth.decision import Accepted
from partnerauth.directory import AttemptsAgainst, Entity, key_of
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Attempts, Operator
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.ports import StoreError
from partnerauth.testing.clockwork import KEY
from partnerauth.testing.stores import WORLD, refused, together, unit_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


@pytest.fixture
def store(file: Path) -> Iterator[SqlStore]:
    with closing(SqlStore(url(file))) as opened:
        yield opened


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def raw(file: Path) -> sqlite3.Connection:
    """Open a file as another program would."""
    return sqlite3.connect(file, isolation_level=None, timeout=0.1)


def made(file: Path) -> Path:
    """Make a store and close it."""
    SqlStore(url(file)).close()
    return file


def put(store: SqlStore, *entities: Entity) -> int:
    return store.commit(unit_of(store, *entities))


# Files that are no stores, or cannot be used.


@pytest.mark.parametrize("content", [b"Dear reader,\n" * 100, b"hi", b"SQLite format 3\0 and then something else"])
def test_a_file_of_another_kind_is_not_opened(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(StoreError, match=rf"^{file}: it is no SQLite database; name another file, or move this one"):
        SqlStore(url(file))
    assert file.read_bytes() == content


@pytest.mark.parametrize("table", ["customer", "partnerauth_meta"])
def test_a_database_of_somebody_else_is_not_opened_and_not_touched(file: Path, table: str) -> None:
    with closing(raw(file)) as theirs:
        theirs.execute(f"CREATE TABLE {table} (number)")
    before = file.read_bytes()
    with pytest.raises(
        StoreError, match=rf"^{file}: it belongs to something else, its tables are {table}; name another"
    ):
        SqlStore(url(file))
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_an_empty_file_becomes_a_store(file: Path) -> None:
    file.touch()
    with closing(SqlStore(url(file))) as store:
        assert store.position() == 0


def test_without_leave_to_create_nothing_is_created(file: Path) -> None:
    with pytest.raises(StoreError, match=rf"^{file}: there is no such file; name another one, or let it be made"):
        SqlStore(url(file), create=False)
    assert not file.exists()
    file.touch()
    with pytest.raises(StoreError, match=rf"^{file}: there are no tables in it; name another database, or let them"):
        SqlStore(url(file), create=False)
    assert file.read_bytes() == b""
    made(file)
    SqlStore(url(file), create=False).close()


def test_a_missing_folder_is_told(file: Path) -> None:
    missing = file.parent / "no" / "portal.db"
    with pytest.raises(StoreError, match=rf"^{missing}: the folder {missing.parent} is not there; make it"):
        SqlStore(url(missing))
    with pytest.raises(StoreError, match=rf"^{file.parent}: it is a folder; name a file in it, for example"):
        SqlStore(url(file.parent))


def test_cc_19_a_file_that_can_only_be_read_is_not_opened(file: Path) -> None:
    made(file)
    with pytest.raises(StoreError, match=rf"^{file}: it can only be read; make the file and its folder writable"):
        SqlStore(f"sqlite:///file:{file}?mode=ro&uri=true")


AS_SOMEBODY_ELSE = """
import os, sys
from partnerauth.adapters.sql import SqlStore
from partnerauth.ports import StoreError
SqlStore("sqlite://").close()  # everything is imported before the rights to read it go
if os.geteuid() == 0:
    os.setuid(65534)
try:
    SqlStore(sys.argv[1])
except StoreError as error:
    print(error)
"""


def test_cc_19_a_file_of_somebody_else_is_not_opened() -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = made(Path(folder) / "portal.db")
        file.chmod(0o444)
        program = [sys.executable, "-c", AS_SOMEBODY_ELSE, url(file)]
        done = subprocess.run(program, check=True, capture_output=True, text=True)
        assert f"{file}: it can only be read" in done.stdout


def test_a_damaged_file_is_told(file: Path) -> None:
    content = bytearray(made(file).read_bytes())
    content[4096:40000] = b"x" * (40000 - 4096)
    file.write_bytes(content)
    with pytest.raises(StoreError, match=rf"^{file}: it is damaged; restore a copy of it$"):
        SqlStore(url(file))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("SET schema_version = 9", "its tables are of version 9, this partnerauth has version 2; upgrade partnerauth"),
        (
            "SET schema_version = 1",
            (
                "its tables are of version 1, this partnerauth has version 2; make a copy of it, then run "
                "`partnerauth db upgrade`"
            ),
        ),
        ("SET schema_version = 0", "the row that says what it is has gone, or was changed; restore a copy of it"),
        (None, "the row that says what it is has gone, or was changed; restore a copy of it"),
    ],
)
def test_cc_17_a_store_of_another_version_is_not_opened(file: Path, change: str | None, says: str) -> None:
    with closing(raw(made(file))) as theirs:
        theirs.execute(f"UPDATE partnerauth_meta {change}" if change else "DELETE FROM partnerauth_meta")
    before = file.read_bytes()
    with pytest.raises(StoreError, match=rf"^{file}: {says}$"):
        SqlStore(url(file))
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("database", "says"),
    [
        ("portal", "Could not parse SQLAlchemy URL .*; name a database like sqlite:///portal.db"),
        ("sqlite+tape:///portal.db", "Can't load plugin: .*; name a database like sqlite:///portal.db"),
        (
            "mysql://anna:secret@host/portal",
            "(mysql: this store speaks|Can't load plugin).*; name a database like sqlite:///",
        ),
        ("postgresql+asyncpg://anna:secret@host/portal", "^asyncpg: PostgreSQL is spoken to through psycopg 3; name a"),
        (
            "postgresql://anna:secret@127.0.0.1:1/portal",
            "^PostgreSQL database portal at 127.0.0.1:1: the server cannot be reached, ",
        ),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_without_its_password(database: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as told:
        SqlStore(database)
    assert "secret" not in str(told.value)


def test_an_engine_of_another_database_is_refused() -> None:
    engine = create_mock_engine("mssql://", lambda *_: None)
    with pytest.raises(StoreError, match=r"^mssql: this store speaks SQLite and PostgreSQL; name a database"):
        SqlStore(engine)  # type: ignore[arg-type]


# Locks and full disks.


def test_cc_06_a_locked_file_is_waited_for_and_then_told(file: Path) -> None:
    with closing(SqlStore(url(file), patience=0.3)) as store, closing(raw(file)) as other:
        put(store, Attempts(key="a"))
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreError, match=rf"^{file}: another process keeps it locked; end that one, or try again"):
            put(store, Attempts(key="b"))
        assert 0.2 < time.monotonic() - began < 5
        assert store.read([AttemptsAgainst("a")]).revisions == {AttemptsAgainst("a"): 1}
        with pytest.raises(StoreError, match="another process keeps it locked"):
            SqlStore(url(file), patience=0.1)
        other.execute("ROLLBACK")
        assert put(store, Attempts(key="b")) == 2


def test_cc_06_whoever_waits_goes_on_when_the_lock_is_gone(file: Path) -> None:
    with closing(SqlStore(url(file))) as store, closing(sqlite3.connect(file, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")

        def release() -> None:
            time.sleep(0.3)
            other.rollback()

        together([release, lambda: put(store, Attempts(key="a"))])
        assert store.read([AttemptsAgainst("a")]).values == {AttemptsAgainst("a"): Attempts(key="a")}


def _pair(number: int) -> list[Attempts]:
    return [Attempts(key=f"{side}{number}{'x' * 200}") for side in "ab"]


@pytest.mark.rule("GX-08")
def test_cc_19_a_full_disk_leaves_no_half_of_a_unit(file: Path) -> None:
    made(file)
    engine = create_engine(url(file))
    with closing(raw(file)) as other:
        pages = other.execute("PRAGMA page_count").fetchone()[0]

    def no_room(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    event.listen(engine, "connect", no_room)
    with closing(SqlStore(engine)) as store:
        units = [unit_of(store, *_pair(number), events=(refused(),)) for number in range(1000)]
        full = rf"^{file}: it cannot grow, the disk is full; make room, nothing was lost"
        with pytest.raises(StoreError, match=full):
            any(store.commit(unit) < 0 for unit in units)
        whole = store.position()
        assert 0 < whole == len(store.records()) < len(units)
        assert list(store.read([key_of(each) for each in _pair(whole)]).values.values()) == [None, None]
        assert list(store.read([key_of(each) for each in _pair(whole - 1)]).values.values()) == _pair(whole - 1)
    engine.dispose()
    with closing(SqlStore(url(file))) as roomy:
        assert put(roomy, Attempts(key="again")) == whole + 1


@pytest.mark.rule("GX-08")
def test_cc_10_a_killed_process_leaves_whole_units(file: Path) -> None:
    made(file)
    script = (
        "import sys\n"
        "from partnerauth.adapters.sql import SqlStore\n"
        "from partnerauth.entities import Attempts\n"
        "from partnerauth.testing.stores import unit_of, refused\n"
        "from dataclasses import replace\n"
        "store = SqlStore(sys.argv[1])\n"
        "for wrong in range(100000):\n"
        "    pair = [Attempts(key=key, wrong=wrong) for key in ('left', 'right')]\n"
        "    store.commit(replace(unit_of(store, *pair), events=(refused(),)))\n"
        "    print(wrong, flush=True)\n"
    )
    left, right = AttemptsAgainst("left"), AttemptsAgainst("right")
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-c", script, url(file)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            told = [int(process.stdout.readline()) for _ in range(20)][-1]
            process.send_signal(signal.SIGKILL)
        with closing(SqlStore(url(file))) as store, closing(raw(file)) as other:
            values = store.read([left, right]).values
            assert values[left].wrong == values[right].wrong >= told
            assert store.position() == len(store.records())
            assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


# What is set up.


def test_a_file_lasts_and_memory_does_not(store: SqlStore) -> None:
    assert store.lasts
    for database in ("sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"):
        with closing(SqlStore(database)) as passing:
            assert not passing.lasts
            assert put(passing, Attempts(key="a")) == 1
            together([lambda store=passing: store.read([AttemptsAgainst("a")])] * 3)  # type: ignore[misc]


def test_everything_is_there_again_when_a_file_is_opened_again(file: Path) -> None:
    keys = [key_of(entity) for entity in WORLD]
    with closing(SqlStore(url(file))) as store:
        store.commit(replace(unit_of(store, *WORLD), events=(refused(),)))
        before = (store.read(keys), store.records(), store.outbox(), store.changes_since(None))
    with closing(SqlStore(url(file))) as store:
        assert (store.read(keys), store.records(), store.outbox(), store.changes_since(None)) == before


def test_partnerauth_opens_a_store_by_its_url(file: Path) -> None:
    portal = PartnerAuth("bpost", url(file), key=KEY)
    assert isinstance(portal.execute(Operator(), OpenOrganisation(organisation=ACME, name="Acme")), Accepted)
    assert isinstance(portal.store, SqlStore)
    portal.store.close()


def test_cc_12_foreign_keys_are_checked_on_every_connection(file: Path) -> None:
    engine = create_engine(url(file))
    with engine.connect() as earlier:
        assert earlier.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0
    with closing(SqlStore(engine)), engine.connect() as one, engine.connect() as other:
        assert [each.exec_driver_sql("PRAGMA foreign_keys").scalar() for each in (one, other)] == [1, 1]
        assert one.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with engine.begin() as mine, pytest.raises(IntegrityError, match="FOREIGN KEY"):
        mine.execute(text("INSERT INTO partnerauth_login_name VALUES (1, 1, 'anna', '999')"))
    engine.dispose()


def test_two_stores_may_share_an_engine_which_they_leave_open(file: Path) -> None:
    engine = create_engine(url(file))
    with closing(SqlStore(engine)) as one, closing(SqlStore(engine)) as other:
        put(one, Attempts(key="a"))
        assert put(other, Attempts(key="b")) == 2
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM partnerauth_attempts")).scalar() == 2
    engine.dispose()


def test_an_embedder_keeps_our_tables_beside_his_own() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE customer (number)"))
        create_tables(connection)
    with closing(SqlStore(engine, create=False)) as store:
        put(store, Attempts(key="a"))
    assert {"customer", "partnerauth_attempts"} <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_an_engine_without_a_free_connection_is_told(file: Path) -> None:
    engine = create_engine(url(file), pool_size=1, max_overflow=0, pool_timeout=0.1)
    told = rf"^{file}: no connection became free; give the engine a larger pool$"
    with closing(SqlStore(engine)) as store, engine.connect(), pytest.raises(StoreError, match=told):
        store.position()
    engine.dispose()
