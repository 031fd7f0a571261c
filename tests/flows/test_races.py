"""Flows: two at the same moment, where only one can be right."""

from __future__ import annotations

import pytest
from tests.flows.portals import NAMED, OPERATOR, PASSWORD, PERSON, VISITOR, Customers, Dealers
from tests.flows.town import codes

from partnerauth.entities import State
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.approve import Approve
from partnerauth.flows.create_organisation import CreateOrganisation
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.invite import Invite
from partnerauth.flows.join_organisation import JoinOrganisation
from partnerauth.flows.reject import Reject
from partnerauth.flows.set_administrator import SetAdministrator
from partnerauth.flows.verify_email import VerifyEmail

MAX = "max@blech.example"


@pytest.mark.rule("KP-01", "GX-04")
def test_tk_04_cc_01_a_link_that_is_accepted_twice_at_once_makes_one_user(customers: Customers) -> None:
    customers.invite("eva", MAX)
    given = {"token": customers.mailed(MAX), "password": PASSWORD, "details": NAMED}
    answer = customers.interrupted(
        VISITOR, AcceptInvitation, lambda: customers.accepts(VISITOR, AcceptInvitation, **given), **given
    )
    assert codes(answer) == ("invitation-used",)


@pytest.mark.rule("KP-02")
def test_cc_18_of_two_who_come_in_first_one_is_master(customers: Customers) -> None:
    customers.company("neu", accounts={}, name="Neu")
    users = [customers.invite(OPERATOR, f"{name}@neu.example", organisation="neu") for name in ("tina", "udo")]
    first, second = (
        {"token": customers.mailed(f"{name}@neu.example"), "password": PASSWORD, "details": NAMED}
        for name in ("tina", "udo")
    )
    customers.interrupted(
        VISITOR, AcceptInvitation, lambda: customers.accepts(VISITOR, AcceptInvitation, **second), **first
    )
    assert [customers.user(user).state for user in users] == [State.ACTIVE, State.ACTIVE]
    assert [customers.view().is_administrator(user) for user in users] == [False, True]


@pytest.mark.rule("GX-02")
def test_lc_05_dg_20_who_is_deactivated_while_he_invites_invites_nobody(customers: Customers) -> None:
    customers.accepts("eva", SetAdministrator, user="otto", administrator=True)
    answer = customers.interrupted("otto", Invite, lambda: customers.accepts("eva", Deactivate, user="otto"), email=MAX)
    assert codes(answer) == ("user-inactive",)
    assert customers.mails(MAX) == []


@pytest.mark.rule("GX-07")
def test_cc_02_lc_10_two_administrators_who_demote_each_other_leave_one(customers: Customers) -> None:
    customers.accepts("eva", SetAdministrator, user="otto", administrator=True)
    answer = customers.interrupted(
        "otto",
        SetAdministrator,
        lambda: customers.accepts("eva", SetAdministrator, user="otto", administrator=False),
        user="eva",
        administrator=False,
    )
    assert codes(answer) == ("management-right-missing", "last-administrator")


@pytest.mark.rule("DP-02")
def test_of_two_who_create_the_same_organisation_one_is_told_that_it_exists(dealers: Dealers) -> None:
    given = {"town": "Antwerpen", "details": PERSON, "password": PASSWORD}
    first, second = (
        {**given, "email": email, "token": dealers.proved(email), "name": name}
        for email, name in (("kim@nova.example", "Nova"), ("lee@other.example", "NOVA"))
    )
    answer = dealers.interrupted(
        VISITOR, CreateOrganisation, lambda: dealers.accepts(VISITOR, CreateOrganisation, **second), **first
    )
    assert codes(answer) == ("organisation-exists",)
    assert len(dealers.view().search("Nova")) == 1


@pytest.mark.rule("GX-12", "GX-03")
def test_cc_04_an_address_that_registers_twice_at_once_is_one_user(dealers: Dealers) -> None:
    given = {
        "email": "kim@fixit.example",
        "token": dealers.proved("kim@fixit.example"),
        "organisation": "fixit",
        "details": PERSON,
        "password": PASSWORD,
    }
    answer = dealers.interrupted(
        VISITOR, JoinOrganisation, lambda: dealers.accepts(VISITOR, JoinOrganisation, **given), **given
    )
    assert codes(answer) == ("link-used",)
    assert len(dealers.view().users("fixit")) == 3


@pytest.mark.rule("DP-04")
def test_cc_05_of_two_answers_at_once_one_counts(dealers: Dealers) -> None:
    kim = dealers.joins()
    answer = dealers.interrupted("ann", Approve, lambda: dealers.accepts(OPERATOR, Reject, user=kim), user=kim)
    assert codes(answer) == ("nothing-requested",)
    assert dealers.user(kim).state is State.REJECTED


@pytest.mark.rule("DP-01", "GX-05")
def test_tk_17_guesses_at_once_are_all_counted(dealers: Dealers) -> None:
    dealers.proved("kim@fixit.example")
    guess = {"email": "kim@fixit.example", "code": "0" * 24}
    answers = dealers.at_once(VISITOR, VerifyEmail, 5, **guess)
    assert [codes(answer) for answer in answers] == [("code-wrong",)] * 5
    assert dealers.codes(VISITOR, VerifyEmail, **guess) == ("too-many-attempts",)
