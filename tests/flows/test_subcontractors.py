"""Flows: a customer gives a subcontractor rights, its administrator passes them on, and both withdraw."""

from __future__ import annotations

import tomllib

import pytest
from tests.flows.town import OPERATOR, Town, bpost, words

from partnerauth.entities import State
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.grant import Grant
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.withdraw import Withdraw
from partnerauth.portals import portal_text

GIVE = {"organisation": "router", "application": "emasspost", "account": "hq"}
PASS = {"application": "emasspost", "account": "acme/hq"}


@pytest.fixture
def both(acme: Town) -> Town:
    """The company and a subcontractor: Rik administers its e-MassPost, Rina its users only, Rob is a user."""
    acme.company("router", {"desk": {}}, subcontractor=True)
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): "administrator-role"})
    acme.person("rina", "router", management=["manage-users"])
    acme.person("rob", "router")
    return acme


def held(town: Town, name: str) -> frozenset[str]:
    return town.holds(name, "emasspost", "acme/hq")


@pytest.mark.rule("BP-30", "BP-31")
def test_what_is_given_reaches_the_administrators_and_nobody_else(both: Town) -> None:
    resources = {"product": ["letter"], "billing-address": ["B1"]}
    both.accepts("anna", Delegate, **GIVE, rights=["creation"], resources=resources)
    assert held(both, "rik") == words("creation product:letter billing-address:B1")
    assert held(both, "rina") == held(both, "rob") == frozenset()
    assert both.view().who_can("emasspost", "creation", account="acme/hq") == ("anna", "rik")
    assert both.recorded("router")[-1] == "RightsDelegated"


@pytest.mark.rule("BP-31")
def test_it_takes_an_active_administrator_with_the_role_on_his_own_account(both: Town) -> None:
    both.person("ria", "router", management=["manage-administrators"], rights={("emasspost", "hq"): "contracts"})
    both.person(
        "ric",
        "router",
        management=["manage-users"],
        state=State.DEACTIVATED,
        rights={("emasspost", "desk"): "administrator-role"},
    )
    both.person("rex", "router", rights={("emasspost", "desk"): "administrator-role"})
    both.accepts("anna", Delegate, **GIVE, rights=["administrator-role"])
    for name in ("ria", "rex"):
        assert both.denies(name, "emasspost", "administrator-role", account="acme/hq") == "right-missing"
    assert both.denies("ric", "emasspost", "administrator-role", account="acme/hq") == "user-inactive"


@pytest.mark.rule("BP-31")
def test_the_customers_role_does_not_make_an_administrator_of_the_subcontractor(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, rights=["administrator-role", "view-prices"])
    both.person("ray", "router", management=["manage-administrators", "manage-users"])
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["administrator-role"])
    assert held(both, "rob") == {"administrator-role"}
    assert held(both, "ray") == frozenset()


@pytest.mark.rule("BP-31")
def test_it_is_passed_on_within_what_the_customer_gave(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, rights=["creation", "view-prices"], resources={"product": ["letter"]})
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["creation"], resources={"product": ["letter"]})
    assert held(both, "rob") == words("creation product:letter")
    assert both.refuses(
        "rik", PassOn, **PASS, user="rob", rights=["creation", "contracts"], resources={"product": ["letter", "prior"]}
    ) == {"delegation-limit": {"exceeding": ("contracts", "product prior")}}
    assert both.refuses("rina", PassOn, **PASS, user="rob", rights=["creation"]) == {
        "delegation-limit": {"exceeding": ("creation",)}
    }
    assert both.refuses("rob", PassOn, **PASS, user="rob", rights=["creation"]) == {
        "management-right-missing": {"needed": ("manage-users",)},
        "delegation-limit": {"exceeding": ("creation",)},
    }


@pytest.mark.rule("BP-30", "BP-31")
def test_the_customer_gives_within_his_own_and_needs_both_rights(both: Town) -> None:
    more = {"rights": ["creation", "confirmation"], "resources": {"product": ["periodical"]}}
    assert both.refuses("anna", Delegate, **GIVE, **more) == {
        "delegation-limit": {"exceeding": ("confirmation", "product periodical")}
    }
    assert both.refuses("mia", Delegate, **GIVE, rights=["creation"]) == {
        "right-missing": {"right": "administrator-role", "application": "emasspost"},
        "delegation-limit": {"exceeding": ("creation",)},
    }
    both.person("bert", management=["manage-administrators"], rights={("emasspost", "hq"): "administrator-role"})
    assert both.refuses("bert", Delegate, **GIVE, rights=["administrator-role"]) == {
        "management-right-missing": {"needed": ("manage-users",)}
    }


@pytest.mark.rule("BP-30")
@pytest.mark.parametrize("organisation", ["globex", "nowhere", "acme"])
def test_only_another_company_on_the_list_is_a_subcontractor(both: Town, organisation: str) -> None:
    both.company("globex")
    fields = {**GIVE, "organisation": organisation, "rights": ["creation"]}
    assert both.refuses("anna", Delegate, **fields) == {"unknown-subcontractor": {}}


@pytest.mark.rule("BP-20")
def test_a_right_whose_option_is_off_is_not_given_on(both: Town) -> None:
    both.accepts(OPERATOR, SetOption, organisation="acme", option="agreement-router", enabled=False)
    assert both.refuses("anna", Delegate, **GIVE, rights=["senders-management"]) == {
        "option-disabled": {"options": ("agreement-router",), "rights": ("senders-management",)}
    }


@pytest.mark.rule("BP-30", "BP-31", "BP-32", "GX-01")
def test_names_applications_and_accounts_come_first(both: Town) -> None:
    both.company("globex")
    commands = ((Delegate, GIVE), (Withdraw, GIVE), (PassOn, {**PASS, "user": "rob"}))
    for command, fields in commands:
        who = "rik" if command is PassOn else "anna"
        assert both.codes(who, command, **{**fields, "application": "leads"}) == ("unknown-name",)
        assert both.refuses(who, command, **{**fields, "application": "distriplanner"}) == {
            "not-offered": {"name": "distriplanner"}
        }
        assert both.codes(who, command, **fields, rights=["quick-view"]) == ("unknown-name",)
        assert both.codes(who, command, **{**fields, "account": "globex/hq"}) == ("other-organisation",)
        assert both.codes(who, command, **{**fields, "account": "attic"}) == ("other-organisation",)
        assert both.refuses(OPERATOR, command, **fields) == {"not-offered": {"name": command.word()}}
    assert both.codes("anna", Delegate, **{**GIVE, "account": "depot"}) == ("not-offered",)
    assert both.codes("rik", PassOn, **PASS, user="ben") == ("other-organisation",)
    assert both.codes("rik", PassOn, **PASS, user="nobody") == ("other-organisation",)


@pytest.mark.rule("BP-32")
def test_a_withdrawal_counts_at_once_and_giving_again_revives_nothing(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, rights=["creation", "view-prices"])
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["creation", "view-prices"])
    both.accepts("anna", Withdraw, **GIVE, rights=["creation"])
    assert held(both, "rob") == held(both, "rik") == {"view-prices"}
    both.accepts("anna", Delegate, **GIVE, rights=["creation"])
    assert held(both, "rik") == words("creation view-prices")
    assert held(both, "rob") == {"view-prices"}
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["creation"])
    assert held(both, "rob") == words("creation view-prices")


@pytest.mark.rule("BP-32")
def test_everything_is_withdrawn_where_nothing_is_named(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, rights=["creation"], resources={"product": ["letter"]})
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["creation"], resources={"product": ["letter"]})
    both.accepts("rik", Withdraw, **PASS, user="rob")
    assert held(both, "rob") == frozenset()
    both.accepts("anna", Withdraw, **GIVE)
    assert held(both, "rik") == frozenset()
    assert both.accepts("anna", Withdraw, **GIVE).events == ()
    assert both.refuses("rik", PassOn, **PASS, user="rob", rights=["creation"]) == {
        "other-organisation": {"names": (PASS["account"],)}
    }
    assert both.accepts("rik", Withdraw, **PASS, user="rob").events == ()
    both.person("rosa", "router")
    assert both.accepts("rik", Withdraw, **PASS, user="rosa").events == ()


@pytest.mark.rule("BP-32")
def test_what_the_customer_organisation_gave_stays_when_its_administrator_goes(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, rights=["view-prices"])
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["view-prices"])
    both.accepts(OPERATOR, Revoke, user="anna", application="emasspost", account="hq", rights=["view-prices"])
    both.accepts(OPERATOR, Deactivate, user="anna")
    assert both.view().can("rob", "emasspost", "view-prices", account="acme/hq")
    both.accepts("rina", Deactivate, user="rob")
    assert both.denies("rob", "emasspost", "view-prices", account="acme/hq") == "user-inactive"


@pytest.mark.rule("BP-32")
def test_what_was_passed_on_outlives_whoever_passed_it_on(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, rights=["view-prices"])
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["view-prices"])
    both.accepts(OPERATOR, Deactivate, user="rik")
    assert both.view().can("rob", "emasspost", "view-prices", account="acme/hq")


@pytest.mark.rule("BP-10", "BP-32")
def test_on_ones_own_account_nothing_is_withdrawn_from_a_user(both: Town) -> None:
    both.accepts("anna", Grant, user="ben", application="emasspost", account="hq", rights=["view-prices"])
    fields = {"user": "ben", "application": "emasspost", "account": "hq", "rights": ["view-prices"]}
    assert both.refuses("anna", Withdraw, **fields) == {"revocation-forbidden": {"rights": ("view-prices",)}}
    assert both.codes("ben", Withdraw, **fields) == ("management-right-missing", "revocation-forbidden")
    assert both.codes("anna", Withdraw, **{**fields, "user": "rob"}) == ("other-organisation",)


@pytest.mark.rule("BP-30", "BP-32")
def test_withdrawing_takes_the_same_rights_as_giving(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, rights=["view-prices"])
    assert both.refuses("mia", Withdraw, **GIVE) == {
        "right-missing": {"right": "administrator-role", "application": "emasspost"}
    }
    assert both.codes("ben", Withdraw, **GIVE) == ("management-right-missing", "right-missing")
    assert both.refuses("anna", Withdraw, **{**GIVE, "organisation": "nowhere"}) == {"unknown-subcontractor": {}}
    for neither in ({}, {"organisation": "router", "user": "ben"}):
        assert both.refuses("anna", Withdraw, application="emasspost", account="hq", **neither) == {
            "field-required": {"fields": ("organisation or user",)}
        }


@pytest.mark.rule("BP-31")
def test_what_the_customers_account_no_longer_has_counts_for_nobody(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, resources={"billing-address": ["B1"]})
    both.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", **{"billing-addresses": []})
    assert held(both, "rik") == frozenset()


@pytest.mark.rule("BP-32")
def test_passing_on_twice_keeps_the_first_giving_on_record(both: Town) -> None:
    both.accepts("anna", Delegate, **GIVE, rights=["view-prices"])
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["view-prices"])
    both.accepts("anna", Delegate, **GIVE, rights=["view-prices", "creation"])
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["view-prices", "creation"])
    assert held(both, "rob") == words("view-prices creation")


@pytest.mark.rule("BP-26", "BP-31")
def test_where_an_application_takes_active_contracts_only_no_other_is_given_on() -> None:
    code = "shipping-manager"
    described = tomllib.loads(portal_text("bpost"))["applications"][code]
    described |= {"active-contracts-only": True, "subcontracting": {"administrator": "user"}}
    town = Town(bpost(applications={code: described}))
    town.company("acme", {"hq": {"contracts": {"C-1": {}, "C-2": {"active": False}}}})
    town.company("router", {"desk": {}}, subcontractor=True)
    town.person("anna", management=["manage-users"], rights={(code, "hq"): "user contract:C-1 contract:C-2"})
    give = {**GIVE, "application": code, "rights": ["user"]}
    assert town.refuses("anna", Delegate, **give, resources={"contract": ["C-1", "C-2"]}) == {
        "contract-inactive": {"contracts": ("C-2",)}
    }
    town.accepts("anna", Delegate, **give, resources={"contract": ["C-1"]})
