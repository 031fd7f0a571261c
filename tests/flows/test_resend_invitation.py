"""Flows: an invited user is sent a new link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.portals import MASTER, OPERATOR, PASSWORD, SOON, VISITOR, Customers
from tests.flows.town import words

from partnerauth.entities import IMPLIED_ACCOUNT, State
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.cancel_invitation import CancelInvitation
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.resend_invitation import ResendInvitation

MAX = "max@blech.example"


@pytest.mark.rule("KP-01", "GX-04")
def test_tk_26_only_the_newest_link_works(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    first = customers.mailed(MAX)
    customers.accepts("eva", ResendInvitation, user=user)
    assert customers.codes(VISITOR, AcceptInvitation, token=first, password=PASSWORD) == ("invitation-unknown",)
    assert customers.comes_in() == user
    assert customers.recorded(user)[:3] == ["UserInvited", "InvitationResent", "invitation-unknown"]


@pytest.mark.rule("KP-01")
def test_a_new_link_has_its_own_90_days(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    customers.clock.advance(timedelta(days=91))
    customers.accepts("eva", ResendInvitation, user=user)
    customers.clock.advance(timedelta(days=90) - SOON)
    assert customers.comes_in() == user


@pytest.mark.rule("KP-03")
@pytest.mark.parametrize("who", [OPERATOR, "mia"])
def test_tk_06_whoever_sends_it_again_the_rights_are_the_first_inviters(customers: Customers, who: str) -> None:
    customers.person("mia", "blech", management=MASTER, username="", rights={("portal", "-"): "order-history"})
    user = customers.invite("eva", MAX)
    customers.accepts(who, ResendInvitation, user=user)
    customers.comes_in()
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == words("contracts documents")


@pytest.mark.rule("KP-01", "KP-03")
def test_who_was_invited_by_nobody_in_particular_gets_the_rights_of_who_sends_the_link(customers: Customers) -> None:
    customers.person("max", "blech", username="", state=State.INVITED)
    customers.accepts("eva", ResendInvitation, user="max")
    customers.comes_in()
    assert customers.holds("max", "portal", IMPLIED_ACCOUNT) == words("contracts documents")


@pytest.mark.rule("KP-01")
@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.ACTIVE, "invitation-used"),
        (State.DEACTIVATED, "invitation-unknown"),
        (State.REJECTED, "invitation-unknown"),
    ],
)
def test_tk_27_only_who_is_invited_is_sent_a_link(customers: Customers, state: State, code: str) -> None:
    customers.person("pia", "blech", username="", state=state)
    assert customers.codes("eva", ResendInvitation, user="pia") == (code,)
    assert customers.codes("eva", CancelInvitation, user="pia") == (code,)
    assert customers.user("pia").state is state


@pytest.mark.rule("KP-03", "GX-01")
def test_it_takes_an_administrator_of_the_organisation(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    for command in (ResendInvitation, CancelInvitation):
        assert customers.codes("otto", command, user=user) == ("management-right-missing",)
        assert customers.codes("zoe", command, user=user) == ("other-organisation",)
        assert customers.codes("eva", command, user="nobody") == ("other-organisation",)


@pytest.mark.rule("GX-02")
def test_a_deactivated_and_reactivated_guest_needs_a_new_link(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    old = customers.mailed(MAX)
    customers.accepts("eva", Deactivate, user=user)
    customers.accepts("eva", Reactivate, user=user)
    assert customers.user(user).state is State.INVITED
    assert customers.codes(VISITOR, AcceptInvitation, token=old, password=PASSWORD) == ("invitation-unknown",)
    customers.accepts("eva", ResendInvitation, user=user)
    assert customers.comes_in() == user
