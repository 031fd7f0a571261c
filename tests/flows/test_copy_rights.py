"""Flow: an administrator gives a user all that he holds himself."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, Town, words

from partnerauth.entities import Member
from partnerauth.flows.copy_rights import CopyRights
from partnerauth.flows.grant import Grant
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.set_option import SetOption

MASS = {"user": "ben", "account": "hq", "application": "emasspost"}
WORLD = {"user": "ben", "account": "hq", "application": "eshipper-international"}


@pytest.mark.rule("BP-18")
def test_everything_is_copied_and_nothing_taken_away(acme: Town) -> None:
    acme.accepts("anna", CopyRights, **MASS)
    assert acme.holds("ben", "emasspost") == acme.holds("anna", "emasspost")
    acme.accepts("mia", CopyRights, **{**MASS, "application": "distriplanner"})
    assert acme.holds("ben", "distriplanner") == words("quick-view")
    acme.accepts("mia", CopyRights, **MASS)
    assert acme.holds("ben", "emasspost") == acme.holds("anna", "emasspost")


@pytest.mark.rule("BP-18", "BP-28")
@pytest.mark.parametrize(
    ("profile", "copied"),
    [
        ("read-only", "eshipper-light view-prices borderel-10 borderel-31"),
        ("general", "general-access view-prices borderel-10 borderel-21 borderel-31"),
        ("pro-2", "eshipper-pro-2 general-access view-prices borderel-21 borderel-31"),
        ("etoe", "etoe-handling eshipper-pro-2 general-access view-prices borderel-10 borderel-21 borderel-31"),
    ],
)
def test_a_profile_says_what_is_copied_and_inactive_contracts_are_skipped(
    acme: Town, profile: str, copied: str
) -> None:
    acme.accepts("anna", CopyRights, **WORLD, profile=profile)
    assert acme.holds("ben", "eshipper-international") == words(copied) | {"contract:BPI-1"}


@pytest.mark.rule("BP-18")
def test_contracts_that_are_not_eligible_are_skipped(acme: Town) -> None:
    acme.accepts(OPERATOR, SetContract, organisation="acme", account="hq", contract="CS-9", kind="other")
    acme.accepts("anna", CopyRights, **{**MASS, "application": "collect-stamp"})
    assert acme.holds("ben", "collect-stamp") == words("search-invoices")


@pytest.mark.rule("BP-18")
def test_without_a_profile_the_set_must_fit_one_as_it_is(acme: Town) -> None:
    assert acme.codes("anna", CopyRights, **WORLD) == ("matrix-no-profile",)
    acme.person(
        "gus",
        management=["manage-users"],
        rights={("eshipper-international", "hq"): "general-access borderel-10 contract:BPI-1"},
    )
    acme.accepts("gus", CopyRights, **WORLD)


@pytest.mark.rule("BP-18", "BP-28")
def test_what_the_administrator_lacks_is_not_made_up_for(acme: Town) -> None:
    acme.person(
        "gus",
        management=["manage-users"],
        rights={("eshipper-international", "hq"): "general-access contract:BPI-2"},
    )
    assert acme.refuses("gus", CopyRights, **WORLD, profile="pro-2") == {
        "matrix-mandatory-missing": {"profile": "pro-2", "rights": ("eshipper-pro-2",)},
        "matrix-service-missing": {"application": "eShipper International"},
    }


@pytest.mark.rule("BP-18", "BP-28")
def test_what_the_user_holds_already_counts(acme: Town) -> None:
    acme.accepts("anna", CopyRights, **WORLD, profile="read-only")
    assert acme.refuses("anna", CopyRights, **WORLD, profile="general") == {
        "matrix-not-applicable": {"profile": "general", "rights": ("eshipper-light",)}
    }


@pytest.mark.rule("BP-18", "BP-28")
def test_what_the_profile_does_not_allow_and_the_user_holds_is_named(acme: Town) -> None:
    acme.accepts("anna", CopyRights, **WORLD, profile="general")
    assert acme.refuses("anna", CopyRights, **WORLD, profile="read-only") == {
        "matrix-not-applicable": {"profile": "read-only", "rights": ("general-access",)},
        "matrix-not-allowed": {"profile": "read-only", "rights": ("borderel-21",)},
    }


@pytest.mark.rule("BP-26")
def test_services_without_an_active_contract_are_not_copied(acme: Town) -> None:
    acme.accepts(OPERATOR, SetContract, organisation="acme", account="hq", contract="BPI-1", active=False)
    assert acme.codes("anna", CopyRights, **WORLD, profile="general") == ("contract-inactive",)


@pytest.mark.rule("BP-20")
def test_a_right_whose_option_is_off_is_not_copied(acme: Town) -> None:
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="agreement-router", enabled=False)
    assert acme.refuses("anna", CopyRights, **MASS) == {
        "option-disabled": {"options": ("agreement-router",), "rights": ("senders-management",)}
    }


@pytest.mark.rule("BP-05", "GX-01")
def test_whoever_does_not_reach_the_user_copies_nothing(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    look = {"account": "hq", "application": "distriplanner"}
    assert acme.codes("mia", CopyRights, **look, user="anna") == ("management-right-missing",)
    assert acme.codes("ben", CopyRights, **look, user="mia") == ("management-right-missing",)
    for user, account in (("gert", "hq"), ("nobody", "hq"), ("ben", "globex/hq"), ("ben", "attic")):
        fields = {"user": user, "account": account, "application": "distriplanner"}
        assert acme.codes("anna", CopyRights, **fields) == ("other-organisation",)


@pytest.mark.rule("BP-17")
def test_every_name_is_one_of_the_portal_file(acme: Town) -> None:
    for fields in ({"application": "leads"}, {"profile": "general"}):
        assert acme.codes("anna", CopyRights, **{**MASS, **fields}) == ("unknown-name",)
    assert acme.codes("anna", CopyRights, **WORLD, profile="Pro-2") == ("unknown-name",)
    assert acme.codes("anna", CopyRights, **{**MASS, "account": "depot"}) == ("not-offered",)
    assert acme.codes(OPERATOR, CopyRights, **MASS) == ("not-offered",)
    assert acme.codes(Member(), CopyRights, **MASS) == ("sign-in-required",)


@pytest.mark.rule("BP-18")
def test_copying_is_granting_what_one_holds(acme: Town) -> None:
    acme.accepts("anna", CopyRights, **MASS)
    copied = acme.newest
    acme.person("bis")
    resources = {"product": ["letter", "prior"], "billing-address": ["B1"]}
    rights = ["administrator-role", "creation", "view-prices", "senders-management"]
    acme.accepts("anna", Grant, **{**MASS, "user": "bis"}, rights=rights, resources=resources)
    assert acme.holds("bis", "emasspost") == acme.holds("ben", "emasspost")
    assert copied.name == acme.newest.name == "RightsGranted"
