"""A visitor signs in with his account at another provider."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.flows.portals import ISSUER, session, sso
from tests.flows.town import codes

from partnerauth.addresses import parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import CredentialOf, Entity, key_of
from partnerauth.entities import Credential, Operator, State, System, UserId
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.sign_in_sso import Claims
from partnerauth.flows.sign_out import SignOut
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.ports import Unit
from partnerauth.testing.clockwork import World, world

LEA, BO = "lea@garage.example", "bo@garage.example"


@pytest.fixture
def edi() -> World:
    portal = world("edi")
    entries = [{"email": email, "organisation": "garage"} for email in (LEA, BO)]
    portal.execute(System(), ImportAllowList.model_validate({"entries": entries, "sequence": 1}))
    return portal


def verified(portal: World, subject: str, email: str, **said: Any) -> Answer:  # noqa: ANN401 - what `sso` takes
    return sso(portal, subject, email=email, email_verified=True, **said)


def identity(portal: World, email: str) -> UserId:
    return next(each.id for each in portal.view().users("garage") if each.email.key == email)


def place(portal: World, *entities: Entity) -> None:
    portal.store.commit(
        Unit(
            changes={key_of(each): each for each in entities},
            revisions=portal.store.read([key_of(each) for each in entities]).revisions,
        )
    )


@pytest.mark.rule("ED-07", "GX-02")
def test_the_first_sign_in_links_by_the_verified_address_and_makes_an_invited_user_active(edi: World) -> None:
    answer = verified(edi, "s-1", LEA)

    session(answer)
    assert isinstance(answer, Accepted)
    assert [event.name for event in answer.events] == ["SignedIn"]
    found = edi.view().user(identity(edi, LEA))
    assert found is not None
    assert found.state is State.ACTIVE
    assert edi.view().signed_in("laptop") == found.id
    assert edi.view().can(found.id, "leads", "view-leads")


@pytest.mark.rule("ED-07")
def test_so_01_afterwards_issuer_and_subject_alone_say_who_it_is(edi: World) -> None:
    verified(edi, "s-1", LEA)

    claims: list[dict[str, Any]] = [{}, {"email": "other@idp.example"}, {"email": BO, "email_verified": True}]
    for said in claims:
        session(sso(edi, "s-1", **said))
        assert edi.view().signed_in("laptop") == identity(edi, LEA)


@pytest.mark.rule("ED-07")
@pytest.mark.parametrize("said", [{}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": 1}])
def test_so_02_an_address_is_verified_only_where_the_claim_is_true_itself(edi: World, said: dict[str, Any]) -> None:
    assert codes(sso(edi, "s-1", email=LEA, **said)) == ("sso-refused",)


@pytest.mark.rule("ED-07")
@pytest.mark.parametrize("email", ["", "no address", "lea@garage.example, bo@garage.example", "lea@evilgarage.example"])
def test_an_address_that_nobody_has_links_to_nobody(edi: World, email: str) -> None:
    assert codes(verified(edi, "s-1", email)) == ("sso-refused",)


@pytest.mark.rule("ED-07", "ED-01", "GX-03")
def test_so_09_no_account_is_made_for_an_address_that_is_not_on_the_list(edi: World) -> None:
    assert codes(verified(edi, "s-1", "zoe@garage.example")) == ("sso-refused",)

    (record,) = edi.store.records(about="zoe@garage.example")
    assert getattr(record.event, "codes", None) == ("sso-refused", "not-on-allow-list")


@pytest.mark.rule("ED-07")
def test_so_18_no_other_claim_is_a_name(edi: World) -> None:
    said: dict[str, Any] = {"upn": LEA, "preferred_username": LEA, "name": "Lea", "email_verified": True}

    assert codes(sso(edi, "s-1", **said)) == ("sso-refused",)


@pytest.mark.rule("ED-07")
def test_the_claims_of_a_token_can_be_handed_over_as_they_are() -> None:
    claims = Claims.model_validate({"iss": ISSUER, "sub": "s", "aud": "x", "email": LEA, "email_verified": True})

    assert (claims.issuer, claims.subject, claims.email_verified) == (ISSUER, "s", True)


@pytest.mark.parametrize("said", [{"issuer": ""}, {"subject": ""}, {"subject": "x" * 256}])
def test_so_13_claims_without_an_identity_or_with_an_endless_one_cannot_be_made(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Claims.model_validate({"issuer": ISSUER, "subject": "s", **said})


@pytest.mark.rule("ED-07")
def test_em_22_a_second_account_with_the_same_address_is_not_linked(edi: World) -> None:
    verified(edi, "s-1", LEA)

    assert codes(verified(edi, "s-2", LEA)) == ("sso-refused",)
    assert codes(sso(edi, "s-1", issuer="https://evil.example", email=LEA, email_verified=True)) == ("sso-refused",)
    session(sso(edi, "s-1"))


@pytest.mark.rule("ED-07")
def test_a_provider_that_the_portal_file_does_not_name_is_unknown(edi: World) -> None:
    assert codes(verified(edi, "s-1", LEA, provider="other-idp")) == ("unknown-name",)
    assert codes(verified(world("support"), "s-1", LEA)) == ("not-offered",)


@pytest.mark.rule("ED-07")
def test_lc_06_links_die_with_their_provider(edi: World) -> None:
    verified(edi, "s-1", LEA)
    rules = edi.portal.sign_in.model_copy(update={"sso_providers": ("new-idp",)})
    renewed = world(edi.portal.model_copy(update={"sign_in": rules}), edi.store)

    assert codes(sso(renewed, "s-1", provider="microsoft-365")) == ("unknown-name",)
    assert codes(sso(renewed, "s-1", provider="new-idp")) == ("sso-refused",)
    session(verified(renewed, "s-1", LEA, provider="new-idp"))


@pytest.mark.rule("ED-07", "GX-02")
def test_lc_02_signing_in_by_another_provider_never_reactivates(edi: World) -> None:
    verified(edi, "s-1", LEA)
    edi.execute(Operator(), Deactivate(user=identity(edi, LEA)))

    assert codes(sso(edi, "s-1")) == ("user-inactive",)
    edi.execute(Operator(), Deactivate(user=identity(edi, BO)))
    assert codes(verified(edi, "s-2", BO)) == ("user-inactive",)
    assert [each.state for each in edi.view().users("garage")] == ["deactivated", "deactivated"]


@pytest.mark.rule("ED-07", "GX-02")
def test_who_was_reactivated_without_a_password_comes_in_by_his_link_again(edi: World) -> None:
    verified(edi, "s-1", LEA)
    edi.execute(Operator(), Deactivate(user=identity(edi, LEA)))
    edi.execute(Operator(), Reactivate(user=identity(edi, LEA)))

    session(sso(edi, "s-1"))


@pytest.mark.rule("ED-07", "GX-02")
@pytest.mark.parametrize(
    ("state", "code"),
    [(State.PENDING, "approval-pending"), (State.REJECTED, "approval-rejected"), (State.DEACTIVATED, "user-inactive")],
)
def test_so_10_the_gates_after_it_are_those_of_every_sign_in(edi: World, state: State, code: str) -> None:
    address, lea = parse(LEA), edi.view().user(identity(edi, LEA))
    assert lea is not None
    assert address is not None
    place(edi, type(lea)(id=lea.id, organisation=lea.organisation, state=state, email=address))

    assert codes(verified(edi, "s-1", LEA)) == (code,)


@pytest.mark.rule("ED-07", "BP-13")
def test_so_10_a_temporary_password_still_has_to_be_changed(edi: World) -> None:
    lea = session(verified(edi, "s-1", LEA))
    until = edi.clock.now()
    place(edi, Credential(user=identity(edi, LEA), password_hash="x", temporary_until=until))

    assert codes(edi.execute(lea, UpdateDetails(details={"phone": "1"}))) == ("password-change-required",)


@pytest.mark.rule("ED-07", "ED-09")
def test_so_15_se_05_another_user_of_the_browser_is_signed_out(edi: World) -> None:
    lea = session(verified(edi, "s-1", LEA))
    session(verified(edi, "s-2", BO))

    assert edi.view().signed_in("laptop") == identity(edi, BO)
    assert codes(edi.execute(lea, SignOut())) == ("session-replaced",)


@pytest.mark.rule("GX-06", "ED-07")
def test_signing_in_by_another_provider_sets_no_password(edi: World) -> None:
    verified(edi, "s-1", LEA)

    key = CredentialOf(identity(edi, LEA))
    credential = edi.store.read([key]).values[key]
    assert isinstance(credential, Credential)
    assert (credential.password_hash, credential.signed_in) == ("", True)
