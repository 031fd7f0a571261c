"""Abuse cases PW: guessing, keeping, learning and getting round passwords."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from tests.flows.town import OPERATOR, VISITOR, Town, bpost

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.decision import Accepted
from partnerauth.entities import Credential, Member, State, UserId
from partnerauth.flow import Command
from partnerauth.flows import FLOWS
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.policy.portal import PortalError

OLD, NEW = "Winter-Tram-62", "Zomer-Trein-9"
DETAILS = {
    "username": "DORA",
    "gender": "woman",
    "first-name": "Dora",
    "last-name": "Smet",
    "email": "dora@acme.example",
}


class CountingHasher(Argon2Hasher):
    """The hasher, noting what it was asked to do."""

    def __init__(self) -> None:
        super().__init__(*TEST)
        self.done: list[str] = []

    def hash(self, password: str) -> str:
        self.done.append("hash")
        return super().hash(password)

    def verify(self, hash: str | None, password: str) -> bool:  # noqa: A002 - the port's word
        self.done.append("verify")
        return super().verify(hash, password)


def work(town: Town, command: Callable[[], object]) -> list[str]:
    """Return what the hasher did while something happened."""
    hasher = CountingHasher()
    town.ports = replace(town.ports, hasher=hasher)
    command()
    return hasher.done


@pytest.mark.rule("GX-06")
def test_pw_01_an_endless_password_is_refused_by_its_length_and_never_hashed(acme: Town) -> None:
    endless = "Aa" * 5_000_000
    assert work(acme, lambda: acme.codes("ben", ChangePassword, current=OLD, password=endless)) == ["verify"]
    assert acme.refuses("ben", ChangePassword, current=OLD, password=endless) == {
        "password-policy": {"unmet": ("maximum",)}
    }
    assert acme.codes(VISITOR, SignIn, identifier="ben", password=endless) == ("wrong-password",)
    assert work(acme, lambda: acme.codes("mia", CreateUser, details=DETAILS, password=endless)) == []


@pytest.mark.rule("GX-06", "BP-14")
def test_pw_02_and_03_every_character_counts_as_typed(acme: Town) -> None:
    long = "Zomer-Trein-9 " + "x" * 100
    acme.accepts("ben", ChangePassword, current=OLD, password=long)
    for other in (long.strip("x"), long[:72], long + " ", " " + long, long.lower(), long.upper()):
        assert acme.codes(VISITOR, SignIn, identifier="ben", password=other, source=other[-9:]) in {
            ("wrong-password",),
            ("too-many-attempts",),
        }
    acme.clock.advance(timedelta(minutes=15))
    acme.accepts(VISITOR, SignIn, identifier="ben", password=long)


@pytest.mark.rule("GX-06")
def test_pw_04_composed_and_decomposed_are_one_password(acme: Town) -> None:
    acme.accepts("ben", ChangePassword, current=OLD, password="Cr\u00e8me-Br\u00fbl\u00e9e")
    acme.accepts(VISITOR, SignIn, identifier="ben", password="Cre\u0300me-Bru\u0302le\u0301e")
    confirm = {"password": "\u00c9cole-Trein", "confirm": "E\u0301cole-Trein"}
    acme.accepts("ben", ChangePassword, current="Cre\u0300me-Bru\u0302le\u0301e", **confirm)


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize("password", ["Password1", "Qwerty123", "Xx-dora-77", "Xx-SMET-77", "acmE-77-x", "xDORAx7"])
def test_pw_05_a_common_or_personal_password_is_refused_on_every_path(acme: Town, password: str) -> None:
    names = {"first-name": "Dora", "last-name": "Smet"}
    acme.person("dora", details=names, management=["reset-password"], password=OLD)
    acme.accepts(VISITOR, RequestReset, identifier="dora")
    token = acme.mailed("dora@acme.example")
    other = DETAILS | {"username": "DORA2", "email": "dora2@acme.example"}
    assert acme.codes("dora", ChangePassword, current=OLD, password=password) == ("password-policy",)
    assert acme.codes(VISITOR, ResetPassword, token=token, password=password) == ("password-policy",)
    assert acme.codes("mia", SetTemporaryPassword, user="dora", password=password) == ("password-policy",)
    assert acme.codes("mia", CreateUser, details=other, password=password) == ("password-policy",)


@pytest.mark.rule("BP-13")
def test_pw_06_a_temporary_password_is_never_kept(acme: Town) -> None:
    acme.person("tim", management=["reset-password"], password="Temp-Fiets-1", temporary_for=timedelta(days=7))
    same = {"current": "Temp-Fiets-1", "password": "Temp-Fiets-1"}
    assert acme.refuses("tim", ChangePassword, **same) == {"password-policy": {"unmet": ("unchanged",)}}
    acme.accepts(VISITOR, RequestReset, identifier="tim")
    token = acme.mailed("tim@acme.example")
    assert acme.codes(VISITOR, ResetPassword, token=token, password="Temp-Fiets-1") == ("password-policy",)


FIELDS: dict[str, dict[str, object]] = {
    "request-access": {"application": "emasspost", "account": "hq"},
    "create-user": {"details": DETAILS},
    "set-temporary-password": {"user": "ben"},
    "set-management": {"user": "ben", "management": []},
    "grant": {"user": "ben", "application": "emasspost", "account": "hq"},
    "copy-rights": {"user": "ben", "application": "emasspost", "account": "hq"},
    "revoke": {"user": "ben", "application": "emasspost", "account": "hq"},
    "delegate": {"organisation": "router", "application": "emasspost", "account": "hq"},
    "pass-on": {"user": "ben", "application": "emasspost", "account": "acme/hq"},
    "withdraw": {"user": "ben", "application": "emasspost", "account": "hq"},
    "change-email": {"email": "x@acme.example"},
    "end-sessions": {},
    "update-details": {"details": {"phone": "1"}},
    "deactivate": {"user": "ben"},
    "reactivate": {"user": "ben"},
    "delete": {"user": "ben"},
}


@pytest.mark.rule("BP-13")
def test_pw_07_with_a_temporary_password_only_changing_it_and_signing_out_answer(acme: Town) -> None:
    everything = [*acme.portal.management.rights]
    acme.person("tim", management=everything, password="Temp-Fiets-1", temporary_for=timedelta(days=7))
    session = acme.accepts(VISITOR, SignIn, identifier="tim", password="Temp-Fiets-1").session
    members = {word for word, who in acme.portal.offers.items() if {"user", "administrator"} & set(who)}
    assert members == {*FIELDS, "change-password", "sign-out"}
    for who in (Member(user=UserId("tim")), Member(session=session)):
        for word, fields in FIELDS.items():
            command: type[Command] = FLOWS[word].command
            assert acme.refuses(who, command, **fields) == {"password-change-required": {}}, word
    assert acme.denies("tim", None, "ftp") == "password-change-required"
    acme.accepts("tim", SignOut, browser="b")
    acme.accepts("tim", ChangePassword, current="Temp-Fiets-1", password=NEW)


@pytest.mark.rule("BP-13")
def test_pw_08_a_temporary_password_expires(acme: Town) -> None:
    acme.person("tim", password="Temp-Fiets-1", temporary_for=timedelta(days=7))
    acme.clock.advance(timedelta(days=7))
    assert acme.codes(VISITOR, SignIn, identifier="tim", password="Temp-Fiets-1") == ("wrong-password",)


@pytest.mark.rule("BP-05", "BP-13", "GX-01")
def test_pw_09_nobody_sets_the_password_of_a_higher_or_foreign_user(acme: Town) -> None:
    acme.company("globex")
    acme.person("gert", "globex", password=OLD)
    assert acme.codes("mia", SetTemporaryPassword, user="anna") == ("management-right-missing",)
    assert acme.codes("ben", SetTemporaryPassword, user="mia") == ("management-right-missing",)
    assert acme.codes("anna", SetTemporaryPassword, user="gert") == ("other-organisation",)
    assert acme.codes(OPERATOR, SetTemporaryPassword, user="ben") == ("not-offered",)
    acme.accepts(VISITOR, SignIn, identifier="gert", password=OLD)


@pytest.mark.rule("GX-03")
def test_pw_11_an_unknown_name_costs_what_a_wrong_password_costs(acme: Town) -> None:
    acme.person("ina", state=State.INVITED)
    acme.person("dee", state=State.DEACTIVATED, password=OLD)
    acme.person("tim", password=OLD, temporary_for=timedelta(0))
    names = ("ben", "ina", "dee", "tim", "nobody", "nobody@acme.example", "")
    done = [
        work(acme, lambda name=name: acme.codes(VISITOR, SignIn, identifier=name, password="wrong"))  # type: ignore[misc]
        for name in names
    ]
    assert done == [["verify"]] * len(names)
    unknown = work(acme, lambda: acme.codes(VISITOR, ResetPassword, token="invented", password=NEW))
    acme.person("rob", management=["reset-password"])
    acme.accepts(VISITOR, RequestReset, identifier="rob")
    token = acme.mailed("rob@acme.example")
    assert unknown == work(acme, lambda: acme.accepts(VISITOR, ResetPassword, token=token, password=NEW)) == ["hash"]


@pytest.mark.rule("GX-05")
def test_pw_12_a_stranger_locks_nobody_out_for_good(acme: Town) -> None:
    for number in range(100):
        acme.codes(VISITOR, SignIn, identifier="ben", password="wrong", source=f"192.0.2.{number}")
    acme.clock.advance(acme.portal.limits.longest_delay)
    acme.accepts(VISITOR, SignIn, identifier="ben", password=OLD, source="198.51.100.1")


@pytest.mark.rule("GX-05")
def test_pw_13_one_counter_for_all_names_and_paths(acme: Town) -> None:
    for identifier in ("ben", "BEN", "ben@acme.example"):
        acme.codes(VISITOR, SignIn, identifier=identifier, password="wrong", source=identifier)
    for _ in range(2):
        acme.codes("ben", ChangePassword, current="wrong", password=NEW)
    assert acme.codes("ben", ChangePassword, current=OLD, password=NEW) == ("too-many-attempts",)
    assert acme.codes(VISITOR, SignIn, identifier="Ben", password=OLD, source="else") == ("too-many-attempts",)


@pytest.mark.rule("GX-05")
def test_pw_14_guesses_at_the_same_moment_are_all_counted(acme: Town) -> None:
    answers = acme.at_once(VISITOR, SignIn, 8, identifier="ben", password="wrong")
    codes = [answer.codes for answer in answers if not isinstance(answer, Accepted)]
    assert sorted(codes) == [("too-many-attempts",)] * 3 + [("wrong-password",)] * 5


@pytest.mark.rule("GX-05")
def test_pw_15_ones_own_good_sign_in_does_not_hide_guesses_against_others(acme: Town) -> None:
    guesses = 0
    while acme.codes(VISITOR, SignIn, identifier=f"name{guesses}", password="wrong") == ("wrong-password",):
        guesses += 1
        if guesses < 19:
            acme.accepts(VISITOR, SignIn, identifier="ben", password=OLD)
    assert guesses == 20


@pytest.mark.rule("BP-15", "GX-05")
def test_pw_16_a_stolen_session_changes_no_password(acme: Town) -> None:
    session = acme.accepts(VISITOR, SignIn, identifier="ben", password=OLD).session
    thief = Member(session=session)
    assert acme.codes(thief, ChangePassword, current="", password=NEW) == ("wrong-password",)
    acme.accepts(thief, ChangeEmail, email="eve@evil.example")
    assert acme.user("ben").email.original == "ben@acme.example"


@pytest.mark.rule("GX-06")
def test_pw_17_no_older_session_survives(acme: Town) -> None:
    sessions = [acme.accepts(VISITOR, SignIn, identifier="ben", password=OLD).session for _ in range(3)]
    acme.accepts(Member(session=sessions[0]), ChangePassword, current=OLD, password=NEW)
    assert acme.codes(Member(session=sessions[1]), SignOut) == ("sign-in-required",)
    acme.accepts("mia", SetTemporaryPassword, user="ben", password="Temp-Fiets-1")
    assert acme.codes(Member(session=sessions[0]), SignOut) == ("sign-in-required",)


@pytest.mark.rule("GX-08")
def test_pw_18_no_password_or_hash_is_shown_anywhere(acme: Town) -> None:
    answers = [
        acme.accepts("mia", CreateUser, details=DETAILS, password="Temp-Fiets-1"),
        acme.accepts(VISITOR, SignIn, identifier="ben", password=OLD),
        acme.accepts("ben", ChangePassword, current=OLD, password=NEW),
    ]
    acme.codes(VISITOR, SignIn, identifier="ben", password="Herfst-Bus-77")
    shown = repr((answers, acme.store.records(), acme.store.outbox(), acme.watched.units))
    shown += repr(SignIn(identifier="ben", password=SecretStr("Herfst-Bus-77")))
    for secret in ("Temp-Fiets-1", OLD, NEW, "Herfst-Bus-77", "$argon2"):
        assert secret not in shown


@pytest.mark.rule("BP-01")
def test_pw_21_nobody_is_there_before_somebody_is_let_in(town: Town) -> None:
    town.company("acme")
    assert town.view().users("acme") == ()
    for name in ("admin", "root", "operator", "operator:operator", "system"):
        assert town.codes(VISITOR, SignIn, identifier=name, password="admin") == ("wrong-password",)


@pytest.mark.rule("GX-06")
def test_pw_22_nobody_proves_himself_with_an_empty_password(acme: Town) -> None:
    acme.person("nil")
    for password in ("", " ", "None", "null"):
        assert acme.codes(VISITOR, SignIn, identifier="nil", password=password) == ("wrong-password",)


@pytest.mark.rule("BP-14", "GX-06")
def test_pw_23_a_portal_file_raises_the_floor_and_does_not_lower_it() -> None:
    strict = Town(bpost(passwords={"minimum-length": 12, "require": ["lower", "upper", "digit"]}))
    strict.company("acme")
    strict.person("ben", password=OLD)
    assert strict.refuses("ben", ChangePassword, current=OLD, password="Zomertrein") == {
        "password-policy": {"unmet": ("length", "digit")}
    }
    with pytest.raises(PortalError, match="minimum-length"):
        bpost(passwords={"minimum-length": 6})


@pytest.mark.rule("GX-06")
def test_pw_24_an_older_hash_is_replaced_at_sign_in(acme: Town) -> None:
    acme.ports = replace(acme.ports, hasher=Argon2Hasher(2, 8, 1))
    acme.accepts(VISITOR, SignIn, identifier="ben", password=OLD)
    rows = acme.watched.units[-1].changes.values()
    hashes = [row.password_hash for row in rows if isinstance(row, Credential)]
    assert [each.split("$")[3] for each in hashes] == ["m=8,t=2,p=1"]
    acme.accepts(VISITOR, SignIn, identifier="ben", password=OLD)
