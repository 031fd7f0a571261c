"""Flows: rights are revoked by the operator alone; management rights are given and not taken away."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, Town, bpost, words

from partnerauth.flows.revoke import Revoke
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_option import SetOption

PLAN = {"application": "distriplanner", "account": "hq"}


@pytest.mark.rule("BP-10")
def test_the_operator_revokes_what_is_named_and_held(acme: Town) -> None:
    named = {"rights": ["order-entry"], "resources": {"billing-address": ["B1"]}}
    acme.accepts(OPERATOR, Revoke, user="anna", **PLAN, **named)
    assert acme.holds("anna", "distriplanner") == words("quick-view billing-address:B2")
    again = acme.accepts(OPERATOR, Revoke, user="anna", **PLAN, **named)
    assert again.events == ()
    assert acme.accepts(OPERATOR, Revoke, user="ben", **PLAN, **named).events == ()


@pytest.mark.rule("BP-10")
def test_an_administrator_revokes_nothing_and_is_told_what(acme: Town) -> None:
    named = {"rights": ["quick-view"], "resources": {"billing-address": ["B1"]}}
    assert acme.refuses("anna", Revoke, user="mia", **PLAN, **named) == {
        "revocation-forbidden": {"rights": ("billing-address B1", "quick-view")}
    }
    assert acme.refuses("ben", Revoke, user="mia", **PLAN, **named) == {
        "management-right-missing": {"needed": ("manage-administrators",)},
        "revocation-forbidden": {"rights": ("billing-address B1", "quick-view")},
    }
    assert acme.codes("anna", Revoke, user="anna", **PLAN, **named) == ("revocation-forbidden",)


@pytest.mark.rule("GX-01")
def test_revoking_names_what_is_there(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    for user, account in (("nobody", "hq"), ("ben", "attic"), ("ben", "globex/hq"), ("gert", "acme/hq")):
        fields = {"user": user, "application": "distriplanner", "account": account}
        assert acme.codes(OPERATOR, Revoke, **fields) == ("other-organisation",)
    assert acme.codes("anna", Revoke, user="gert", **PLAN) == ("other-organisation",)
    assert acme.codes(OPERATOR, Revoke, user="ben", application="leads", account="hq") == ("unknown-name",)
    assert acme.codes(OPERATOR, Revoke, user="ben", **PLAN, rights=["creation"]) == ("unknown-name",)


@pytest.mark.rule("BP-02", "BP-03")
def test_management_rights_are_added_one_by_one(acme: Town) -> None:
    acme.accepts("anna", SetManagement, user="ben", management=["reset-password"])
    acme.accepts("anna", SetManagement, user="ben", management=["reset-password", "ftp"])
    acme.accepts("anna", SetManagement, user="ben", management=["reset-password", "ftp", "manage-administrators"])
    assert acme.user("ben").management == words("reset-password ftp manage-administrators")
    assert acme.recorded("ben") == ["ManagementSet"] * 3


@pytest.mark.rule("BP-02", "BP-04", "BP-05")
def test_making_an_administrator_takes_manage_administrators(acme: Town) -> None:
    assert acme.refuses("mia", SetManagement, user="ben", management=["manage-users"]) == {
        "management-right-missing": {"needed": ("manage-administrators",)}
    }
    assert acme.refuses("mia", SetManagement, user="ben", management=["manage-administrators", "ftp"]) == {
        "management-right-missing": {"needed": ("manage-administrators",)},
        "delegation-limit": {"exceeding": ("ftp", "manage-administrators")},
    }
    assert acme.refuses("ben", SetManagement, user="mia", management=["manage-users", "reset-password"]) == {
        "management-right-missing": {"needed": ("manage-administrators",)}
    }
    acme.accepts("mia", SetManagement, user="ben", management=["reset-password"])


@pytest.mark.rule("BP-10")
def test_management_rights_are_not_taken_away(acme: Town) -> None:
    assert acme.refuses("anna", SetManagement, user="mia", management=["ftp"]) == {
        "revocation-forbidden": {"rights": ("manage-users", "reset-password")}
    }
    assert acme.codes("anna", SetManagement, user="anna", management=[]) == ("revocation-forbidden",)
    assert acme.codes(OPERATOR, SetManagement, user="mia", management=[]) == ("not-offered",)


@pytest.mark.rule("BP-06")
def test_ftp_is_given_while_its_option_is_on_and_may_stay_when_it_goes_off(acme: Town) -> None:
    acme.person("tim", management=["ftp"])
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="ftp", enabled=False)
    assert acme.refuses("anna", SetManagement, user="ben", management=["ftp"]) == {
        "option-disabled": {"options": ("ftp",), "rights": ("ftp",)}
    }
    acme.accepts("anna", SetManagement, user="tim", management=["ftp", "reset-password"])


@pytest.mark.rule("BP-03", "GX-01")
def test_management_rights_and_users_are_known(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    assert acme.refuses("anna", SetManagement, user="gert", management=["admin", "ftp"]) == {
        "unknown-name": {"kind": "management right", "names": ("admin",)}
    }
    for name in ("gert", "nobody"):
        assert acme.codes("anna", SetManagement, user=name, management=["ftp"]) == ("other-organisation",)


@pytest.mark.rule("BP-10", "GX-07")
def test_where_a_portal_lets_them_be_taken_away_somebody_is_left_who_makes_administrators() -> None:
    town = Town(bpost().model_copy(update={"forbidden": {"delete": ("administrator", "operator")}}))
    town.company("acme")
    town.person("anna", management=["manage-administrators", "manage-users"])
    town.person("mia", management=["manage-users", "reset-password"])
    town.accepts("anna", SetManagement, user="mia", management=["manage-users"])
    assert town.user("mia").management == {"manage-users"}
    assert town.refuses("anna", SetManagement, user="anna", management=["manage-users"]) == {"last-administrator": {}}
    town.accepts("anna", SetManagement, user="mia", management=["manage-users", "manage-administrators"])
    town.accepts("anna", SetManagement, user="anna", management=["manage-users"])
