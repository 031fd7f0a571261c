"""Flows: two at the same moment, where only one can be right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.flows.portals import NAMED, OPERATOR, PASSWORD, PERSON, VISITOR, Customers, Dealers

from partnerauth.decision import Accepted, Refused
from partnerauth.entities import Actor, Member, State, UserId
from partnerauth.flow import Command
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.approve import Approve
from partnerauth.flows.create_organisation import CreateOrganisation
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.invite import Invite
from partnerauth.flows.join_organisation import JoinOrganisation
from partnerauth.flows.reject import Reject
from partnerauth.flows.set_administrator import SetAdministrator
from partnerauth.flows.verify_email import VerifyEmail
from partnerauth.ports import Unit

MAX = "max@blech.example"


def overtaken(
    town: Customers | Dealers,
    actor: Actor,
    command: Command,
    by: Callable[[], object],
    monkeypatch: pytest.MonkeyPatch,
) -> Accepted | Refused:
    """Carry a command out, and have somebody else act between its decision and its commit."""
    commit, waiting = town.watched.commit, [by]

    def late(unit: Unit) -> int:
        if waiting:
            waiting.pop()()
        return commit(unit)

    monkeypatch.setattr(town.watched, "commit", late)
    return town.execute(actor, command)


def codes(answer: Accepted | Refused) -> tuple[str, ...]:
    return answer.codes if isinstance(answer, Refused) else ()


@pytest.mark.rule("KP-01", "GX-04")
def test_tk_04_cc_01_a_link_that_is_accepted_twice_at_once_makes_one_user(
    customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers.invite("eva", MAX)
    command = AcceptInvitation.model_validate({"token": customers.mailed(MAX), "password": PASSWORD, "details": NAMED})
    answer = overtaken(customers, VISITOR, command, lambda: customers.execute(VISITOR, command), monkeypatch)
    assert codes(answer) == ("invitation-used",)


@pytest.mark.rule("KP-02")
def test_cc_18_of_two_who_come_in_first_one_is_master(customers: Customers, monkeypatch: pytest.MonkeyPatch) -> None:
    customers.company("neu", accounts={}, name="Neu")
    users = [customers.invite(OPERATOR, f"{name}@neu.example", organisation="neu") for name in ("tina", "udo")]
    first, second = (
        AcceptInvitation.model_validate(
            {"token": customers.mailed(f"{name}@neu.example"), "password": PASSWORD, "details": NAMED}
        )
        for name in ("tina", "udo")
    )
    overtaken(customers, VISITOR, first, lambda: customers.execute(VISITOR, second), monkeypatch)
    assert [customers.user(user).state for user in users] == [State.ACTIVE, State.ACTIVE]
    assert [customers.view().is_administrator(user) for user in users] == [False, True]


@pytest.mark.rule("GX-02")
def test_lc_05_dg_20_who_is_deactivated_while_he_invites_invites_nobody(
    customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers.accepts("eva", SetAdministrator, user="otto", administrator=True)
    answer = overtaken(
        customers,
        Member(user=UserId("otto")),
        Invite(email=MAX),
        lambda: customers.accepts("eva", Deactivate, user="otto"),
        monkeypatch,
    )
    assert codes(answer) == ("user-inactive",)
    assert customers.mails(MAX) == []


@pytest.mark.rule("GX-07")
def test_cc_02_lc_10_two_administrators_who_demote_each_other_leave_one(
    customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers.accepts("eva", SetAdministrator, user="otto", administrator=True)
    answer = overtaken(
        customers,
        Member(user=UserId("otto")),
        SetAdministrator.model_validate({"user": "eva", "administrator": False}),
        lambda: customers.accepts("eva", SetAdministrator, user="otto", administrator=False),
        monkeypatch,
    )
    assert codes(answer) == ("management-right-missing", "last-administrator")


@pytest.mark.rule("DP-02")
def test_of_two_who_create_the_same_organisation_one_is_told_that_it_exists(
    dealers: Dealers, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        CreateOrganisation.model_validate(
            {
                "email": email,
                "token": dealers.proved(email),
                "name": name,
                "town": "Antwerpen",
                "details": PERSON,
                "password": PASSWORD,
            }
        )
        for email, name in (("kim@nova.example", "Nova"), ("lee@other.example", "NOVA"))
    )
    answer = overtaken(dealers, VISITOR, first, lambda: dealers.execute(VISITOR, second), monkeypatch)
    assert codes(answer) == ("organisation-exists",)
    assert len(dealers.view().search("Nova")) == 1


@pytest.mark.rule("GX-12", "GX-03")
def test_cc_04_an_address_that_registers_twice_at_once_is_one_user(
    dealers: Dealers, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = JoinOrganisation.model_validate(
        {
            "email": "kim@fixit.example",
            "token": dealers.proved("kim@fixit.example"),
            "organisation": "fixit",
            "details": PERSON,
            "password": PASSWORD,
        }
    )
    answer = overtaken(dealers, VISITOR, command, lambda: dealers.execute(VISITOR, command), monkeypatch)
    assert codes(answer) == ("link-used",)
    assert len(dealers.view().users("fixit")) == 3


@pytest.mark.rule("DP-04")
def test_cc_05_of_two_answers_at_once_one_counts(dealers: Dealers, monkeypatch: pytest.MonkeyPatch) -> None:
    kim = dealers.joins()
    answer = overtaken(
        dealers,
        Member(user=UserId("ann")),
        Approve(user=kim),
        lambda: dealers.execute(OPERATOR, Reject(user=kim)),
        monkeypatch,
    )
    assert codes(answer) == ("nothing-requested",)
    assert dealers.user(kim).state is State.REJECTED


@pytest.mark.rule("DP-01", "GX-05")
def test_tk_17_guesses_at_once_are_all_counted(dealers: Dealers, monkeypatch: pytest.MonkeyPatch) -> None:
    dealers.proved("kim@fixit.example")
    guess = VerifyEmail.model_validate({"email": "kim@fixit.example", "code": "0" * 24})

    def others() -> None:
        for _ in range(4):
            assert codes(dealers.execute(VISITOR, guess)) == ("code-wrong",)

    assert codes(overtaken(dealers, VISITOR, guess, others, monkeypatch)) == ("code-wrong",)
    assert codes(dealers.execute(VISITOR, guess)) == ("too-many-attempts",)
