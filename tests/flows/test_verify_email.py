"""Flows: a visitor pastes the code from the mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.portals import PASSWORD, PERSON, SOON, VISITOR, Dealers

from partnerauth.directory import LatestTokenOf, TokenById
from partnerauth.entities import Purpose
from partnerauth.flow import digest
from partnerauth.flows.join_organisation import JoinOrganisation
from partnerauth.flows.register import Register
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.verify_email import VerifyEmail

KIM = "kim@fixit.example"


@pytest.fixture
def kim(dealers: Dealers) -> Dealers:
    """A portal where Kim has been mailed a code."""
    dealers.accepts(VISITOR, Register, email=KIM)
    return dealers


@pytest.mark.rule("DP-01")
@pytest.mark.parametrize("spelled", [str, str.lower, lambda code: f" {code[:8]} {code[8:]}\n"])
def test_the_right_code_gives_a_registration_token_to_the_caller_alone(kim: Dealers, spelled: type[str]) -> None:
    answer = kim.accepts(VISITOR, VerifyEmail, email="Kim@FIXIT.example", code=spelled(kim.mailed(KIM)))
    assert len(answer.secret) >= 40
    assert (answer.session, answer.created, answer.mails) == ("", None, ())
    assert answer.secret not in repr([kim.watched.units, kim.store.records(), kim.store.outbox(), answer])
    assert kim.recorded(KIM) == ["RegistrationStarted", "EmailVerified"]


@pytest.mark.rule("DP-01")
@pytest.mark.parametrize("code", ["", "0" * 24, "not a code", "\ud800"])
def test_a_wrong_code_is_refused(kim: Dealers, code: str) -> None:
    assert kim.codes(VISITOR, VerifyEmail, email=KIM, code=code) == ("code-wrong",)
    assert kim.recorded(KIM) == ["RegistrationStarted", "code-wrong"]


@pytest.mark.rule("DP-01", "GX-03")
def test_an_address_that_no_code_was_mailed_to_answers_like_any_other(kim: Dealers) -> None:
    for email in ("lee@fixit.example", "ann@fixit.example"):
        codes = [kim.codes(VISITOR, VerifyEmail, email=email, code=kim.mailed(KIM)) for _ in range(6)]
        assert codes == [("code-wrong",)] * 5 + [("too-many-attempts",)]
    assert kim.codes(VISITOR, VerifyEmail, email="lee", code="x") == ("email-malformed",)


@pytest.mark.rule("DP-01", "GX-04")
def test_tk_18_a_newer_code_ends_the_older(kim: Dealers) -> None:
    old = kim.mailed(KIM)
    kim.accepts(VISITOR, Register, email=KIM)
    assert kim.codes(VISITOR, VerifyEmail, email=KIM, code=old) == ("code-wrong",)
    kim.accepts(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM))


@pytest.mark.rule("DP-01", "GX-04")
def test_a_code_works_once(kim: Dealers) -> None:
    kim.accepts(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM))
    assert kim.codes(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM)) == ("code-used",)


@pytest.mark.rule("DP-01", "GX-04")
def test_tk_05_a_code_works_for_24_hours_to_the_moment(kim: Dealers) -> None:
    kim.clock.advance(timedelta(hours=24))
    assert kim.codes(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM)) == ("code-expired",)
    kim.accepts(VISITOR, Register, email=KIM)
    kim.clock.advance(timedelta(hours=24) - SOON)
    kim.accepts(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM))


@pytest.mark.rule("DP-01", "GX-05")
def test_tk_16_after_5_wrong_tries_a_code_is_dead_for_good(kim: Dealers) -> None:
    wrong = {"email": KIM, "code": "0" * 24}
    assert [kim.codes(VISITOR, VerifyEmail, **wrong) for _ in range(5)] == [("code-wrong",)] * 5
    right = {"email": KIM, "code": kim.mailed(KIM)}
    assert kim.refuses(VISITOR, VerifyEmail, **right) == {"too-many-attempts": {"seconds": 24 * 3600}}
    kim.clock.advance(timedelta(hours=24) - SOON)
    assert kim.refuses(VISITOR, VerifyEmail, **right) == {"too-many-attempts": {"seconds": 60}}
    kim.clock.advance(SOON)
    assert kim.codes(VISITOR, VerifyEmail, **right) == ("code-expired",)


@pytest.mark.rule("DP-01", "GX-05")
def test_the_fifth_try_still_counts_and_a_new_code_is_not_dead(kim: Dealers) -> None:
    for _ in range(4):
        kim.codes(VISITOR, VerifyEmail, email=KIM, code="0" * 24)
    kim.accepts(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM))
    for _ in range(6):
        kim.codes(VISITOR, VerifyEmail, email=KIM, code="0" * 24)
    kim.accepts(VISITOR, Register, email=KIM)
    kim.accepts(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM))


@pytest.mark.rule("DP-01", "GX-04")
def test_tk_02_a_code_is_good_for_its_own_address_alone(kim: Dealers) -> None:
    kim.accepts(VISITOR, Register, email="lee@fixit.example")
    assert kim.codes(VISITOR, VerifyEmail, email="lee@fixit.example", code=kim.mailed(KIM)) == ("code-wrong",)
    kim.accepts(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM))


@pytest.mark.rule("GX-04")
def test_tk_10_a_code_and_a_registration_token_are_good_for_nothing_else(kim: Dealers) -> None:
    code = kim.mailed(KIM)
    joining = {"email": KIM, "organisation": "fixit", "details": PERSON, "password": PASSWORD}
    assert kim.codes(VISITOR, JoinOrganisation, token=code, **joining) == ("link-unknown",)
    assert kim.codes(VISITOR, ResetPassword, token=code, password=PASSWORD) == ("link-unknown",)
    token = kim.accepts(VISITOR, VerifyEmail, email=KIM, code=code).secret
    assert kim.codes(VISITOR, ResetPassword, token=token, password=PASSWORD) == ("link-unknown",)
    kim.accepts(VISITOR, RequestReset, identifier="ann@fixit.example")
    reset = kim.mailed("ann@fixit.example")
    assert kim.codes(VISITOR, JoinOrganisation, token=reset, **joining) == ("link-unknown",)


@pytest.mark.rule("GX-04")
def test_tk_24_of_the_registration_token_only_a_digest_is_stored(kim: Dealers) -> None:
    secret = kim.accepts(VISITOR, VerifyEmail, email=KIM, code=kim.mailed(KIM)).secret
    latest_key = LatestTokenOf(KIM, Purpose.REGISTRATION)
    latest = kim.store.read([latest_key]).values[latest_key]
    token = kim.store.read([TokenById(latest.token)]).values[TokenById(latest.token)]
    assert token.digest == digest(secret)
    assert secret not in token.id
