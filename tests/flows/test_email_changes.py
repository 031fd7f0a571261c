"""Flows: a user asks to be known by another address, and confirms it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town, bpost

from partnerauth.entities import Member, State
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut

NEW = "benoit@acme.example"


def asked(town: Town, email: str = NEW) -> str:
    town.accepts("ben", ChangeEmail, email=email)
    return town.mailed(email)


@pytest.mark.rule("GX-11", "BP-11")
def test_nothing_changes_before_the_new_address_is_confirmed(acme: Town) -> None:
    token = asked(acme)
    assert acme.user("ben").email.original == "ben@acme.example"
    assert acme.mails(NEW)[-1].template == "confirm-email"
    acme.accepts(VISITOR, ConfirmEmail, token=token)
    assert acme.user("ben").email.original == NEW
    assert [mail.template for mail in acme.mails("ben@acme.example")] == ["email-changed"]
    assert acme.recorded("ben") == ["EmailChangeRequested", "EmailChanged"]


@pytest.mark.rule("GX-04", "GX-11")
def test_the_old_address_is_free_and_the_user_name_stays(acme: Town) -> None:
    acme.accepts(VISITOR, ConfirmEmail, token=asked(acme))
    for identifier in ("ben", NEW):
        acme.accepts(VISITOR, SignIn, identifier=identifier, password="Winter-Tram-62")
    assert acme.codes(VISITOR, SignIn, identifier="ben@acme.example", password="Winter-Tram-62") == ("wrong-password",)
    details = {"username": "B2", "gender": "man", "first-name": "B", "last-name": "C", "email": "ben@acme.example"}
    acme.accepts("mia", CreateUser, details=details)


@pytest.mark.rule("GX-12")
def test_another_spelling_of_ones_own_address_is_no_other_address(acme: Town) -> None:
    acme.accepts(VISITOR, ConfirmEmail, token=asked(acme, "Ben@ACME.example"))
    assert acme.user("ben").email.original == "Ben@ACME.example"
    acme.accepts(VISITOR, SignIn, identifier="ben@acme.example", password="Winter-Tram-62")


@pytest.mark.rule("GX-04")
def test_a_confirmed_address_ends_sessions_and_links(acme: Town) -> None:
    acme.person("rob", management=["reset-password"], password="Winter-Tram-65")
    session = acme.accepts(VISITOR, SignIn, identifier="rob", password="Winter-Tram-65").session
    acme.accepts(VISITOR, RequestReset, identifier="rob")
    reset = acme.mailed("rob@acme.example")
    acme.accepts("rob", ChangeEmail, email="robert@acme.example")
    acme.accepts(VISITOR, ConfirmEmail, token=acme.mailed("robert@acme.example"))
    assert acme.codes(VISITOR, ResetPassword, token=reset, password="Zomer-Trein-9") == ("link-unknown",)
    assert acme.codes(Member(session=session), SignOut) == ("sign-in-required",)


@pytest.mark.rule("GX-04")
def test_a_link_is_used_expired_replaced_or_invented(acme: Town) -> None:
    older, newer = asked(acme), asked(acme)
    assert acme.refuses(VISITOR, ConfirmEmail, token=older) == {"link-unknown": {}}
    acme.clock.advance(timedelta(hours=24))
    assert acme.refuses(VISITOR, ConfirmEmail, token=newer) == {"link-expired": {}}
    newest = asked(acme)
    acme.clock.advance(timedelta(hours=24) - timedelta(microseconds=1))
    acme.accepts(VISITOR, ConfirmEmail, token=newest)
    assert acme.refuses(VISITOR, ConfirmEmail, token=newest) == {"link-used": {}}
    assert acme.refuses(VISITOR, ConfirmEmail, token="invented") == {"link-unknown": {}}


@pytest.mark.rule("GX-11")
def test_what_is_no_address_is_refused(acme: Town) -> None:
    for email in ("", "ben", "ben@", "a@b@c.example", "ben@acme.example,eve@evil.example"):
        assert acme.refuses("ben", ChangeEmail, email=email) == {"email-malformed": {}}


@pytest.mark.rule("GX-03", "GX-12")
def test_of_somebody_elses_address_nothing_is_told(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    for email in ("gert@globex.example", "mia@acme.example"):
        answer = acme.accepts("ben", ChangeEmail, email=email)
        assert [mail.template for mail in answer.mails] == ["already-registered"]
        assert acme.mails(email)[-1].token == ""
    assert acme.recorded("ben") == ["already-exists", "already-exists"]


@pytest.mark.rule("GX-12")
def test_an_address_that_was_taken_meanwhile_is_not_confirmed(acme: Town) -> None:
    token = asked(acme)
    details = {"username": "B2", "gender": "man", "first-name": "B", "last-name": "C", "email": NEW}
    acme.accepts("mia", CreateUser, details=details)
    assert acme.refuses(VISITOR, ConfirmEmail, token=token) == {"already-exists": {"name": NEW}}


@pytest.mark.rule("GX-02")
def test_whoever_was_deactivated_confirms_nothing(acme: Town) -> None:
    token = asked(acme)
    acme.accepts(OPERATOR, Deactivate, user="ben")
    assert acme.codes(VISITOR, ConfirmEmail, token=token) == ("link-unknown",)


@pytest.mark.rule("GX-02")
def test_whoever_is_no_longer_active_confirms_nothing(acme: Town) -> None:
    token = asked(acme)
    acme.watched.place(replace(acme.user("ben"), state=State.REJECTED))
    assert acme.codes(VISITOR, ConfirmEmail, token=token) == ("approval-rejected",)


@pytest.mark.rule("GX-11", "KP-05")
def test_a_portal_may_keep_addresses_within_their_domain() -> None:
    town = Town(bpost().model_copy(update={"email_change": "same-domain", "email_spelling": "lowercase-only"}))
    town.company("acme")
    town.person("ben")
    assert town.refuses("ben", ChangeEmail, email="Ben@home.example") == {
        "email-not-lowercase": {},
        "domain-mismatch": {"domain": "home.example", "expected": ("acme.example",)},
    }
    asked(town)
