"""Flows: whoever holds the link of an invitation comes in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.flows.portals import MASTER, NAMED, OPERATOR, PASSWORD, SOON, VISITOR, Customers, changed
from tests.flows.town import words

from partnerauth.directory import AccountById
from partnerauth.entities import IMPLIED_ACCOUNT, State
from partnerauth.flow import digest
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant import Grant
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.revoke import Revoke
from partnerauth.flows.sign_in import SignIn
from partnerauth.ports import Unit

MAX = "max@blech.example"
NEW = "tina@neu.example"
ALL = words("contracts framework-orders rework-account order-history documents online-ordering") | frozenset(
    f"{what}-export-{how}" for what in ("contracts", "framework-orders") for how in ("xls", "pdf", "csv")
)


@pytest.fixture
def empty() -> Customers:
    """A portal with a company that nobody has come into yet."""
    town = Customers()
    town.company("neu", accounts={}, name="Neu", country="DE")
    return town


@pytest.mark.rule("KP-07", "KP-08")
def test_he_sets_a_password_completes_his_data_and_goes_on_to_sign_in(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    answer = customers.accepts(
        VISITOR, AcceptInvitation, token=customers.mailed(MAX), password=PASSWORD, confirm=PASSWORD, details=NAMED
    )
    assert answer.session == ""
    assert customers.user(user).state is State.ACTIVE
    assert customers.user(user).details == NAMED
    assert customers.invitation(user) is None
    assert customers.accepts(VISITOR, SignIn, identifier="MAX@blech.example", password=PASSWORD).session
    assert customers.recorded(user) == ["UserInvited", "InvitationAccepted", "RightsGranted", "SignedIn"]


@pytest.mark.rule("KP-06", "KP-07")
def test_what_the_master_filled_in_counts(customers: Customers) -> None:
    user = customers.invite("eva", MAX, details={"title": "mr", "first-name": "Max", "phone": "1"})
    refused = customers.refuses(VISITOR, AcceptInvitation, token=customers.mailed(MAX), password=PASSWORD)
    assert refused == {"field-required": {"fields": ("last-name",)}}
    customers.comes_in(details={"first-name": "Maximilian", "last-name": "Lang", "title": ""})
    details = {"title": "mr", "first-name": "Maximilian", "last-name": "Lang", "phone": "1"}
    assert customers.user(user).details == details


@pytest.mark.rule("KP-06", "KP-07", "GX-09")
def test_what_is_missing_is_named(customers: Customers) -> None:
    customers.invite("eva", MAX)
    token = customers.mailed(MAX)
    missing = {"field-required": {"fields": ("password", "title", "first-name", "last-name")}}
    assert customers.refuses(VISITOR, AcceptInvitation, token=token) == missing
    assert customers.refuses(VISITOR, AcceptInvitation, token=token, password=" ", confirm=" ") == missing | {
        "password-policy": {"unmet": ("length",)}
    }


@pytest.mark.rule("KP-07", "GX-06")
@pytest.mark.parametrize(
    ("password", "unmet"), [("Zom-r91", "length"), ("password1", "common"), ("robin-regenboog", "personal")]
)
def test_the_password_has_at_least_8_characters_and_is_neither_common_nor_personal(
    customers: Customers, password: str, unmet: str
) -> None:
    customers.invite("eva", MAX)
    refused = customers.refuses(
        VISITOR, AcceptInvitation, token=customers.mailed(MAX), password=password, details=NAMED
    )
    assert refused == {"password-policy": {"unmet": (unmet,)}}


@pytest.mark.rule("KP-07")
def test_both_entries_are_the_same_and_every_fault_is_told_at_once(customers: Customers) -> None:
    customers.invite("eva", MAX)
    codes = customers.codes(
        VISITOR,
        AcceptInvitation,
        token=customers.mailed(MAX),
        password="short",
        confirm="other",
        details={"first-name": "A\u200bB"},
    )
    assert codes == ("field-required", "field-malformed", "password-policy", "confirmation-mismatch")


@pytest.mark.rule("KP-07")
def test_tk_02_nobody_accepts_for_another_address(customers: Customers) -> None:
    customers.invite("eva", MAX)
    token = customers.mailed(MAX)
    details = {**NAMED, "email": "tom@blech.example"}
    assert customers.codes(VISITOR, AcceptInvitation, token=token, password=PASSWORD, details=details) == (
        "unknown-name",
    )
    assert customers.codes("otto", AcceptInvitation, token=token, password=PASSWORD, details=NAMED) == ("not-offered",)


@pytest.mark.rule("KP-01", "GX-04")
@pytest.mark.parametrize(
    ("after", "codes"),
    [(timedelta(days=90) - SOON, None), (timedelta(days=90), "invitation-expired")],
)
def test_tk_05_the_link_works_for_90_days_to_the_moment(
    customers: Customers, after: timedelta, codes: str | None
) -> None:
    customers.invite("eva", MAX)
    customers.clock.advance(after)
    if codes is None:
        customers.comes_in()
    else:
        assert customers.codes(
            VISITOR, AcceptInvitation, token=customers.mailed(MAX), password=PASSWORD, details=NAMED
        ) == (codes,)


@pytest.mark.rule("KP-01", "GX-04")
def test_tk_04_tk_11_the_link_is_good_for_one_registration(customers: Customers) -> None:
    customers.invite("eva", MAX)
    token = customers.mailed(MAX)
    user = customers.comes_in()
    again = {"token": token, "password": "Herfst-Fiets-10", "details": NAMED}
    assert customers.codes(VISITOR, AcceptInvitation, **again) == ("invitation-used",)
    customers.accepts("eva", Deactivate, user=user)
    assert customers.codes(VISITOR, AcceptInvitation, **again) == ("invitation-used",)
    assert customers.user(user).state is State.DEACTIVATED


@pytest.mark.rule("KP-01", "GX-04")
def test_tk_01_a_link_that_nobody_sent_is_unknown(customers: Customers) -> None:
    customers.invite("eva", MAX)
    token = customers.mailed(MAX)
    for guess in ("", token[:-1], token + "A", token.swapcase(), "\ud800"):
        assert customers.codes(VISITOR, AcceptInvitation, token=guess, password=PASSWORD, details=NAMED) == (
            "invitation-unknown",
        )


@pytest.mark.rule("GX-04")
def test_tk_10_a_link_is_good_for_its_own_purpose_alone(customers: Customers) -> None:
    customers.accepts(VISITOR, RequestReset, identifier="otto@blech.example")
    reset = customers.mailed("otto@blech.example")
    assert customers.codes(VISITOR, AcceptInvitation, token=reset, password=PASSWORD, details=NAMED) == (
        "invitation-unknown",
    )
    customers.invite("eva", MAX)
    assert customers.codes(VISITOR, ResetPassword, token=customers.mailed(MAX), password=PASSWORD) == ("link-unknown",)


@pytest.mark.rule("GX-04")
def test_tk_09_tk_24_the_secret_is_nowhere_but_in_the_mail(customers: Customers) -> None:
    customers.invite("eva", MAX)
    secret = customers.mailed(MAX)
    stored = repr([customers.watched.units, customers.store.records(), customers.store.outbox()])
    assert secret not in stored
    assert digest(secret) not in repr([customers.store.records(), customers.store.outbox()])


@pytest.mark.rule("KP-02", "KP-04")
def test_the_first_through_the_companys_invitation_is_master_whatever_it_said(empty: Customers) -> None:
    first = empty.invite(OPERATOR, NEW, organisation="neu", administrator=False)
    second = empty.invite(OPERATOR, "tom@neu.example", organisation="neu")
    third = empty.invite(OPERATOR, "udo@neu.example", organisation="neu", administrator=True)
    for email in (NEW, "tom@neu.example", "udo@neu.example"):
        empty.comes_in(email)
    assert [empty.view().is_administrator(user) for user in (first, second, third)] == [True, False, True]


@pytest.mark.rule("KP-02")
def test_who_accepts_first_is_the_first_and_not_who_was_invited_first(empty: Customers) -> None:
    first = empty.invite(OPERATOR, NEW, organisation="neu", administrator=True)
    second = empty.invite(OPERATOR, "tom@neu.example", organisation="neu")
    empty.comes_in("tom@neu.example")
    assert empty.view().is_administrator(second)
    empty.comes_in(NEW)
    assert empty.view().is_administrator(first)


@pytest.mark.rule("KP-02", "KP-09")
def test_who_was_turned_away_before_he_came_in_was_not_the_first(empty: Customers) -> None:
    early = empty.invite(OPERATOR, NEW, organisation="neu")
    empty.accepts(OPERATOR, Deactivate, user=early)
    second = empty.invite(OPERATOR, "tom@neu.example", organisation="neu")
    empty.comes_in("tom@neu.example")
    assert empty.view().is_administrator(second)
    empty.accepts(OPERATOR, Deactivate, user=second)
    third = empty.invite(OPERATOR, "udo@neu.example", organisation="neu")
    empty.comes_in("udo@neu.example")
    assert not empty.view().is_administrator(third)


@pytest.mark.rule("KP-02")
def test_a_portal_without_the_rule_makes_nobody_master() -> None:
    shipped = changed("kundenportal")
    town = Customers(
        changed("kundenportal", invitation=shipped.invitation.model_copy(update={"first_is_administrator": False}))
    )
    town.company("neu", accounts={}, name="Neu")
    user = town.invite(OPERATOR, NEW, organisation="neu")
    town.comes_in(NEW)
    assert not town.view().is_administrator(user)


@pytest.mark.rule("KP-03")
def test_where_no_rights_were_named_he_gets_all_that_the_master_holds(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    customers.comes_in()
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == words("contracts documents")
    assert customers.view().can(user, "portal", "contracts")


@pytest.mark.rule("KP-03", "KP-12")
def test_where_the_operator_named_none_he_gets_all_of_the_organisations(customers: Customers) -> None:
    user = customers.invite(OPERATOR, MAX, organisation="blech")
    customers.comes_in()
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == ALL


@pytest.mark.rule("KP-03", "GX-08")
def test_named_rights_are_what_he_gets_on_record_by_who_invited_him(customers: Customers) -> None:
    named = ["contracts", {"application": "portal", "rights": ["documents"]}]
    user = customers.invite("eva", MAX, rights=named)
    answer_events = len(customers.store.records())
    customers.comes_in()
    granted = customers.store.records()[answer_events + 1].event
    assert (granted.name, granted.by) == ("RightsGranted", "eva")
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == words("contracts documents")


@pytest.mark.rule("KP-03")
def test_what_was_granted_before_he_came_in_stays(customers: Customers) -> None:
    user = customers.invite("eva", MAX, rights=["contracts"])
    customers.accepts(OPERATOR, Grant, user=user, application="portal", rights=["online-ordering"])
    assert not customers.view().can(user, "portal", "online-ordering")
    customers.comes_in()
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == words("contracts online-ordering")


@pytest.mark.rule("BP-04", "KP-03")
@pytest.mark.parametrize(("rights", "left"), [(["contracts", "documents"], "documents"), ([], "documents")])
def test_tk_06_he_gets_no_more_than_the_inviter_holds_when_he_accepts(
    customers: Customers, rights: list[str], left: str
) -> None:
    user = customers.invite("eva", MAX, rights=rights)
    customers.accepts(OPERATOR, Revoke, user="eva", application="portal", rights=["contracts"])
    customers.comes_in()
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == words(left)


@pytest.mark.rule("BP-04")
def test_tk_06_where_the_inviter_holds_nothing_of_it_any_more_he_gets_nothing(customers: Customers) -> None:
    user = customers.invite("eva", MAX, rights=["contracts"])
    customers.accepts(OPERATOR, Revoke, user="eva", application="portal", rights=["contracts", "documents"])
    customers.comes_in()
    assert customers.user(user).state is State.ACTIVE
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == frozenset()


@pytest.mark.rule("KP-03")
@pytest.mark.parametrize("rights", [["contracts"], []])
def test_tk_07_an_application_that_left_the_account_gives_nothing(customers: Customers, rights: list[str]) -> None:
    user = customers.invite(OPERATOR, MAX, organisation="blech", rights=rights)
    account = customers.account(IMPLIED_ACCOUNT, "blech")
    key = AccountById(account)
    loaded = customers.store.read([key])
    closed = replace(loaded.values[key], applications=frozenset[str]())
    customers.store.commit(Unit(changes={key: closed}, revisions=loaded.revisions))
    customers.comes_in()
    assert customers.holds(user, "portal", IMPLIED_ACCOUNT) == frozenset()


@pytest.mark.rule("KP-01", "GX-02")
def test_tk_13_a_reset_does_not_take_the_place_of_accepting(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    customers.accepts(VISITOR, RequestReset, identifier=MAX)
    assert [mail.template for mail in customers.mails(MAX)] == ["invitation"]
    assert customers.recorded(user)[-1] == "user-inactive"


@pytest.mark.rule("GX-03")
def test_nothing_is_told_to_who_signs_in_before_accepting(customers: Customers) -> None:
    customers.invite("eva", MAX)
    assert customers.codes(VISITOR, SignIn, identifier=MAX, password=PASSWORD) == ("wrong-password",)


@pytest.mark.rule("GX-06", "GX-04")
def test_tk_12_a_password_change_ends_what_was_sent_before(customers: Customers) -> None:
    user = customers.invite("eva", MAX)
    customers.comes_in()
    customers.accepts(VISITOR, RequestReset, identifier=MAX)
    customers.accepts(user, ChangePassword, current=PASSWORD, password="Herfst-Fiets-10")
    assert customers.codes(VISITOR, ResetPassword, token=customers.mailed(MAX), password="Lente-Fiets-11") == (
        "link-unknown",
    )


@pytest.mark.rule("KP-04", "BP-04")
def test_dg_08_a_master_is_invited_only_by_who_may_make_masters(customers: Customers) -> None:
    user = customers.invite("eva", MAX, administrator=True)
    customers.comes_in()
    assert customers.user(user).management == frozenset(MASTER)
