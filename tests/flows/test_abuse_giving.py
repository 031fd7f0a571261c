"""Abuse cases DG: giving more than one has, taking from above, and names that mean more than they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError
from tests.flows.town import OPERATOR, VISITOR, Town

from partnerauth.decision import Refused
from partnerauth.directory import OrganisationById
from partnerauth.entities import Member, Operator, OrganisationId, State
from partnerauth.flow import Command
from partnerauth.flows import FLOWS
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.copy_rights import CopyRights
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.flows.withdraw import Withdraw

MASS = {"user": "ben", "application": "emasspost", "account": "hq"}
DETAILS = {
    "username": "DORA",
    "gender": "woman",
    "first-name": "Dora",
    "last-name": "Smet",
    "email": "dora@acme.example",
}


@pytest.mark.rule("BP-04")
def test_dg_01_each_application_and_right_must_be_held(acme: Town) -> None:
    held = {"emasspost": "creation", "distriplanner": "quick-view", "collect-stamp": "search-invoices"}
    for application, right in held.items():
        fields = {"user": "ben", "application": application, "account": "hq", "rights": [right]}
        acme.accepts("anna", Grant, **fields)
        if application != "distriplanner":
            assert acme.codes("mia", Grant, **fields) == ("delegation-limit",)


@pytest.mark.rule("BP-04")
def test_dg_02_what_is_held_narrowly_is_not_given_widely(acme: Town) -> None:
    for resources in ({"product": ["letter", "periodical"]}, {"billing-address": ["B2"]}):
        facts = acme.refuses("anna", Grant, **MASS, rights=["creation"], resources=resources)
        assert list(facts) == ["delegation-limit"]


@pytest.mark.rule("BP-02", "BP-04", "BP-18", "BP-31", "GX-02")
def test_dg_05_every_path_that_gives_asks_the_same_question(acme: Town) -> None:
    acme.company("router", {"desk": {}}, subcontractor=True)
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): "administrator-role"})
    acme.person("rob", "router")
    acme.person("dee", state=State.DEACTIVATED, rights={("emasspost", "hq"): "contracts"})
    acme.accepts("anna", Delegate, organisation="router", application="emasspost", account="hq", rights=["creation"])
    more: list[tuple[str, type[Command], dict[str, object]]] = [
        ("anna", Grant, {**MASS, "rights": ["contracts"]}),
        ("mia", CreateUser, {"details": DETAILS, "management": ["ftp"]}),
        ("mia", SetManagement, {"user": "ben", "management": ["ftp"]}),
        (
            "anna",
            Delegate,
            {"organisation": "router", "application": "emasspost", "account": "hq", "rights": ["contracts"]},
        ),
        ("rik", PassOn, {"user": "rob", "application": "emasspost", "account": "acme/hq", "rights": ["contracts"]}),
        ("mia", Reactivate, {"user": "dee"}),
    ]
    for who, command, fields in more:
        assert acme.codes(who, command, **fields) == ("delegation-limit",), command
    acme.accepts("mia", CopyRights, **MASS)
    assert acme.holds("ben", "emasspost") == frozenset()


@pytest.mark.rule("BP-02", "BP-04", "BP-05")
def test_dg_07_nobody_raises_himself(acme: Town) -> None:
    own = sorted(acme.user("mia").management)
    assert acme.codes("mia", SetManagement, user="mia", management=[*own, "manage-administrators"]) == (
        "management-right-missing",
        "delegation-limit",
    )
    assert acme.codes("anna", Grant, **{**MASS, "user": "anna"}, rights=["contracts"]) == ("delegation-limit",)
    acme.person("nina", management=["manage-users", "manage-administrators"])
    assert acme.codes("nina", SetManagement, user="nina", management=[*acme.portal.management.rights]) == (
        "delegation-limit",
    )
    assert acme.codes("ben", SetManagement, user="ben", management=["manage-users"]) == (
        "management-right-missing",
        "delegation-limit",
    )
    acme.accepts("anna", CopyRights, user="anna", application="emasspost", account="hq")


@pytest.mark.rule("BP-02", "BP-05")
def test_dg_08_whoever_is_higher_is_not_reached_by_making_him_lower(acme: Town) -> None:
    assert acme.codes("mia", SetManagement, user="anna", management=["reset-password"]) == (
        "management-right-missing",
        "revocation-forbidden",
    )
    assert acme.codes("mia", SetManagement, user="anna", management=sorted(acme.user("anna").management)) == (
        "management-right-missing",
    )


@pytest.mark.rule("BP-05", "BP-10")
def test_dg_09_nothing_is_taken_from_a_superior(acme: Town) -> None:
    there = {"application": "emasspost", "account": "hq"}
    for command, fields in ((Deactivate, {}), (SetTemporaryPassword, {}), (Revoke, there), (Withdraw, there)):
        assert "management-right-missing" in acme.codes("mia", command, user="anna", **fields)


@pytest.mark.rule("GX-02")
def test_dg_10_what_was_given_stays_when_the_giver_loses_it(acme: Town) -> None:
    acme.accepts("anna", Grant, **MASS, rights=["creation"])
    acme.accepts(OPERATOR, Revoke, user="anna", application="emasspost", account="hq", rights=["creation"])
    acme.accepts(OPERATOR, Deactivate, user="anna")
    assert acme.holds("ben", "emasspost") == {"creation"}
    acme.accepts(OPERATOR, Reactivate, user="anna")
    acme.person("eva")
    assert acme.codes("anna", Grant, **{**MASS, "user": "eva"}, rights=["creation"]) == ("delegation-limit",)


@pytest.mark.rule("BP-07")
@pytest.mark.parametrize("word", sorted(FLOWS))
def test_dg_11_a_command_has_no_field_that_nobody_named(word: str) -> None:
    command = FLOWS[word].command
    for extra in ("state", "is_admin", "by", "actor", "organisation_id", "created-by"):
        with pytest.raises(ValidationError) as caught:
            command.model_validate({extra: "x"})
        assert "extra_forbidden" in {each["type"] for each in caught.value.errors()}
    assert command.model_config.get("frozen")


@pytest.mark.rule("BP-03", "BP-17")
@pytest.mark.parametrize(
    "name",
    ["creation,contracts", " creation", "Creation", "*", "", "creation ", "creation\u200b", "-", "%", "../creation"],
)
def test_dg_15_and_27_a_right_is_one_exact_name(acme: Town, name: str) -> None:
    assert acme.refuses("anna", Grant, **MASS, rights=[name]) == {"unknown-name": {"kind": "right", "names": (name,)}}
    assert acme.codes("anna", SetManagement, user="ben", management=[name]) == ("unknown-name",)
    assert acme.denies("anna", "emasspost", name, account="hq") == "right-missing"


@pytest.mark.rule("BP-25")
def test_dg_16_a_right_of_one_application_is_none_of_another(acme: Town) -> None:
    acme.person("nat", rights={("eshipper-national", "hq"): "user contract:C-1"})
    assert acme.view().can("nat", "eshipper-national", "user", account="hq")
    for application in ("etracker-national", "shipping-manager"):
        assert acme.denies("nat", application, "user", account="hq") == "right-missing"


@pytest.mark.rule("BP-28")
def test_dg_17_what_the_portal_file_took_out_counts_no_longer(acme: Town) -> None:
    acme.person(
        "old",
        state=State.DEACTIVATED,
        password="Winter-Tram-66",
        rights={
            ("telex", "hq"): "send",
            ("emasspost", "hq"): "telegram product:postcard",
            ("eshipper-international", "hq"): "customs-access contract:NONE",
            ("distriplanner", "attic"): "quick-view",
        },
    )
    for application in acme.portal.applications:
        assert acme.holds("old", application) == frozenset()
    acme.accepts("mia", Reactivate, user="old")
    assert acme.denies("old", "emasspost", "telegram", account="hq") == "right-missing"
    assert acme.denies("old", "telex", "send", account="hq") == "right-missing"
    assert acme.denies("old", "eshipper-international", "customs-access", account="hq") == "right-missing"


@pytest.mark.rule("GX-01", "GX-02")
def test_dg_18_whatever_is_unknown_is_denied(acme: Town) -> None:
    ask = acme.view().can
    for user, application, right, account in (
        ("nobody", "emasspost", "creation", "hq"),
        ("anna", "leads", "creation", "hq"),
        ("anna", "emasspost", "create", "hq"),
        ("anna", "emasspost", "creation", "attic"),
        ("anna", "emasspost", "creation", None),
        ("anna", None, "creation", None),
        ("anna", "-", "creation", "hq"),
    ):
        assert ask(user, application, right, account=account) is False
    for resources in ({"product": "-"}, {"product": ""}, {"warehouse": "W1"}, {"contract": "NONE"}):
        assert ask("anna", "emasspost", "creation", account="hq", resources=resources) is False


@pytest.mark.rule("GX-11")
def test_dg_19_an_administrator_takes_over_no_colleague_by_his_address(acme: Town) -> None:
    assert acme.codes("anna", UpdateDetails, user="ben", details={"email": "x@acme.example"}) == ("unknown-name",)
    assert set(ChangeEmail.model_fields) == {"email"}
    acme.accepts("ben", ChangeEmail, email="eve@evil.example")
    acme.accepts(VISITOR, ConfirmEmail, token=acme.mailed("eve@evil.example"))
    assert acme.mails("ben@acme.example")[-1].template == "email-changed"


@pytest.mark.rule("BP-04")
def test_dg_20_a_right_that_is_lost_meanwhile_is_not_given(acme: Town) -> None:
    gone = {"user": "anna", "application": "emasspost", "account": "hq", "rights": ["creation"]}
    answer = acme.interrupted(
        "anna", Grant, lambda: acme.accepts(OPERATOR, Revoke, **gone), **MASS, rights=["creation"]
    )
    assert isinstance(answer, Refused)
    assert answer.codes == ("delegation-limit",)
    answer = acme.interrupted(
        "anna", Grant, lambda: acme.accepts(OPERATOR, Deactivate, user="anna"), **MASS, rights=["view-prices"]
    )
    assert isinstance(answer, Refused)
    assert answer.codes == ("user-inactive",)
    assert acme.holds("ben", "emasspost") == frozenset()


@pytest.mark.rule("GX-01", "BP-19")
def test_dg_21_what_can_be_chosen_is_asked_within_the_organisation(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    view = acme.view()
    for target in ("gert", "nobody"):
        choices = view.choices("anna", target, "emasspost", account="hq")
        applications = view.applications("anna", target, account="hq")
        assert isinstance(choices, Refused)
        assert isinstance(applications, Refused)
        assert choices.codes == applications.codes == ("other-organisation",)
    assert view.rights("gert", "emasspost", account="acme/hq").rights == frozenset()


@pytest.mark.rule("BP-01")
def test_dg_22_nobody_grants_his_own_request(acme: Town) -> None:
    acme.accepts("anna", RequestAccess, application="invoice-reporter", account="hq")
    for who in ("anna", VISITOR, Member(session="x")):
        assert acme.codes(who, GrantAccess, user="anna")[0] in {"not-offered", "sign-in-required"}


@pytest.mark.rule("GX-08")
def test_dg_23_the_operator_acts_under_his_own_name(acme: Town) -> None:
    acme.accepts(Operator(name="els"), Deactivate, user="ben")
    assert acme.newest.by == "operator:els"
    assert acme.user("ben").deactivated_by == "operator:els"


@pytest.mark.rule("BP-31", "BP-32")
def test_dg_24_two_companies_that_subcontract_to_each_other_gain_nothing_of_their_own(acme: Town) -> None:
    acme.company("router", {"desk": {}}, subcontractor=True)
    roles = "administrator-role view-prices"
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): roles})
    key = OrganisationById(OrganisationId("acme"))
    acme.watched.place(replace(acme.store.read([key]).values[key], subcontractor=True))
    acme.accepts("anna", Delegate, organisation="router", application="emasspost", account="hq", rights=["creation"])
    acme.accepts("rik", Delegate, organisation="acme", application="emasspost", account="desk", rights=["view-prices"])
    before = acme.holds("anna", "emasspost")
    assert acme.holds("rik", "emasspost", "acme/hq") == {"creation"}
    assert acme.holds("anna", "emasspost", "router/desk") == {"view-prices"}
    foreign = {"organisation": "router", "application": "emasspost", "account": "router/desk"}
    assert acme.codes("anna", Delegate, **foreign, rights=["view-prices"]) == ("other-organisation",)
    assert acme.holds("anna", "emasspost") == before
