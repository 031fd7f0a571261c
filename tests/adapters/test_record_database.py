"""The record in its tables: the database refuses to change it, and what is changed all the same is found (GX-08)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from tests.adapters.day import ACME, PRINT, Day

from partnerauth import verification
from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore
from partnerauth.adapters.sql.append_only import STATEMENTS, TABLES
from partnerauth.adapters.sql.tables import METADATA
from partnerauth.chain import Head, Link
from partnerauth.entities import Member, OrganisationId, UserId
from partnerauth.erasure import ErasureError, erase
from partnerauth.events import CommandRefused, OptionSet, RightsGranted, SignedOut, SignInFailed, UserDeactivated
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.reactivate import Reactivate
from partnerauth.ports import ConflictError, Store, StoreError, Unit
from partnerauth.testing.clockwork import World, world
from partnerauth.testing.stores import Twins, refused, together
from partnerauth.verification import Examination, Finding, Sealed

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
CHANCE = bytes(32)


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    with closing(SqlStore(database_url)) as opened:
        yield opened


@pytest.fixture
def other(database_url: str, store: SqlStore) -> Iterator[Engine]:
    """Somebody who writes SQL himself."""
    assert store.lasts
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def without_triggers(engine: Engine) -> None:
    """Drop the triggers, as whoever owns the database can."""
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
    else:
        run(engine, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES))


def put_triggers_back(engine: Engine) -> None:
    """Leave the database as if nobody had been there."""
    if engine.dialect.name == "sqlite":
        run(engine, *(statement for table in TABLES for statement in STATEMENTS["sqlite"](table)))
    else:
        run(engine, *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES))


def findings(store: Store, *seals: Sealed) -> list[Finding]:
    return store.examine(lambda heads, links: [*Examination(heads, seals).of(links)])


def places(found: Iterable[Finding]) -> list[tuple[str, int]]:
    return list(dict.fromkeys((each.organisation, each.place) for each in found))


def whole(store: Store) -> tuple[tuple[Head, ...], tuple[Link, ...]]:
    return store.examine(lambda heads, links: (tuple(heads), tuple(links)))


def sealed(store: Store) -> Sealed:
    return Sealed(at=NOON, heads={head.organisation: head for head in whole(store)[0]})


def some_records(store: Store) -> None:
    """Three commits of Acme, one of Print and one of nobody."""
    store.commit(Unit(events=(refused("anna@acme.example"), refused())))
    store.commit(Unit(events=(SignedOut(organisation=PRINT, by="u-p", at=NOON, user=UserId("u-p"), browser="b"),)))
    store.commit(Unit(events=(OptionSet(organisation=ACME, by="operator:o", at=NOON, option="ftp", enabled=True),)))
    store.commit(Unit(events=(refused(organisation=OrganisationId("")),)))


# Append-only.


REFUSED = (
    "UPDATE partnerauth_log SET name = 'UserVanished'",
    "UPDATE partnerauth_log SET digest = digest",
    "DELETE FROM partnerauth_log",
    "DELETE FROM partnerauth_personal",
    "DELETE FROM partnerauth_head",
    "UPDATE partnerauth_head SET length = length - 1",
    "UPDATE partnerauth_head SET organisation_id = 'x'",
    "UPDATE partnerauth_personal SET data = '{}'",
    "UPDATE partnerauth_personal SET subject = 'x'",
    "UPDATE partnerauth_personal SET erased_position = 1, erased_number = 1, salt = '', number = 9, data = '{}'",
)
BY_DIALECT: Mapping[str, Sequence[str]] = {
    "sqlite": (
        "INSERT OR REPLACE INTO partnerauth_log SELECT * FROM partnerauth_log",
        "INSERT OR REPLACE INTO partnerauth_personal SELECT * FROM partnerauth_personal",
        "INSERT OR REPLACE INTO partnerauth_head SELECT * FROM partnerauth_head",
        "UPDATE OR REPLACE partnerauth_log SET place = 1",
    ),
    "postgresql": (
        "TRUNCATE partnerauth_log CASCADE",
        "TRUNCATE partnerauth_personal",
        "TRUNCATE partnerauth_head",
        "MERGE INTO partnerauth_log USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    ),
}


@pytest.mark.rule("GX-08")
def test_au_03_the_database_refuses_to_change_or_remove_a_record(store: SqlStore, other: Engine) -> None:
    some_records(store)
    before = whole(store)
    for statement in (*REFUSED, *BY_DIALECT[other.dialect.name]):
        with pytest.raises(DBAPIError, match="append-only"):
            run(other, statement)
    assert whole(store) == before


@pytest.mark.rule("GX-08")
def test_au_01_no_flow_changes_a_fact_without_a_record(store: SqlStore, other: Engine) -> None:
    Day(world("bpost", store)).play()
    with other.connect() as connection:
        unrecorded = (
            "SELECT position FROM partnerauth_change WHERE position NOT IN (SELECT position FROM partnerauth_log)"
        )
        assert connection.execute(text(unrecorded)).all() == []
    assert findings(store) == []


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("table", TABLES)
def test_au_02_what_cannot_be_recorded_does_not_happen(store: SqlStore, other: Engine, table: str) -> None:
    before = whole(store)
    if other.dialect.name == "sqlite":
        run(other, f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no more'); END")
    else:
        run(other, f"ALTER TABLE {table} ADD CONSTRAINT no_more CHECK (false)")
    with pytest.raises(StoreError, match="nothing was stored"):
        some_records(store)
    assert whole(store) == before == ((), ())


# What is changed all the same.


def changed_columns() -> list[tuple[str, str]]:
    return [(table, column.name) for table in TABLES for column in METADATA.tables[table].columns]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database after a day, with a person erased, and without triggers."""
    file = tmp_path_factory.mktemp("record") / "portal.db"
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        some_records(store)
        portal = world("bpost", store)
        ben = a_day_and_ben_is_gone(portal)
        erase(store, ben, by="operator:olga", now=portal.clock.now(), chance=CHANCE)
        assert findings(store) == []
        engine = create_engine(f"sqlite:///{file}")
        without_triggers(engine)
        run(engine, "PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
    return file


def a_day_and_ben_is_gone(portal: World) -> UserId:
    day = Day(portal)
    day.play()
    ben = next(each.event for each in portal.store.records() if isinstance(each.event, UserDeactivated)).user
    chief = next(each.event for each in portal.store.records() if isinstance(each.event, RightsGranted)).by
    day.give(Member(user=UserId(chief)), Deactivate(user=ben))
    return ben


@pytest.mark.rule("GX-08")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_au_03_whatever_is_changed_in_one_cell_of_a_row_is_found(
    day: Path, tmp_path: Path, data: st.DataObject
) -> None:
    file = tmp_path / "copy.db"
    shutil.copyfile(day, file)
    engine = create_engine(f"sqlite:///{file}")
    table, column = data.draw(st.sampled_from(changed_columns()), label="column")
    with engine.begin() as connection:
        rows = connection.execute(text(f"SELECT rowid, {column} FROM {table} ORDER BY rowid")).all()  # noqa: S608 - of our own
        rowid, before = data.draw(st.sampled_from(rows), label="row")
        after = data.draw(another(column, before), label="value")
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        changed = f"UPDATE OR IGNORE {table} SET {column} = :after WHERE rowid = :rowid"  # noqa: S608 - of our own
        connection.execute(text(changed), {"after": after, "rowid": rowid})
        (there,) = connection.execute(text(f"SELECT {column} FROM {table} WHERE rowid = {rowid}")).one()  # noqa: S608 - of our own
    put_triggers_back(engine)
    engine.dispose()
    if there == before:
        return
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        assert findings(store) != []


def another(column: str, before: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any cell
    """Return what draws another value of a cell, one that means something else."""
    if column == "at":
        return st.sampled_from(["2020-01-01 00:00:00.000000", "yesterday", ""])
    if column in {"data", "hidden"}:
        return st.sampled_from(['{"a": 1}', "{", "[]", "null", '{"organisation": "acme"}']).filter(
            lambda x: x != before
        )
    if before is None:
        return st.sampled_from([1, 7]) if column.startswith("erased") else st.sampled_from(["x", "acme"])
    if isinstance(before, int):
        return st.sampled_from([-1, 0, 1, 2, 3, 99]).filter(lambda each: each != before)
    return st.sampled_from(["x", "acme", "u-a", "0" * 64]).filter(lambda each: each != before)


@pytest.mark.rule("GX-08")
def test_a_finding_names_chain_and_place(store: SqlStore, other: Engine) -> None:
    some_records(store)
    without_triggers(other)
    run(other, "UPDATE partnerauth_log SET by = 'u-mallory' WHERE organisation_id = 'acme' AND place = 2")
    assert places(findings(store)) == [(ACME, 2)]
    run(other, "DELETE FROM partnerauth_personal", "DELETE FROM partnerauth_log WHERE organisation_id = 'print'")
    assert ("print", 0) in places(findings(store))


@pytest.mark.rule("GX-08")
def test_au_04_newest_rows_cut_off_are_found_by_a_seal(store: SqlStore, other: Engine) -> None:
    some_records(store)
    seal = sealed(store)
    without_triggers(other)
    run(
        other,
        "DELETE FROM partnerauth_log WHERE organisation_id = 'acme' AND place = 3",
        "UPDATE partnerauth_head SET length = 2, digest = (SELECT digest FROM partnerauth_log "
        "WHERE organisation_id = 'acme' AND place = 2) WHERE organisation_id = 'acme'",
    )
    assert findings(store) == []
    (found,) = findings(store, seal)
    assert (found.organisation, found.place) == (ACME, 2)
    assert found.says.startswith("the newest are cut off: 3: 3 were sealed at")


@pytest.mark.rule("GX-08")
def test_au_05_a_record_that_was_written_anew_is_found_by_a_seal_kept_elsewhere(
    database_url: str, store: SqlStore, other: Engine
) -> None:
    some_records(store)
    seal = verification.unsealed(verification.seal(whole(store)[0], NOON, CHANCE), CHANCE)
    without_triggers(other)
    run(other, "DELETE FROM partnerauth_personal", "DELETE FROM partnerauth_log", "DELETE FROM partnerauth_head")
    put_triggers_back(other)
    with closing(SqlStore(database_url)) as forged:
        some_records(forged)
        assert findings(forged) == []
        assert places(findings(forged, seal)) == [("", 1), (ACME, 3), (PRINT, 1)]


@pytest.mark.rule("GX-08", "CC-02")
def test_au_06_parallel_appends_do_not_fork_a_chain(database_url: str, store: SqlStore) -> None:
    organisations = [ACME, PRINT, OrganisationId("")]
    with closing(SqlStore(database_url)) as second:
        stores = [store, second, store, second]

        def append(number: int) -> None:
            events = [refused(organisation=each) for each in organisations[number % 3 :]]
            for _ in range(8):
                while True:
                    try:
                        stores[number].commit(Unit(events=(*events, *events[:1])))
                    except ConflictError:
                        continue
                    break

        together([partial(append, number) for number in range(4)])
    assert findings(store) == []
    heads, links = whole(store)
    assert len(links) == sum(head.length for head in heads) == 8 * (4 + 3 + 2 + 4)
    assert len({(link.organisation, link.place) for link in links}) == len(links)


@pytest.mark.rule("GX-10")
def test_the_same_history_has_the_same_digests_in_memory_and_in_tables(store: SqlStore) -> None:
    both = Twins(MemoryStore(), store)
    portal = world("bpost", both)
    ben = a_day_and_ben_is_gone(portal)
    assert len(whole(both)[1]) > 40
    erase(both, ben, by="operator:olga", now=portal.clock.now(), chance=CHANCE)
    assert whole(both)[1] == whole(store)[1]
    assert findings(both) == []


# Who is on record, and when.


@pytest.mark.rule("GX-08")
def test_au_11_what_is_refused_is_on_record_and_fills_no_disk(store: SqlStore) -> None:
    portal = world("bpost", store)
    Day(portal).play()
    names = [each.event.name for each in store.records()]
    assert {"SignInFailed", "CommandRefused"} <= {*names}
    longest = max(len(each.event.subject) for each in store.records() if isinstance(each.event, SignInFailed))
    assert longest <= 254


@pytest.mark.rule("GX-08")
def test_au_12_a_clock_that_is_set_back_leaves_the_numbers_in_order(store: SqlStore) -> None:
    for hours in (0, -3, 1):
        store.commit(Unit(events=(refused(at=NOON + timedelta(hours=hours)),)))
    found = store.records(organisation=ACME)
    assert [each.place for each in found] == [1, 2, 3]
    assert [each.event.at.hour for each in found] == [12, 9, 13]
    assert findings(store) == []


@pytest.mark.rule("GX-08")
def test_au_13_whoever_acts_for_somebody_is_named_beside_him(store: SqlStore) -> None:
    """Nobody acts under another's name: the actor is `by`, and whom it concerns is `about`."""
    portal = world("bpost", store)
    ben = a_day_and_ben_is_gone(portal)
    by = {each.event.by for each in store.records(about=ben) if each.event.name == "UserDeactivated"}
    assert len(by) == 1
    assert ben not in by
    assert all(each.event.by for each in store.records())


@pytest.mark.rule("GX-08")
def test_au_10_the_record_of_one_organisation_has_nothing_of_another(store: SqlStore) -> None:
    Day(world("bpost", store)).play()
    for organisation in (ACME, PRINT):
        found = store.records(organisation=organisation)
        assert found
        assert {each.event.organisation for each in found} == {organisation}


# Erasing.


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def erased_from(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, Callable[[], str]]]:
    """A portal over each kind of store, and what gives back all that is kept in it."""
    if request.param == "memory":
        store = MemoryStore()
        yield world("bpost", store), lambda: repr([store.outbox(), store.records(), whole(store), store._kept])  # noqa: SLF001 - all of it
        return
    url = f"sqlite:///{tmp_path / 'p.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = create_engine(url)

    def everything() -> str:
        with engine.connect() as connection:
            return repr([connection.execute(table.select()).all() for table in METADATA.tables.values()])

    with closing(SqlStore(url)) as opened:
        yield world("bpost", opened), everything
    engine.dispose()


@pytest.mark.rule("GX-08", "BP-09")
def test_lc_08_an_erased_person_is_nowhere_and_his_row_and_record_stay(
    erased_from: tuple[World, Callable[[], str]],
) -> None:
    portal, everything = erased_from
    ben = a_day_and_ben_is_gone(portal)
    seal = sealed(portal.store)
    told = [(each.place, each.event.name, each.event.by, each.event.at) for each in portal.store.records(about=ben)]
    traces = ("ben@acme", "ben.peeters", "+32 2 000", "'ben'", '"ben"')
    assert {each for each in traces if each in everything()} >= {*traces[:3]}
    erased = erase(portal.store, ben, by="operator:olga", now=portal.clock.now(), chance=CHANCE)
    assert erased.records > 8
    assert {each for each in traces if each in everything()} == set()
    user = portal.view().user(ben)
    assert user
    assert (user.username, dict(user.details), user.email.domain) == ("", {}, "erased.invalid")
    after = portal.store.records(about=ben)
    kept = [(each.place, each.event.name, each.event.by, each.event.at) for each in after]
    assert [each for each in told if each not in kept] == []
    assert (after[-1].event.name, after[-1].event.by) == ("UserErased", "operator:olga")
    assert findings(portal.store, seal) == []


@pytest.mark.rule("GX-02")
def test_who_was_erased_never_comes_back_and_his_name_is_free() -> None:
    portal = world("bpost")
    ben = a_day_and_ben_is_gone(portal)
    erase(portal.store, ben, by="operator:olga", now=portal.clock.now(), chance=CHANCE)
    day = Day(portal)
    again = portal.execute(Member(user=UserId(_chief(portal))), Reactivate(user=ben))
    assert getattr(again, "codes", ()) == ("user-erased",)
    other = day.colleague(Member(user=UserId(_chief(portal))), ACME, "ben")
    assert other != ben
    assert portal.view().rights_of(other) == {}
    with pytest.raises(ErasureError, match="was erased already"):
        erase(portal.store, ben, by="operator:olga", now=portal.clock.now(), chance=CHANCE)


def _chief(portal: World) -> str:
    return next(each.event for each in portal.store.records() if isinstance(each.event, RightsGranted)).by


def test_only_whoever_is_gone_can_be_erased() -> None:
    portal = world("bpost")
    Day(portal).play()
    now = portal.clock.now()
    with pytest.raises(ErasureError, match="is active: deactivate him first"):
        erase(portal.store, _chief(portal), by="operator:olga", now=now, chance=CHANCE)
    with pytest.raises(ErasureError, match="no such user"):
        erase(portal.store, "u-nobody", by="operator:olga", now=now, chance=CHANCE)
    turned_down = next(each.event for each in portal.store.records() if each.event.name == "AccessRefused")
    assert erase(portal.store, turned_down.about, by="operator:olga", now=now, chance=CHANCE).records > 0


@pytest.mark.rule("GX-08")
def test_a_refusal_of_one_who_typed_a_name_is_erased_in_whichever_way_he_typed_it() -> None:
    portal = world("bpost")
    ben = a_day_and_ben_is_gone(portal)
    typed = CommandRefused(
        organisation=OrganisationId(""), by="visitor", at=NOON, command="x", codes=("y",), subject=" BEN@ACME.example"
    )
    portal.store.commit(Unit(events=(typed,)))
    erase(portal.store, ben, by="operator:olga", now=portal.clock.now(), chance=CHANCE)
    assert "BEN@" not in repr(portal.store.records())
