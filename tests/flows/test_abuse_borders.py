"""Abuse cases TN and SC: reaching into another organisation, as a competitor, a customer or a subcontractor."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town

from partnerauth.decision import Refused
from partnerauth.entities import Member, State, UserId
from partnerauth.events import CommandRefused
from partnerauth.flow import Command
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.copy_rights import CopyRights
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.delete import Delete
from partnerauth.flows.grant import Grant
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.flows.withdraw import Withdraw
from partnerauth.messages import say

PLAN: dict[str, object] = {"application": "distriplanner", "account": "hq"}
GIVE = {"organisation": "router", "application": "emasspost", "account": "hq"}
PASS = {"application": "emasspost", "account": "acme/hq"}
DETAILS = {"username": "DORA", "gender": "woman", "first-name": "Dora", "last-name": "Smet"}

ON_A_USER: list[tuple[type[Command], dict[str, object]]] = [
    (SetTemporaryPassword, {}),
    (SetManagement, {"management": ["ftp"]}),
    (Grant, PLAN),
    (CopyRights, PLAN),
    (Revoke, PLAN),
    (PassOn, {"application": "emasspost", "account": "globex/hq"}),
    (Withdraw, {"application": "emasspost", "account": "globex/hq"}),
    (UpdateDetails, {"details": {"phone": "1"}}),
    (Deactivate, {}),
    (Reactivate, {}),
    (Delete, {}),
]


@pytest.fixture
def two(acme: Town) -> Town:
    """The company and a competitor."""
    acme.company("globex", {"hq": {"billing-addresses": ["G1"], "contracts": {"G-1": {}}}})
    acme.person("gert", "globex", management=["manage-administrators", "manage-users"])
    acme.person("gina", "globex", rights={("distriplanner", "hq"): "quick-view"})
    return acme


@pytest.fixture
def both(acme: Town) -> Town:
    """The company and a subcontractor, and what was given to it."""
    acme.company("router", {"desk": {}}, subcontractor=True)
    acme.person(
        "rik",
        "router",
        management=["manage-administrators", "manage-users"],
        rights={("emasspost", "desk"): "administrator-role creation product:prior"},
    )
    acme.person("rob", "router")
    acme.accepts("anna", Delegate, **GIVE, rights=["creation", "view-prices"], resources={"product": ["letter"]})
    return acme


@pytest.mark.rule("GX-01")
@pytest.mark.parametrize(("command", "fields"), ON_A_USER, ids=[command.word() for command, _ in ON_A_USER])
def test_tn_01_a_strangers_id_answers_like_one_that_nobody_has(
    two: Town, command: type[Command], fields: dict[str, object]
) -> None:
    answers = []
    for user in ("gina", "nobody"):
        answer = two.execute(Member(user=UserId("anna")), command.model_validate({**fields, "user": user}))
        assert isinstance(answer, Refused)
        answers.append([say(reason, "en").replace(user, "…") for reason in answer.reasons])
        assert answer.codes == ("other-organisation",)
    assert answers[0] == answers[1]


@pytest.mark.rule("GX-01", "BP-12")
def test_tn_02_and_06_an_account_belongs_to_the_organisation_of_the_user(two: Town) -> None:
    for account in ("globex/hq", "globex/depot", "nowhere/hq", "hq/globex", "../globex/hq", "acme/hq/x", "/", ""):
        for command in (Grant, CopyRights, Revoke, RequestAccess):
            fields = {"application": "distriplanner", "account": account}
            more = fields if command is RequestAccess else {**fields, "user": "ben"}
            assert two.codes("anna", command, **more) == ("other-organisation",), (command, account)
    assert two.codes(OPERATOR, Revoke, user="gina", application="distriplanner", account="acme/hq") == (
        "other-organisation",
    )
    for resources in ({"billing-address": ["G1"]},):
        assert two.codes("anna", Grant, user="ben", **PLAN, resources=resources) == ("delegation-limit",)


@pytest.mark.rule("GX-01", "GX-03")
def test_tn_05_and_13_nobody_finds_out_who_is_elsewhere(two: Town) -> None:
    details = DETAILS | {"email": "gina@globex.example"}
    answer = two.accepts("anna", CreateUser, details=details)
    assert (answer.created, answer.session) == (None, "")
    two.accepts("ben", ChangeEmail, email="gina@globex.example")
    two.accepts(VISITOR, RequestAccess, **PLAN, organisation="globex", details={"email": "gina@globex.example"})
    assert two.mails("anna@acme.example") == two.mails("ben@acme.example") == []


@pytest.mark.rule("GX-01")
@pytest.mark.parametrize("name", ["a/b", "a b", "a|b", "a:b", "a,b", "a\x00b", ""])
def test_tn_07_no_id_runs_into_another(town: Town, name: str) -> None:
    assert town.codes(OPERATOR, OpenOrganisation, organisation=name, name="A") == ("field-malformed",)
    assert town.codes(OPERATOR, OpenOrganisation, organisation="a", name="A", accounts={name: {}}) == (
        "field-malformed",
    )


@pytest.mark.rule("BP-09")
def test_tn_10_an_id_is_never_used_again(acme: Town) -> None:
    seen = set()
    for number in range(5):
        details = DETAILS | {"username": f"D{number}", "email": f"d{number}@acme.example"}
        created = acme.accepts("mia", CreateUser, details=details).created
        assert created not in seen
        seen.add(created)
        acme.accepts("mia", Deactivate, user=created)


@pytest.mark.rule("GX-01")
def test_tn_11_a_member_does_not_choose_his_organisation(two: Town) -> None:
    assert two.codes("anna", RequestAccess, **PLAN, organisation="globex") == ("other-organisation",)
    assert "organisation" not in {*Grant.model_fields, *CreateUser.model_fields, *UpdateDetails.model_fields}


@pytest.mark.rule("GX-01", "GX-08")
def test_tn_12_the_record_of_an_organisation_is_its_own(two: Town) -> None:
    two.accepts("gert", Deactivate, user="gina")
    two.codes("anna", Deactivate, user="gina")
    event = two.newest
    assert isinstance(event, CommandRefused)
    assert event.organisation == "acme"
    ours = {each.event.organisation for each in two.store.records(organisation="acme")}
    theirs = [each.event.name for each in two.store.records(organisation="globex")]
    assert ours == {"acme"}
    assert theirs == ["OrganisationOpened", "AccountSet", "UserDeactivated"]


@pytest.mark.rule("BP-31", "GX-01")
def test_sc_01_a_customer_gives_nothing_to_the_subcontractors_users(both: Town) -> None:
    for command, fields in (
        (Grant, {"account": "hq"}),
        (CopyRights, {"account": "hq"}),
        (PassOn, {"account": "acme/hq"}),
    ):
        assert both.codes("anna", command, user="rob", application="emasspost", **fields) == ("other-organisation",)


@pytest.mark.rule("BP-31")
def test_sc_02_the_subcontractor_gives_no_more_than_it_was_given(both: Town) -> None:
    assert both.codes("rik", PassOn, **PASS, user="rob", rights=["contracts"]) == ("delegation-limit",)
    assert both.codes("rik", PassOn, **PASS, user="rob", resources={"product": ["prior"]}) == ("delegation-limit",)


@pytest.mark.rule("BP-32")
def test_sc_03_what_is_cut_is_cut_for_everyone_at_once(both: Town) -> None:
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["creation", "view-prices"])
    both.accepts("anna", Withdraw, **GIVE, rights=["creation"])
    for name in ("rik", "rob"):
        assert both.denies(name, "emasspost", "creation", account="acme/hq") == "right-missing"
        assert both.view().can(name, "emasspost", "view-prices", account="acme/hq")


@pytest.mark.rule("BP-31")
def test_sc_04_a_subcontractor_has_no_subcontractors_for_the_customers_account(both: Town) -> None:
    both.company("third", {"desk": {}}, subcontractor=True)
    fields = {"organisation": "third", "application": "emasspost", "account": "acme/hq", "rights": ["creation"]}
    assert both.codes("rik", Delegate, **fields) == ("other-organisation",)
    assert both.codes("rik", Withdraw, **{**fields, "organisation": "router"}) == ("other-organisation",)


@pytest.mark.rule("GX-01", "BP-31")
def test_sc_05_and_06_a_subcontractor_stays_a_stranger_to_the_customers_people(both: Town) -> None:
    for command in (Deactivate, Reactivate, SetTemporaryPassword, Delete):
        assert both.codes("rik", command, user="ben") == ("other-organisation",)
    choices = both.view().choices("rik", "ben", "emasspost", account="acme/hq")
    applications = both.view().applications("rik", "ben", account="acme/hq")
    assert isinstance(choices, Refused)
    assert isinstance(applications, Refused)
    ask = {"organisation": "acme", "application": "emasspost", "account": "hq"}
    assert both.codes("rik", RequestAccess, **ask) == ("other-organisation",)


@pytest.mark.rule("BP-31", "BP-32")
def test_sc_08_a_customer_cuts_what_it_gave_and_not_the_user(both: Town) -> None:
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["creation"])
    assert both.codes("anna", Deactivate, user="rob") == ("other-organisation",)
    assert both.codes("anna", Withdraw, user="rob", application="emasspost", account="hq") == ("other-organisation",)
    both.accepts("anna", Withdraw, **GIVE)
    assert both.user("rob").state is State.ACTIVE
    assert both.holds("rob", "emasspost", "acme/hq") == frozenset()


@pytest.mark.rule("BP-31")
def test_sc_09_without_an_administrator_nothing_is_passed_on_any_further(both: Town) -> None:
    both.accepts("rik", PassOn, **PASS, user="rob", rights=["creation"])
    both.accepts(OPERATOR, Deactivate, user="rik")
    assert both.codes("rik", PassOn, **PASS, user="rob", rights=["view-prices"]) == ("user-inactive",)
    assert both.codes("rob", PassOn, **PASS, user="rob", rights=["view-prices"]) == (
        "management-right-missing",
        "delegation-limit",
    )
    assert both.view().who_can("emasspost", "view-prices", account="acme/hq") == ("anna",)


@pytest.mark.rule("BP-30", "BP-31")
def test_sc_10_a_company_is_not_its_own_subcontractor(both: Town) -> None:
    own = {"organisation": "router", "application": "emasspost", "account": "desk", "rights": ["creation"]}
    assert both.codes("rik", Delegate, **own) == ("unknown-subcontractor",)


@pytest.mark.rule("GX-01")
def test_sc_13_a_customer_makes_nobody_the_subcontractors_administrator(both: Town) -> None:
    assert both.codes("anna", SetManagement, user="rob", management=["manage-users"]) == ("other-organisation",)
