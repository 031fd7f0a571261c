"""Abuse cases LC: doors that stay open to people who left, and organisations that are left alone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town

from partnerauth.decision import Accepted, Refused
from partnerauth.directory import UserById
from partnerauth.entities import Member, State, UserId
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delete import Delete
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut

NEW = "Zomer-Trein-9"
REQUEST = {"organisation": "acme", "application": "distriplanner", "account": "hq"}


@pytest.fixture
def rob(acme: Town) -> Town:
    """The town with somebody who may reset his own password, and leaves."""
    acme.person(
        "rob",
        management=["reset-password"],
        password="Winter-Tram-65",
        rights={("distriplanner", "hq"): "quick-view"},
    )
    return acme


@pytest.mark.rule("GX-02", "GX-03")
def test_lc_01_and_03_every_door_is_shut_and_none_lets_him_back_in(rob: Town) -> None:
    session = rob.accepts(VISITOR, SignIn, identifier="rob", password="Winter-Tram-65", browser="b").session
    rob.accepts(VISITOR, RequestReset, identifier="rob")
    reset = rob.mailed("rob@acme.example")
    rob.accepts("rob", ChangeEmail, email="robert@acme.example")
    confirm = rob.mailed("robert@acme.example")
    rob.accepts("mia", Deactivate, user="rob")
    assert rob.codes(VISITOR, SignIn, identifier="rob", password="Winter-Tram-65") == ("user-inactive",)
    assert rob.codes(Member(session=session), SignOut) == ("user-inactive",)
    assert rob.codes("rob", ChangeEmail, email="x@acme.example") == ("user-inactive",)
    assert rob.codes(VISITOR, ResetPassword, token=reset, password=NEW) == ("link-unknown",)
    assert rob.codes(VISITOR, ConfirmEmail, token=confirm) == ("link-unknown",)
    sent = len(rob.mails("rob@acme.example"))
    rob.accepts(VISITOR, RequestReset, identifier="rob")
    assert len(rob.mails("rob@acme.example")) == sent
    rob.accepts(VISITOR, RequestAccess, **REQUEST, details={"email": "rob@acme.example"})
    assert rob.view().signed_in("b") is None
    assert rob.denies("rob", "distriplanner", "quick-view", account="hq") == "user-inactive"
    assert rob.user("rob").state is State.DEACTIVATED


@pytest.mark.rule("BP-12", "BP-26", "GX-02")
def test_lc_04_and_16_what_ends_counts_no_longer_from_the_next_question_on(acme: Town) -> None:
    look = ("mia", "distriplanner", "quick-view")
    ship: dict[str, Any] = {"account": "hq", "resources": {"contract": "BPI-1"}}
    assert acme.view().can(*look, account="hq")
    assert acme.view().can("anna", "eshipper-international", "borderel-10", **ship)
    acme.accepts(OPERATOR, SetContract, organisation="acme", account="hq", contract="BPI-1", active=False)
    assert acme.denies("anna", "eshipper-international", "borderel-10", **ship) == "contract-inactive"
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", applications=["emasspost"])
    assert acme.denies(*look, account="hq") == "right-missing"
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", applications=["distriplanner"])
    assert acme.view().can(*look, account="hq")
    acme.accepts("anna", Deactivate, user="mia")
    assert acme.denies(*look, account="hq") == "user-inactive"


@pytest.mark.rule("GX-02")
def test_lc_05_the_links_of_a_deactivated_administrator_are_void_and_his_grants_are_not(acme: Town) -> None:
    acme.accepts("mia", Grant, user="ben", application="distriplanner", account="hq", rights=["quick-view"])
    acme.accepts(VISITOR, RequestReset, identifier="mia")
    token = acme.mailed("mia@acme.example")
    acme.accepts("anna", Deactivate, user="mia")
    assert acme.codes(VISITOR, ResetPassword, token=token, password=NEW) == ("link-unknown",)
    assert acme.view().can("ben", "distriplanner", "quick-view", account="hq")


@pytest.mark.rule("GX-03")
def test_lc_07_whoever_left_gets_no_more_mails(rob: Town) -> None:
    rob.accepts("mia", Deactivate, user="rob")
    rob.accepts(VISITOR, RequestReset, identifier="rob")
    assert rob.mails("rob@acme.example") == []


@pytest.mark.rule("BP-09", "GX-08", "GX-12")
def test_lc_08_whoever_left_stays_on_record_and_keeps_his_names(rob: Town) -> None:
    rob.accepts("mia", Deactivate, user="rob")
    assert rob.codes(OPERATOR, Delete, user="rob") == ("delete-forbidden",)
    details = {"username": "ROB", "gender": "man", "first-name": "R", "last-name": "S", "email": "r@acme.example"}
    assert rob.codes("mia", CreateUser, details=details) == ("already-exists",)
    assert [user.id for user in rob.view().users("acme")] == ["anna", "ben", "mia", "rob"]


@pytest.mark.rule("GX-02")
def test_lc_09_old_rights_come_back_only_within_the_reactivators_own(acme: Town) -> None:
    acme.person("dee", state=State.DEACTIVATED, rights={("emasspost", "hq"): "contracts"})
    assert acme.refuses("anna", Reactivate, user="dee") == {"delegation-limit": {"exceeding": ("contracts",)}}


@pytest.mark.rule("GX-07", "BP-10")
def test_lc_10_no_path_takes_the_last_administrator_away(acme: Town) -> None:
    acme.person("nina", management=["manage-users", "manage-administrators"], state=State.DEACTIVATED)
    assert acme.codes("anna", Deactivate, user="anna") == ("last-administrator",)
    assert acme.codes("anna", SetManagement, user="anna", management=[]) == ("revocation-forbidden",)
    assert "last-administrator" in acme.codes("mia", Deactivate, user="anna")
    assert acme.codes("anna", Delete, user="anna") == ("delete-forbidden",)


@pytest.mark.rule("GX-07")
def test_lc_10_two_administrators_do_not_deactivate_each_other_at_the_same_moment(acme: Town) -> None:
    acme.person("nina", management=["manage-users", "manage-administrators"])
    answer = acme.interrupted("anna", Deactivate, lambda: acme.accepts("nina", Deactivate, user="anna"), user="nina")
    assert isinstance(answer, Refused)
    assert answer.codes == ("user-inactive",)
    acme.person("oda", management=["manage-users", "manage-administrators"])
    answer = acme.interrupted("nina", Deactivate, lambda: acme.accepts("oda", Deactivate, user="oda"), user="nina")
    assert isinstance(answer, Refused)
    assert answer.codes == ("last-administrator",)
    assert acme.user("nina").state is State.ACTIVE


@pytest.mark.rule("GX-07")
@pytest.mark.parametrize("state", [State.INVITED, State.PENDING, State.REJECTED, State.DEACTIVATED])
def test_lc_11_only_an_active_administrator_counts_as_another(acme: Town, state: State) -> None:
    acme.person("nina", management=["manage-administrators"], state=state)
    assert acme.codes("anna", Deactivate, user="anna") == ("last-administrator",)


@pytest.mark.rule("GX-07", "BP-01", "GX-08")
def test_lc_13_the_operator_helps_an_organisation_without_administrator_on_record(acme: Town) -> None:
    for name in ("anna", "mia"):
        acme.accepts(OPERATOR, Deactivate, user=name)
    zoe = acme.accepts(VISITOR, RequestAccess, **REQUEST, details={"email": "zoe@acme.example"}).created
    acme.accepts(OPERATOR, GrantAccess, user=zoe)
    assert acme.newest.by == "operator:operator"
    acme.accepts(OPERATOR, Reactivate, user="anna")
    assert acme.user("anna").state is State.ACTIVE


@pytest.mark.rule("GX-02")
def test_lc_14_a_session_that_has_run_out_is_cut_at_the_next_request(acme: Town) -> None:
    session = acme.accepts(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62").session
    acme.clock.advance(acme.portal.sign_in.lasts)
    assert acme.codes(Member(session=session), SignOut) == ("sign-in-required",)


@pytest.mark.rule("GX-08")
def test_lc_15_a_crash_halfway_leaves_nothing_done(rob: Town) -> None:
    rob.fails_to_store("mia", Deactivate, user="rob")
    assert rob.store.read([UserById(UserId("rob"))]).values[UserById(UserId("rob"))].state is State.ACTIVE
    assert rob.recorded("rob") == []
    assert isinstance(rob.accepts("mia", Deactivate, user="rob"), Accepted)
