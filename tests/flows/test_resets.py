"""Flows: a visitor has forgotten his password, and sets a new one with the link that he was mailed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town, bpost

from partnerauth.entities import Credential, Member, State, Token
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut

NEW = "Zomer-Trein-9"


@pytest.fixture
def rob(acme: Town) -> Town:
    """The town with somebody who may reset his own password."""
    acme.person("rob", management=["reset-password"], password="Winter-Tram-65")
    return acme


def asked(town: Town, identifier: str = "rob") -> str:
    """Ask for a link; return the secret in the mail."""
    town.accepts(VISITOR, RequestReset, identifier=identifier)
    return town.mailed("rob@acme.example")


@pytest.mark.rule("BP-16")
@pytest.mark.parametrize("identifier", ["ROB", "rob", "rob@acme.example", "Rob@ACME.example"])
def test_name_or_address_bring_the_user_name_and_a_link(rob: Town, identifier: str) -> None:
    token = asked(rob, identifier)
    mail = rob.mails("rob@acme.example")[-1]
    assert (mail.template, mail.facts["username"]) == ("password-reset", "ROB")
    rob.accepts(VISITOR, ResetPassword, token=token, password=NEW, confirm=NEW)
    rob.accepts(VISITOR, SignIn, identifier="rob", password=NEW)
    assert rob.recorded("rob") == ["ResetRequested", "PasswordReset", "SignedIn"]


@pytest.mark.rule("BP-16", "GX-03")
def test_who_was_not_given_the_right_gets_a_mail_without_a_link(rob: Town) -> None:
    rob.accepts(VISITOR, RequestReset, identifier="ben")
    assert [(mail.template, mail.token) for mail in rob.mails("ben@acme.example")] == [("reset-not-permitted", "")]
    assert rob.recorded("ben") == ["reset-not-permitted"]


@pytest.mark.rule("BP-16", "GX-03")
def test_the_visitor_is_told_the_same_whoever_he_is(rob: Town) -> None:
    rob.person("dee", state=State.DEACTIVATED, management=["reset-password"])
    rob.person("pam", state=State.PENDING, management=["reset-password"])
    answers = [
        rob.accepts(VISITOR, RequestReset, identifier=identifier)
        for identifier in ("rob", "ben", "dee", "pam", "nobody", "nobody@acme.example", "", "a @ b")
    ]
    assert {answer.created for answer in answers} == {None}
    assert {answer.session for answer in answers} == {""}
    assert len({answer.notices for answer in answers}) == 1
    assert [len(answer.mails) for answer in answers] == [1, 1, 0, 0, 0, 0, 0, 0]
    assert (rob.recorded("dee"), rob.recorded("pam")) == (["user-inactive"], ["approval-pending"])
    assert rob.recorded("nobody") == ["unknown-name"]


@pytest.mark.rule("GX-04", "GX-06")
def test_a_reset_ends_every_session_and_signs_nobody_in(rob: Town) -> None:
    session = rob.accepts(VISITOR, SignIn, identifier="rob", password="Winter-Tram-65", browser="b").session
    answer = rob.accepts(VISITOR, ResetPassword, token=asked(rob), password=NEW, browser="b")
    assert answer.session == ""
    assert rob.view().signed_in("b") is None
    assert rob.codes(Member(session=session), SignOut) == ("sign-in-required",)


@pytest.mark.rule("GX-04")
def test_a_link_works_once(rob: Town) -> None:
    token = asked(rob)
    rob.accepts(VISITOR, ResetPassword, token=token, password=NEW)
    assert rob.refuses(VISITOR, ResetPassword, token=token, password=NEW) == {"link-used": {}}


@pytest.mark.rule("GX-04")
def test_a_link_works_until_just_before_it_expires(rob: Town) -> None:
    token = asked(rob)
    rob.clock.advance(timedelta(hours=1))
    assert rob.refuses(VISITOR, ResetPassword, token=token, password=NEW) == {"link-expired": {}}
    token = asked(rob)
    rob.clock.advance(timedelta(hours=1) - timedelta(microseconds=1))
    rob.accepts(VISITOR, ResetPassword, token=token, password=NEW)


@pytest.mark.rule("GX-04")
def test_the_newest_link_ends_the_older_ones(rob: Town) -> None:
    older, newer = asked(rob), asked(rob)
    assert rob.refuses(VISITOR, ResetPassword, token=older, password=NEW) == {"link-unknown": {}}
    rob.accepts(VISITOR, ResetPassword, token=newer, password=NEW)
    assert rob.refuses(VISITOR, ResetPassword, token=older, password=NEW) == {"link-unknown": {}}


@pytest.mark.rule("GX-04")
def test_an_invented_link_is_unknown_before_anything_else_is_said(rob: Town) -> None:
    for token in ("", "invented", "x" * 100_000, "\ud800"):
        assert rob.refuses(VISITOR, ResetPassword, token=token, password="weak") == {"link-unknown": {}}


@pytest.mark.rule("BP-14", "BP-15", "GX-04")
def test_a_password_that_will_not_do_does_not_use_the_link_up(rob: Town) -> None:
    token = asked(rob)
    assert rob.refuses(VISITOR, ResetPassword, token=token, password="weak", confirm="other") == {
        "password-policy": {"unmet": ("length", "upper")},
        "confirmation-mismatch": {},
    }
    assert rob.refuses(VISITOR, ResetPassword, token=token, password="x" * 2000) == {
        "password-policy": {"unmet": ("maximum",)}
    }
    rob.accepts(VISITOR, ResetPassword, token=token, password=NEW)


@pytest.mark.rule("BP-13")
def test_a_temporary_password_is_not_kept_by_way_of_a_link(rob: Town) -> None:
    rob.accepts("mia", SetTemporaryPassword, user="rob", password="Temp-Fiets-1")
    token = asked(rob)
    assert rob.refuses(VISITOR, ResetPassword, token=token, password="Temp-Fiets-1") == {
        "password-policy": {"unmet": ("unchanged",)}
    }
    rob.accepts(VISITOR, ResetPassword, token=token, password=NEW)
    assert not rob.view().must_change_password("rob")


@pytest.mark.rule("GX-05")
def test_a_reset_forgets_the_wrong_guesses(rob: Town) -> None:
    for _ in range(5):
        rob.codes(VISITOR, SignIn, identifier="rob", password="wrong")
    rob.accepts(VISITOR, ResetPassword, token=asked(rob), password=NEW)
    rob.accepts(VISITOR, SignIn, identifier="rob", password=NEW)


@pytest.mark.rule("GX-02")
def test_deactivation_ends_the_link_for_good(rob: Town) -> None:
    token = asked(rob)
    rob.accepts(OPERATOR, Deactivate, user="rob")
    assert rob.codes(VISITOR, ResetPassword, token=token, password=NEW) == ("link-unknown",)
    rob.accepts(OPERATOR, Reactivate, user="rob")
    assert rob.codes(VISITOR, ResetPassword, token=token, password=NEW) == ("link-unknown",)


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize(
    ("state", "code"), [(State.DEACTIVATED, "user-inactive"), (State.REJECTED, "approval-rejected")]
)
def test_a_link_makes_nobody_active_but_the_invited(rob: Town, state: State, code: str) -> None:
    token = asked(rob)
    rob.watched.place(replace(rob.user("rob"), state=state))
    assert rob.codes(VISITOR, ResetPassword, token=token, password=NEW) == (code,)


@pytest.mark.rule("GX-03", "GX-06")
def test_an_invited_user_becomes_active_by_his_first_password(acme: Town) -> None:
    acme.person("rob", management=["reset-password"], state=State.INVITED)
    acme.accepts(VISITOR, ResetPassword, token=asked(acme), password=NEW)
    assert acme.user("rob").state is State.ACTIVE


@pytest.mark.rule("GX-04")
def test_of_a_link_only_a_digest_is_stored(rob: Town) -> None:
    answer = rob.accepts(VISITOR, RequestReset, identifier="rob")
    secret = rob.mailed("rob@acme.example")
    stored = repr((answer, rob.store.records(), rob.store.outbox()))
    assert secret not in stored
    (token,) = [row for row in answer.keeps if isinstance(row, Token)]
    assert secret not in {token.digest, token.id}
    assert len(secret) >= 43


@pytest.mark.rule("GX-04")
def test_a_portal_may_ask_for_a_pause_between_two_mails() -> None:
    town = Town(bpost(limits={"mail-again-after": "5m"}))
    town.company("acme")
    town.person("rob", management=["reset-password"], password="Winter-Tram-65")
    first = asked(town)
    town.clock.advance(timedelta(minutes=4, seconds=59))
    assert asked(town) == first
    assert len(town.mails("rob@acme.example")) == 1
    town.clock.advance(timedelta(seconds=1))
    second = asked(town)
    assert second != first
    town.accepts(VISITOR, ResetPassword, token=second, password=NEW)
    assert asked(town) != second
    assert town.recorded("rob").count("ResetRequested") == 4


@pytest.mark.rule("GX-06")
def test_a_portal_may_sign_in_after_a_reset() -> None:
    town = Town(bpost(sign_in={"after-reset": True}))
    town.company("acme")
    town.person("rob", management=["reset-password"], password="Winter-Tram-65")
    answer = town.accepts(VISITOR, ResetPassword, token=asked(town), password=NEW, browser="b")
    assert [event.name for event in answer.events] == ["PasswordReset", "SignedIn"]
    assert town.view().signed_in("b") == "rob"
    (credential,) = [row for row in answer.keeps if isinstance(row, Credential)]
    assert credential.signed_in
    town.accepts(Member(session=answer.session), ChangeEmail, email="robert@acme.example")


@pytest.mark.rule("ED-03", "GX-03")
def test_a_portal_may_insist_on_lower_case() -> None:
    data = bpost().model_copy(update={"email_spelling": "lowercase-only"})
    town = Town(data)
    town.company("acme")
    town.person("rob", management=["reset-password"], password="Winter-Tram-65")
    for identifier in ("Rob@acme.example", "Nobody@acme.example"):
        assert town.refuses(VISITOR, RequestReset, identifier=identifier) == {"email-not-lowercase": {}}
        assert town.codes(VISITOR, SignIn, identifier=identifier, password="Winter-Tram-65") == ("email-not-lowercase",)
    asked(town, "rob@acme.example")
