"""Flows: somebody who asked to join is turned down."""

from __future__ import annotations

import pytest
from tests.flows.portals import OPERATOR, PASSWORD, VISITOR, Dealers

from partnerauth.entities import State
from partnerauth.flows.reject import Reject
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.sign_in import SignIn

KIM = "kim@fixit.example"


@pytest.mark.rule("DP-04")
@pytest.mark.parametrize("who", ["ann", OPERATOR])
def test_who_is_turned_down_is_told_by_mail_and_when_he_signs_in(dealers: Dealers, who: str) -> None:
    kim = dealers.joins()
    dealers.accepts(who, Reject, user=kim)
    mail = dealers.mails(KIM)[-1]
    assert (mail.template, mail.facts["organisation"]) == ("join-rejected", "Fixit N.V.")
    assert dealers.user(kim).state is State.REJECTED
    assert dealers.codes(VISITOR, SignIn, identifier=KIM, password=PASSWORD) == ("approval-rejected",)
    assert dealers.recorded(kim) == ["JoinRequested", "JoinRejected", "approval-rejected"]


@pytest.mark.rule("DP-11", "GX-03")
def test_lc_03_a_reset_lets_nobody_in_who_was_turned_down_or_waits(dealers: Dealers) -> None:
    kim = dealers.joins()
    dealers.accepts(VISITOR, RequestReset, identifier=KIM)
    dealers.accepts("ann", Reject, user=kim)
    dealers.accepts(VISITOR, RequestReset, identifier=KIM)
    assert [mail.template for mail in dealers.mails(KIM)] == ["verification-code", "join-rejected"]
