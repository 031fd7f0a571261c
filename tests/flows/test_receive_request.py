"""A support request arrives by e-mail; the first one makes an account for its sender."""

from __future__ import annotations

import pytest
from tests.flows.town import Town, codes, names

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import LinkedDomainByName
from partnerauth.entities import LinkedDomain, Member, Operator, System, User, Visitor
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.receive_request import ReceiveRequest
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_out import SignOut
from partnerauth.flows.unlink_domain import UnlinkDomain
from partnerauth.testing.clockwork import World, world


@pytest.fixture
def support() -> World:
    return world("support")


def received(portal: World, sender: str, **fields: object) -> Answer:
    return portal.execute(System(name="mail"), ReceiveRequest.model_validate({"sender": sender, **fields}))


def made(portal: World, sender: str) -> User:
    answer = received(portal, sender)
    assert isinstance(answer, Accepted), answer
    found = portal.view().user(answer.created or "")
    assert found is not None
    return found


@pytest.mark.rule("SP-01")
def test_the_first_request_makes_an_invited_account_without_a_password(support: World) -> None:
    kim = made(support, "Kim@Acme.example")

    assert (kim.state, kim.email.key, kim.created_by) == ("invited", "kim@acme.example", "system:mail")
    assert support.store.outbox() == ()
    assert support.view().explain(kim.id, "tickets", "view-tickets").rule == "user-inactive"


@pytest.mark.rule("SP-01", "GX-12")
@pytest.mark.parametrize("sender", ["kim@acme.example", "KIM@ACME.example", " kim@acme.example "])
def test_em_01_a_further_request_of_the_same_address_changes_nothing(support: World, sender: str) -> None:
    made(support, "kim@acme.example")

    assert names(received(support, sender)) == []
    assert len(support.view().users("acme.example")) == 1


@pytest.mark.rule("SP-07")
def test_a_domain_opens_an_organisation_at_its_first_message_and_colleagues_join_it(support: World) -> None:
    answer = received(support, "kim@acme.example")
    bob = made(support, "bob@acme.example")

    assert names(answer) == ["OrganisationOpened", "AccountSet", "DomainLinked", "UserProvisioned"]
    assert bob.organisation == "acme.example"
    assert [each.email.local for each in support.view().users("acme.example")] == ["bob", "kim"]


@pytest.mark.rule("SP-07")
def test_a_linked_domain_brings_the_sender_to_its_organisation(support: World) -> None:
    support.execute(
        Operator(), OpenOrganisation.model_validate({"organisation": "acme", "name": "A", "domains": ["Acme.example"]})
    )

    assert made(support, "kim@acme.example").organisation == "acme"


@pytest.mark.rule("SP-07")
@pytest.mark.parametrize("sender", ["kim@evilacme.example", "kim@mail.acme.example", "kim@acme.example.evil.example"])
def test_em_11_em_12_another_domain_is_another_organisation(support: World, sender: str) -> None:
    made(support, "kim@acme.example")

    assert made(support, sender).organisation != "acme.example"


@pytest.mark.rule("SP-07")
@pytest.mark.parametrize("domain", ["gmail.com", "co.uk"])
def test_em_13_a_free_mail_sender_gets_an_organisation_of_one(support: World, domain: str) -> None:
    kim, bob = made(support, f"kim@{domain}"), made(support, f"bob@{domain}")

    assert kim.organisation != bob.organisation
    assert support.store.read([LinkedDomainByName(domain)]).values == {LinkedDomainByName(domain): None}


@pytest.mark.rule("SP-07")
def test_a_name_that_is_taken_is_not_taken_over(support: World) -> None:
    support.execute(Operator(), OpenOrganisation.model_validate({"organisation": "acme.example", "name": "Another"}))

    kim = made(support, "kim@acme.example")

    assert kim.organisation.startswith("o-")
    key = LinkedDomainByName("acme.example")
    assert support.store.read([key]).values[key] == LinkedDomain(
        domain="acme.example", organisation=kim.organisation, opened=True
    )


@pytest.mark.rule("SP-07")
def test_an_unlinked_domain_opens_a_new_organisation(support: World) -> None:
    made(support, "kim@acme.example")
    support.execute(Operator(), UnlinkDomain.model_validate({"organisation": "acme.example", "domain": "acme.example"}))

    assert made(support, "bob@acme.example").organisation != "acme.example"


@pytest.mark.rule("GX-02")
def test_lc_01_a_request_does_not_reactivate(support: World) -> None:
    kim = made(support, "kim@acme.example")
    support.execute(Operator(), Deactivate(user=kim.id))

    assert names(received(support, "kim@acme.example")) == []
    assert support.view().users("acme.example")[0].state == "deactivated"


@pytest.mark.rule("SP-07")
def test_fd_11_fd_16_the_account_sees_nothing_until_its_mailbox_is_proved(support: World) -> None:
    kim = made(support, "kim@acme.example")
    assert codes(support.execute(Member(user=kim.id), SignOut())) == ("user-inactive",)

    support.execute(Visitor(), RequestReset(identifier="kim@acme.example"))
    link = support.secret(support.store.outbox(to="kim@acme.example")[-1].mail.token)
    support.execute(Visitor(), ResetPassword.model_validate({"token": link, "password": "Regen-Jas-31"}))

    assert support.view().can(kim.id, "tickets", "view-tickets")


@pytest.mark.rule("SP-01")
def test_fd_12_a_sender_for_whom_nothing_vouches_makes_no_account(support: World) -> None:
    assert codes(received(support, "kim@acme.example", authenticated=False)) == ("sender-unproved",)
    assert support.view().users("acme.example") == ()


@pytest.mark.rule("SP-01")
@pytest.mark.parametrize(
    "fields",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "Auto-Generated; owner=x"},
        {"precedence": "Bulk"},
        {"precedence": "list"},
        {"list_id": "<dealers.list.example>"},
        {"return_path": ""},
        {"return_path": "<>"},
    ],
)
def test_fd_13_what_machines_and_lists_send_makes_no_account(support: World, fields: dict[str, str]) -> None:
    assert codes(received(support, "kim@acme.example", **fields)) == ("automatic-mail",)


@pytest.mark.rule("SP-01")
@pytest.mark.parametrize(
    "fields",
    [
        {"auto_submitted": "no"},
        {"auto_submitted": " No ; x=y"},
        {"precedence": "normal"},
        {"return_path": "<k@a.example>"},
    ],
)
def test_what_a_person_sends_makes_one(support: World, fields: dict[str, str]) -> None:
    assert isinstance(received(support, "kim@acme.example", **fields), Accepted)


@pytest.mark.rule("SP-01")
@pytest.mark.parametrize("sender", ["MAILER-DAEMON@acme.example", "postmaster@acme.example", "no-reply+7@acme.example"])
def test_fd_13_a_machines_address_makes_no_account(support: World, sender: str) -> None:
    assert codes(received(support, sender)) == ("automatic-mail",)


@pytest.mark.rule("SP-01")
@pytest.mark.parametrize("sender", ["support+123@support.helpdesk.example", "Desk@SUPPORT.helpdesk.example"])
def test_fd_14_the_portals_own_addresses_are_nobodys(support: World, sender: str) -> None:
    assert codes(received(support, sender)) == ("own-address",)


@pytest.mark.rule("SP-01")
@pytest.mark.parametrize(
    "sender",
    [
        "",
        "Kim <kim@acme.example>",
        "kim@acme.example, eve@evil.example",
        "kim@acme.example;eve@evil.example",
        '"kim@acme.example"@evil.example',
        "kim@acme.example\r\nBcc: eve@evil.example",
        "=?utf-8?q?kim=40evil.example?=@acme.example",
    ],
)
def test_fd_15_a_sender_is_exactly_one_address(support: World, sender: str) -> None:
    assert codes(received(support, sender)) == ("email-malformed",)


@pytest.mark.rule("SP-01")
def test_fd_17_an_endless_sender_is_cut_off_before_it_is_read(support: World) -> None:
    assert codes(received(support, "k" * 1_000_000 + "@acme.example")) == ("email-malformed",)


@pytest.mark.rule("SP-07")
def test_two_first_messages_of_a_domain_at_once_open_one_organisation() -> None:
    town = Town("support")
    answer = town.interrupted(
        System(), ReceiveRequest, lambda: made(town, "bob@acme.example"), sender="kim@acme.example"
    )
    assert names(answer) == ["UserProvisioned"]
    assert len(town.view().users("acme.example")) == 2


@pytest.mark.rule("SP-01")
def test_only_the_system_receives_requests(support: World) -> None:
    command = ReceiveRequest(sender="kim@acme.example")

    assert codes(support.execute(Operator(), command)) == ("not-offered",)
    assert codes(support.execute(Visitor(), command)) == ("not-offered",)
    assert codes(world("edi").execute(System(), command)) == ("not-offered",)
