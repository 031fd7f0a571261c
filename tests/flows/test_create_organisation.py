"""Flows: whoever has proved his address creates his organisation."""

from __future__ import annotations

import pytest
from tests.flows.portals import MASTER, OPERATOR, PASSWORD, PERSON, VISITOR, Dealers

from partnerauth.directory import OrganisationById
from partnerauth.entities import State
from partnerauth.flows.create_organisation import CreateOrganisation
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.register import Register
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.verify_email import VerifyEmail
from partnerauth.policy.portal import PortalError
from partnerauth.portals import parse_portal, portal_text

KIM = "kim@nova.example"
CREATING = {"email": KIM, "name": "Nova", "town": "Antwerpen", "details": PERSON, "password": PASSWORD}


@pytest.mark.rule("DP-02", "DP-03", "DP-08")
def test_the_creator_is_administrator_and_at_work_at_once(dealers: Dealers) -> None:
    kim = dealers.creates(organisation="nova")
    user = dealers.user(kim)
    assert (user.state, user.organisation, user.management) == (State.ACTIVE, "nova", frozenset(MASTER))
    assert dealers.accepts(VISITOR, SignIn, identifier=KIM, password=PASSWORD).session
    assert dealers.view().can(kim, "service", "dealercard")
    (found,) = dealers.view().search("NOVA", "antwerpen")
    assert (found.id, found.name, found.street, found.town, found.country) == (
        "nova",
        "Nova",
        "Meir 1",
        "Antwerpen",
        "BE",
    )
    assert dealers.recorded(kim) == ["OrganisationCreated", "SignedIn"]


@pytest.mark.rule("DP-02")
def test_an_id_is_drawn_where_none_is_given(dealers: Dealers) -> None:
    kim = dealers.creates()
    assert dealers.user(kim).organisation.startswith("o-")
    assert dealers.view().can(kim, "service", "contact")


@pytest.mark.rule("DP-02", "GX-09")
@pytest.mark.parametrize(
    ("name", "town"),
    [("Fixit N.V.", "Gent"), ("FIXIT NV", " gent "), ("fix-it nv", "GENT"), ("Fi\u0301xit NV", "Ge\u0301nt")],
)
def test_an_organisation_that_exists_is_refused_with_the_match(dealers: Dealers, name: str, town: str) -> None:
    given = {**CREATING, "name": name, "town": town, "token": dealers.proved(KIM)}
    refused = dealers.refuses(VISITOR, CreateOrganisation, **given)
    assert refused == {"organisation-exists": {"match": "Fixit N.V., Kaai 1, Gent, BE"}}


@pytest.mark.rule("DP-02")
def test_the_same_name_in_another_town_is_another_organisation(dealers: Dealers) -> None:
    dealers.creates(name="Fixit NV", town="Brugge")
    assert [each.town for each in dealers.view().search("fixit nv")] == ["Brugge", "Gent"]
    assert [each.town for each in dealers.view().search("fixit nv", "BRUGGE")] == ["Brugge"]


@pytest.mark.rule("DP-02")
def test_tn_10_an_id_is_never_given_twice(dealers: Dealers) -> None:
    given = {**CREATING, "organisation": "repair", "token": dealers.proved(KIM)}
    assert dealers.codes(VISITOR, CreateOrganisation, **given) == ("organisation-exists",)
    assert dealers.view().search("Repair")[0].town == "Utrecht"


@pytest.mark.rule("DP-02", "DP-05", "GX-09")
def test_everything_that_is_wrong_is_told_at_once(dealers: Dealers) -> None:
    token = dealers.proved(KIM)
    refused = dealers.refuses(VISITOR, CreateOrganisation, email=KIM, token=token, name=" ", organisation="a/b")
    assert refused["field-required"] == {"fields": ("name", "password", "first-name", "last-name", "phone")}
    assert refused["field-malformed"] == {"fields": ("id",)}
    wordless = {**CREATING, "token": token, "name": "---", "street": "x" * 201, "password": "short", "confirm": "other"}
    refused = dealers.refuses(VISITOR, CreateOrganisation, **wordless)
    assert list(refused) == ["field-malformed", "password-policy", "confirmation-mismatch"]
    assert refused["field-malformed"] == {"fields": ("street", "name")}


@pytest.mark.rule("DP-01")
def test_creating_takes_the_registration_token(dealers: Dealers) -> None:
    assert dealers.codes(VISITOR, CreateOrganisation, **CREATING, token="x") == ("link-unknown",)


@pytest.mark.rule("GX-03")
def test_who_registered_meanwhile_is_told_by_mail_alone_and_nothing_is_created(dealers: Dealers) -> None:
    first = dealers.proved(KIM)
    dealers.accepts(VISITOR, Register, email=KIM)
    code = dealers.mailed(KIM)
    dealers.accepts(VISITOR, CreateOrganisation, **CREATING, token=first)
    token = dealers.accepts(VISITOR, VerifyEmail, email=KIM, code=code).secret
    answer = dealers.accepts(VISITOR, CreateOrganisation, **{**CREATING, "name": "Second"}, token=token)
    assert [mail.template for mail in answer.mails] == ["already-registered"]
    assert dealers.view().search("Second") == ()


@pytest.mark.rule("DP-02")
def test_em_18_the_founders_domain_does_not_become_the_organisations(dealers: Dealers) -> None:
    kim = dealers.creates(organisation="nova")
    key = OrganisationById(dealers.user(kim).organisation)
    assert dealers.store.read([key]).values[key].domains == frozenset()


@pytest.mark.rule("DP-02")
def test_colleagues_are_offered_the_organisation_of_an_administrator_with_their_domain(dealers: Dealers) -> None:
    kim = dealers.creates(organisation="nova")
    assert [each.id for each in dealers.view().candidates("lee@nova.example")] == ["nova"]
    dealers.accepts(OPERATOR, Deactivate, user=kim)
    assert dealers.view().candidates("lee@nova.example") == ()


@pytest.mark.rule("DP-02")
@pytest.mark.parametrize("email", ["lee@mail.repair.example", "lee@notrepair.example", "lee", "lee@other.example"])
def test_em_11_em_12_nobody_is_offered_another_domains_organisation(dealers: Dealers, email: str) -> None:
    assert dealers.view().candidates(email) == ()


@pytest.mark.rule("DP-02")
def test_candidates_come_from_the_address_and_show_no_more_than_where_they_are(dealers: Dealers) -> None:
    (found,) = dealers.view().candidates("New@REPAIR.example")
    assert {field: getattr(found, field) for field in type(found).__slots__} == {
        "id": "repair",
        "name": "Repair",
        "street": "",
        "town": "Utrecht",
        "country": "NL",
    }


@pytest.mark.rule("DP-02")
def test_em_13_a_free_mail_address_is_offered_none(dealers: Dealers) -> None:
    dealers.person("uli", "fixit", management=MASTER, username="", email="uli@gmail.com")
    assert dealers.view().candidates("lee@gmail.com") == ()


@pytest.mark.rule("DP-02")
def test_a_portal_with_accounts_cannot_let_people_create_organisations() -> None:
    text = portal_text("dealerportal").replace("accounts = false", "accounts = true")
    with pytest.raises(PortalError, match="accounts: nobody can say which accounts"):
        parse_portal(text, "here.toml")
