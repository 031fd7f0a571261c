"""Flows: an invitation is taken back, or ends with the power of whoever sent it."""

from __future__ import annotations

import pytest
from tests.flows.portals import MASTER, OPERATOR, PASSWORD, VISITOR, Customers

from partnerauth.entities import State
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.cancel_invitation import CancelInvitation
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.set_administrator import SetAdministrator

MAX = "max@blech.example"


@pytest.mark.rule("KP-01", "BP-09")
@pytest.mark.parametrize("who", ["eva", OPERATOR])
def test_a_cancelled_link_is_worth_nothing_and_the_user_stays_on_record(customers: Customers, who: str) -> None:
    user = customers.invite("eva", MAX)
    customers.accepts(who, CancelInvitation, user=user)
    assert customers.codes(VISITOR, AcceptInvitation, token=customers.mailed(MAX), password=PASSWORD) == (
        "invitation-unknown",
    )
    assert customers.user(user).state is State.REJECTED
    assert customers.invitation(user) is None
    assert customers.recorded(user) == ["UserInvited", "InvitationCancelled", "invitation-unknown"]


@pytest.mark.rule("GX-03")
def test_lc_01_who_was_turned_away_does_not_come_in_by_a_reset(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    customers.accepts("eva", CancelInvitation, user=user)
    customers.accepts(VISITOR, RequestReset, identifier=MAX)
    assert [mail.template for mail in customers.mails(MAX)] == ["invitation"]
    assert customers.recorded(user)[-1] == "approval-rejected"


@pytest.mark.rule("GX-02")
def test_lc_05_the_invitations_of_a_deactivated_administrator_end_with_him(customers: Customers) -> None:
    customers.person("mia", "blech", management=MASTER, username="", password=PASSWORD)
    user = customers.invite("mia", MAX)
    other = customers.invite("eva", "tom@blech.example")
    answer = customers.accepts("eva", Deactivate, user="mia")
    assert [event.name for event in answer.events] == ["UserDeactivated", "InvitationCancelled"]
    assert customers.user(user).state is State.REJECTED
    assert customers.user(other).state is State.INVITED
    customers.accepts("eva", Reactivate, user="mia")
    assert customers.codes(VISITOR, AcceptInvitation, token=customers.mailed(MAX), password=PASSWORD) == (
        "invitation-unknown",
    )
    assert customers.invite("mia", MAX) == user


@pytest.mark.rule("KP-03")
def test_tk_06_the_invitations_of_who_is_no_administrator_any_more_end(customers: Customers) -> None:
    customers.person("mia", "blech", management=MASTER, username="", password=PASSWORD)
    user = customers.invite("mia", MAX)
    customers.accepts("eva", SetAdministrator, user="mia", administrator=False)
    assert customers.user(user).state is State.REJECTED
    customers.accepts("eva", SetAdministrator, user="mia", administrator=True)
    assert customers.codes(VISITOR, AcceptInvitation, token=customers.mailed(MAX), password=PASSWORD) == (
        "invitation-unknown",
    )


@pytest.mark.rule("GX-02")
def test_a_guest_who_was_deactivated_meanwhile_stays_deactivated(customers: Customers) -> None:
    customers.person("mia", "blech", management=MASTER, username="", password=PASSWORD)
    user = customers.invite("mia", MAX)
    customers.accepts("eva", Deactivate, user=user)
    customers.accepts("eva", Deactivate, user="mia")
    assert customers.user(user).state is State.DEACTIVATED
    assert customers.invitation(user) is None


@pytest.mark.rule("KP-03")
def test_making_an_administrator_ends_no_invitation(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    customers.accepts(OPERATOR, SetAdministrator, user="eva", administrator=True)
    assert customers.user(user).state is State.INVITED
