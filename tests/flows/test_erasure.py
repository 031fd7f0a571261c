"""Flows: a user whose personal data were erased stays where he is, and his names are anybody's."""

from __future__ import annotations

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town

from partnerauth.directory import EveryUser
from partnerauth.entities import State
from partnerauth.erasure import erase
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant import Grant
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.sign_in import SignIn

PLAN = {"application": "distriplanner", "account": "hq"}


def erased(town: Town, user: str) -> None:
    town.accepts("anna", Deactivate, user=user)
    erase(town.store, user, by="operator:olga", now=town.clock.now(), chance=bytes(32))


@pytest.mark.rule("GX-02", "GX-08")
def test_nobody_comes_back_as_a_user_who_was_erased(acme: Town) -> None:
    erased(acme, "ben")
    for actor in ("anna", OPERATOR):
        assert acme.refuses(actor, Reactivate, user="ben") == {"user-erased": {}}
    assert acme.user("ben").state is State.DEACTIVATED


@pytest.mark.rule("GX-02", "GX-08")
def test_whoever_does_not_reach_him_is_told_that_too(acme: Town) -> None:
    erased(acme, "mia")
    refused = acme.refuses("ben", Reactivate, user="mia")
    assert {"user-erased", "management-right-missing"} <= refused.keys()


@pytest.mark.rule("GX-07", "GX-08")
def test_lc_11_an_erased_administrator_is_no_other_administrator(acme: Town) -> None:
    acme.person("bea", management=["manage-administrators"])
    erased(acme, "bea")
    assert acme.refuses("anna", Deactivate, user="anna") == {"last-administrator": {}}


@pytest.mark.rule("GX-02")
def test_lc_01_an_erased_user_enters_by_no_door(acme: Town) -> None:
    name = acme.user("ben").username or acme.user("ben").email.key
    erased(acme, "ben")
    assert acme.refuses(VISITOR, SignIn, identifier=name, password="Winter-Tram-62", browser="b") == {
        "wrong-password": {}
    }
    acme.accepts(VISITOR, RequestReset, identifier=name)
    assert [each.mail.template for each in acme.store.outbox() if each.mail.to.endswith("erased.invalid")] == []


@pytest.mark.rule("BP-09", "GX-12")
def test_lc_08_what_he_gave_and_was_given_stays_under_his_id_and_his_names_are_free(acme: Town) -> None:
    acme.accepts("anna", Grant, user="ben", **PLAN, rights=["quick-view"])
    before = acme.user("ben")
    erased(acme, "ben")
    assert acme.holds("ben", "distriplanner") == {"quick-view"}
    assert len(acme.store.read([EveryUser()]).values[EveryUser()]) == len(acme.view().users("acme"))
    details = {
        "email": before.email.original,
        "username": before.username,
        "first-name": "Ben",
        "last-name": "Other",
        "gender": "man",
    }
    created = acme.accepts("anna", CreateUser, details=details).created
    assert created != "ben"
    assert acme.view().rights_of(created or "") == {}
