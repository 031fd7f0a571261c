"""Whoever was deactivated stays out, by whichever door he tries, in portals without administrators."""

from __future__ import annotations

import pytest
from tests.flows.town import codes

from partnerauth.decision import Accepted, Answer
from partnerauth.entities import Member, Operator, System, UserId, Visitor
from partnerauth.flow import Command
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delete import Delete
from partnerauth.flows.link_domain import LinkDomain
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.receive_request import ReceiveRequest
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.sign_in import SignIn
from partnerauth.testing.clockwork import World, world

KIM = "kim@acme.example"
VISITOR = Visitor()


@pytest.fixture
def support() -> World:
    portal = world("support")
    portal.execute(System(), ReceiveRequest(sender=KIM))
    asked(portal)
    do(portal, ResetPassword, token=mailed(portal), password="regen-31")
    portal.clock.advance(portal.portal.limits.mail_again_after)
    return portal


def do(portal: World, what: type[Command], who: Visitor | Member | Operator = VISITOR, **fields: object) -> Answer:
    return portal.execute(who, what.model_validate(fields))


def asked(portal: World) -> Answer:
    return do(portal, RequestReset, identifier=KIM)


def mailed(portal: World, to: str = KIM) -> str:
    return portal.secret(portal.store.outbox(to=to)[-1].mail.token)


def kim(portal: World) -> UserId:
    return next(each.id for each in portal.view().users("acme.example"))


def state(portal: World) -> str:
    found = portal.view().user(kim(portal))
    assert found is not None
    return found.state


@pytest.mark.rule("GX-02", "GX-04")
def test_lc_03_a_reset_never_reactivates(support: World) -> None:
    asked(support)
    link = mailed(support)
    do(support, Deactivate, Operator(), user=kim(support))

    assert codes(do(support, ResetPassword, token=link, password="regen-32")) == ("link-unknown",)
    before = len(support.store.outbox())
    assert isinstance(asked(support), Accepted)
    assert len(support.store.outbox()) == before
    assert state(support) == "deactivated"


@pytest.mark.rule("GX-02", "GX-04")
def test_lc_01_no_other_door_is_open_either(support: World) -> None:
    do(support, ChangeEmail, Member(user=kim(support)), email="kim.new@acme.example")
    link = mailed(support, "kim.new@acme.example")
    do(support, Deactivate, Operator(), user=kim(support))

    assert codes(do(support, ConfirmEmail, token=link)) == ("link-unknown",)
    assert codes(do(support, SignIn, identifier=KIM, password="regen-31")) == ("user-inactive",)
    assert codes(do(support, ChangeEmail, Member(user=kim(support)), email=KIM)) == ("user-inactive",)
    support.execute(System(), ReceiveRequest(sender=KIM))
    do(support, OpenOrganisation, Operator(), organisation="acme", name="Acme")
    do(support, LinkDomain, Operator(), organisation="acme", domain="acme.example")
    assert support.view().users("acme")[0].state == "deactivated"


@pytest.mark.rule("GX-02")
def test_lc_16_the_next_decision_after_it_denies(support: World) -> None:
    user = kim(support)
    assert support.view().can(user, "tickets", "reply")

    do(support, Deactivate, Operator(), user=user)

    assert support.view().explain(user, "tickets", "reply").rule == "user-inactive"
    assert support.view().who_can("tickets", "reply", account="acme.example/-") == ()


@pytest.mark.rule("GX-02")
def test_lc_09_whoever_comes_back_has_what_the_operator_had_left_him(support: World) -> None:
    do(support, Revoke, Operator(), user=kim(support), application="tickets", rights=["reply"])
    do(support, Deactivate, Operator(), user=kim(support))
    do(support, Reactivate, Operator(), user=kim(support))

    assert support.view().rights(kim(support), "tickets").rights == {"view-tickets", "create-ticket"}


@pytest.mark.rule("BP-09")
def test_lc_08_nobody_is_deleted_and_the_address_stays_his(support: World) -> None:
    assert codes(do(support, Delete, Operator(), user=kim(support))) == ("delete-forbidden",)
    do(support, Deactivate, Operator(), user=kim(support))

    answer = support.execute(System(), ReceiveRequest(sender=KIM))

    assert isinstance(answer, Accepted)
    assert answer.created is None


@pytest.mark.rule("GX-01")
def test_users_deactivate_nobody_not_even_themselves(support: World) -> None:
    user = kim(support)

    for command in (Deactivate, Reactivate, Delete):
        assert codes(do(support, command, Member(user=user), user=user)) == ("not-offered",)
