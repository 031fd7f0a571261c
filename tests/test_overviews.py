"""Overviews: who may take which, what stands in them, and that whoever took one is on record."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.adapters.day import ACME, PRINT, Day

from partnerauth.addresses import EmailAddress
from partnerauth.decision import Refused
from partnerauth.entities import Actor, Member, Operator, OrganisationId, System, UserId
from partnerauth.events import CommandRefused, OverviewTaken, UserCreated
from partnerauth.overviews import Name, Overview, of_record, shown, take, worded
from partnerauth.ports import Recorded
from partnerauth.testing.clockwork import World, world

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
NAMES: tuple[Name, ...] = ("users", "rights", "record")


@pytest.fixture(scope="module")
def portal() -> World:
    found = world("bpost")
    Day(found).play()
    return found


def someone(portal: World, organisation: OrganisationId, username: str) -> UserId:
    return next(user.id for user in portal.view().users(organisation) if user.username == username)


def taken(portal: World, actor: Member | Operator | System, name: Name, organisation: str = "") -> Overview:
    found = take(portal, actor, name, form="csv", organisation=organisation)
    assert isinstance(found, Overview)
    return found


@pytest.mark.rule("KP-13", "BP-08")
def test_the_users_of_an_organisation_with_state_and_creator(portal: World) -> None:
    found = taken(portal, Operator(name="olga"), "users", ACME)
    rows = {row[2]: dict(zip(found.columns, row, strict=True)) for row in found.rows}
    assert rows["ben"]["name"] == "Jo Peeters"
    assert rows["ben"]["created by"] == "chief-acme"
    assert rows["mallory"]["state"] == "rejected"
    assert "manage-users" in rows["chief-acme"]["management rights"]


@pytest.mark.rule("KP-13")
def test_the_rights_of_an_organisation_one_a_row(portal: World) -> None:
    found = taken(portal, Operator(), "rights", ACME)
    named = {(row[2], row[4], row[5], row[6]) for row in found.rows}
    assert ("chief-acme", "acme/hq", "emasspost", "creation") in named
    assert {row[0] for row in found.rows} == {ACME}
    everybody = taken(portal, Operator(), "rights")
    assert {row[0] for row in everybody.rows} == {ACME, PRINT}


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("name", NAMES)
def test_au_14_whoever_takes_an_overview_is_on_record(portal: World, name: Name) -> None:
    chief = someone(portal, ACME, "chief-acme")
    for actor, by in ((Operator(name="olga"), "operator:olga"), (Member(user=chief), chief)):
        found = taken(portal, actor, name, ACME)
        event = portal.store.records(organisation=ACME)[-1].event
        assert event == OverviewTaken(organisation=ACME, by=by, at=found.at, overview=name, form="csv")


@pytest.mark.rule("GX-01", "GX-08")
@pytest.mark.parametrize("name", NAMES)
def test_au_10_an_administrator_takes_what_is_his_own_organisations(portal: World, name: Name) -> None:
    chief, ben = someone(portal, ACME, "chief-acme"), someone(portal, ACME, "ben")
    other = someone(portal, PRINT, "pia")
    found = taken(portal, Member(user=chief), name, ACME)
    assert {row[0] for row in found.rows} == {ACME}
    refusals: list[tuple[Member, str, str]] = [
        (Member(user=chief), PRINT, "other-organisation"),
        (Member(user=chief), "", "other-organisation"),
        (Member(user=chief), "nobody", "other-organisation"),
        (Member(user=other), PRINT, "management-right-missing"),
        (Member(user=UserId("u-x")), ACME, "sign-in-required"),
        (Member(session="no-such-session"), ACME, "sign-in-required"),
    ]
    assert ben != chief
    for actor, organisation, code in refusals:
        refused = take(portal, actor, name, form="csv", organisation=organisation)
        assert isinstance(refused, Refused)
        assert refused.codes == (code,)
        event = portal.store.records()[-1].event
        assert isinstance(event, CommandRefused)
        assert (event.command, event.codes) == ("take-overview", (code,))


def test_lc_07_who_was_deactivated_takes_no_overview() -> None:
    portal = world("bpost")
    Day(portal).play()
    turned_down = someone(portal, ACME, "mallory")
    refused = take(portal, Member(user=turned_down), "users", form="csv", organisation=ACME)
    assert isinstance(refused, Refused)
    assert refused.codes == ("approval-rejected",)


def record(*events: Recorded) -> tuple[tuple[str, ...], ...]:
    return of_record(events, NOON).rows


def created(username: str, hour: int = 12) -> UserCreated:
    return UserCreated(
        organisation=ACME,
        by="u-anna",
        at=NOON.replace(hour=hour),
        user=UserId("u-ben"),
        email=EmailAddress("Ben@acme.example", "ben", "acme.example"),
        username=username,
        details=MappingProxyType({"last-name": "O'Dor", "phone": ""}),
    )


@pytest.mark.rule("GX-08")
def test_the_record_tells_who_what_when_about_whom() -> None:
    rows = record(Recorded(position=7, event=created("ben"), place=3))
    told = 'email=Ben@acme.example username=ben details=[last-name: "O\'Dor", phone: ""]'
    assert rows == ((ACME, "3", "2026-03-29 12:00:00", "u-anna", "UserCreated", "u-ben", told, ""),)


@pytest.mark.rule("GX-08")
def test_au_12_a_clock_that_was_set_back_is_noted() -> None:
    events = [Recorded(position=each, event=created("b", hour), place=each) for each, hour in ((1, 9), (2, 8), (3, 8))]
    assert [(row[1], row[-1]) for row in record(*events)] == [("1", ""), ("2", "clock set back"), ("3", "")]
    assert record(Recorded(position=1, event=created("b"), place=1, is_erased=True))[0][-1] == "personal data erased"


FORGED = 'ben" by=u-olga\nacme 9  2026-01-01 00:00:00  UserErased\r\x1b[2J\u202e\u2066 \u2028\u200b'


@pytest.mark.rule("GX-08")
def test_au_08_no_name_forges_a_line_or_a_field() -> None:
    told = worded(created(FORGED))
    assert told.count(" by=u-olga") == 1
    assert r'username="ben\" by=u-olga\nacme 9' in told
    assert shown(told).isprintable()
    assert "\x1b" not in shown(FORGED)


@pytest.mark.rule("GX-08")
@given(st.text(st.characters(exclude_categories=())))
def test_au_08_what_is_shown_is_one_line_that_is_seen(text: str) -> None:
    assert len(f"{shown(text)}\n".splitlines()) == 1
    assert shown(text).encode("utf-8", "strict").decode() == shown(text)
    assert shown(shown(text)) == shown(text)


@given(st.text(), st.text())
def test_no_two_values_are_told_alike(one: str, other: str) -> None:
    assert (worded(created(one)) == worded(created(other))) == (one == other)


def test_everybody_who_may_act_is_asked_about(portal: World) -> None:
    actors: list[Actor] = [System(name="backup"), Operator()]
    for actor in actors:
        assert isinstance(actor, Operator | System)
        assert taken(portal, actor, "users").rows
