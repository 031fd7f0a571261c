"""Flows: an administrator has a reset link mailed to a user."""

from __future__ import annotations

import pytest
from tests.flows.portals import MASTER, OPERATOR, PASSWORD, VISITOR, Customers, Dealers
from tests.flows.town import INACTIVE

from partnerauth.entities import State
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.trigger_reset import TriggerReset

OTTO = "otto@blech.example"


@pytest.mark.rule("KP-03", "KP-11")
def test_a_master_has_a_link_mailed_that_he_never_sees(customers: Customers) -> None:
    answer = customers.accepts("eva", TriggerReset, user="otto")
    (mail,) = customers.mails(OTTO)
    assert (mail.template, mail.facts["username"]) == ("password-reset", OTTO)
    assert customers.mailed(OTTO) not in repr(answer)
    assert customers.accepts(VISITOR, SignIn, identifier=OTTO, password="Winter-Tram-62").session
    customers.accepts(VISITOR, ResetPassword, token=customers.mailed(OTTO), password=PASSWORD)
    assert customers.codes(VISITOR, SignIn, identifier=OTTO, password="Winter-Tram-62") == ("wrong-password",)
    assert customers.recorded("otto")[0] == "ResetRequested"


@pytest.mark.rule("GX-04")
def test_a_second_link_ends_the_first(customers: Customers) -> None:
    customers.accepts("eva", TriggerReset, user="otto")
    first = customers.mailed(OTTO)
    customers.accepts("eva", TriggerReset, user="otto")
    assert customers.codes(VISITOR, ResetPassword, token=first, password=PASSWORD) == ("link-unknown",)


@pytest.mark.rule("KP-03", "GX-01")
def test_it_takes_an_administrator_whose_rights_reach_the_user(customers: Customers) -> None:
    assert customers.codes("otto", TriggerReset, user="eva") == ("management-right-missing",)
    assert customers.codes("zoe", TriggerReset, user="otto") == ("other-organisation",)
    assert customers.codes("eva", TriggerReset, user="nobody") == ("other-organisation",)
    assert customers.codes(OPERATOR, TriggerReset, user="otto") == ("not-offered",)
    assert customers.mails(OTTO) == []


@pytest.mark.rule("BP-05")
def test_dg_08_who_manages_ordinary_users_does_not_reset_an_administrators_password(customers: Customers) -> None:
    customers.person("mia", "blech", management=["manage-users"], username="")
    assert customers.refuses("mia", TriggerReset, user="eva") == {
        "management-right-missing": {"needed": (MASTER[0],)},
    }


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize(("state", "code"), INACTIVE)
def test_lc_03_a_reset_lets_nobody_in_who_is_not_active(dealers: Dealers, state: State, code: str) -> None:
    dealers.person("pia", "fixit", username="", state=state)
    assert dealers.codes("ann", TriggerReset, user="pia") == (code,)
    assert dealers.mails("pia@fixit.example") == []
