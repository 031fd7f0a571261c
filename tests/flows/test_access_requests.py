"""Flows: somebody asks the operator for access to an application, and the operator grants or refuses it."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town, words

from partnerauth.entities import Member, State, System
from partnerauth.events import CommandRefused
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.refuse_access import RefuseAccess
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_account import SetAccount

HERE = {"organisation": "acme", "account": "hq"}


def applicant(town: Town, name: str = "zoe", application: str = "distriplanner", **more: str) -> str:
    """Ask as a visitor; return the id of the new user."""
    details = {"email": f"{name}@acme.example", **more}
    created = town.accepts(VISITOR, RequestAccess, **HERE, application=application, details=details).created
    assert created is not None
    return created


@pytest.fixture
def empty(town: Town) -> Town:
    """A company with an account and nobody in it."""
    town.company(
        "acme", {"hq": {"billing-addresses": ["B1", "B2"], "contracts": {"C-1": {}, "CS-9": {"kind": "cs-master"}}}}
    )
    return town


@pytest.mark.rule("BP-01")
def test_the_first_of_a_company_gets_a_ceiling_all_management_rights_and_a_link(empty: Town) -> None:
    zoe = applicant(empty, username="ZOE", **{"first-name": "Zoë", "language": "fr"})
    assert empty.user(zoe).state is State.PENDING
    assert (empty.user(zoe).username, empty.user(zoe).details) == ("ZOE", {"first-name": "Zoë", "language": "fr"})
    assert empty.holds(zoe, "distriplanner") == frozenset()
    empty.accepts(OPERATOR, GrantAccess, user=zoe)
    granted = empty.user(zoe)
    assert granted.state is State.INVITED
    assert granted.management == words("manage-administrators manage-users reset-password")
    assert empty.holds(zoe, "distriplanner") == words("order-entry quick-view billing-address:B1 billing-address:B2")
    assert empty.denies(zoe, "distriplanner", "quick-view", account="hq") == "user-inactive"
    mail = empty.mails("zoe@acme.example")[-1]
    assert (mail.template, mail.language, bool(mail.token)) == ("access-granted", "fr", True)
    empty.accepts(VISITOR, ResetPassword, token=empty.mailed("zoe@acme.example"), password="Winter-Tram-61")
    assert empty.user(zoe).state is State.ACTIVE
    assert empty.view().can(zoe, "distriplanner", "quick-view", account="hq")
    assert empty.recorded(zoe) == ["AccessRequested", "AccessGranted", "PasswordReset"]


@pytest.mark.rule("BP-01")
def test_who_lets_the_first_link_expire_asks_for_another(empty: Town) -> None:
    zoe = applicant(empty)
    empty.accepts(OPERATOR, GrantAccess, user=zoe)
    empty.accepts(VISITOR, RequestReset, identifier="zoe@acme.example")
    empty.accepts(VISITOR, ResetPassword, token=empty.mailed("zoe@acme.example"), password="Winter-Tram-61")
    assert empty.user(zoe).state is State.ACTIVE


@pytest.mark.rule("BP-01", "BP-11")
def test_the_language_is_dutch_where_none_is_named(empty: Town) -> None:
    zoe = applicant(empty)
    assert empty.user(zoe).details == {"language": "nl"}


@pytest.mark.rule("BP-01")
def test_only_eligible_contracts_are_in_the_ceiling(empty: Town) -> None:
    zoe = applicant(empty, application="collect-stamp")
    empty.accepts(OPERATOR, GrantAccess, user=zoe)
    assert {each for each in empty.holds(zoe, "collect-stamp") if ":" in each} == {"contract:CS-9"}


@pytest.mark.rule("BP-01", "BP-28")
def test_what_belongs_to_nobody_or_needs_an_option_is_not_in_the_ceiling(empty: Town) -> None:
    zoe = applicant(empty, application="eshipper-international")
    empty.accepts(OPERATOR, GrantAccess, user=zoe)
    held = empty.holds(zoe, "eshipper-international")
    assert held.isdisjoint(words("customs-access eshipper-pro etoe-handling"))
    assert words("eshipper-light general-access borderel-10 contract:C-1") <= held


@pytest.mark.rule("BP-01")
def test_a_new_company_and_its_account_come_with_the_request(town: Town) -> None:
    answer = town.accepts(
        VISITOR,
        RequestAccess,
        organisation="nova",
        application="emasspost",
        account="main",
        details={"email": "a@nova.example"},
    )
    assert [event.name for event in answer.events] == ["OrganisationOpened", "AccessRequested"]
    assert answer.created is not None
    granted = town.accepts(OPERATOR, GrantAccess, user=answer.created)
    assert [event.name for event in granted.events] == ["AccountSet", "AccessGranted"]
    assert "creation" in town.holds(answer.created, "emasspost", "main")
    assert "product:letter" in town.holds(answer.created, "emasspost", "main")


@pytest.mark.rule("BP-01")
def test_asking_again_adds_to_the_same_request(empty: Town) -> None:
    zoe = applicant(empty)
    again = empty.accepts(
        VISITOR, RequestAccess, **HERE, application="emasspost", details={"email": "ZOE@Acme.example"}
    )
    assert again.created is None
    empty.accepts(VISITOR, RequestAccess, **HERE, application="emasspost", details={"email": "zoe@acme.example"})
    empty.accepts(OPERATOR, GrantAccess, user=zoe)
    assert empty.holds(zoe, "distriplanner")
    assert empty.holds(zoe, "emasspost")


@pytest.mark.rule("BP-01")
def test_whoever_was_turned_down_may_ask_again(empty: Town) -> None:
    zoe = applicant(empty)
    empty.accepts(OPERATOR, RefuseAccess, user=zoe)
    assert empty.user(zoe).state is State.REJECTED
    assert empty.mails("zoe@acme.example")[-1].template == "access-refused"
    assert empty.refuses(OPERATOR, RefuseAccess, user=zoe) == {"nothing-requested": {}}
    assert empty.refuses(OPERATOR, GrantAccess, user=zoe) == {"nothing-requested": {}}
    empty.accepts(VISITOR, RequestAccess, **HERE, application="distriplanner", details={"email": "zoe@acme.example"})
    assert empty.user(zoe).state is State.PENDING


@pytest.mark.rule("BP-01", "GX-12")
def test_another_address_with_the_user_name_of_an_applicant_is_not_the_applicant(empty: Town) -> None:
    zoe = applicant(empty, username="ZOE")
    empty.accepts(OPERATOR, RefuseAccess, user=zoe)
    details = {"email": "eve@acme.example", "username": "zoe"}
    answer = empty.accepts(VISITOR, RequestAccess, **HERE, application="emasspost", details=details)
    assert answer.created is None
    assert empty.user(zoe).state is State.REJECTED
    assert empty.recorded("eve@acme.example") == ["already-exists"]


@pytest.mark.rule("BP-01", "GX-03", "GX-12")
def test_an_applicant_of_another_company_or_with_two_mens_names_is_somebody_else(empty: Town) -> None:
    applicant(empty, "zoe", username="ZOE")
    applicant(empty, "yan", username="YAN")
    mixed = {"email": "zoe@acme.example", "username": "YAN"}
    assert empty.accepts(VISITOR, RequestAccess, **HERE, application="emasspost", details=mixed).created is None
    other = {"organisation": "globex", "account": "hq", "application": "emasspost"}
    assert empty.accepts(VISITOR, RequestAccess, **other, details={"email": "zoe@acme.example"}).created is None
    assert empty.recorded("zoe@acme.example") == ["already-exists", "already-exists"]


@pytest.mark.rule("BP-01", "GX-03")
def test_a_company_with_an_administrator_is_told_by_mail_and_only_so(acme: Town) -> None:
    answer = acme.accepts(
        VISITOR, RequestAccess, **HERE, application="emasspost", details={"email": "eve@acme.example"}
    )
    assert answer.created is None
    assert acme.recorded("eve@acme.example") == ["administrator-exists"]
    assert [mail.template for mail in acme.mails("eve@acme.example")] == ["administrator-exists"]
    assert len(acme.view().users("acme")) == 3


@pytest.mark.rule("BP-01", "GX-03")
def test_a_known_address_gets_a_mail_and_the_visitor_no_other_answer(acme: Town) -> None:
    for who in ("ben@acme.example", "anna@acme.example"):
        acme.accepts(VISITOR, RequestAccess, **HERE, application="emasspost", details={"email": who})
        assert acme.mails(who)[-1].template == "already-registered"
        assert acme.recorded(who) == ["already-exists"]


@pytest.mark.rule("BP-01")
def test_of_two_applicants_one_becomes_the_administrator(empty: Town) -> None:
    zoe, yan = applicant(empty, "zoe"), applicant(empty, "yan")
    empty.accepts(OPERATOR, GrantAccess, user=yan)
    assert empty.refuses(OPERATOR, GrantAccess, user=zoe) == {"administrator-exists": {}}
    empty.accepts(OPERATOR, RefuseAccess, user=zoe)


@pytest.mark.rule("BP-01")
def test_a_company_that_lost_its_administrator_starts_again(acme: Town) -> None:
    for name in ("anna", "mia"):
        acme.accepts(OPERATOR, Deactivate, user=name)
    zoe = applicant(acme)
    acme.accepts(OPERATOR, GrantAccess, user=zoe)
    assert "ftp" in acme.user(zoe).management


@pytest.mark.rule("BP-01")
def test_an_administrator_asks_for_more_and_stays_what_he_is_until_it_is_granted(acme: Town) -> None:
    acme.accepts("mia", RequestAccess, application="invoice-reporter", account="hq")
    acme.accepts("mia", RequestAccess, application="invoice-reporter", account="depot")
    assert acme.holds("mia", "invoice-reporter") == frozenset()
    answer = acme.accepts(OPERATOR, GrantAccess, user="mia")
    assert [event.name for event in answer.events] == ["AccountSet", "AccessGranted"]
    assert acme.user("mia").state is State.ACTIVE
    assert acme.holds("mia", "invoice-reporter") == words("view-invoices billing-address:B1 billing-address:B2")
    assert acme.holds("mia", "invoice-reporter", "depot") == words("view-invoices billing-address:B3")
    assert [(mail.template, mail.token) for mail in acme.mails("mia@acme.example")] == [("access-granted", "")]


@pytest.mark.rule("BP-01")
def test_the_same_request_renews_the_ceiling(acme: Town) -> None:
    assert "billing-address:B3" not in acme.holds("anna", "distriplanner")
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", **{"billing-addresses": ["B1", "B2", "B4"]})
    acme.accepts("anna", RequestAccess, application="distriplanner", account="hq")
    acme.accepts(OPERATOR, GrantAccess, user="anna")
    assert "billing-address:B4" in acme.holds("anna", "distriplanner")


@pytest.mark.rule("BP-01")
def test_an_administrator_who_is_refused_more_keeps_what_he_has(acme: Town) -> None:
    acme.accepts("anna", RequestAccess, application="invoice-reporter", account="hq")
    acme.accepts(OPERATOR, RefuseAccess, user="anna")
    assert acme.user("anna").state is State.ACTIVE
    assert acme.holds("anna", "invoice-reporter") == frozenset()


@pytest.mark.rule("BP-01", "BP-05")
def test_an_ordinary_user_asks_his_administrator(acme: Town) -> None:
    assert acme.refuses("ben", RequestAccess, application="emasspost", account="hq") == {
        "management-right-missing": {"needed": ("manage-administrators", "manage-users")}
    }


@pytest.mark.rule("GX-01")
def test_nobody_asks_for_another_company(acme: Town) -> None:
    acme.company("globex")
    for organisation, account in (("globex", "hq"), ("nowhere", "hq"), ("acme", "attic"), ("acme", "globex/hq")):
        fields = {"organisation": organisation, "account": account, "application": "emasspost"}
        assert acme.refuses("anna", RequestAccess, **fields) == {"other-organisation": {"names": (account,)}}


@pytest.mark.rule("BP-01", "BP-11", "BP-17")
def test_the_form_of_a_request(empty: Town) -> None:
    ask = {**HERE, "application": "emasspost"}
    assert empty.refuses(VISITOR, RequestAccess, **HERE, application="leads") == {
        "unknown-name": {"kind": "application", "names": ("leads",)}
    }
    assert empty.refuses(VISITOR, RequestAccess, **ask, details={"shoe-size": "42"}) == {
        "unknown-name": {"kind": "field", "names": ("shoe-size",)}
    }
    assert empty.refuses(VISITOR, RequestAccess, **ask) == {"field-required": {"fields": ("email",)}}
    nowhere = {"organisation": "acme", "application": "emasspost"}
    assert empty.refuses(VISITOR, RequestAccess, **nowhere) == {"field-required": {"fields": ("account", "email")}}
    here = {**nowhere, "details": {"email": "zoe@acme.example"}}
    assert empty.refuses(VISITOR, RequestAccess, **here) == {"field-required": {"fields": ("account",)}}
    assert empty.refuses(VISITOR, RequestAccess, **ask, details={"email": "x", "phone": "\u200b"}) == {
        "field-malformed": {"fields": ("phone",)},
        "email-malformed": {},
    }
    for wrong in ({"organisation": ""}, {"organisation": "a b"}, {"account": "a/b"}):
        assert empty.refuses(VISITOR, RequestAccess, **{**ask, **wrong}, details={"email": "a@b.example"}) == {
            "field-malformed": {"fields": ("organisation",)}
        }


@pytest.mark.rule("GX-01")
def test_the_operator_answers_for_users_that_are_there(empty: Town) -> None:
    for command in (GrantAccess, RefuseAccess):
        assert empty.refuses(OPERATOR, command, user="nobody") == {"other-organisation": {"names": ("nobody",)}}
        assert empty.codes(VISITOR, command, user="nobody") == ("not-offered",)
        assert empty.codes(System(), command, user="nobody") == ("not-offered",)
        assert empty.codes(Member(session="nonsense"), command, user="nobody") == ("sign-in-required",)


@pytest.mark.rule("BP-01", "GX-02")
def test_an_applicant_who_was_deactivated_meanwhile_is_still_only_an_applicant(empty: Town) -> None:
    zoe, yan = applicant(empty, "zoe"), applicant(empty, "yan")
    empty.accepts(OPERATOR, GrantAccess, user=yan)
    empty.accepts(OPERATOR, Deactivate, user=zoe)
    empty.accepts(OPERATOR, Reactivate, user=zoe)
    assert empty.refuses(OPERATOR, GrantAccess, user=zoe) == {"administrator-exists": {}}


@pytest.mark.rule("BP-01", "GX-02")
def test_the_only_applicant_who_was_deactivated_and_came_back_gets_his_link(empty: Town) -> None:
    zoe = applicant(empty)
    empty.accepts(OPERATOR, Deactivate, user=zoe)
    empty.accepts(OPERATOR, Reactivate, user=zoe)
    empty.accepts(OPERATOR, GrantAccess, user=zoe)
    empty.accepts(VISITOR, ResetPassword, token=empty.mailed("zoe@acme.example"), password="Winter-Tram-61")
    assert empty.user(zoe).state is State.ACTIVE


@pytest.mark.rule("GX-03", "GX-08")
def test_a_truth_that_is_not_told_is_on_record_of_the_company_that_was_asked_for(acme: Town) -> None:
    acme.accepts(VISITOR, RequestAccess, **HERE, application="emasspost", details={"email": "eve@acme.example"})
    event = acme.newest
    assert isinstance(event, CommandRefused)
    assert (event.organisation, event.by, event.command) == ("acme", "visitor", "request-access")


@pytest.mark.rule("BP-12")
def test_where_rights_are_per_account_a_request_names_one(empty: Town) -> None:
    asked = {"organisation": "acme", "application": "distriplanner", "details": {"email": "zoe@acme.example"}}
    assert empty.refuses(VISITOR, RequestAccess, **asked)["field-required"]["fields"] == ("account",)
