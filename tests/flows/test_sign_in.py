"""Flows: signing in with a password, and signing out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.flows.town import INACTIVE, OPERATOR, VISITOR, Town

from partnerauth.adapters.argon2 import Argon2Hasher
from partnerauth.entities import Attempts, Credential, Member, State
from partnerauth.events import SignInFailed
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.flows.update_details import UpdateDetails


def signed_in(town: Town, name: str = "ben", password: str = "Winter-Tram-62", **more: object) -> Member:
    """Sign in; return the member that the browser is from then on."""
    answer = town.accepts(VISITOR, SignIn, identifier=name, password=password, **more)
    assert answer.session
    return Member(session=answer.session)


@pytest.mark.rule("GX-02", "GX-12")
@pytest.mark.parametrize("identifier", ["BEN", "ben", " Ben ", "ben@acme.example", "BEN@ACME.example"])
def test_a_user_signs_in_by_name_or_address_as_people_see_it(acme: Town, identifier: str) -> None:
    member = signed_in(acme, identifier, browser="laptop")
    assert acme.view().signed_in("laptop") == "ben"
    acme.accepts(member, UpdateDetails, details={"phone": "1"})
    assert acme.newest.by == "ben"


@pytest.mark.rule("GX-03")
def test_a_wrong_password_and_an_unknown_name_are_one_answer(acme: Town) -> None:
    for identifier in ("ben", "nobody", "", "no such @", "nobody@acme.example", "x" * 300):
        assert acme.refuses(VISITOR, SignIn, identifier=identifier, password="wrong") == {"wrong-password": {}}


@pytest.mark.rule("GX-02", "GX-03")
@pytest.mark.parametrize(("state", "code"), INACTIVE)
def test_only_the_right_password_learns_the_state(acme: Town, state: State, code: str) -> None:
    acme.person("dee", state=state, password="Winter-Tram-64")
    assert acme.codes(VISITOR, SignIn, identifier="dee", password="wrong") == ("wrong-password",)
    facts = acme.refuses(VISITOR, SignIn, identifier="dee", password="Winter-Tram-64")
    assert facts == {code: {"state": state.value} if code == "user-inactive" else {}}


@pytest.mark.rule("GX-05")
def test_the_sixth_try_waits_even_with_the_right_password(acme: Town) -> None:
    for _ in range(5):
        assert acme.codes(VISITOR, SignIn, identifier="ben", password="wrong") == ("wrong-password",)
    assert acme.refuses(VISITOR, SignIn, identifier="ben@acme.example", password="Winter-Tram-62") == {
        "too-many-attempts": {"seconds": 900}
    }
    acme.clock.advance(timedelta(minutes=14, seconds=59))
    assert acme.refuses(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62") == {
        "too-many-attempts": {"seconds": 1}
    }
    acme.clock.advance(timedelta(seconds=1))
    signed_in(acme)


@pytest.mark.rule("GX-05")
def test_the_delay_grows_and_never_locks_a_user_out_for_good(acme: Town) -> None:
    waits = []
    for _ in range(5):
        while "too-many-attempts" not in (facts := acme.refuses(VISITOR, SignIn, identifier="ben", password="wrong")):
            pass
        seconds = facts["too-many-attempts"]["seconds"]
        assert isinstance(seconds, int)
        waits.append(seconds)
        acme.clock.advance(timedelta(seconds=seconds))
    assert waits == [900, 1800, 3600, 3600, 3600]
    signed_in(acme)


@pytest.mark.rule("GX-05")
def test_wrong_guesses_are_forgotten_after_the_window(acme: Town) -> None:
    for _ in range(3):
        for _ in range(4):
            acme.codes(VISITOR, SignIn, identifier="ben", password="wrong")
        acme.clock.advance(timedelta(minutes=15))
    signed_in(acme)


@pytest.mark.rule("GX-05")
def test_twenty_wrong_ones_from_one_source_stop_that_source_alone(acme: Town) -> None:
    for number in range(20):
        fields = {"identifier": f"name{number}", "password": "wrong", "source": "192.0.2.7"}
        assert acme.codes(VISITOR, SignIn, **fields) == ("wrong-password",)
    blocked = {"identifier": "ben", "password": "Winter-Tram-62"}
    assert acme.codes(VISITOR, SignIn, **blocked, source="192.0.2.7") == ("too-many-attempts",)
    acme.accepts(VISITOR, SignIn, **blocked, source="192.0.2.8")


@pytest.mark.rule("GX-05")
def test_a_right_password_is_no_guess_whether_or_not_it_lets_in(acme: Town) -> None:
    acme.person("dee", state=State.DEACTIVATED, password="Winter-Tram-64")
    for _ in range(25):
        assert acme.codes(VISITOR, SignIn, identifier="dee", password="Winter-Tram-64") == ("user-inactive",)
        signed_in(acme)


@pytest.mark.rule("GX-05")
def test_ds_14_whoever_knows_his_password_leaves_no_counter_behind(acme: Town) -> None:
    for number in range(3):
        signed_in(acme, source=f"192.0.2.{number}")
    acme.codes(VISITOR, SignIn, identifier="ben", password="wrong", source="198.51.100.7")
    signed_in(acme)
    kept = {key: row for unit in acme.watched.units for key, row in unit.changes.items()}
    assert [row.key for row in kept.values() if isinstance(row, Attempts)] == ["source:198.51.100.7"]


@pytest.mark.rule("GX-08")
def test_a_failed_sign_in_is_on_record_under_the_user_or_what_was_typed(acme: Town) -> None:
    acme.codes(VISITOR, SignIn, identifier="Ben", password="wrong", source="192.0.2.7")
    event = acme.newest
    assert isinstance(event, SignInFailed)
    assert (event.about, event.organisation, event.source, event.by) == ("ben", "acme", "192.0.2.7", "visitor")
    acme.codes(VISITOR, SignIn, identifier="Nobody", password="wrong")
    event = acme.newest
    assert (event.about, event.organisation) == ("nobody", "")


@pytest.mark.rule("GX-06")
def test_a_hash_is_made_anew_when_the_parameters_rise(acme: Town) -> None:
    hashes = []
    for cost in ((1, 8, 1), (2, 8, 1)):
        acme.ports = replace(acme.ports, hasher=Argon2Hasher(*cost))
        for _ in range(2):
            answer = acme.accepts(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62")
            hashes += [row.password_hash.split("$")[3] for row in answer.keeps if isinstance(row, Credential)]
    assert hashes == ["m=8,t=1,p=1"] * 2 + ["m=8,t=2,p=1"] * 2
    signed_in(acme)


@pytest.mark.rule("GX-02")
def test_a_session_lasts_its_time(acme: Town) -> None:
    member = signed_in(acme, browser="laptop")
    staying = signed_in(acme, browser="phone", stay=True)
    acme.clock.advance(acme.portal.sign_in.lasts - timedelta(seconds=1))
    acme.accepts(member, UpdateDetails, details={"phone": "1"})
    acme.clock.advance(timedelta(seconds=1))
    assert acme.codes(member, UpdateDetails, details={"phone": "2"}) == ("sign-in-required",)
    assert acme.view().signed_in("laptop") is None
    acme.accepts(staying, UpdateDetails, details={"phone": "3"})
    acme.clock.advance(acme.portal.sign_in.stays)
    assert acme.codes(staying, UpdateDetails, details={"phone": "4"}) == ("sign-in-required",)


def test_two_users_share_a_browser_here(acme: Town) -> None:
    ben, mia = signed_in(acme, browser="b"), signed_in(acme, "mia", "Winter-Tram-63", browser="b")
    acme.accepts(ben, UpdateDetails, details={"phone": "1"})
    acme.accepts(mia, UpdateDetails, details={"phone": "1"})


@pytest.mark.rule("GX-02")
def test_whoever_signs_out_is_signed_out_of_that_browser_alone(acme: Town) -> None:
    laptop, phone = signed_in(acme, browser="laptop"), signed_in(acme, browser="phone")
    mia = signed_in(acme, "mia", "Winter-Tram-63", browser="laptop")
    acme.accepts(laptop, SignOut, browser="laptop")
    assert acme.codes(laptop, SignOut, browser="laptop") == ("sign-in-required",)
    acme.accepts(phone, UpdateDetails, details={"phone": "1"})
    acme.accepts(mia, UpdateDetails, details={"phone": "1"})
    acme.accepts(phone, SignOut, browser="laptop")
    acme.accepts("ben", SignOut, browser="nowhere")


@pytest.mark.rule("GX-02")
def test_a_session_of_nobody_or_of_somebody_who_left_is_none(acme: Town) -> None:
    member = signed_in(acme)
    assert acme.codes(Member(session="invented"), SignOut) == ("sign-in-required",)
    assert acme.codes(Member(), SignOut) == ("sign-in-required",)
    assert acme.codes("nobody", SignOut) == ("sign-in-required",)
    acme.accepts(OPERATOR, Deactivate, user="ben")
    assert acme.refuses(member, SignOut) == {"user-inactive": {"state": "deactivated"}}
