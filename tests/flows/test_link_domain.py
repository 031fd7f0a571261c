"""The operator links an e-mail domain to an organisation, and unlinks it."""

from __future__ import annotations

import pytest
from tests.flows.town import codes, names

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import SelectionsOf
from partnerauth.entities import Member, Operator, System, UserId, Visitor
from partnerauth.flow import Command
from partnerauth.flows.link_domain import LinkDomain
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.receive_request import ReceiveRequest
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.unlink_domain import UnlinkDomain
from partnerauth.testing.clockwork import World, world


@pytest.fixture
def support() -> World:
    portal = world("support")
    for organisation in ("acme", "beta"):
        operator(portal, OpenOrganisation, organisation=organisation, name=organisation)
    return portal


def operator(portal: World, what: type[Command], **fields: object) -> Answer:
    return portal.execute(Operator(), what.model_validate(fields))


def linked(portal: World, organisation: str, domain: str) -> Answer:
    return operator(portal, LinkDomain, organisation=organisation, domain=domain)


def unlinked(portal: World, organisation: str, domain: str) -> Answer:
    return operator(portal, UnlinkDomain, organisation=organisation, domain=domain)


def received(portal: World, sender: str) -> UserId:
    answer = portal.execute(System(), ReceiveRequest(sender=sender))
    assert isinstance(answer, Accepted)
    assert answer.created is not None
    return answer.created


def home(portal: World, user: UserId) -> str:
    found = portal.view().user(user)
    assert found is not None
    return found.organisation


@pytest.mark.rule("SP-07")
def test_whoever_sends_from_a_linked_domain_is_of_the_organisation(support: World) -> None:
    assert names(linked(support, "acme", "Acme.example")) == ["DomainLinked"]

    assert home(support, received(support, "kim@acme.example")) == "acme"


@pytest.mark.rule("SP-07")
def test_an_organisation_may_have_several_domains(support: World) -> None:
    linked(support, "acme", "acme.example")
    linked(support, "acme", "acme-services.example")

    assert home(support, received(support, "kim@acme.example")) == "acme"
    assert home(support, received(support, "bob@acme-services.example")) == "acme"


@pytest.mark.rule("SP-07", "GX-08")
def test_users_of_an_organisation_that_the_domain_had_opened_move_along_on_record(support: World) -> None:
    kim, bob = received(support, "kim@acme.example"), received(support, "bob@acme.example")

    assert names(linked(support, "acme", "acme.example")) == ["DomainLinked", "UserMoved", "UserMoved"]

    assert (home(support, kim), home(support, bob)) == ("acme", "acme")
    assert [each.event.name for each in support.store.records(about=kim)] == ["UserProvisioned", "UserMoved"]
    assert home(support, received(support, "new@acme.example")) == "acme"


@pytest.mark.rule("SP-07")
def test_opening_an_organisation_with_its_domains_links_them(support: World) -> None:
    kim = received(support, "kim@gamma.example")

    answer = operator(support, OpenOrganisation, organisation="gamma", name="Gamma", domains=["gamma.example"])

    assert names(answer) == ["OrganisationOpened", "AccountSet", "DomainLinked", "UserMoved"]
    assert home(support, kim) == "gamma"


@pytest.mark.rule("SP-07")
def test_opening_an_organisation_refuses_what_linking_refuses(support: World) -> None:
    linked(support, "acme", "acme.example")
    fields = {"organisation": "gamma", "name": "Gamma", "domains": ["gmail.com", "acme.example"]}

    assert codes(operator(support, OpenOrganisation, **fields)) == ("free-mail-domain", "already-exists")


@pytest.mark.rule("SP-07")
def test_what_the_operator_had_set_for_a_user_he_keeps_where_he_moves(support: World) -> None:
    kim = received(support, "kim@acme.example")
    operator(support, Revoke, user=kim, application="tickets", rights=["reply", "create-ticket"])

    answer = linked(support, "acme", "acme.example")

    assert names(answer) == ["DomainLinked", "UserMoved", "RightsGranted"]
    assert support.view().rights(kim, "tickets").rights == {"view-tickets"}
    held = support.store.read([SelectionsOf(kim)]).values[SelectionsOf(kim)]
    assert [each.account for each in held] == ["acme/-"]


@pytest.mark.rule("SP-07")
def test_users_of_another_domain_that_was_linked_there_stay(support: World) -> None:
    kim = received(support, "kim@acme.example")
    linked(support, "acme.example", "other.example")
    bob = received(support, "bob@other.example")
    assert home(support, bob) == "acme.example"

    linked(support, "acme", "acme.example")

    assert (home(support, kim), home(support, bob)) == ("acme", "acme.example")
    assert home(support, received(support, "eva@other.example")) == "acme.example"


@pytest.mark.rule("SP-07")
def test_linking_again_changes_nothing(support: World) -> None:
    linked(support, "acme", "acme.example")

    assert names(linked(support, "acme", "acme.example")) == []


@pytest.mark.rule("SP-07")
def test_a_domain_that_was_linked_is_unlinked_before_it_goes_elsewhere(support: World) -> None:
    linked(support, "acme", "acme.example")
    kim = received(support, "kim@acme.example")

    assert codes(linked(support, "beta", "acme.example")) == ("already-exists",)
    assert names(unlinked(support, "acme", "acme.example")) == ["DomainUnlinked"]
    assert names(linked(support, "beta", "acme.example")) == ["DomainLinked"]

    assert home(support, kim) == "acme"
    assert home(support, received(support, "bob@acme.example")) == "beta"


@pytest.mark.rule("SP-07")
def test_confirming_what_a_domain_opened_makes_it_the_operators_link(support: World) -> None:
    received(support, "kim@acme.example")

    assert names(linked(support, "acme.example", "acme.example")) == ["DomainLinked"]
    assert codes(linked(support, "acme", "acme.example")) == ("already-exists",)


@pytest.mark.rule("SP-07")
@pytest.mark.parametrize("domain", ["gmail.com", "GMAIL.com", "co.uk"])
def test_em_13_a_free_mail_domain_is_linked_to_none(support: World, domain: str) -> None:
    answer = linked(support, "acme", domain)

    assert isinstance(answer, Refused)
    assert [(each.code, each.facts["domain"]) for each in answer.reasons] == [("free-mail-domain", domain.lower())]


@pytest.mark.rule("SP-07")
@pytest.mark.parametrize(
    "domain", ["", "localhost", "acme.example.", "a b.example", "acme。example", "kim@acme.example"]
)
def test_what_is_no_domain_is_refused(support: World, domain: str) -> None:
    assert codes(linked(support, "acme", domain)) == ("field-malformed",)
    assert codes(unlinked(support, "acme", domain)) == ("field-malformed",)


@pytest.mark.rule("SP-07", "GX-01")
def test_an_organisation_that_is_not_there_is_refused_alone(support: World) -> None:
    assert codes(linked(support, "nobody", "gmail.com")) == ("other-organisation",)
    assert codes(unlinked(support, "nobody", "gmail.com")) == ("other-organisation",)


@pytest.mark.rule("SP-07")
def test_unlinking_what_is_not_linked_there_changes_nothing(support: World) -> None:
    linked(support, "acme", "acme.example")

    assert names(unlinked(support, "beta", "acme.example")) == []
    assert names(unlinked(support, "acme", "other.example")) == []
    assert home(support, received(support, "kim@acme.example")) == "acme"


@pytest.mark.rule("SP-07", "GX-01")
def test_em_18_only_the_operator_says_whose_a_domain_is(support: World) -> None:
    kim = received(support, "kim@acme.example")
    command = LinkDomain.model_validate({"organisation": "acme", "domain": "acme.example"})

    assert codes(support.execute(Visitor(), command)) == ("not-offered",)
    assert codes(support.execute(System(), command)) == ("not-offered",)
    assert codes(support.execute(Member(user=kim), command)) == ("user-inactive",)
