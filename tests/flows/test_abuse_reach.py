"""Flows: what somebody reaches for who knows every rule: more than his own, what has ended, what others wait for."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter

import pytest
from pydantic import ValidationError
from tests.flows.portals import Customers
from tests.flows.town import OPERATOR, VISITOR, Town, words

from partnerauth.addresses import title_key
from partnerauth.decision import Answer, Refused
from partnerauth.directory import AttemptsAgainst
from partnerauth.entities import Member
from partnerauth.flow import Command
from partnerauth.flows.cancel_invitation import CancelInvitation
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.copy_rights import CopyRights
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.sign_in import SignIn
from partnerauth.shell import Save, Step, carry_out

PASSWORD = "Winter-Tram-61"


def deactivated_once_counted(town: Town, name: str, password: str) -> Answer:
    """Have somebody change his password, and be deactivated once his try was counted."""
    command = ChangePassword.model_validate({"current": password, "password": "Autumn-Boat-77"})

    def perform(step: Step) -> object:
        done = town.perform(step)
        if isinstance(step, Save) and not step.unit.events:
            town.accepts(OPERATOR, Deactivate, user=name)
        return done

    return carry_out(town.steps(Member(user=town.user(name).id), command), perform)


@pytest.mark.rule("GX-02", "GX-05")
def test_se_07_who_is_deactivated_while_his_try_is_counted_changes_nothing(acme: Town) -> None:
    answer = deactivated_once_counted(acme, "ben", "Winter-Tram-62")
    assert isinstance(answer, Refused)
    assert answer.codes == ("user-inactive",)
    assert acme.recorded("ben")[-1] == "user-inactive"


@pytest.mark.rule("BP-01", "BP-02", "BP-04")
def test_dg_05_asking_for_an_application_makes_nobody_an_administrator_of_administrators(acme: Town) -> None:
    acme.accepts("mia", RequestAccess, application="invoice-reporter", account="hq")
    acme.accepts(OPERATOR, GrantAccess, user="mia")
    assert "view-invoices" in acme.holds("mia", "invoice-reporter")
    assert acme.user("mia").management == words("manage-users reset-password")


@pytest.mark.rule("BP-01", "BP-06")
def test_an_administrator_of_administrators_gets_the_management_rights_that_options_allow_by_now(acme: Town) -> None:
    acme.person("max", management=["manage-administrators"])
    acme.accepts("max", RequestAccess, application="invoice-reporter", account="hq")
    acme.accepts(OPERATOR, GrantAccess, user="max")
    assert acme.user("max").management == words("manage-administrators manage-users reset-password ftp")


@pytest.mark.rule("GX-02")
def test_lc_05_what_a_deactivated_administrator_asked_for_waits_until_he_is_back(acme: Town) -> None:
    acme.accepts("mia", RequestAccess, application="invoice-reporter", account="hq")
    acme.accepts(OPERATOR, Deactivate, user="mia")
    assert acme.codes(OPERATOR, GrantAccess, user="mia") == ("nothing-requested",)
    assert acme.mails("mia@acme.example") == []
    acme.accepts(OPERATOR, Reactivate, user="mia")
    acme.accepts(OPERATOR, GrantAccess, user="mia")


@pytest.mark.rule("GX-03", "GX-12")
def test_tk_23_a_visitor_learns_no_user_name_by_a_mail_to_himself(acme: Town) -> None:
    taken = {"email": "eve@evil.example", "username": "anna"}
    asked = {"organisation": "nova", "application": "emasspost", "account": "main"}
    acme.accepts(VISITOR, RequestAccess, **asked, details=taken)
    assert acme.mails("eve@evil.example") == []
    assert acme.recorded("eve@evil.example") == ["already-exists"]


@pytest.mark.rule("GX-03")
def test_tk_23_the_mail_about_a_known_address_goes_to_it_as_it_is_on_record(acme: Town) -> None:
    asked = {"organisation": "nova", "application": "emasspost", "account": "main"}
    details = {"email": "ANNA@acme.example", "first-name": "You have won"}
    acme.accepts(VISITOR, RequestAccess, **asked, details=details)
    assert acme.mails("ANNA@acme.example") == []
    (told,) = acme.mails("anna@acme.example")
    assert (told.template, "won" in told.facts["name"]) == ("already-registered", False)


@pytest.mark.rule("GX-01", "GX-03")
def test_tn_13_the_record_of_a_company_does_not_say_what_its_administrator_is_not_told(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    acme.accepts(
        "anna",
        CreateUser,
        details={
            "email": "gert@globex.example",
            "username": "GERTJE",
            "gender": "man",
            "first-name": "Gert",
            "last-name": "Smit",
        },
    )
    assert acme.recorded("gert@globex.example") == ["already-exists"]
    assert "gert@globex.example" not in {each.event.about for each in acme.store.records(organisation="acme")}


@pytest.fixture
def router(acme: Town) -> Town:
    """A subcontractor that works on the company's account: Rik administers its e-MassPost, Rob is a user."""
    acme.company("router", {"desk": {}}, subcontractor=True)
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): "administrator-role"})
    acme.person("rob", "router")
    resources = {"product": ["letter"], "billing-address": ["B1"]}
    given = {"application": "emasspost", "rights": ["creation"], "resources": resources}
    acme.accepts("anna", Delegate, organisation="router", account="hq", **given)
    acme.accepts("rik", PassOn, user="rob", account="acme/hq", **given)
    return acme


@pytest.mark.rule("BP-31", "BP-32")
def test_lc_04_an_application_that_an_account_has_lost_is_lost_to_the_subcontractor_too(router: Town) -> None:
    question = ("emasspost", "creation")
    for name in ("anna", "rik", "rob"):
        assert router.view().can(name, *question, account="acme/hq")
    router.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", applications=["distriplanner"])
    for name in ("anna", "rik", "rob"):
        assert not router.view().can(name, *question, account="acme/hq")
        assert router.denies(name, *question, account="acme/hq") == "right-missing"
        assert router.holds(name, "emasspost", "acme/hq") == frozenset()
    router.person("rosa", "router")
    passed = {"user": "rosa", "application": "emasspost", "account": "acme/hq", "rights": ["creation"]}
    assert router.codes("rik", PassOn, **passed) == ("delegation-limit",)


@pytest.mark.rule("BP-31")
def test_lc_04_a_subcontractor_without_the_application_has_no_administrator_of_it(router: Town) -> None:
    router.accepts(OPERATOR, SetAccount, organisation="router", account="desk", applications=["distriplanner"])
    assert router.denies("rik", "emasspost", "creation", account="acme/hq") == "right-missing"
    assert not router.view().can("rik", "emasspost", "creation", account="acme/hq")
    router.person("rosa", "router")
    passed = {"user": "rosa", "application": "emasspost", "account": "acme/hq", "rights": ["creation"]}
    assert router.codes("rik", PassOn, **passed) == ("delegation-limit",)


@pytest.mark.rule("GX-01", "GX-08")
def test_tn_02_a_contract_is_set_on_an_account_of_the_organisation_that_is_named(acme: Town) -> None:
    acme.company("globex")
    fields = {"organisation": "globex", "account": "acme/hq", "contract": "C-1", "active": False}
    assert acme.codes(OPERATOR, SetContract, **fields) == ("other-organisation",)


@pytest.mark.rule("GX-05")
def test_tk_30_a_stranger_mails_nobody_links_without_end(acme: Town) -> None:
    for _ in range(40):
        acme.execute(VISITOR, RequestReset.model_validate({"identifier": "anna"}))
        acme.execute(VISITOR, RequestReset.model_validate({"identifier": "anna@acme.example"}))
        acme.execute(VISITOR, RequestReset.model_validate({"identifier": "ben@acme.example"}))
        acme.clock.advance(timedelta(seconds=1))
    for to in ("anna@acme.example", "ben@acme.example"):
        assert len(acme.mails(to)) <= acme.portal.limits.codes_per_mailbox


@pytest.mark.rule("BP-01", "GX-03")
def test_tk_30_a_stranger_bombs_no_mailbox_with_requests_for_access(acme: Town) -> None:
    asked = {"organisation": "acme", "application": "emasspost", "account": "hq"}
    for number in range(40):
        details = {"email": f"vic.tim+{number}@else.example", "first-name": "You have won"}
        acme.execute(VISITOR, RequestAccess.model_validate({**asked, "details": details, "source": f"s{number}"}))
    told = [each.mail for each in acme.store.outbox()]
    assert 1 <= len(told) <= acme.portal.limits.codes_per_mailbox
    assert not any("won" in fact for mail in told for fact in mail.facts.values())


@pytest.mark.rule("BP-05", "GX-09")
def test_dg_21_who_does_not_reach_a_user_learns_nothing_of_what_he_holds(acme: Town) -> None:
    parcels: dict[str, object] = {"application": "eshipper-international", "account": "hq"}
    tried: list[tuple[type[Command], dict[str, object]]] = [
        (Reactivate, {}),
        (SetManagement, {"management": []}),
        (Grant, parcels),
        (Grant, {**parcels, "profile": "read-only"}),
        (CopyRights, parcels),
    ]
    for command, fields in tried:
        reasons = dict(acme.refuses("ben", command, user="anna", **fields))
        del reasons["management-right-missing"]
        for secret in ("B1", "BPI-1", "manage-", "ftp", "creation", "view-prices", "etoe-handling", "borderel"):
            assert secret not in repr(reasons), command


@pytest.mark.rule("GX-11")
def test_tk_30_a_user_bombs_no_mailbox_with_changes_of_his_address(acme: Town) -> None:
    for to in ("victim@else.example", "anna@acme.example"):
        for _ in range(40):
            acme.accepts("ben", ChangeEmail, email=to)
        assert 1 <= len(acme.mails(to)) <= acme.portal.limits.codes_per_mailbox
    acme.accepts(VISITOR, ConfirmEmail, token=acme.mailed("victim@else.example"))


@pytest.mark.rule("KP-01")
def test_tk_26_the_page_behind_an_invitation_that_was_taken_back_shows_nobody(customers: Customers) -> None:
    max_ = customers.invite("eva")
    token = customers.mailed("max@blech.example")
    assert not isinstance(customers.view().link(token), Refused)
    customers.accepts("eva", CancelInvitation, user=max_)
    shown = customers.view().link(token)
    assert isinstance(shown, Refused)
    assert shown.codes == ("invitation-unknown",)


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize("sequence", [-(10**400), 2**63, 10**400])
def test_fd_02_a_sequence_that_no_store_can_count_to_is_no_sequence(sequence: int) -> None:
    with pytest.raises(ValidationError, match="sequence"):
        ImportAllowList.model_validate({"entries": [], "sequence": sequence})


@pytest.mark.rule("GX-05")
def test_a_source_without_end_is_counted_by_its_beginning(acme: Town) -> None:
    acme.execute(VISITOR, SignIn.model_validate({"identifier": "ben", "password": "x", "source": "x" * 10_000_000}))
    keys = {key.key for unit in acme.watched.units for key in unit.changes if isinstance(key, AttemptsAgainst)}
    assert max(map(len, keys)) <= 300


@pytest.mark.rule("DP-02")
def test_a_name_without_end_is_looked_up_in_no_time() -> None:
    started = perf_counter()
    assert title_key("a" + "\u0301\u0327" * 500_000) == "a"
    assert perf_counter() - started < 1


@pytest.mark.rule("GX-08")
def test_a_refusal_does_not_fill_the_record_with_whatever_was_typed(acme: Town) -> None:
    acme.refuses("ben", Grant, user="x" * 10_000_000, application="emasspost", account="hq", rights=["creation"])
    assert len(acme.newest.about) <= 300
