"""Flow: an administrator creates a colleague."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.flows.town import OPERATOR, VISITOR, Town

from partnerauth.entities import State
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn

DETAILS = {
    "username": "DORA",
    "gender": "woman",
    "first-name": "Dora",
    "last-name": "Smet",
    "email": "dora@acme.example",
}


@pytest.mark.rule("BP-07", "BP-11", "BP-13")
def test_a_new_user_is_active_and_holds_nothing_but_a_temporary_password(acme: Town) -> None:
    answer = acme.accepts("mia", CreateUser, details=DETAILS, password="Temp-Fiets-1")
    assert answer.created is not None
    dora = acme.user(answer.created)
    assert (dora.state, dora.organisation, dora.created_by) == (State.ACTIVE, "acme", "mia")
    assert (dora.email.original, dora.username, dora.management) == ("dora@acme.example", "DORA", frozenset())
    assert dora.details == {"gender": "woman", "first-name": "Dora", "last-name": "Smet", "language": "nl"}
    for application in acme.portal.applications:
        assert acme.holds(dora.id, application) == frozenset()
    assert acme.view().must_change_password(dora.id)
    assert [(mail.template, mail.token) for mail in acme.mails("dora@acme.example")] == [("account-created", "")]


@pytest.mark.rule("BP-11", "BP-13")
def test_a_password_that_is_left_out_is_generated_and_mailed(acme: Town) -> None:
    acme.accepts("mia", CreateUser, details=DETAILS | {"language": "fr"})
    mail = acme.mails("dora@acme.example")[-1]
    assert (mail.template, mail.language, mail.facts["username"]) == ("temporary-password", "fr", "DORA")
    acme.accepts(VISITOR, SignIn, identifier="dora", password=acme.mailed("dora@acme.example"))


@pytest.mark.rule("BP-13")
def test_the_temporary_password_expires_after_seven_days(acme: Town) -> None:
    acme.accepts("mia", CreateUser, details=DETAILS, password="Temp-Fiets-1")
    acme.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    acme.accepts(VISITOR, SignIn, identifier="dora", password="Temp-Fiets-1")
    acme.clock.advance(timedelta(seconds=1))
    assert acme.codes(VISITOR, SignIn, identifier="dora", password="Temp-Fiets-1") == ("wrong-password",)


@pytest.mark.rule("BP-02", "BP-03", "BP-04")
def test_management_rights_are_given_at_creation_within_the_creators_own(acme: Town) -> None:
    answer = acme.accepts("anna", CreateUser, details=DETAILS, management=["manage-users", "ftp"])
    assert answer.created is not None
    assert acme.user(answer.created).management == {"manage-users", "ftp"}
    other = DETAILS | {"username": "EVA", "email": "eva@acme.example"}
    acme.accepts("mia", CreateUser, details=other, management=["reset-password"])
    another = DETAILS | {"username": "IDA", "email": "ida@acme.example"}
    assert acme.refuses("mia", CreateUser, details=another, management=["manage-administrators", "ftp"]) == {
        "management-right-missing": {"needed": ("manage-administrators",)},
        "delegation-limit": {"exceeding": ("ftp", "manage-administrators")},
    }
    assert acme.refuses("mia", CreateUser, details=another, management=["manage-users"]) == {
        "management-right-missing": {"needed": ("manage-administrators",)}
    }


@pytest.mark.rule("BP-05")
def test_without_manage_users_nobody_creates_an_ordinary_user(acme: Town) -> None:
    acme.person("bert", management=["manage-administrators"])
    for who in ("ben", "bert"):
        assert acme.refuses(who, CreateUser, details=DETAILS) == {
            "management-right-missing": {"needed": ("manage-users",)}
        }
    acme.accepts("bert", CreateUser, details=DETAILS, management=["manage-administrators"])


@pytest.mark.rule("BP-06")
def test_ftp_is_given_while_its_option_is_on(acme: Town) -> None:
    acme.accepts(OPERATOR, SetOption, organisation="acme", option="ftp", enabled=False)
    assert acme.refuses("anna", CreateUser, details=DETAILS, management=["ftp"]) == {
        "option-disabled": {"options": ("ftp",), "rights": ("ftp",)}
    }


@pytest.mark.rule("BP-11")
@pytest.mark.parametrize("field", ["username", "gender", "first-name", "last-name", "email"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_mandatory_field_is_required(acme: Town, field: str, value: str | None) -> None:
    details = {name: given for name, given in DETAILS.items() if name != field}
    if value is not None and field != "gender":
        details[field] = value
    assert acme.refuses("mia", CreateUser, details=details) == {"field-required": {"fields": (field,)}}


@pytest.mark.rule("BP-11")
def test_every_missing_field_is_named(acme: Town) -> None:
    assert acme.refuses("mia", CreateUser) == {
        "field-required": {"fields": ("username", "gender", "first-name", "last-name", "email")}
    }


@pytest.mark.rule("BP-11")
def test_the_language_may_be_left_empty_and_is_then_dutch(acme: Town) -> None:
    answer = acme.accepts("mia", CreateUser, details=DETAILS | {"language": ""})
    assert answer.created is not None
    assert acme.user(answer.created).details["language"] == "nl"


@pytest.mark.rule("BP-11")
def test_fields_and_words_are_those_of_the_form(acme: Town) -> None:
    for details, kind, name in (
        ({"shoe-size": "42"}, "field", "shoe-size"),
        ({"password": "Temp-Fiets-1"}, "field", "password"),
        ({"gender": "other"}, "gender", "other"),
        ({"language": "es"}, "language", "es"),
        ({"title": "dr"}, "title", "dr"),
    ):
        assert acme.refuses("mia", CreateUser, details=DETAILS | details) == {
            "unknown-name": {"kind": kind, "names": (name,)}
        }
    assert acme.refuses("mia", CreateUser, details=DETAILS, management=["admin"]) == {
        "unknown-name": {"kind": "management right", "names": ("admin",)}
    }


@pytest.mark.rule("BP-13", "BP-14", "BP-15")
def test_the_temporary_password_obeys_the_policy_and_is_entered_twice(acme: Town) -> None:
    weak = {"details": DETAILS, "password": "short", "confirm": "other"}
    assert acme.refuses("mia", CreateUser, **weak) == {
        "password-policy": {"unmet": ("length", "upper")},
        "confirmation-mismatch": {},
    }
    personal = {"details": DETAILS, "password": "Xx-Dora-77"}
    assert acme.refuses("mia", CreateUser, **personal) == {"password-policy": {"unmet": ("personal",)}}
    acme.accepts("mia", CreateUser, details=DETAILS, password="Temp-Fiets-1", confirm="Temp-Fiets-1")


@pytest.mark.rule("GX-12")
def test_an_own_colleagues_name_is_taken(acme: Town) -> None:
    for details, key in (
        ({"username": " ben "}, "ben"),
        ({"username": "BEN@acme.example"}, "ben@acme.example"),
        ({"email": "Ben@ACME.example"}, "ben@acme.example"),
    ):
        assert acme.refuses("mia", CreateUser, details=DETAILS | details) == {"already-exists": {"name": key}}


@pytest.mark.rule("GX-03", "GX-12")
def test_of_a_strangers_name_nothing_is_told(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex")
    for details in ({"email": "gert@globex.example"}, {"username": "GERT"}):
        answer = acme.accepts("mia", CreateUser, details=DETAILS | details)
        assert answer.created is None
        assert [mail.to for mail in answer.mails] == ["gert@globex.example"]
    assert acme.mails("gert@globex.example")[-1].template == "already-registered"
    assert len(acme.view().users("acme")) == 3
    both = DETAILS | {"email": "gert@globex.example", "username": "BEN"}
    assert acme.refuses("mia", CreateUser, details=both) == {"already-exists": {"name": "ben"}}


@pytest.mark.rule("GX-12")
@pytest.mark.parametrize("username", ["dora@", "@", "do\u200bra", "\u3164", "a@b@c.example"])
def test_a_user_name_that_nobody_could_tell_apart_is_malformed(acme: Town, username: str) -> None:
    assert acme.refuses("mia", CreateUser, details=DETAILS | {"username": username}) == {
        "field-malformed": {"fields": ("username",)}
    }


@pytest.mark.rule("GX-09")
def test_malformed_fields_are_named_together(acme: Town) -> None:
    details = DETAILS | {"phone": "1" * 201, "first-name": "Do\nra", "email": "dora(at)acme.example"}
    assert acme.refuses("mia", CreateUser, details=details) == {
        "field-malformed": {"fields": ("first-name", "phone")},
        "email-malformed": {},
    }
