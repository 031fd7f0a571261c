"""Flows: those who manage users fill nobody's mailbox (TK-30)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from tests.flows.portals import OPERATOR, VISITOR, Customers
from tests.flows.town import Town

from partnerauth.decision import Refused
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.invite import Invite
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.resend_invitation import ResendInvitation
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.trigger_reset import TriggerReset

MOST = 10
"""Mails to one mailbox within the window: what `codes-per-mailbox` is when left out."""
TOO_MANY = ("too-many-attempts",)
VICTIM = "vic.tim@else.example"


def new(email: str, username: str) -> Mapping[str, str]:
    return {"email": email, "username": username, "gender": "man", "first-name": "V", "last-name": "T"}


@pytest.mark.rule("KP-01", "GX-05")
def test_tk_30_an_invitation_is_sent_again_only_so_often(customers: Customers) -> None:
    max_ = customers.invite("eva")
    for _ in range(MOST - 1):
        customers.accepts("eva", ResendInvitation, user=max_)
    newest = customers.mailed("max@blech.example")
    assert customers.refuses("eva", ResendInvitation, user=max_) == {"too-many-attempts": {"seconds": 15 * 60}}
    assert customers.codes(OPERATOR, ResendInvitation, user=max_) == TOO_MANY
    assert len(customers.mails("max@blech.example")) == MOST
    assert not isinstance(customers.view().link(newest), Refused)
    customers.clock.advance(timedelta(minutes=15))
    customers.accepts("eva", ResendInvitation, user=max_)


@pytest.mark.rule("KP-03", "GX-05")
def test_tk_30_a_reset_is_triggered_only_so_often(customers: Customers) -> None:
    for _ in range(MOST):
        customers.accepts("eva", TriggerReset, user="otto")
    assert customers.codes("eva", TriggerReset, user="otto") == TOO_MANY
    assert len(customers.mails("otto@blech.example")) == MOST


@pytest.mark.rule("KP-05", "GX-05")
def test_tk_30_em_17_a_mailbox_is_not_filled_with_invitations_to_its_other_spellings(customers: Customers) -> None:
    for number in range(MOST):
        customers.accepts("eva", Invite, email=f"m.a.x+{number}@blech.example")
    assert customers.codes("eva", Invite, email="max@blech.example") == TOO_MANY
    customers.accepts("eva", Invite, email="somebody.else@blech.example")


@pytest.mark.rule("BP-11", "GX-05")
def test_tk_30_em_17_users_are_not_created_to_fill_a_mailbox(acme: Town) -> None:
    for number in range(MOST):
        acme.accepts("anna", CreateUser, details=new(f"vic.tim+{number}@else.example", f"v{number}"))
    assert acme.codes("anna", CreateUser, details=new(VICTIM, "v")) == TOO_MANY


@pytest.mark.rule("GX-03", "GX-05")
@pytest.mark.parametrize("named", ["address", "username"])
def test_tk_30_whoever_is_known_elsewhere_is_told_so_only_so_often(acme: Town, named: str) -> None:
    acme.company("globex")
    acme.person("gus", "globex", username="gus")
    to = "gus@globex.example"
    for number in range(MOST + 1):
        details = new(to, "v") if named == "address" else new(f"v{number}@acme.example", "gus")
        if number < MOST:
            acme.accepts("anna", CreateUser, details=details)
        else:
            assert acme.codes("anna", CreateUser, details=details) == TOO_MANY
    assert len(acme.mails(to)) == MOST


@pytest.mark.rule("BP-13", "GX-05")
def test_tk_30_temporary_passwords_are_mailed_only_so_often(acme: Town) -> None:
    for _ in range(MOST):
        acme.accepts("anna", SetTemporaryPassword, user="ben")
    assert acme.codes("anna", SetTemporaryPassword, user="ben") == TOO_MANY
    acme.accepts("anna", SetTemporaryPassword, user="ben", password="Winter-Tram-69")
    assert len(acme.mails("ben@acme.example")) == MOST


@pytest.mark.rule("BP-01", "GX-05")
def test_tk_30_no_stranger_keeps_a_mail_from_somebody(acme: Town) -> None:
    asked = {"organisation": "acme", "application": "emasspost", "account": "hq", "details": {"email": VICTIM}}
    for _ in range(3 * MOST):
        acme.execute(VISITOR, RequestAccess.model_validate(asked))
    assert len(acme.mails(VICTIM)) == MOST
    acme.accepts("anna", CreateUser, details=new(VICTIM, "vic"))
    assert len(acme.mails(VICTIM)) == MOST + 1
