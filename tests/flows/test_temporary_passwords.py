"""Flow: whoever manages a user gives him a new temporary password."""

from __future__ import annotations

import pytest
from tests.flows.town import INACTIVE, VISITOR, Town

from partnerauth.entities import Member, State
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.sign_in import SignIn


@pytest.mark.rule("BP-13", "GX-06")
def test_it_replaces_the_password_ends_every_session_and_has_to_be_changed(acme: Town) -> None:
    session = acme.accepts(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62", browser="b").session
    acme.accepts("mia", SetTemporaryPassword, user="ben", password="Temp-Fiets-1")
    assert acme.view().signed_in("b") is None
    assert acme.codes(Member(session=session), ChangePassword, current="x", password="y") == ("sign-in-required",)
    assert acme.codes(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62") == ("wrong-password",)
    acme.accepts(VISITOR, SignIn, identifier="ben", password="Temp-Fiets-1")
    assert acme.view().must_change_password("ben")
    assert acme.mails("ben@acme.example") == []


@pytest.mark.rule("BP-13")
def test_one_that_is_left_out_is_generated_and_mailed(acme: Town) -> None:
    acme.accepts("mia", SetTemporaryPassword, user="ben")
    mail = acme.mails("ben@acme.example")[-1]
    assert (mail.template, mail.facts["username"]) == ("temporary-password", "BEN")
    acme.accepts(VISITOR, SignIn, identifier="ben", password=acme.mailed("ben@acme.example"))


@pytest.mark.rule("BP-13")
def test_a_user_without_a_user_name_is_called_by_his_address(acme: Town) -> None:
    acme.person("nil", username="")
    acme.accepts("mia", SetTemporaryPassword, user="nil")
    assert acme.mails("nil@acme.example")[-1].facts["username"] == "nil@acme.example"


@pytest.mark.rule("BP-13", "GX-05")
def test_it_forgets_the_wrong_guesses_so_that_the_user_gets_in(acme: Town) -> None:
    for _ in range(5):
        acme.codes(VISITOR, SignIn, identifier="ben", password="wrong")
    assert acme.codes(VISITOR, SignIn, identifier="ben", password="Winter-Tram-62") == ("too-many-attempts",)
    acme.accepts("mia", SetTemporaryPassword, user="ben", password="Temp-Fiets-1")
    acme.accepts(VISITOR, SignIn, identifier="ben", password="Temp-Fiets-1")


@pytest.mark.rule("GX-04")
def test_it_ends_the_links_that_are_under_way(acme: Town) -> None:
    acme.person("rob", management=["reset-password"], password="Winter-Tram-65")
    acme.accepts(VISITOR, RequestReset, identifier="rob")
    acme.accepts("mia", SetTemporaryPassword, user="rob", password="Temp-Fiets-1")
    token = acme.mailed("rob@acme.example")
    assert acme.codes(VISITOR, ResetPassword, token=token, password="Zomer-Trein-9") == ("link-unknown",)


@pytest.mark.rule("BP-05", "BP-14")
def test_it_takes_the_right_that_reaches_the_user_and_a_password_that_will_do(acme: Town) -> None:
    assert acme.refuses("mia", SetTemporaryPassword, user="anna", password="weak") == {
        "management-right-missing": {"needed": ("manage-administrators",)},
        "password-policy": {"unmet": ("length", "upper")},
    }
    assert acme.codes("ben", SetTemporaryPassword, user="mia") == ("management-right-missing",)
    acme.accepts("anna", SetTemporaryPassword, user="mia")


@pytest.mark.rule("GX-01")
def test_it_stays_within_the_organisation(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    for name in ("gert", "nobody"):
        assert acme.refuses("anna", SetTemporaryPassword, user=name) == {"other-organisation": {"names": (name,)}}


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize(("state", "code"), INACTIVE)
def test_a_user_who_is_not_active_gets_none(acme: Town, state: State, code: str) -> None:
    acme.person("dee", state=state)
    assert acme.codes("mia", SetTemporaryPassword, user="dee") == (code,)


@pytest.mark.rule("BP-13", "BP-15")
def test_ones_own_password_takes_the_current_one(acme: Town) -> None:
    assert acme.refuses("anna", SetTemporaryPassword, user="anna", password="Temp-Fiets-1") == {
        "not-offered": {"name": "set-temporary-password"}
    }
