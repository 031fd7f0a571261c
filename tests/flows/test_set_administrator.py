"""Flows: a user is made an administrator, or is none any more."""

from __future__ import annotations

import pytest
from tests.flows.portals import MASTER, OPERATOR, Customers, Dealers
from tests.flows.town import INACTIVE

from partnerauth.entities import State
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.invite import Invite
from partnerauth.flows.set_administrator import SetAdministrator
from partnerauth.portals import parse_portal, portal_text


@pytest.mark.rule("KP-04")
@pytest.mark.parametrize("who", ["eva", OPERATOR])
def test_any_number_of_users_are_administrators(customers: Customers, who: str) -> None:
    customers.person("pia", "blech", username="")
    for user in ("otto", "pia"):
        customers.accepts(who, SetAdministrator, user=user, administrator=True)
        assert customers.user(user).management == frozenset(MASTER)
    customers.invite("otto", "max@blech.example")
    assert customers.recorded("otto") == ["AdministratorSet"]


@pytest.mark.rule("KP-03", "KP-04", "DP-03")
def test_who_is_none_any_more_manages_nobody(dealers: Dealers) -> None:
    dealers.accepts("ann", SetAdministrator, user="bob", administrator=True)
    dealers.accepts("bob", SetAdministrator, user="ann", administrator=False)
    assert dealers.user("ann").management == frozenset()
    assert dealers.codes("ann", SetAdministrator, user="ann", administrator=True) == (
        "management-right-missing",
        "delegation-limit",
    )


@pytest.mark.rule("KP-03")
def test_dg_07_a_general_user_makes_nobody_an_administrator(customers: Customers) -> None:
    for user in ("otto", "eva"):
        codes = customers.codes("otto", SetAdministrator, user=user, administrator=True)
        assert codes[0] == "management-right-missing"
    assert customers.codes("otto", SetAdministrator, user="eva", administrator=False) == (
        "management-right-missing",
        "last-administrator",
    )


@pytest.mark.rule("BP-10", "KP-04")
def test_where_rights_are_not_taken_away_who_is_an_administrator_stays_one() -> None:
    text = portal_text("kundenportal").replace("[forbidden]\n", '[forbidden]\nrevoke = ["administrator"]\n')
    customers = Customers(parse_portal(text, "mine.toml"))
    customers.accepts("eva", SetAdministrator, user="otto", administrator=True)
    assert customers.refuses("eva", SetAdministrator, user="otto", administrator=False) == {
        "revocation-forbidden": {"rights": tuple(sorted(MASTER))}
    }
    customers.accepts(OPERATOR, SetAdministrator, user="otto", administrator=False)
    assert customers.codes("otto", SetAdministrator, user="eva", administrator=False) == (
        "management-right-missing",
        "revocation-forbidden",
    )
    customers.accepts("eva", SetAdministrator, user="otto", administrator=False)


@pytest.mark.rule("GX-01")
def test_dg_09_nothing_crosses_organisations(customers: Customers) -> None:
    for user in ("eva", "otto", "nobody"):
        assert customers.codes("zoe", SetAdministrator, user=user, administrator=False) == ("other-organisation",)


@pytest.mark.rule("GX-07")
def test_lc_10_the_last_administrator_is_not_demoted_but_by_the_operator(customers: Customers) -> None:
    assert customers.codes("eva", SetAdministrator, user="eva", administrator=False) == ("last-administrator",)
    customers.accepts(OPERATOR, SetAdministrator, user="eva", administrator=False)
    assert not customers.view().is_administrator("eva")


@pytest.mark.rule("GX-07", "KP-09")
@pytest.mark.parametrize("state", [State.INVITED, State.DEACTIVATED, State.REJECTED])
def test_lc_11_an_administrator_who_cannot_act_is_not_another(customers: Customers, state: State) -> None:
    customers.person("mia", "blech", management=MASTER, username="", state=state)
    assert customers.codes("eva", SetAdministrator, user="eva", administrator=False) == ("last-administrator",)
    assert customers.codes("eva", Deactivate, user="eva") == ("last-administrator",)


@pytest.mark.rule("GX-07", "KP-09")
def test_lc_13_the_operator_helps_an_organisation_without_one(customers: Customers) -> None:
    customers.accepts(OPERATOR, Deactivate, user="eva")
    assert customers.codes("otto", Invite, email="max@blech.example") == ("management-right-missing",)
    customers.accepts(OPERATOR, SetAdministrator, user="otto", administrator=True)
    customers.invite("otto", "max@blech.example")


@pytest.mark.rule("GX-07")
def test_cc_02_the_second_of_two_who_demote_each_other_is_refused(dealers: Dealers) -> None:
    dealers.accepts("ann", SetAdministrator, user="bob", administrator=True)
    dealers.accepts("ann", SetAdministrator, user="bob", administrator=False)
    codes = dealers.codes("bob", SetAdministrator, user="ann", administrator=False)
    assert codes == ("management-right-missing", "last-administrator")


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize(("state", "code"), INACTIVE)
def test_only_an_active_user_is_made_an_administrator(dealers: Dealers, state: State, code: str) -> None:
    dealers.person("pia", "fixit", username="", state=state)
    assert dealers.codes("ann", SetAdministrator, user="pia", administrator=True) == (code,)


@pytest.mark.rule("GX-08")
def test_what_changes_nothing_is_still_on_record(dealers: Dealers) -> None:
    dealers.accepts("ann", SetAdministrator, user="bob", administrator=False)
    assert dealers.recorded("bob") == ["AdministratorSet"]


@pytest.mark.rule("GX-07", "KP-04")
def test_whoever_is_the_only_master_may_be_made_one_again(customers: Customers) -> None:
    customers.accepts("eva", SetAdministrator, user="eva", administrator=True)
    assert customers.codes("eva", SetAdministrator, user="eva", administrator=False) == ("last-administrator",)
