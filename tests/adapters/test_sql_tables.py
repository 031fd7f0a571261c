"""What stands in the tables: every noun, what the rules allow, every event, and no secret."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import create_engine, inspect
from tests.adapters.day import Day

from partnerauth import directory
from partnerauth.adapters.sql import SqlStore, tables
from partnerauth.adapters.sql.mapping import BY_ENTITY, BY_KEY, KEPT
from partnerauth.adapters.sql.reading import ANSWERS
from partnerauth.directory import Entity, Key, key_of
from partnerauth.entities import Attempts, Credential, Token, TokenId, UserId
from partnerauth.ports import StoreError, Unit
from partnerauth.testing.clockwork import world
from partnerauth.testing.stores import WORLD, refused, unit_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


@pytest.fixture
def store(file: Path) -> Iterator[SqlStore]:
    with closing(SqlStore(f"sqlite:///{file}")) as opened:
        yield opened


@pytest.fixture
def other(file: Path, store: SqlStore) -> Iterator[sqlite3.Connection]:
    """Another program that looks at the same file."""
    assert store.lasts
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


# Every noun and every question.


def test_every_noun_has_a_table() -> None:
    assert set(BY_ENTITY) == set(get_args(Entity))
    assert len(KEPT) == len(BY_KEY) == len(BY_ENTITY)


def test_every_question_has_an_answer() -> None:
    questions = {each for each in vars(directory).values() if isinstance(each, type) and issubclass(each, Key)}
    assert set(BY_KEY) | set(ANSWERS) == questions - {Key}
    assert set(BY_KEY).isdisjoint(ANSWERS)


@pytest.mark.parametrize("entity", WORLD, ids=lambda entity: type(entity).__name__)
def test_a_table_has_the_fields_of_its_noun(entity: Entity) -> None:
    kept = BY_ENTITY[type(entity)]
    assert kept.key is type(key_of(entity))
    assert [column.key for column in kept.table.primary_key] == list(kept.key_fields)
    in_parts = {part.field for part in kept.parts}
    assert {field.name for field in fields(entity)} == {*kept.columns, *in_parts}
    assert {column.key for column in kept.table.columns} == {*kept.columns, *kept.derived, "revision", "arrival"}
    assert len(kept.columns) + len(kept.derived) + 2 == len(kept.table.columns)


def test_what_a_table_refers_to_is_written_before_it() -> None:
    order = [kept.table for kept in KEPT]
    for kept in KEPT:
        for key in kept.table.foreign_keys:
            assert order.index(key.column.table) < order.index(kept.table)


def test_every_table_has_our_name_and_is_made(file: Path, store: SqlStore) -> None:
    assert store.lasts
    engine = create_engine(f"sqlite:///{file}")
    made = set(inspect(engine).get_table_names())
    engine.dispose()
    assert made == set(tables.METADATA.tables)
    assert all(name.startswith("partnerauth_") for name in made)


# What the rules rule out.


BROKEN = {
    "state": "UPDATE partnerauth_user SET state = 'gone'",
    "purpose": "UPDATE partnerauth_token SET purpose = 'anything'",
    "empty case": "UPDATE partnerauth_case SET id = '' WHERE id = 'case-1'",
    "empty name": "UPDATE partnerauth_login_name SET key = '' WHERE key = 'u-zanna'",
    "name of two": "UPDATE partnerauth_login_name SET key = 'same'",
    "account of another": "UPDATE partnerauth_account SET organisation_id = 'print' WHERE id = 'acme/depot'",
    "delegation to oneself": "UPDATE partnerauth_delegation SET organisation_id = 'acme'",
    "unknown organisation": "UPDATE partnerauth_user SET organisation_id = 'nobody' WHERE id = 'u-dora'",
    "holder in another state": "UPDATE partnerauth_management SET state = 'rejected'",
    "holder elsewhere": "UPDATE partnerauth_management SET organisation_id = 'print' WHERE user_id = 'u-zanna'",
    "user with a name": "DELETE FROM partnerauth_user WHERE id = 'u-zanna'",
    "one digest twice": "UPDATE partnerauth_token SET digest = 'same'",
    "guesses below none": "UPDATE partnerauth_attempts SET wrong = -1",
    "no version": "UPDATE partnerauth_version SET version = NULL",
    "no time": "UPDATE partnerauth_log SET at = NULL",
    "second row of meta": "INSERT INTO partnerauth_meta VALUES (2, 'partnerauth', 1, 0, 0)",
    "other marker": "UPDATE partnerauth_meta SET marker = 'something'",
}


@pytest.mark.rule("GX-12", "BP-09", "BP-12", "BP-31", "GX-04")
@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN)
def test_cc_13_the_database_itself_refuses_what_the_rules_rule_out(
    store: SqlStore, other: sqlite3.Connection, statement: str
) -> None:
    token = next(each for each in WORLD if isinstance(each, Token))
    store.commit(replace(unit_of(store, *WORLD), events=(refused(),)))
    store.commit(unit_of(store, replace(token, id=TokenId("link-2"), digest="digest-2")))
    with pytest.raises(sqlite3.IntegrityError):
        other.execute(statement)


def test_a_row_that_the_database_refuses_is_told_without_its_values(store: SqlStore) -> None:
    stray = Credential(user=UserId("nobody"), password_hash="$argon2id$of-nobody")
    with pytest.raises(StoreError, match="FOREIGN KEY constraint failed; nothing was stored") as told:
        store.commit(Unit(changes={key_of(stray): stray}, events=(refused(),)))
    assert "of-nobody" not in "".join(traceback.format_exception(told.value))
    assert (store.position(), store.records()) == (0, ())


def test_cc_15_a_time_without_a_zone_is_not_stored(store: SqlStore) -> None:
    naive = Attempts(key="a", since=datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match="2026-01-01T00:00:00 has no time zone") as told:
        store.commit(Unit(changes={key_of(naive): naive}))
    assert "partnerauth_attempts" not in "".join(traceback.format_exception(told.value))
    with pytest.raises(ValueError, match="has no time zone"):
        store.commit(Unit(events=(refused(at=datetime(2026, 1, 1)),)))  # noqa: DTZ001 - as above
    assert store.position() == 0


def test_cc_14_keys_are_compared_letter_by_letter(store: SqlStore) -> None:
    keys = ["M\u00dcLLER", "m\u00dcller", "m\u00fcller", "mu\u0308ller", "m\u00fcller "]
    store.commit(unit_of(store, *(Attempts(key=key, wrong=number) for number, key in enumerate(keys))))
    found = store.read([directory.AttemptsAgainst(key) for key in keys]).values
    assert [each.wrong for each in found.values()] == list(range(len(keys)))


# The record, and what is not on it.


@pytest.mark.rule("GX-08")
def test_au_01_every_change_of_a_fact_is_on_record(store: SqlStore, other: sqlite3.Connection) -> None:
    Day(world("bpost", store)).play()
    unrecorded = (
        "SELECT DISTINCT kind FROM partnerauth_change WHERE position NOT IN (SELECT position FROM partnerauth_log)"
    )
    assert other.execute(unrecorded).fetchall() == []
    assert other.execute("SELECT count(*) FROM partnerauth_change").fetchone()[0] > 40


@pytest.mark.rule("GX-08")
def test_au_02_what_cannot_be_recorded_does_not_happen(store: SqlStore, other: sqlite3.Connection) -> None:
    other.execute("CREATE TRIGGER full BEFORE INSERT ON partnerauth_log BEGIN SELECT RAISE(ABORT, 'no more'); END")
    with pytest.raises(StoreError, match="no more; nothing was stored"):
        Day(world("bpost", store)).play()
    assert other.execute("SELECT count(*) FROM partnerauth_organisation").fetchone() == (0,)
    assert store.position() == 0


def test_a_record_that_something_else_wrote_is_told(file: Path, store: SqlStore, other: sqlite3.Connection) -> None:
    store.commit(Unit(events=(refused(),)))
    other.execute("DROP TRIGGER partnerauth_log_unchanged")
    other.execute("UPDATE partnerauth_log SET name = 'UserVanished'")
    with pytest.raises(StoreError, match=rf"^{file}: UserVanished, schema 1: this version of partnerauth reads"):
        store.records()


@pytest.mark.rule("GX-04", "GX-06", "SE-09")
def test_au_09_no_table_holds_a_secret(file: Path, store: SqlStore, other: sqlite3.Connection) -> None:
    day = Day(world("bpost", store))
    day.play()
    assert len(day.secrets) > 15
    names = [row[0] for row in other.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: repr(other.execute(f"SELECT * FROM {name}").fetchall()) for name in names}  # noqa: S608 - its own
    written = b"".join(each.read_bytes() for each in file.parent.iterdir())
    for secret in day.secrets:
        assert [name for name, text in rows.items() if secret in text] == []
        assert secret.encode() not in written
    assert [name for name, text in rows.items() if "$argon2" in text] == ["partnerauth_credential"]
    digests = [
        row[0]
        for row in other.execute("SELECT digest FROM partnerauth_token UNION SELECT digest FROM partnerauth_session")
    ]
    assert digests
    for digest in digests:
        told = {name for name, text in rows.items() if digest in text}
        assert told <= {"partnerauth_token", "partnerauth_session", "partnerauth_latest_session"}
