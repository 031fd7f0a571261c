"""Where rights come by membership the operator may set them for one user: what he does not touch stays."""

from __future__ import annotations

import pytest
from tests.flows.town import codes, names

from partnerauth.decision import Accepted, Answer
from partnerauth.entities import Member, Operator, OrganisationId, System, UserId, Visitor
from partnerauth.flow import Command
from partnerauth.flows.grant import Grant
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.flows.receive_request import ReceiveRequest
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.testing.clockwork import World, world
from partnerauth.view import Record

ALL = {"view-tickets", "create-ticket", "reply"}


@pytest.fixture
def support() -> World:
    return world("support")


def active(portal: World, sender: str) -> UserId:
    answer = portal.execute(System(), ReceiveRequest(sender=sender))
    assert isinstance(answer, Accepted)
    portal.execute(Visitor(), RequestReset(identifier=sender))
    link = portal.secret(portal.store.outbox(to=sender)[-1].mail.token)
    portal.execute(Visitor(), ResetPassword.model_validate({"token": link, "password": "Regen-Jas-31"}))
    assert answer.created is not None
    return answer.created


def operator(portal: World, what: type[Command], user: str, *rights: str, **fields: object) -> Answer:
    chosen = {"user": user, "application": "tickets", "rights": rights, **fields}
    return portal.execute(Operator(), what.model_validate(chosen))


def held(portal: World, user: str) -> set[str]:
    return set(portal.view().rights(user, "tickets").rights)


@pytest.mark.rule("SP-07")
def test_every_active_user_holds_all_rights(support: World) -> None:
    kim = active(support, "kim@acme.example")

    assert held(support, kim) == ALL
    assert all(support.view().can(kim, "tickets", right) for right in ALL)


@pytest.mark.rule("SP-07")
def test_taking_one_right_leaves_the_others(support: World) -> None:
    kim, bob = active(support, "kim@acme.example"), active(support, "bob@acme.example")

    assert names(operator(support, Revoke, kim, "reply")) == ["RightsGranted", "RightsRevoked"]

    assert held(support, kim) == {"view-tickets", "create-ticket"}
    assert support.view().explain(kim, "tickets", "reply").rule == "right-missing"
    assert held(support, bob) == ALL
    assert support.view().who_can("tickets", "reply", account="acme.example/-") == (bob,)


@pytest.mark.rule("SP-07")
def test_what_was_taken_can_be_given_again(support: World) -> None:
    kim = active(support, "kim@acme.example")
    operator(support, Revoke, kim, *ALL)
    assert held(support, kim) == set()

    assert names(operator(support, Grant, kim, "reply")) == ["RightsGranted"]
    assert held(support, kim) == {"reply"}


@pytest.mark.rule("SP-07")
def test_granting_one_right_takes_none_away(support: World) -> None:
    kim = active(support, "kim@acme.example")

    operator(support, Grant, kim, "view-tickets")

    assert held(support, kim) == ALL


@pytest.mark.rule("SP-07")
def test_taking_what_is_not_held_changes_nothing(support: World) -> None:
    kim = active(support, "kim@acme.example")
    operator(support, Revoke, kim, "reply")

    assert names(operator(support, Revoke, kim, "reply")) == []
    assert held(support, kim) == {"view-tickets", "create-ticket"}


@pytest.mark.rule("SP-07")
def test_what_the_portal_does_not_know_is_refused(support: World) -> None:
    kim = active(support, "kim@acme.example")

    assert codes(operator(support, Grant, kim, "fly")) == ("unknown-name",)
    assert codes(operator(support, Revoke, kim, "fly")) == ("unknown-name",)
    assert codes(operator(support, Grant, kim, "reply", application="other")) == ("unknown-name",)
    assert codes(operator(support, Grant, "nobody", "reply")) == ("other-organisation",)


@pytest.mark.rule("SP-07")
def test_users_do_not_set_each_others_rights(support: World) -> None:
    kim, bob = active(support, "kim@acme.example"), active(support, "bob@acme.example")
    command = {"user": bob, "application": "tickets", "rights": ["reply"]}

    assert codes(support.execute(Member(user=kim), Grant.model_validate(command))) == ("not-offered",)
    assert codes(support.execute(Member(user=kim), Revoke.model_validate(command))) == ("not-offered",)


@pytest.mark.rule("ED-10")
def test_in_the_dealers_portal_nobody_sets_rights() -> None:
    edi = world("edi")
    entries = [{"email": "lea@garage.example", "organisation": "garage"}]
    edi.execute(System(), ImportAllowList.model_validate({"entries": entries, "sequence": 1}))
    lea = edi.view().users("garage")[0].id

    assert codes(operator(edi, Grant, lea, "view-leads", application="leads")) == ("not-offered",)


@pytest.mark.rule("GX-01")
def test_without_administrators_nobody_changes_a_colleagues_details(support: World) -> None:
    kim, bob = active(support, "kim@acme.example"), active(support, "bob@acme.example")
    details = {"phone": "+32 9 000 00 00"}

    answer = support.execute(Member(user=kim), UpdateDetails(user=bob, details=details))

    assert codes(answer) == ("management-right-missing",)
    assert isinstance(support.execute(Member(user=kim), UpdateDetails(details=details)), Accepted)
    assert isinstance(support.execute(Member(user=kim), UpdateDetails(user=kim, details=details)), Accepted)


@pytest.mark.rule("SP-07")
def test_colleagues_of_a_domain_see_the_same_tickets_and_nobody_else_does(support: World) -> None:
    kim, bob = active(support, "kim@acme.example"), active(support, "bob@acme.example")
    eva, zed = active(support, "eva@beta.example"), active(support, "zed@gmail.com")
    ticket = Record(type="ticket", owner=kim)

    view = support.view()
    assert view.sees(kim, ticket)
    assert view.sees(bob, ticket)
    assert [view.sees(each, ticket).rule for each in (eva, zed)] == ["other-organisation"] * 2


@pytest.mark.rule("SP-08")
def test_a_user_sees_every_request_of_his_own_wherever_he_was(support: World) -> None:
    kim, bob = active(support, "kim@acme.example"), active(support, "bob@acme.example")

    view = support.view()
    before = Record(type="ticket", owner=kim, organisation=view.users("acme.example")[0].organisation)
    elsewhere = Record(type="ticket", owner=kim, organisation=active_home(support))
    assert support.view().sees(kim, before)
    assert support.view().sees(kim, elsewhere)
    assert support.view().sees(bob, elsewhere).rule == "other-organisation"


def active_home(portal: World) -> OrganisationId:
    found = portal.view().user(active(portal, "old@former.example"))
    assert found is not None
    return found.organisation


@pytest.mark.rule("SP-07")
def test_without_the_right_one_sees_not_even_ones_own_tickets(support: World) -> None:
    kim = active(support, "kim@acme.example")
    operator(support, Revoke, kim, "view-tickets")

    assert support.view().sees(kim, Record(type="ticket", owner=kim)).rule == "right-missing"
