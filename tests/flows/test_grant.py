"""Flow: an administrator gives rights and resources."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, Town, words

from partnerauth.entities import RIGHT, Element, State
from partnerauth.events import RightsGranted
from partnerauth.flows.grant import Grant
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.set_option import SetOption

HERE = {"user": "ben", "account": "hq"}
MASS = {**HERE, "application": "emasspost"}
WORLD = {**HERE, "application": "eshipper-international"}


@pytest.mark.rule("BP-04", "BP-10", "BP-12")
def test_rights_and_resources_add_up(acme: Town) -> None:
    acme.accepts("anna", Grant, **MASS, rights=["creation"], resources={"product": ["letter"]})
    acme.accepts("anna", Grant, **MASS, resources={"product": ["prior"], "billing-address": ["B1"]})
    acme.accepts("anna", Grant, **MASS, rights=["creation", "creation"])
    assert acme.holds("ben", "emasspost") == words("creation product:letter product:prior billing-address:B1")
    assert acme.view().can(
        "ben", "emasspost", "creation", account="hq", resources={"product": "prior", "billing-address": "B1"}
    )


@pytest.mark.rule("GX-08")
def test_each_element_is_on_record_with_who_gave_it_first_and_when(acme: Town) -> None:
    acme.accepts("anna", Grant, **MASS, rights=["creation"])
    start = acme.clock.now()
    acme.clock.set(start.replace(year=start.year + 1))
    answer = acme.accepts("anna", Grant, **MASS, rights=["creation", "view-prices"])
    (event,) = answer.events
    assert isinstance(event, RightsGranted)
    assert event.elements == (Element(RIGHT, "creation"), Element(RIGHT, "view-prices"))
    given = {event.elements[0]: start, event.elements[1]: acme.clock.now()}
    (unit,) = acme.watched.units[-1:]
    (selection,) = unit.changes.values()
    assert {element: at.at for element, at in selection.elements.items()} == given  # type: ignore[union-attr]


@pytest.mark.rule("BP-04", "BP-19")
def test_everything_that_exceeds_is_named(acme: Town) -> None:
    more = {"product": ["letter", "periodical"], "billing-address": ["B2", "B9"]}
    assert acme.refuses("anna", Grant, **MASS, rights=["creation", "confirmation"], resources=more) == {
        "delegation-limit": {
            "exceeding": ("billing-address B2", "billing-address B9", "confirmation", "product periodical")
        }
    }
    assert acme.holds("ben", "emasspost") == frozenset()


@pytest.mark.rule("BP-04")
def test_what_the_account_no_longer_has_is_nobodys_to_give(acme: Town) -> None:
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", **{"billing-addresses": []})
    assert acme.refuses("anna", Grant, **MASS, resources={"billing-address": ["B1"]}) == {
        "delegation-limit": {"exceeding": ("billing-address B1",)}
    }


@pytest.mark.rule("BP-05")
def test_it_takes_the_right_that_reaches_the_user(acme: Town) -> None:
    look = {"account": "hq", "application": "distriplanner", "rights": ["quick-view"]}
    acme.accepts("mia", Grant, **look, user="ben")
    acme.accepts("anna", Grant, **look, user="mia")
    assert acme.refuses("mia", Grant, **look, user="anna") == {
        "management-right-missing": {"needed": ("manage-administrators",)}
    }
    assert acme.refuses("ben", Grant, **look, user="mia") == {
        "management-right-missing": {"needed": ("manage-administrators",)}
    }


@pytest.mark.rule("BP-12")
def test_the_account_must_have_the_application(acme: Town) -> None:
    assert acme.refuses("anna", Grant, user="ben", account="depot", application="emasspost", rights=["creation"]) == {
        "not-offered": {"name": "emasspost"}
    }


@pytest.mark.rule("BP-17", "GX-09")
def test_every_name_is_one_of_the_portal_file(acme: Town) -> None:
    for fields, kind, names in (
        ({"application": "leads"}, "application", ("leads",)),
        ({"rights": ["creation", "Creation", " creation", "*"]}, "right", (" creation", "*", "Creation")),
        ({"rights": ["order-entry"]}, "right", ("order-entry",)),
        ({"resources": {"contract": ["C-1"]}}, "resource", ("contract",)),
        ({"resources": {"product": ["letter", "parcel"]}}, "product", ("parcel",)),
        ({"profile": "general"}, "profile", ("general",)),
    ):
        assert acme.refuses("anna", Grant, **{**MASS, **fields}) == {"unknown-name": {"kind": kind, "names": names}}
    assert acme.refuses("anna", Grant, **WORLD, profile="gold") == {
        "unknown-name": {"kind": "profile", "names": ("gold",)}
    }


@pytest.mark.rule("GX-01")
def test_user_and_account_are_of_ones_own_organisation(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    for fields, named in (
        ({"user": "gert"}, "gert"),
        ({"user": "nobody"}, "nobody"),
        ({"account": "globex/hq"}, "globex/hq"),
        ({"account": "attic"}, "attic"),
    ):
        assert acme.refuses("anna", Grant, **{**MASS, **fields}, rights=["creation"]) == {
            "other-organisation": {"names": (named,)}
        }
    acme.accepts("anna", Grant, **{**MASS, "account": "acme/hq"}, rights=["creation"])


@pytest.mark.rule("BP-20", "BP-28")
def test_a_right_with_an_option_is_given_while_the_option_is_on(acme: Town) -> None:
    acme.accepts("anna", Grant, **MASS, rights=["senders-management"])
    for option in ("agreement-router", "etoe-partner"):
        acme.accepts(OPERATOR, SetOption, organisation="acme", option=option, enabled=False)
    assert acme.refuses("anna", Grant, **MASS, rights=["senders-management", "creation"]) == {
        "option-disabled": {"options": ("agreement-router",), "rights": ("senders-management",)}
    }
    assert acme.denies("ben", "emasspost", "senders-management", account="hq") == "option-disabled"
    etoe = {"rights": ["etoe-handling", "general-access", "borderel-10"], "resources": {"contract": ["BPI-1"]}}
    assert acme.refuses("anna", Grant, **WORLD, profile="etoe", **etoe) == {
        "option-disabled": {"options": ("etoe-partner",), "rights": ("etoe-handling",)}
    }


@pytest.mark.rule("BP-24")
def test_only_a_cs_master_contract_is_eligible(acme: Town) -> None:
    stamp = {**HERE, "application": "collect-stamp"}
    acme.accepts("anna", Grant, **stamp, resources={"contract": ["CS-9"]})
    assert acme.refuses("anna", Grant, **stamp, resources={"contract": ["C-1", "BPI-1", "CS-9"]}) == {
        "delegation-limit": {"exceeding": ("contract BPI-1", "contract C-1")},
        "resource-not-eligible": {"contracts": ("BPI-1", "C-1")},
    }
    assert acme.codes("anna", Grant, **stamp, resources={"contract": ["NONE"]}) == ("delegation-limit",)


@pytest.mark.rule("BP-26")
def test_contracts_that_are_named_are_active_and_services_have_one(acme: Town) -> None:
    access = {"rights": ["general-access", "borderel-10"], "profile": "general"}
    assert acme.refuses("anna", Grant, **WORLD, **access, resources={"contract": ["BPI-1", "BPI-2"]}) == {
        "contract-inactive": {"contracts": ("BPI-2",)}
    }
    assert acme.refuses("anna", Grant, **WORLD, **access) == {"contract-inactive": {"contracts": ()}}
    acme.accepts("anna", Grant, **WORLD, resources={"contract": ["BPI-1"]})
    acme.accepts("anna", Grant, **WORLD, **access)


@pytest.mark.rule("BP-26")
def test_a_contract_that_has_ended_serves_nothing(acme: Town) -> None:
    acme.accepts("anna", Grant, **WORLD, resources={"contract": ["BPI-1"]})
    acme.accepts(OPERATOR, SetContract, organisation="acme", account="hq", contract="BPI-1", active=False)
    access = {"rights": ["general-access", "borderel-10"], "profile": "general"}
    assert acme.codes("anna", Grant, **WORLD, **access) == ("contract-inactive",)


@pytest.mark.rule("BP-26", "BP-28")
def test_a_set_that_fits_no_profile_is_told_what_each_would_take(acme: Town) -> None:
    mixed = {"rights": ["eshipper-light", "general-access"], "resources": {"contract": ["BPI-1"]}}
    assert acme.refuses("anna", Grant, **WORLD, **mixed) == {
        "matrix-no-profile": {
            "changes": (
                "read-only: -general-access",
                "general: -eshipper-light",
                "pro-2: +eshipper-pro-2 -eshipper-light",
                "etoe: +etoe-handling -eshipper-light",
            )
        },
        "matrix-service-missing": {"application": "eShipper International"},
    }


@pytest.mark.rule("BP-28")
def test_a_named_profile_says_what_is_wrong_with_each_right(acme: Town) -> None:
    mixed = {"rights": ["general-access", "borderel-21"], "resources": {"contract": ["BPI-1"]}}
    assert acme.refuses("anna", Grant, **WORLD, **mixed, profile="read-only") == {
        "matrix-mandatory-missing": {"profile": "read-only", "rights": ("eshipper-light",)},
        "matrix-not-applicable": {"profile": "read-only", "rights": ("general-access",)},
        "matrix-not-allowed": {"profile": "read-only", "rights": ("borderel-21",)},
    }


@pytest.mark.rule("BP-28")
def test_what_belongs_to_nobody_is_nobodys_to_give(acme: Town) -> None:
    facts = acme.refuses("anna", Grant, **WORLD, rights=["customs-access"], resources={"contract": ["BPI-1"]})
    assert list(facts) == ["delegation-limit", "matrix-no-profile", "matrix-service-missing"]


@pytest.mark.rule("BP-01", "BP-10")
def test_granting_nothing_changes_nothing(acme: Town) -> None:
    acme.accepts("anna", Grant, **MASS)
    assert acme.holds("ben", "emasspost") == frozenset()


@pytest.mark.rule("GX-02")
def test_a_deactivated_colleague_can_be_prepared_for_his_return(acme: Town) -> None:
    acme.person("dee", state=State.DEACTIVATED)
    acme.accepts("anna", Grant, **{**MASS, "user": "dee"}, rights=["creation"])
    assert acme.denies("dee", "emasspost", "creation", account="hq") == "user-inactive"


@pytest.mark.rule("BP-04", "BP-20", "BP-28")
def test_the_operator_gives_what_no_administrator_holds_and_keeps_to_every_other_rule(acme: Town) -> None:
    acme.accepts(OPERATOR, Grant, **MASS, rights=["contracts"], resources={"billing-address": ["B2"]})
    assert acme.holds("ben", "emasspost") == words("contracts billing-address:B2")
    acme.accepts(OPERATOR, Grant, **{**MASS, "user": "anna"}, rights=["contracts"])
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="agreement-router", enabled=False)
    assert acme.codes(OPERATOR, Grant, **MASS, rights=["senders-management"]) == ("option-disabled",)
    assert acme.codes(OPERATOR, Grant, **WORLD, rights=["borderel-10"], resources={"contract": ["BPI-2"]}) == (
        "contract-inactive",
        "matrix-no-profile",
    )
    acme.company("globex")
    assert acme.codes(OPERATOR, Grant, **{**MASS, "account": "globex/hq"}) == ("other-organisation",)


@pytest.mark.rule("BP-12")
def test_the_operator_gives_nothing_that_the_account_may_get_one_day(acme: Town) -> None:
    for where, kind, name in ((MASS, "billing-address", "B9"), (WORLD, "contract", "BPI-9")):
        assert acme.refuses(OPERATOR, Grant, **where, resources={kind: [name]}) == {
            "unknown-name": {"kind": kind, "names": (name,)}
        }
