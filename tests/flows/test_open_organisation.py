"""Flow: the operator opens an organisation, and describes its accounts, contracts and options."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town, bpost, words

from partnerauth.directory import AccountById, OrganisationById
from partnerauth.entities import Account, AccountId, Contract, Organisation, OrganisationId, System
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.set_option import SetOption


def organisation(town: Town, name: str) -> Organisation | None:
    key = OrganisationById(OrganisationId(name))
    found = town.store.read([key]).values[key]
    assert found is None or isinstance(found, Organisation)
    return found


def account(town: Town, name: str) -> Account:
    key = AccountById(AccountId(name))
    found = town.store.read([key]).values[key]
    assert isinstance(found, Account)
    return found


@pytest.mark.rule("BP-12")
def test_an_organisation_is_opened_with_its_accounts(town: Town) -> None:
    answer = town.accepts(
        OPERATOR,
        OpenOrganisation,
        organisation="acme",
        name="Acme NV",
        street="Kaai 1",
        town="Gent",
        country="BE",
        domains=["Acme.Example"],
        options=["ftp"],
        subcontractor=True,
        accounts={
            "hq": {"name": "HQ", "contracts": {"C-1": {"active": False, "kind": "x"}}, "billing-addresses": ["B1"]},
            "depot": {"applications": ["distriplanner"]},
        },
    )
    assert [event.name for event in answer.events] == ["OrganisationOpened", "AccountSet", "AccountSet"]
    assert organisation(town, "acme") == Organisation(
        id=OrganisationId("acme"),
        name="Acme NV",
        street="Kaai 1",
        town="Gent",
        country="BE",
        domains=frozenset({"acme.example"}),
        options=frozenset({"ftp"}),
        subcontractor=True,
    )
    hq = account(town, "acme/hq")
    assert hq.contracts == {"C-1": Contract(active=False, kind="x")}
    assert hq.applications == frozenset(town.portal.applications)
    assert account(town, "acme/depot").applications == {"distriplanner"}
    assert [each.event.by for each in town.store.records(organisation="acme")] == ["operator:operator"] * 3


@pytest.mark.rule("BP-01")
def test_an_organisation_that_a_request_opened_is_described_once(town: Town) -> None:
    town.accepts(
        VISITOR,
        RequestAccess,
        organisation="nova",
        application="emasspost",
        account="hq",
        details={"email": "a@nova.example"},
    )
    assert organisation(town, "nova") == Organisation(id=OrganisationId("nova"), name="nova", requested=True)
    town.company("nova", name="Nova NV")
    found = organisation(town, "nova")
    assert found is not None
    assert (found.name, found.requested) == ("Nova NV", False)
    assert town.refuses(OPERATOR, OpenOrganisation, organisation="nova", name="Nova") == {
        "already-exists": {"name": "nova"}
    }


@pytest.mark.rule("GX-12")
def test_an_organisation_is_opened_once(acme: Town) -> None:
    assert acme.refuses(OPERATOR, OpenOrganisation, organisation="acme", name="Other") == {
        "already-exists": {"name": "acme"}
    }


@pytest.mark.rule("BP-17")
def test_options_and_applications_are_those_of_the_portal_file(town: Town) -> None:
    fields = {"organisation": "acme", "name": "Acme"}
    assert town.refuses(OPERATOR, OpenOrganisation, **fields, options=["sftp", "ftp"]) == {
        "unknown-name": {"kind": "option", "names": ("sftp",)}
    }
    assert town.refuses(OPERATOR, OpenOrganisation, **fields, accounts={"hq": {"applications": ["leads"]}}) == {
        "unknown-name": {"kind": "application", "names": ("leads",)}
    }
    assert organisation(town, "acme") is None


@pytest.mark.rule("BP-01")
@pytest.mark.parametrize("name", ["", "a b", "a/b", "a\n", "-" * 65, "a\u202eb", "acme\u200b"])
def test_an_id_is_a_word(town: Town, name: str) -> None:
    malformed = {"field-malformed": {"fields": ("id",)}}
    assert town.refuses(OPERATOR, OpenOrganisation, organisation=name, name="Acme") == malformed
    assert town.refuses(OPERATOR, OpenOrganisation, organisation="acme", name="Acme", accounts={name: {}}) == malformed


@pytest.mark.rule("BP-01")
def test_texts_and_domains_are_well_formed(town: Town) -> None:
    fields = {"organisation": "acme", "name": "Acme\r\nBcc: x", "street": "x" * 201}
    assert town.refuses(OPERATOR, OpenOrganisation, **fields) == {"field-malformed": {"fields": ("name", "street")}}
    everything = {"organisation": "a b", "name": "\x00", "domains": ["acme..example"]}
    assert town.refuses(OPERATOR, OpenOrganisation, **everything) == {
        "field-malformed": {"fields": ("name", "domains", "id")}
    }
    domains = {"organisation": "acme", "name": "Acme", "domains": ["acme.example", "acme..example"]}
    assert town.refuses(OPERATOR, OpenOrganisation, **domains) == {"field-malformed": {"fields": ("domains",)}}


@pytest.mark.rule("GX-01")
@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (OpenOrganisation, {"organisation": "mine", "name": "Mine"}),
        (SetAccount, {"organisation": "acme", "account": "hq"}),
        (SetContract, {"organisation": "acme", "account": "hq", "contract": "C-1"}),
        (SetOption, {"organisation": "acme", "option": "ftp", "enabled": True}),
    ],
)
def test_nobody_but_the_operator_describes_companies(
    acme: Town, command: type[OpenOrganisation | SetAccount | SetContract | SetOption], fields: dict[str, object]
) -> None:
    for who in ("anna", VISITOR, System()):
        assert acme.codes(who, command, **fields) == ("not-offered",)


def test_an_account_is_added_or_changed_in_what_is_named(acme: Town) -> None:
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="attic")
    assert account(acme, "acme/attic") == Account(
        id=AccountId("acme/attic"),
        organisation=OrganisationId("acme"),
        name="attic",
        applications=frozenset(acme.portal.applications),
    )
    before = account(acme, "acme/hq")
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", name="Head office")
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", **{"billing-addresses": ["B9"]})
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", contracts={"C-9": {"active": False}})
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", applications=["emasspost"])
    after = account(acme, "acme/hq")
    assert (before.name, after.name) == ("", "Head office")
    assert after.billing_addresses == {"B9"}
    assert after.contracts == {"C-9": Contract(active=False)}
    assert after.applications == {"emasspost"}


@pytest.mark.rule("BP-01", "BP-12", "GX-01")
def test_an_account_belongs_to_an_organisation_that_is_there(acme: Town) -> None:
    assert acme.refuses(OPERATOR, SetAccount, organisation="nowhere", account="hq") == {
        "other-organisation": {"names": ("nowhere",)}
    }
    assert acme.refuses(OPERATOR, SetAccount, organisation="nowhere", account="hq", applications=["leads"]) == {
        "unknown-name": {"kind": "application", "names": ("leads",)}
    }
    assert acme.refuses(OPERATOR, SetAccount, organisation="acme", account="h q", name="\x00") == {
        "field-malformed": {"fields": ("name", "account")}
    }
    assert acme.refuses(OPERATOR, SetAccount, organisation="acme", account="h q") == {
        "field-malformed": {"fields": ("account",)}
    }


@pytest.mark.rule("BP-24", "BP-26")
def test_a_contract_is_added_stopped_and_taken_up_again(acme: Town) -> None:
    def contract(name: str) -> Contract:
        return account(acme, "acme/hq").contracts[name]

    where = {"organisation": "acme", "account": "hq"}
    acme.accepts(OPERATOR, SetContract, **where, contract="NEW", kind="cs-master")
    assert contract("NEW") == Contract(active=True, kind="cs-master")
    acme.accepts(OPERATOR, SetContract, **where, contract="NEW", active=False)
    assert contract("NEW") == Contract(active=False, kind="cs-master")
    acme.accepts(OPERATOR, SetContract, **where, contract="NEW", kind="")
    assert contract("NEW") == Contract(active=True)
    assert contract("C-1") == Contract()
    assert acme.refuses(OPERATOR, SetContract, organisation="acme", account="attic", contract="NEW") == {
        "other-organisation": {"names": ("attic",)}
    }


@pytest.mark.rule("BP-06")
def test_an_option_is_switched_on_and_off(acme: Town) -> None:
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="ftp", enabled=False)
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="ftp", enabled=False)
    found = organisation(acme, "acme")
    assert found is not None
    assert found.options == words("agreement-router etoe-partner")
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="ftp", enabled=True)
    assert acme.refuses(OPERATOR, SetOption, organisation="nowhere", option="ftp", enabled=True) == {
        "other-organisation": {"names": ("nowhere",)}
    }
    assert acme.refuses(OPERATOR, SetOption, organisation="nowhere", option="sftp", enabled=True) == {
        "unknown-name": {"kind": "option", "names": ("sftp",)}
    }


@pytest.mark.rule("BP-12")
def test_a_portal_without_accounts_has_one_for_every_organisation_and_no_other() -> None:
    town = Town(bpost().model_copy(update={"accounts": False}))
    fields = {"organisation": "acme", "name": "Acme"}
    assert town.refuses(OPERATOR, OpenOrganisation, **fields, accounts={"hq": {}}) == {
        "not-offered": {"name": "accounts"}
    }
    town.accepts(OPERATOR, OpenOrganisation, **fields)
    assert account(town, "acme/-").name == "Acme"
    assert town.refuses(OPERATOR, SetAccount, organisation="acme", account="hq") == {
        "not-offered": {"name": "set-account"}
    }
