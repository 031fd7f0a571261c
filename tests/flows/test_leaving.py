"""Flows: a user is deactivated, comes back, and is never deleted."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town

from partnerauth.entities import Member, State
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.delete import Delete
from partnerauth.flows.grant import Grant
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.flows.withdraw import Withdraw

PLAN = {"application": "distriplanner", "account": "hq"}


@pytest.mark.rule("BP-09", "BP-10", "GX-02")
def test_sessions_end_and_grants_stay_on_record_without_counting(acme: Town) -> None:
    acme.accepts("anna", Grant, user="ben", **PLAN, rights=["quick-view"])
    session = acme.accepts(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62", browser="b").session
    acme.accepts("mia", Deactivate, user="ben")
    assert (acme.user("ben").state, acme.user("ben").deactivated_by) == (State.DEACTIVATED, "mia")
    assert acme.view().signed_in("b") is None
    assert acme.refuses(Member(session=session), SignOut) == {"user-inactive": {"state": "deactivated"}}
    assert acme.holds("ben", "distriplanner") == {"quick-view"}
    assert acme.denies("ben", "distriplanner", "quick-view", account="hq") == "user-inactive"


@pytest.mark.rule("BP-09")
def test_a_second_time_changes_nothing(acme: Town) -> None:
    acme.accepts("anna", Deactivate, user="ben")
    answer = acme.accepts("mia", Deactivate, user="ben")
    assert (answer.events, answer.keeps) == ((), ())
    assert acme.user("ben").deactivated_by == "anna"
    acme.accepts("mia", Reactivate, user="ben")
    answer = acme.accepts("anna", Reactivate, user="ben")
    assert (answer.events, answer.keeps) == ((), ())


@pytest.mark.rule("BP-05")
def test_it_takes_the_right_that_reaches_the_user(acme: Town) -> None:
    assert acme.refuses("mia", Deactivate, user="anna") == {
        "management-right-missing": {"needed": ("manage-administrators",)},
        "last-administrator": {},
    }
    assert acme.refuses("ben", Deactivate, user="ben") == {"management-right-missing": {"needed": ("manage-users",)}}
    acme.accepts("anna", Deactivate, user="mia")


@pytest.mark.rule("GX-07")
def test_the_last_who_makes_administrators_leaves_only_by_the_operator(acme: Town) -> None:
    assert acme.refuses("anna", Deactivate, user="anna") == {"last-administrator": {}}
    acme.person("bea", management=["manage-administrators"])
    acme.accepts("anna", Deactivate, user="anna")
    assert acme.codes("bea", Deactivate, user="bea") == ("last-administrator",)
    acme.accepts(OPERATOR, Deactivate, user="bea")


@pytest.mark.rule("GX-07")
@pytest.mark.parametrize("state", [State.INVITED, State.PENDING, State.DEACTIVATED, State.REJECTED])
def test_an_administrator_who_is_not_active_does_not_count(acme: Town, state: State) -> None:
    acme.person("bea", management=["manage-administrators"], state=state)
    assert acme.codes("anna", Deactivate, user="anna") == ("last-administrator",)
    if state is not State.DEACTIVATED:
        acme.accepts("anna", Deactivate, user="bea")


@pytest.mark.rule("GX-01")
def test_nobody_of_another_organisation_is_reached(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex", state=State.DEACTIVATED)
    for command in (Deactivate, Reactivate, Delete):
        for name in ("gert", "nobody"):
            assert acme.refuses("anna", command, user=name) == {"other-organisation": {"names": (name,)}}
        assert acme.codes(OPERATOR, command, user="nobody") == ("other-organisation",)
    acme.accepts(OPERATOR, Reactivate, user="gert")


@pytest.mark.rule("GX-02")
def test_who_comes_back_has_his_password_and_not_his_sessions(acme: Town) -> None:
    acme.accepts(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62", browser="b")
    acme.accepts("mia", Deactivate, user="ben")
    acme.accepts("mia", Reactivate, user="ben")
    assert (acme.user("ben").state, acme.user("ben").deactivated_by) == (State.ACTIVE, "")
    assert acme.view().signed_in("b") is None
    acme.accepts(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62")


@pytest.mark.rule("GX-02")
def test_who_never_proved_himself_is_invited_again(acme: Town) -> None:
    acme.person("ivy", state=State.INVITED)
    acme.accepts("mia", Deactivate, user="ivy")
    acme.accepts("mia", Reactivate, user="ivy")
    assert acme.user("ivy").state is State.INVITED


@pytest.mark.rule("GX-02")
def test_what_would_count_again_is_within_the_reactivators_own(acme: Town) -> None:
    acme.person(
        "dee",
        management=["reset-password", "ftp"],
        state=State.DEACTIVATED,
        rights={
            ("distriplanner", "hq"): "quick-view order-entry billing-address:B1",
            ("distriplanner", "depot"): "quick-view",
            ("emasspost", "hq"): "",
        },
    )
    assert acme.refuses("mia", Reactivate, user="dee") == {
        "delegation-limit": {"exceeding": ("billing-address B1", "order-entry", "quick-view", "ftp")}
    }
    assert acme.refuses("anna", Reactivate, user="dee") == {"delegation-limit": {"exceeding": ("quick-view",)}}
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="depot", applications=[])
    acme.accepts("anna", Reactivate, user="dee")


@pytest.mark.rule("GX-02")
def test_the_operator_reactivates_without_a_limit(acme: Town) -> None:
    acme.person("dee", state=State.DEACTIVATED, rights={("emasspost", "hq"): "contracts"})
    acme.accepts(OPERATOR, Reactivate, user="dee")


@pytest.mark.rule("BP-02", "GX-02")
def test_an_administrator_who_comes_back_is_reached_as_one(acme: Town) -> None:
    acme.person("dee", management=["manage-users"], state=State.DEACTIVATED)
    assert acme.codes("mia", Reactivate, user="dee") == ("management-right-missing",)
    acme.accepts("anna", Reactivate, user="dee")


@pytest.mark.rule("GX-02", "BP-31")
def test_what_was_passed_on_counts_again_within_what_the_subcontractor_holds(acme: Town) -> None:
    acme.company("router", {"desk": {}}, subcontractor=True)
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): "administrator-role"})
    acme.person("rina", "router", management=["manage-users"])
    acme.person("rob", "router", password="Winter-Tram-65")
    acme.accepts("anna", Delegate, organisation="router", application="emasspost", account="hq", rights=["creation"])
    acme.accepts("rik", PassOn, user="rob", application="emasspost", account="acme/hq", rights=["creation"])
    acme.accepts("rik", Deactivate, user="rob")
    assert acme.refuses("rina", Reactivate, user="rob") == {"delegation-limit": {"exceeding": ("creation",)}}
    acme.accepts("rik", Reactivate, user="rob")
    assert acme.view().can("rob", "emasspost", "creation", account="acme/hq") is False
    assert "creation" in acme.holds("rob", "emasspost", "acme/hq")
    acme.accepts("rik", Deactivate, user="rob")
    acme.accepts("anna", Withdraw, organisation="router", application="emasspost", account="hq")
    acme.accepts("rina", Reactivate, user="rob")


@pytest.mark.rule("BP-09")
def test_deleting_is_refused_to_everybody(acme: Town) -> None:
    acme.accepts("mia", Deactivate, user="ben")
    for who in ("anna", "mia", OPERATOR):
        assert acme.refuses(who, Delete, user="ben") == {"delete-forbidden": {}}
    assert acme.refuses("mia", Delete, user="anna") == {
        "management-right-missing": {"needed": ("manage-administrators",)},
        "delete-forbidden": {},
    }
    assert acme.recorded("ben") == ["UserDeactivated", "delete-forbidden", "delete-forbidden", "delete-forbidden"]


@pytest.mark.rule("GX-02")
def test_what_a_deactivated_administrator_gave_stays(acme: Town) -> None:
    acme.accepts("anna", SetManagement, user="ben", management=["reset-password"])
    acme.accepts("mia", Grant, user="ben", **PLAN, rights=["quick-view"])
    acme.accepts("anna", Deactivate, user="mia")
    acme.accepts(OPERATOR, Deactivate, user="anna")
    assert acme.view().can("ben", "distriplanner", "quick-view", account="hq")
    assert acme.user("ben").management == {"reset-password"}
