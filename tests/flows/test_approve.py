"""Flows: an administrator, or the operator, lets somebody join the organisation."""

from __future__ import annotations

import pytest
from tests.flows.portals import OPERATOR, PASSWORD, PERSON, VISITOR, Dealers

from partnerauth.entities import State
from partnerauth.flows.approve import Approve
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.reject import Reject
from partnerauth.flows.sign_in import SignIn

KIM = "kim@fixit.example"


@pytest.mark.rule("DP-04", "DP-08")
@pytest.mark.parametrize("who", ["ann", OPERATOR])
def test_who_is_approved_is_told_and_may_use_the_portal(dealers: Dealers, who: str) -> None:
    kim = dealers.joins(details={**PERSON, "language": "de"})
    dealers.accepts(who, Approve, user=kim)
    mail = dealers.mails(KIM)[-1]
    assert (mail.template, mail.language, mail.facts["organisation"]) == ("join-approved", "de", "Fixit N.V.")
    assert dealers.accepts(VISITOR, SignIn, identifier=KIM, password=PASSWORD).session
    assert dealers.view().can(kim, "service", "contact")
    assert not dealers.view().is_administrator(kim)
    assert dealers.recorded(kim) == ["JoinRequested", "JoinApproved", "SignedIn"]


@pytest.mark.rule("DP-04", "GX-01")
def test_it_takes_an_administrator_of_that_organisation(dealers: Dealers) -> None:
    dealers.creates(organisation="nova")
    kim = dealers.joins()
    other = dealers.view().users("nova")[0].id
    for command in (Approve, Reject):
        assert dealers.codes("bob", command, user=kim) == ("management-right-missing",)
        assert dealers.codes(other, command, user=kim) == ("other-organisation",)
        assert dealers.codes("ann", command, user="nobody") == ("other-organisation",)
        assert dealers.codes(VISITOR, command, user=kim) == ("sign-in-required",)
    assert dealers.user(kim).state is State.PENDING


@pytest.mark.rule("DP-04")
@pytest.mark.parametrize("state", [State.ACTIVE, State.INVITED, State.DEACTIVATED, State.REJECTED])
def test_nobody_is_answered_who_did_not_ask(dealers: Dealers, state: State) -> None:
    dealers.person("pia", "fixit", username="", state=state)
    for command in (Approve, Reject):
        assert dealers.codes("ann", command, user="pia") == ("nothing-requested",)
    assert dealers.user("pia").state is state


@pytest.mark.rule("DP-04")
def test_cc_05_an_answer_is_given_once(dealers: Dealers) -> None:
    kim = dealers.joins()
    dealers.accepts("ann", Reject, user=kim)
    assert dealers.codes("ann", Approve, user=kim) == ("nothing-requested",)


@pytest.mark.rule("GX-02")
def test_dg_22_who_waits_approves_nobody_least_of_all_himself(dealers: Dealers) -> None:
    kim = dealers.joins()
    assert dealers.codes(kim, Approve, user=kim) == ("approval-pending",)


@pytest.mark.rule("GX-02")
def test_lc_01_who_was_deactivated_while_he_waited_is_not_let_in(dealers: Dealers) -> None:
    kim = dealers.joins()
    dealers.accepts("ann", Deactivate, user=kim)
    assert dealers.codes("ann", Approve, user=kim) == ("nothing-requested",)


@pytest.mark.rule("GX-02", "DP-04")
@pytest.mark.parametrize("who", ["ann", OPERATOR])
def test_who_is_reactivated_waits_again_where_he_waited(dealers: Dealers, who: str) -> None:
    kim = dealers.joins()
    dealers.accepts(who, Deactivate, user=kim)
    dealers.accepts(who, Reactivate, user=kim)
    assert dealers.user(kim).state is State.PENDING
    assert dealers.codes(VISITOR, SignIn, identifier=KIM, password=PASSWORD) == ("approval-pending",)
    dealers.accepts("ann", Approve, user=kim)
    assert dealers.accepts(VISITOR, SignIn, identifier=KIM, password=PASSWORD).session


@pytest.mark.rule("GX-02", "DP-04")
def test_who_was_turned_down_does_not_come_in_by_being_reactivated(dealers: Dealers) -> None:
    kim = dealers.joins()
    dealers.accepts("ann", Reject, user=kim)
    dealers.accepts(OPERATOR, Deactivate, user=kim)
    dealers.accepts(OPERATOR, Deactivate, user=kim)
    dealers.accepts("ann", Reactivate, user=kim)
    assert dealers.user(kim).state is State.REJECTED
    assert dealers.codes(VISITOR, SignIn, identifier=KIM, password=PASSWORD) == ("approval-rejected",)
