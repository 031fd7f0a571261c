"""Questions about the business portal: what a user may do, what he sees, what can be chosen for him."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.flows.town import INACTIVE, OPERATOR, VISITOR, Town, words

from partnerauth.decision import Refused
from partnerauth.entities import OrganisationId, State, UserId, account_id
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.set_account import SetAccount
from partnerauth.flows.set_contract import SetContract
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.view import Applications, Choices, Profiles, Record

WORLD = "eshipper-international"


@pytest.mark.rule("BP-12", "BP-21", "BP-26")
def test_a_denial_names_the_first_condition_that_fails(acme: Town) -> None:
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="agreement-router", enabled=False)
    acme.accepts(OPERATOR, SetContract, organisation="acme", account="hq", contract="BPI-1", active=False)
    asked: list[tuple[str, str, dict[str, Any], dict[str, object]]] = [
        ("emasspost", "creation", {"account": "attic"}, {"names": ("acme/attic",)}),
        ("emasspost", "contracts", {}, {"right": "contracts", "application": "emasspost"}),
        ("emasspost", "senders-management", {}, {"options": ("agreement-router",), "rights": ("senders-management",)}),
        (
            "emasspost",
            "creation",
            {"resources": {"product": "kilopost"}},
            {"kind": "product", "resources": ("kilopost",)},
        ),
        ("emasspost", "creation", {"resources": {"pallet": "P1"}}, {"kind": "pallet", "resources": ("P1",)}),
        (WORLD, "borderel-10", {"resources": {"contract": "BPI-1"}}, {"contracts": ("BPI-1",)}),
    ]
    for application, right, question, facts in asked:
        reason = acme.view().explain("anna", application, right, **{"account": "hq", **question}).reason
        assert reason is not None
        assert dict(reason.facts) == facts


@pytest.mark.rule("BP-24")
def test_a_needed_kind_that_was_not_named_has_something_of_it_held(acme: Town) -> None:
    acme.person("fred", rights={("collect-stamp", "hq"): "search-invoices", ("emasspost", "hq"): "creation"})
    reason = acme.view().explain("fred", "collect-stamp", "search-invoices", account="hq").reason
    assert reason is not None
    assert (reason.code, dict(reason.facts)) == ("resource-not-granted", {"kind": "contract", "resources": ()})
    assert acme.denies("fred", "emasspost", "creation", account="hq") == "resource-not-granted"


@pytest.mark.rule("BP-06")
def test_file_exchange_takes_the_right_the_option_and_one_sign_in(acme: Town) -> None:
    assert acme.denies("ben", None, "ftp") == "right-missing"
    assert acme.denies("anna", None, "ftp") == "portal-sign-in-first"
    acme.accepts(VISITOR, SignIn, identifier="anna", password="Winter-Tram-61")
    assert acme.view().can("anna", None, "ftp")
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="ftp", enabled=False)
    assert acme.denies("anna", None, "ftp") == "option-disabled"


@pytest.mark.rule("BP-06", "BP-13")
def test_signing_in_with_a_temporary_password_is_not_enough_for_file_exchange(acme: Town) -> None:
    acme.person("tim", management=["ftp"], password="Temp-Fiets-1", temporary_for=timedelta(days=7))
    acme.accepts(VISITOR, SignIn, identifier="tim", password="Temp-Fiets-1")
    assert acme.denies("tim", None, "ftp") == "password-change-required"
    acme.accepts("tim", ChangePassword, current="Temp-Fiets-1", password="Zomer-Trein-9")
    assert acme.view().can("tim", None, "ftp")


@pytest.mark.rule("BP-03")
def test_a_management_right_is_held_or_it_is_not(acme: Town) -> None:
    view = acme.view()
    assert view.can("anna", None, "manage-administrators")
    assert not view.can("mia", None, "manage-administrators")
    assert view.management("mia") == words("manage-users reset-password")
    assert view.management("nobody") == frozenset()
    assert [view.is_administrator(name) for name in ("anna", "mia", "ben", "nobody")] == [True, True, False, False]


@pytest.mark.rule("BP-08")
def test_the_list_of_users_is_sorted_by_what_is_asked_for(acme: Town) -> None:
    details = {"gender": "man", "first-name": "Zeno", "last-name": "Aerts", "email": "aa@acme.example"}
    acme.accepts("mia", CreateUser, details=details | {"username": "bOb"})
    acme.accepts("mia", Deactivate, user="ben")
    view = acme.view()

    def names(**sort: str) -> list[str]:
        return [user.username for user in view.users("acme", **sort)]  # type: ignore[arg-type]

    assert names() == names(sort="username") == ["ANNA", "BEN", "bOb", "MIA"]
    assert names(sort="email") == ["bOb", "ANNA", "BEN", "MIA"]
    assert names(sort="name") == ["ANNA", "BEN", "MIA", "bOb"]
    assert names(sort="created-by") == ["bOb", "ANNA", "BEN", "MIA"]
    assert [user.state for user in view.users("acme")].count(State.DEACTIVATED) == 1
    assert view.users("nowhere") == ()


@pytest.mark.rule("BP-17")
def test_the_list_of_applications_appears_once_the_user_has_rights(acme: Town) -> None:
    view = acme.view()
    assert view.applications("anna", "ben", account="hq") is None
    assert view.applications("anna", "mia", account="depot") is None
    found = view.applications("anna", "mia", account="hq")
    assert isinstance(found, Applications)
    assert found.offered == tuple(acme.portal.applications)
    assert found.has_rights == ("distriplanner",)
    for by, user, account in (("anna", "nobody", "hq"), ("nobody", "ben", "hq"), ("anna", "ben", "attic")):
        answer = view.applications(by, user, account=account)
        assert isinstance(answer, Refused)
        assert answer.codes == ("other-organisation",)
    assert isinstance(view.applications("anna", "ben"), Refused)


@pytest.mark.rule("BP-05", "BP-17", "BP-19")
def test_dg_21_who_is_no_administrator_is_not_shown_what_colleagues_hold(acme: Town) -> None:
    acme.person("oda", management=["manage-users"], state=State.DEACTIVATED)
    for by, code in (("ben", "management-right-missing"), ("oda", "user-inactive")):
        for user in ("anna", "ben"):
            for answer in (
                acme.view().choices(by, user, "emasspost", account="hq"),
                acme.view().applications(by, user, account="hq"),
            ):
                assert isinstance(answer, Refused)
                assert answer.codes == (code,)


@pytest.mark.rule("BP-19", "BP-20")
def test_what_is_not_held_or_switched_off_is_greyed_out(acme: Town) -> None:
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="agreement-router", enabled=False)
    found = acme.view().choices("anna", "ben", "emasspost", account="hq")
    assert isinstance(found, Choices)
    assert found.offered == ("administrator-role", "view-prices", "creation")
    assert set(found.offered) | set(found.greyed) == set(acme.portal.applications["emasspost"].rights)
    assert "senders-management" in found.greyed
    nothing = acme.view().choices("anna", "ben", "emasspost")
    assert isinstance(nothing, Choices)
    assert nothing.offered == ()
    for by, user, application, code in (
        ("anna", "nobody", "emasspost", "other-organisation"),
        ("nobody", "ben", "emasspost", "other-organisation"),
        ("anna", "ben", "leads", "unknown-name"),
    ):
        answer = acme.view().choices(by, user, application, account="hq")
        assert isinstance(answer, Refused)
        assert answer.codes == (code,)


@pytest.mark.rule("BP-28")
def test_the_profiles_that_a_set_fits_and_what_the_others_take(acme: Town) -> None:
    found = acme.view().profiles(WORLD, ["general-access", "borderel-10"])
    assert isinstance(found, Profiles)
    assert found.fits == ("general",)
    assert found.missing["pro-2"] == ("eshipper-pro-2",)
    assert found.forbidden == {"read-only": ("general-access",), "pro-2": ("borderel-10",)}
    for application, rights, code in (
        ("leads", (), "unknown-name"),
        ("emasspost", (), "not-offered"),
        (WORLD, ("creation",), "unknown-name"),
    ):
        answer = acme.view().profiles(application, rights)
        assert isinstance(answer, Refused)
        assert answer.codes == (code,)


def deposit(owner: str, product: str = "letter", organisation: str = "acme", account: str = "hq") -> Record:
    return Record(
        type="deposit",
        owner=UserId(owner),
        organisation=OrganisationId(organisation),
        account=account_id(organisation, account),
        resources={"product": product},
    )


@pytest.mark.rule("BP-22")
def test_follow_up_sees_all_and_declaration_ones_own(acme: Town) -> None:
    acme.person("fay", rights={("emasspost", "hq"): "general-follow-up product:letter"})
    acme.person("dan", rights={("emasspost", "hq"): "deposit-declaration"})
    acme.person("cas", rights={("emasspost", "hq"): "deposit-composition creation product:letter billing-address:B1"})
    acme.person("cri", rights={("emasspost", "hq"): "creation product:letter billing-address:B1"})
    view = acme.view()

    def code(user: str, record: Record) -> str | None:
        reason = view.sees(user, record).reason
        return reason.code if reason else None

    assert code("fay", deposit("dan")) is None
    assert code("fay", deposit("dan", "prior")) == "resource-not-granted"
    assert code("fay", deposit("dan", account="depot")) == "right-missing"
    assert code("dan", deposit("dan", "prior")) is None
    assert code("dan", deposit("fay")) == "right-missing"
    assert code("cas", deposit("cas")) is None
    assert code("cas", deposit("dan")) == "right-missing"
    assert code("cri", deposit("cri")) == "right-missing"
    assert code("nobody", deposit("dan")) == "other-organisation"
    assert code("fay", Record(type="invoice")) == "unknown-name"
    assert code("fay", Record(type="deposit", account=account_id("acme", "hq"))) is None


@pytest.mark.rule("BP-22", "BP-31", "GX-01")
def test_a_subcontractors_deposit_belongs_to_the_customer(acme: Town) -> None:
    acme.company("router", {"desk": {}}, subcontractor=True)
    roles = "administrator-role general-follow-up product:letter"
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): roles})
    acme.person("fay", rights={("emasspost", "hq"): "general-follow-up product:letter"})
    assert acme.view().sees("fay", deposit("rik"))
    assert not acme.view().sees("rik", deposit("fay"))
    acme.person(
        "abe",
        management=["manage-users"],
        rights={("emasspost", "hq"): "administrator-role general-follow-up product:letter"},
    )
    resources = {"product": ["letter"]}
    given = {"organisation": "router", "application": "emasspost", "account": "hq", "rights": ["general-follow-up"]}
    acme.accepts("abe", Delegate, **given, resources=resources)
    assert acme.view().sees("rik", deposit("fay"))


@pytest.mark.rule("BP-33")
def test_a_user_sees_the_accounts_and_services_that_are_open_to_him(acme: Town) -> None:
    acme.person(
        "sam",
        rights={
            ("distriplanner", "hq"): "quick-view",
            ("collect-stamp", "hq"): "search-invoices",
            ("distriplanner", "depot"): "order-entry billing-address:B3",
        },
    )
    view = acme.view()
    assert {account.id for account in view.accounts("sam")} == {"acme/hq", "acme/depot"}
    assert set(view.services("sam")) == {("acme/hq", "distriplanner"), ("acme/depot", "distriplanner")}
    assert view.accounts("ben") == view.accounts("nobody") == ()
    acme.accepts(OPERATOR, Deactivate, user="sam")
    assert acme.view().services("sam") == ()


@pytest.mark.rule("BP-31", "BP-33")
def test_a_subcontractor_sees_the_customers_account(acme: Town) -> None:
    acme.company("router", {"desk": {}}, subcontractor=True)
    acme.person("rik", "router", management=["manage-users"], rights={("emasspost", "desk"): "administrator-role"})
    given = {"organisation": "router", "application": "emasspost", "account": "hq", "rights": ["view-prices"]}
    assert [account.id for account in acme.view().accounts("rik")] == ["router/desk"]
    acme.accepts("anna", Delegate, **given)
    assert [account.id for account in acme.view().accounts("rik")] == ["router/desk", "acme/hq"]


@pytest.mark.rule("BP-12")
def test_who_can_names_everybody_and_nobody_else(acme: Town) -> None:
    ask = acme.view().who_can
    assert ask("distriplanner", "quick-view", account="acme/hq") == ("anna", "mia")
    assert ask("distriplanner", "order-entry", account="acme/hq", resources={"billing-address": "B3"}) == ()
    assert ask("distriplanner", "quick-view", account="nowhere/hq") == ()


@pytest.mark.rule("GX-02")
def test_a_session_is_found_by_browser_and_by_user(acme: Town) -> None:
    view = acme.view()
    assert view.signed_in("b") is None
    assert view.session("ben", "b") is None
    acme.accepts(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62", browser="b")
    acme.clock.advance(timedelta(minutes=1))
    acme.accepts(VISITOR, SignIn, identifier="mia", password="Winter-Tram-63", browser="b")
    view = acme.view()
    assert view.signed_in("b") == "mia"
    session = view.session("ben", "b")
    assert session is not None
    assert view.session_ended(session) is None
    acme.accepts(OPERATOR, Deactivate, user="ben")
    reason = acme.view().session_ended(session)
    assert reason is not None
    assert reason.code == "user-inactive"


@pytest.mark.rule("BP-10", "BP-17")
def test_what_the_account_lost_counts_for_nobody_and_comes_back_with_it(acme: Town) -> None:
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", applications=[])
    assert acme.holds("anna", "emasspost") == frozenset()
    acme.accepts(OPERATOR, SetAccount, organisation="acme", account="hq", applications=["emasspost"])
    assert "creation" in acme.holds("anna", "emasspost")
    assert acme.holds("anna", "leads") == acme.holds("nobody", "emasspost") == frozenset()


@pytest.mark.rule("BP-01", "BP-13", "GX-02")
@pytest.mark.parametrize(("state", "row"), INACTIVE)
def test_a_denial_names_the_row_of_the_model_that_decided(acme: Town, state: State, row: str) -> None:
    acme.person("dee", state=state, rights={("distriplanner", "hq"): "quick-view"})
    decision = acme.view().explain("dee", "distriplanner", "quick-view", account="hq")
    assert decision.reason is not None
    assert (decision.rule, decision.reason.code) == (row, row)
    allowed = acme.view().explain("mia", "distriplanner", "quick-view", account="hq")
    assert (allowed.rule, allowed.reason) == ("held", None)
