"""Flows: whoever has proved his address asks to join an organisation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.portals import MASTER, OPERATOR, PASSWORD, PERSON, SOON, VISITOR, Dealers

from partnerauth.entities import State
from partnerauth.flows.approve import Approve
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.join_organisation import JoinOrganisation
from partnerauth.flows.register import Register
from partnerauth.flows.reject import Reject
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.verify_email import VerifyEmail

KIM = "kim@fixit.example"
JOINING = {"email": KIM, "organisation": "fixit", "details": PERSON, "password": PASSWORD}


@pytest.mark.rule("DP-04", "DP-05")
def test_he_waits_and_every_administrator_is_told(dealers: Dealers) -> None:
    dealers.person("mia", "fixit", management=MASTER, username="", details={"language": "fr"})
    dealers.person("ivo", "fixit", management=MASTER, username="", state=State.DEACTIVATED)
    dealers.person("una", "fixit", management=MASTER, username="", state=State.INVITED)
    kim = dealers.joins()
    user = dealers.user(kim)
    assert (user.state, user.organisation, user.management) == (State.PENDING, "fixit", frozenset())
    assert (user.details, user.created_by) == (PERSON, kim)
    told = {to: dealers.mails(f"{to}@fixit.example") for to in ("ann", "mia", "bob", "ivo", "una")}
    assert {to: len(mails) for to, mails in told.items()} == {"ann": 1, "mia": 1, "bob": 0, "ivo": 0, "una": 0}
    (mail,) = told["mia"]
    assert (mail.template, mail.language) == ("join-request", "fr")
    facts = {name: mail.facts[name] for name in ("name", "address", "organisation")}
    assert facts == {"name": "Robin Kurz", "address": KIM, "organisation": "Fixit N.V."}
    assert dealers.recorded(kim) == ["JoinRequested"]


@pytest.mark.rule("DP-04", "GX-02", "GX-03")
def test_until_he_is_approved_he_can_do_nothing_and_learns_it_with_the_right_password(dealers: Dealers) -> None:
    kim = dealers.joins()
    assert dealers.denies(kim, "service", "contact") == "approval-pending"
    assert dealers.codes(VISITOR, SignIn, identifier=KIM, password="wrong") == ("wrong-password",)
    assert dealers.codes(VISITOR, SignIn, identifier=KIM, password=PASSWORD) == ("approval-pending",)
    assert dealers.codes(kim, Approve, user=kim) == ("approval-pending",)


@pytest.mark.rule("DP-05", "GX-09")
def test_the_form_names_everything_that_is_missing(dealers: Dealers) -> None:
    token = dealers.proved(KIM)
    refused = dealers.refuses(VISITOR, JoinOrganisation, email=KIM, organisation="fixit", token=token)
    assert refused == {"field-required": {"fields": ("password", "first-name", "last-name", "phone")}}


@pytest.mark.rule("DP-05", "GX-06")
def test_the_password_is_checked_with_all_the_rest(dealers: Dealers) -> None:
    token = dealers.proved(KIM)
    given = {**JOINING, "token": token, "password": "Zom-r91", "confirm": "Zom-r92", "details": {"phone": "\u0000"}}
    codes = dealers.codes(VISITOR, JoinOrganisation, **given)
    assert codes == ("field-required", "field-malformed", "password-policy", "confirmation-mismatch")
    assert dealers.refuses(VISITOR, JoinOrganisation, **{**JOINING, "token": token, "password": "kurz-und-robin"}) == {
        "password-policy": {"unmet": ("personal",)}
    }


@pytest.mark.rule("DP-05")
@pytest.mark.parametrize("field", ["email", "password", "username", "shoe-size"])
def test_dg_11_a_field_that_is_not_on_the_form_is_unknown(dealers: Dealers, field: str) -> None:
    given = {**JOINING, "token": dealers.proved(KIM), "details": {**PERSON, field: "x"}}
    assert dealers.codes(VISITOR, JoinOrganisation, **given) == ("unknown-name",)


@pytest.mark.rule("DP-01", "GX-04")
def test_completing_takes_the_registration_token(dealers: Dealers) -> None:
    dealers.accepts(VISITOR, Register, email=KIM)
    assert dealers.codes(VISITOR, JoinOrganisation, **JOINING, token="") == ("link-unknown",)
    assert dealers.codes(VISITOR, JoinOrganisation, **{**JOINING, "email": "kim"}, token="") == ("email-malformed",)
    assert dealers.recorded(KIM)[-1] == "link-unknown"


@pytest.mark.rule("DP-01", "GX-04")
def test_tk_05_the_registration_token_works_for_24_hours_and_once(dealers: Dealers) -> None:
    token = dealers.proved(KIM)
    dealers.clock.advance(timedelta(hours=24))
    assert dealers.codes(VISITOR, JoinOrganisation, **JOINING, token=token) == ("link-expired",)
    token = dealers.proved(KIM)
    dealers.clock.advance(timedelta(hours=24) - SOON)
    dealers.accepts(VISITOR, JoinOrganisation, **JOINING, token=token)
    assert dealers.codes(VISITOR, JoinOrganisation, **JOINING, token=token) == ("link-used",)


@pytest.mark.rule("GX-04")
def test_a_newer_registration_token_ends_the_older(dealers: Dealers) -> None:
    old, _ = dealers.proved(KIM), dealers.proved(KIM)
    assert dealers.codes(VISITOR, JoinOrganisation, **JOINING, token=old) == ("link-unknown",)


@pytest.mark.rule("DP-01")
def test_tk_02_tk_03_the_token_is_good_for_the_proved_address_alone(dealers: Dealers) -> None:
    token = dealers.proved(KIM)
    dealers.proved("lee@fixit.example")
    stolen = {**JOINING, "email": "lee@fixit.example"}
    assert dealers.codes(VISITOR, JoinOrganisation, **stolen, token=token) == ("link-unknown",)


@pytest.mark.rule("GX-01")
def test_an_organisation_that_is_not_there_cannot_be_joined(dealers: Dealers) -> None:
    given = {**JOINING, "organisation": "nowhere", "details": {}, "token": dealers.proved(KIM)}
    assert dealers.refuses(VISITOR, JoinOrganisation, **given) == {"other-organisation": {"names": ("nowhere",)}}


@pytest.mark.rule("GX-03")
def test_who_joined_meanwhile_is_told_by_mail_alone(dealers: Dealers) -> None:
    first = dealers.proved(KIM)
    dealers.accepts(VISITOR, Register, email=KIM)
    code = dealers.mailed(KIM)
    kim = dealers.accepts(VISITOR, JoinOrganisation, **JOINING, token=first).created
    token = dealers.accepts(VISITOR, VerifyEmail, email=KIM, code=code).secret
    again = {**JOINING, "token": token, "password": "Herfst-Fiets-10"}
    answer = dealers.accepts(VISITOR, JoinOrganisation, **again)
    assert [mail.template for mail in answer.mails] == ["already-registered"]
    assert dealers.recorded(KIM)[-1] == "already-exists"
    assert dealers.codes(VISITOR, JoinOrganisation, **again) == ("link-used",)
    assert kim is not None
    assert dealers.codes(VISITOR, SignIn, identifier=KIM, password="Herfst-Fiets-10") == ("wrong-password",)


@pytest.mark.rule("DP-04")
def test_who_was_rejected_asks_again_and_is_the_same_user_elsewhere(dealers: Dealers) -> None:
    kim = dealers.joins()
    dealers.accepts("ann", Reject, user=kim)
    assert dealers.codes(VISITOR, SignIn, identifier=KIM, password=PASSWORD) == ("approval-rejected",)
    again = dealers.joins(organisation="repair", password="Herfst-Fiets-10", details={**PERSON, "first-name": "Kim"})
    assert again == kim
    assert dealers.user(kim).organisation == "repair"
    assert dealers.codes("ann", Approve, user=kim) == ("other-organisation",)
    dealers.accepts(OPERATOR, Approve, user=kim)
    assert dealers.codes(VISITOR, SignIn, identifier=KIM, password=PASSWORD) == ("wrong-password",)
    assert dealers.accepts(VISITOR, SignIn, identifier=KIM, password="Herfst-Fiets-10").session
    assert [user.id for user in dealers.view().users("fixit")] == ["ann", "bob"]


@pytest.mark.rule("GX-02")
def test_lc_03_who_was_deactivated_does_not_come_back_by_registering(dealers: Dealers) -> None:
    token = dealers.proved(KIM)
    dealers.person("kim", "fixit", username="", state=State.ACTIVE)
    dealers.accepts("ann", Deactivate, user="kim")
    dealers.accepts(VISITOR, JoinOrganisation, **JOINING, token=token)
    assert dealers.user("kim").state is State.DEACTIVATED


@pytest.mark.rule("GX-11", "GX-12")
def test_tk_28_a_pending_change_to_his_address_does_not_take_it_from_the_newcomer(dealers: Dealers) -> None:
    dealers.accepts("bob", ChangeEmail, email=KIM)
    pending = dealers.mailed(KIM)
    kim = dealers.joins()
    assert dealers.codes(VISITOR, ConfirmEmail, token=pending) == ("already-exists",)
    assert dealers.user(kim).email.key == KIM


@pytest.mark.rule("GX-02")
def test_em_22_a_leavers_mailbox_brings_nobody_the_leavers_account(dealers: Dealers) -> None:
    kim = dealers.joins()
    dealers.accepts("ann", Approve, user=kim)
    dealers.accepts("ann", Deactivate, user=kim)
    dealers.accepts(VISITOR, Register, email=KIM)
    dealers.accepts(VISITOR, RequestReset, identifier=KIM)
    templates = [mail.template for mail in dealers.mails(KIM)]
    assert templates == ["verification-code", "join-approved", "already-registered"]
    assert dealers.user(kim).state is State.DEACTIVATED
