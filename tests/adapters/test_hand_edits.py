"""Tables that somebody edits by hand: refused by the database, or read as denied, or told; never an allow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from tests.adapters.day import ACME, FIRST, HQ, OPERATOR, POST, VISITOR, Day

from partnerauth.adapters.sql import SqlStore
from partnerauth.decision import Accepted
from partnerauth.entities import Member, UserId
from partnerauth.flows.grant import Grant
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.ports import StoreError
from partnerauth.testing.clockwork import World, world


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    with closing(SqlStore(database_url)) as opened:
        yield opened


@pytest.fixture
def portal(store: SqlStore) -> World:
    """A portal with an administrator, `chief-acme`."""
    opened = world("bpost", store)
    day = Day(opened)
    day.open()
    day.administrator(ACME)
    return opened


def edit(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


TAKEN_AWAY = {
    "no application": "UPDATE partnerauth_account SET applications = '[]'",
    "no such right": "UPDATE partnerauth_selection_element SET name = 'fly' WHERE name = 'creation'",
    "no such kind": "UPDATE partnerauth_selection_element SET kind = 'wish' WHERE name = 'creation'",
    "another letter": "UPDATE partnerauth_selection_element SET name = 'CREATION' WHERE name = 'creation'",
    "nothing selected": "DELETE FROM partnerauth_selection",
    "deactivated": "UPDATE partnerauth_user SET state = 'deactivated'",
    "contracts that are none": "UPDATE partnerauth_account SET contracts = '{'",
    "applications that are none": "UPDATE partnerauth_account SET applications = '7'",
    "options that are none": "UPDATE partnerauth_organisation SET options = 'ftp'",
    "details that are none": "UPDATE partnerauth_user SET details = '[]'",
}
"""Edits after which nothing may be allowed."""

OF_ANOTHER_TYPE = {
    "a time that is none": "UPDATE partnerauth_selection_element SET at = 'soon'",
    "a time as a number": "UPDATE partnerauth_selection_element SET at = 7",
    "bytes as a name": "UPDATE partnerauth_selection_element SET name = x'ff00' WHERE name = 'creation'",
    "a password for ever": "UPDATE partnerauth_credential SET temporary_until = 'never'",
}
"""What SQLite keeps in a column of any type (CC-13), and PostgreSQL refuses."""


def may(portal: World) -> bool:
    """Whether the administrator may still, in a process that starts after the edit; what is not readable is no yes."""
    with suppress(StoreError):
        return world("bpost", portal.store).view().can(_chief(portal), POST, "creation", account=HQ)
    return False


def _chief(portal: World) -> UserId:
    for each in portal.store.records(organisation=ACME):
        if each.event.name == "AccessGranted":
            return UserId(each.event.about)
    raise LookupError


@pytest.mark.rule("GX-01")
@pytest.mark.parametrize("statement", TAKEN_AWAY.values(), ids=TAKEN_AWAY)
def test_cc_13_what_is_edited_into_something_impossible_is_no_yes(portal: World, statement: str) -> None:
    assert isinstance(portal.store, SqlStore)
    assert may(portal)
    edit(portal.store.engine, statement)
    assert not may(portal)


@pytest.mark.rule("GX-01")
@pytest.mark.parametrize("statement", OF_ANOTHER_TYPE.values(), ids=OF_ANOTHER_TYPE)
def test_cc_13_what_has_another_type_is_refused_or_no_yes(portal: World, statement: str) -> None:
    assert isinstance(portal.store, SqlStore)
    try:
        edit(portal.store.engine, statement)
    except DBAPIError:
        assert may(portal)
    else:
        assert not may(portal)


def test_what_cannot_be_read_is_told_with_what_to_do_and_without_its_value(portal: World) -> None:
    assert isinstance(portal.store, SqlStore)
    edit(portal.store.engine, "UPDATE partnerauth_account SET contracts = '{secret'")
    command = SetOption(organisation=ACME, option="ftp", enabled=True)
    given = Grant(user=_chief(portal), application=POST, account=HQ, rights=("creation",))
    told = r"something in it was changed by hand and cannot be read \(\w+\); undo that, or restore a copy$"
    with pytest.raises(StoreError, match=told) as error:
        portal.execute(OPERATOR, given)
    assert "secret" not in str(error.value)
    edit(portal.store.engine, "UPDATE partnerauth_account SET contracts = '{}'")
    assert isinstance(portal.execute(OPERATOR, command), Accepted)


HASHES = ["''", "'nonsense'", "'$argon2id$v=19$m=8,t=1,p=1$'", "'$2b$12$abcdefghijklmnopqrstuv'"]


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize("hashed", HASHES)
def test_a_hash_that_is_none_lets_nobody_in(portal: World, hashed: str) -> None:
    assert isinstance(portal.store, SqlStore)
    edit(portal.store.engine, f"UPDATE partnerauth_credential SET password_hash = {hashed}")  # noqa: S608 - of our own
    for password in (FIRST, type(FIRST)("")):
        answer = portal.execute(VISITOR, SignIn(identifier="chief-acme", password=password))
        assert not isinstance(answer, Accepted)


@pytest.mark.rule("GX-02")
def test_a_session_that_is_moved_to_another_user_by_hand_ends_with_his_epoch(portal: World) -> None:
    session = portal.execute(VISITOR, SignIn(identifier="chief-acme", password=FIRST))
    assert isinstance(session, Accepted)
    assert isinstance(portal.store, SqlStore)
    edit(portal.store.engine, "UPDATE partnerauth_session SET epoch = epoch + 1")
    answer = portal.execute(Member(session=session.session), Grant(user=_chief(portal), application=POST, account=HQ))
    assert not isinstance(answer, Accepted)


@pytest.mark.rule("GX-12")
def test_cc_14_no_name_is_made_equal_by_the_database(store: SqlStore) -> None:
    insert = "INSERT INTO partnerauth_attempts (revision, arrival, key, wrong, blocks) VALUES (1, 1, '{}', 0, 0)"
    for key in ("m\u00fcller", "M\u00dcLLER", "mu\u0308ller", "m\u00fcller "):
        edit(store.engine, insert.format(key))
    with pytest.raises(DBAPIError):
        edit(store.engine, insert.format("m\u00fcller"))
