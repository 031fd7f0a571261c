"""Several processes over one database: what one has committed, the next view of every other one knows (CC-20)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from tests.adapters.revocations import tried
from tests.postgres import Server

from partnerauth.adapters.sql import SqlStore, writing
from partnerauth.directory import UserById
from partnerauth.entities import User
from partnerauth.ports import Mark, Unit
from partnerauth.testing.stores import ANNA, DORA, PIA, PRINT, WORLD, refused, unit_of

LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    with closing(SqlStore(database_url)) as opened:
        opened.commit(unit_of(opened, *WORLD))
        yield opened


@pytest.fixture
def on_postgresql(postgres_url: str) -> Iterator[SqlStore]:
    with closing(SqlStore(postgres_url)) as opened:
        opened.commit(unit_of(opened, *WORLD))
        yield opened


@pytest.mark.rule("GX-02")
def test_cc_20_what_one_process_revokes_no_other_allows_a_moment_later(database_url: str) -> None:
    outcome = tried(database_url, rounds=25)
    assert (outcome.answers, outcome.late, outcome.missed) == (50, 0, 0)


# Marks.


def told(store: SqlStore, mark: Mark) -> tuple[set[str], Mark]:
    """Whom changes since a mark are of, and the mark that they led to."""
    changes = store.changes_since(mark)
    assert changes.keys is not None
    return {key.id for key in changes.keys if isinstance(key, UserById)}, changes.mark


def mark_of_a_quiet_server(store: SqlStore) -> Mark:
    """Return a mark that names no open transaction: on PostgreSQL those of other tests' databases count, too."""
    last = time.monotonic() + 30
    while not (mark := store.changes_since(None).mark).endswith(":") and "/" in mark:
        assert time.monotonic() < last
        time.sleep(0.02)
    return mark


def forgets_until(store: SqlStore, is_done: Callable[[], bool]) -> None:
    """Forget changes: on PostgreSQL only once no older transaction is open, in any database of the server."""
    last = time.monotonic() + 30
    while not is_done():
        assert time.monotonic() < last
        time.sleep(0.05)
        store.forget_changes(LATER)


def about(store: SqlStore, identity: str) -> Unit:
    """A unit that changes a user."""
    (user,) = (each for each in WORLD if isinstance(each, User) and each.id == identity)
    return unit_of(store, replace(user, notifications=not user.notifications), events=(refused(),))


def test_cc_20_a_commit_that_ends_after_a_later_one_is_told_all_the_same(on_postgresql: SqlStore) -> None:
    store = on_postgresql
    mark = store.changes_since(None).mark
    with store.engine.connect() as slow, slow.begin() as theirs:
        # Another organisation's, and events on another chain: nothing that the two have to wait for each other.
        first = writing.store(slow, replace(about(store, PIA), events=(refused(organisation=PRINT),)))
        assert store.commit(about(store, ANNA)) > first
        heard, mark = told(store, mark)
        assert heard == {ANNA}
        assert store.commit(about(store, DORA)) > first
        theirs.commit()
    heard, mark = told(store, mark)
    assert heard == {DORA, PIA}
    assert told(store, mark)[0] == set()


def test_cc_20_what_is_done_within_savepoints_is_told_once_all_of_it_is_committed(on_postgresql: SqlStore) -> None:
    store = on_postgresql
    mark = store.changes_since(None).mark
    with store.engine.connect() as mine, mine.begin() as all_of_it:
        with mine.begin_nested() as undone:
            writing.store(mine, about(store, ANNA))
            undone.rollback()
        with mine.begin_nested():
            writing.store(mine, about(store, DORA))
        heard, mark = told(store, mark)
        assert heard == set()
        all_of_it.commit()
    assert told(store, mark)[0] == {DORA}


def test_a_mark_of_another_database_says_that_anything_may_have_changed(postgres: Server) -> None:
    with ExitStack() as opened:
        urls = [opened.enter_context(postgres.database()) for _ in range(2)]
        one, other = (opened.enter_context(closing(SqlStore(url))) for url in urls)
        mark = one.changes_since(None).mark
        assert one.changes_since(mark).keys == ()
        assert other.changes_since(mark).keys is None
        assert other.changes_since(other.changes_since(mark).mark).keys == ()


def test_numbers_that_a_dump_brought_from_another_server_change_nothing(on_postgresql: SqlStore) -> None:
    store = on_postgresql
    mark = store.changes_since(None).mark
    with store.engine.begin() as theirs:
        theirs.execute(text("UPDATE partnerauth_change SET transaction = transaction + 1000000000"))
        theirs.execute(text("UPDATE partnerauth_meta SET forgotten = 1000000000"))
    assert told(store, mark)[0] == set()
    store.commit(about(store, ANNA))
    assert told(store, mark)[0] == {ANNA}


def test_a_copy_of_a_file_that_has_gone_another_way_is_read_anew(tmp_path: Path) -> None:
    here, copy = tmp_path / "portal.db", tmp_path / "copy.db"
    with closing(SqlStore(f"sqlite:///{here}")) as store:
        store.commit(unit_of(store, *WORLD))
    copy.write_bytes(here.read_bytes())
    with closing(SqlStore(f"sqlite:///{here}")) as one, closing(SqlStore(f"sqlite:///{copy}")) as other:
        same = one.changes_since(None).mark
        assert other.changes_since(same).keys == ()
        one.commit(about(one, ANNA))
        mark = one.changes_since(same).mark
        for _ in range(2):
            other.commit(about(other, DORA))
        # The copy has a change of the same position, and later ones; but not this one.
        assert other.changes_since(mark).keys is None


# Forgetting.


def test_changes_are_forgotten_up_to_a_moment_and_older_marks_start_anew(store: SqlStore) -> None:
    old = store.changes_since(None).mark
    store.commit(about(store, ANNA))
    assert store.forget_changes(LATER - timedelta(days=2)) == 0
    assert told(store, old)[0] == {ANNA}
    store.commit(about(store, DORA))
    new = mark_of_a_quiet_server(store)
    forgets_until(store, lambda: store.changes_since(old).keys is None)
    assert told(store, new)[0] == set()
    store.commit(about(store, ANNA))
    assert told(store, new)[0] == {ANNA}
    assert told(store, store.changes_since(old).mark)[0] == set()
    assert store.read([UserById(ANNA)]).values[UserById(ANNA)] is not None


def test_nothing_is_forgotten_that_somebody_may_not_see_yet(on_postgresql: SqlStore) -> None:
    store = on_postgresql
    mark = store.changes_since(None).mark
    with store.engine.connect() as slow, slow.begin() as theirs:
        writing.store(slow, about(store, ANNA))
        store.forget_changes(LATER)
        assert told(store, store.changes_since(mark).mark)[0] == set()
        theirs.commit()
    assert told(store, store.changes_since(None).mark)[0] == set()
    forgets_until(store, lambda: store.changes_since(mark).keys is None)


# Positions.


def test_au_06_positions_rise_within_an_organisation_and_within_a_row(store: SqlStore) -> None:
    positions = [store.commit(about(store, identity)) for identity in (ANNA, DORA, ANNA, PIA, ANNA)]
    assert positions == sorted(set(positions))
    assert store.read([UserById(ANNA)]).revisions == {UserById(ANNA): positions[-1]}


def test_one_organisation_does_not_wait_for_the_open_transaction_of_another(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with closing(SqlStore(postgres_url, patience=0.5)) as store:
        store.commit(unit_of(store, *WORLD))
        mark = store.changes_since(None).mark
        with engine.connect() as slow, slow.begin():
            writing.store(slow, replace(about(store, PIA), events=(refused(organisation=PRINT),)))
            store.commit(about(store, ANNA))
        heard = told(store, mark)[0]
    engine.dispose()
    assert heard == {ANNA, PIA}
