"""Flow: a user changes his password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.town import VISITOR, Town

from partnerauth.entities import Member
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut

OLD, NEW = "Winter-Tram-62", "Zomer-Trein-9"


def signed_in(town: Town, browser: str = "laptop", password: str = OLD) -> Member:
    answer = town.accepts(VISITOR, SignIn, identifier="ben", password=password, browser=browser)
    return Member(session=answer.session)


@pytest.mark.rule("BP-15", "GX-06")
def test_the_new_password_works_and_every_other_session_ends(acme: Town) -> None:
    laptop, phone = signed_in(acme, "laptop"), signed_in(acme, "phone")
    acme.accepts(laptop, ChangePassword, current=OLD, password=NEW, confirm=NEW)
    assert acme.codes(phone, SignOut) == ("sign-in-required",)
    acme.accepts(laptop, SignOut, browser="laptop")
    assert acme.codes(VISITOR, SignIn, identifier="ben", password=OLD) == ("wrong-password",)
    signed_in(acme, password=NEW)


@pytest.mark.rule("BP-15")
def test_an_embedder_who_signs_users_in_himself_can_change_them_too(acme: Town) -> None:
    acme.accepts("ben", ChangePassword, current=OLD, password=NEW)
    signed_in(acme, password=NEW)


@pytest.mark.rule("BP-14", "BP-15")
def test_everything_that_is_wrong_is_told_together(acme: Town) -> None:
    assert acme.refuses("ben", ChangePassword, current="nonsense", password="zomer", confirm="winter") == {
        "wrong-password": {},
        "password-policy": {"unmet": ("length", "upper")},
        "confirmation-mismatch": {},
    }
    assert acme.refuses("ben", ChangePassword, current=OLD, password=NEW, confirm="") == {"confirmation-mismatch": {}}


@pytest.mark.rule("BP-13")
def test_it_ends_the_temporary_password_which_cannot_be_kept(acme: Town) -> None:
    acme.person("tim", password="Temp-Fiets-1", temporary_for=timedelta(days=7))
    kept = {"current": "Temp-Fiets-1", "password": "Temp-Fiets-1"}
    assert acme.refuses("tim", ChangePassword, **kept) == {"password-policy": {"unmet": ("unchanged",)}}
    assert acme.view().must_change_password("tim")
    acme.accepts("tim", ChangePassword, current="Temp-Fiets-1", password=NEW)
    assert not acme.view().must_change_password("tim")


@pytest.mark.rule("GX-05")
def test_a_stolen_session_does_not_serve_to_guess_the_password(acme: Town) -> None:
    ben = signed_in(acme)
    for _ in range(5):
        assert acme.codes(ben, ChangePassword, current="guess", password=NEW) == ("wrong-password",)
    assert acme.refuses(ben, ChangePassword, current=OLD, password=NEW) == {"too-many-attempts": {"seconds": 900}}
    acme.clock.advance(timedelta(minutes=15))
    acme.accepts(ben, ChangePassword, current=OLD, password=NEW)


@pytest.mark.rule("GX-05", "BP-14")
def test_whoever_knows_his_password_may_look_for_a_new_one_as_long_as_he_likes(acme: Town) -> None:
    for _ in range(8):
        assert acme.codes("ben", ChangePassword, current=OLD, password="weak") == ("password-policy",)
    acme.accepts("ben", ChangePassword, current=OLD, password=NEW)


@pytest.mark.rule("GX-04")
def test_it_ends_the_links_that_are_under_way(acme: Town) -> None:
    acme.person("rob", management=["reset-password"], password=OLD)
    acme.accepts(VISITOR, RequestReset, identifier="rob")
    acme.accepts("rob", ChangeEmail, email="robert@acme.example")
    acme.accepts("rob", ChangePassword, current=OLD, password=NEW)
    reset, confirm = acme.mailed("rob@acme.example"), acme.mailed("robert@acme.example")
    assert acme.codes(VISITOR, ResetPassword, token=reset, password="Herfst-Bus-77") == ("link-unknown",)
    assert acme.codes(VISITOR, ConfirmEmail, token=confirm) == ("link-unknown",)


@pytest.mark.rule("GX-06")
def test_a_user_without_a_password_proves_nothing(acme: Town) -> None:
    acme.person("nil")
    for current in ("", "None", "x"):
        assert acme.codes("nil", ChangePassword, current=current, password=NEW) == ("wrong-password",)
