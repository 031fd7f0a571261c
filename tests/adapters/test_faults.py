"""Faults around a database: said with what to do, nothing acknowledged is lost, nothing is half there, it goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine, create_engine, text
from tests.adapters.story import COMMANDS, Remembering, Story

from partnerauth.adapters.sql import SqlStore, upgrade
from partnerauth.adapters.sql.schema import state
from partnerauth.ports import StoreError

ROOT: Final = Path(__file__).parents[2]

WITHIN: Final = """
import resource, signal, sys
from partnerauth.adapters.sql import SqlStore
from partnerauth.ports import StoreError
from tests.adapters.story import Story
story = Story(SqlStore(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
number = 0
try:
    while number < 500:
        print(story.give(number), flush=True)
        number += 1
except StoreError as error:
    print("ERROR", error)
"""


@pytest.mark.rule("GX-08")
def test_cc_19_a_file_that_may_not_grow_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    file = tmp_path / "portal.db"
    url = f"sqlite:///{file}"
    memory = Story(Remembering())
    memory.prologue()
    with closing(SqlStore(url)) as store:
        Story(store).prologue()
    limit = file.stat().st_size + 40_000
    program = [sys.executable, "-c", WITHIN, url, str(limit)]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    done = subprocess.run(program, check=True, capture_output=True, text=True, env=environment)
    *answers, error = done.stdout.splitlines()
    assert error.startswith(f"ERROR {file}: ")
    assert "disk" in error
    assert answers == [memory.give(number) for number in range(len(answers))]
    with closing(SqlStore(url)) as store:
        recorded = [each.event.name for each in store.records()]
        assert recorded[: len(memory.world.store.records())] == [
            each.event.name for each in memory.world.store.records()
        ]
        assert len(recorded) <= len(memory.world.store.records()) + 1
        assert state(url, whole=True).is_fit
        assert Story(store).give(len(COMMANDS) * 40)


@contextmanager
def with_fault(engine: Engine, begin: str, end: str) -> Iterator[None]:
    """Let something be wrong with a database for a while."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(begin))
        yield
        connection.execute(text(end))


FULL: Final = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk AFTER INSERT ON partnerauth_log FOR EACH ROW EXECUTE FUNCTION full_disk()
"""

FAULTS: Final = {
    "disk full": (FULL, "DROP TRIGGER full_disk ON partnerauth_log", "it cannot grow, the disk is full; make room"),
    "a table moved away": (
        "ALTER TABLE partnerauth_log RENAME TO away",
        "ALTER TABLE away RENAME TO partnerauth_log",
        "a table is missing; restore a copy",
    ),
}


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize(("begin", "end", "says"), FAULTS.values(), ids=FAULTS)
def test_cc_19_a_fault_of_the_server_is_told_and_over_when_it_is_mended(
    postgres_url: str, begin: str, end: str, says: str
) -> None:
    other = create_engine(postgres_url)
    with closing(SqlStore(postgres_url)) as store:
        story = Story(store)
        story.prologue()
        before = (len(store.records()), len(store.outbox()))
        with with_fault(other, begin, end), pytest.raises(StoreError, match=says):
            story.give(0)
        assert (len(store.records()), len(store.outbox())) == before
        assert story.give(0) == "UserCreated"
    other.dispose()
    assert state(postgres_url, whole=True).damage == ()


def test_cc_19_a_server_that_only_reads_is_neither_opened_nor_upgraded(postgres_url: str) -> None:
    only_reads = f"{postgres_url}{'&' if '?' in postgres_url else '?'}options=-c%20default_transaction_read_only%3Don"
    with closing(SqlStore(postgres_url)) as store:
        Story(store).prologue()
    engine = create_engine(postgres_url)
    with (
        with_fault(
            engine,
            "UPDATE partnerauth_meta SET schema_version = 1",
            "UPDATE partnerauth_meta SET schema_version = 2",
        ),
        pytest.raises(StoreError),
    ):
        upgrade(only_reads)
    engine.dispose()
    assert state(only_reads, whole=True).is_fit


def test_cc_06_an_upgrade_waits_for_a_lock_and_says_who_has_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    SqlStore(url).close()
    engine = create_engine(url)
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process keeps it locked"):
            upgrade(url, patience=0.1)
    engine.dispose()
    assert upgrade(url, patience=0.1) == 2


def test_cc_06_an_upgrade_on_postgresql_waits_for_a_lock_and_says_so(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as other:
        other.execute(text("LOCK TABLE partnerauth_meta IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(StoreError, match="another transaction keeps it locked"):
            upgrade(postgres_url, patience=0.1)
    engine.dispose()
    assert upgrade(postgres_url, patience=0.1) == 2


@pytest.mark.parametrize("work", [upgrade, state])
def test_a_missing_folder_and_a_file_of_another_kind_are_told(tmp_path: Path, work: object) -> None:
    assert callable(work)
    with pytest.raises(StoreError, match=r"the folder .* is not there; make it"):
        work(f"sqlite:///{tmp_path / 'no' / 'portal.db'}")
    (tmp_path / "letter.db").write_text("Dear reader,\n" * 100)
    with pytest.raises(StoreError, match="it is no SQLite database; name another file"):
        work(f"sqlite:///{tmp_path / 'letter.db'}")
