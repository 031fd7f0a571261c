"""Abuse cases EM and TK: addresses that pass for others, and links that open more than they should."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import timedelta

import pytest
from pydantic import ValidationError
from tests.flows.town import OPERATOR, VISITOR, Town

from partnerauth.decision import Accepted
from partnerauth.directory import OrganisationById
from partnerauth.entities import Member, OrganisationId, State, Token
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.sign_out import SignOut
from partnerauth.flows.update_details import UpdateDetails

NEW = "Zomer-Trein-9"
DETAILS = {"username": "DORA", "gender": "woman", "first-name": "Dora", "last-name": "Smet"}


@pytest.fixture
def rob(acme: Town) -> Town:
    """The town with somebody who may reset his own password."""
    acme.person("rob", management=["reset-password"], password="Winter-Tram-65")
    return acme


def reset_link(town: Town, identifier: str = "rob") -> str:
    town.accepts(VISITOR, RequestReset, identifier=identifier)
    return town.mailed("rob@acme.example")


@pytest.mark.rule("GX-12")
def test_em_01_another_case_opens_no_second_account(acme: Town) -> None:
    for email in ("BEN@ACME.EXAMPLE", "Ben@acme.Example"):
        assert acme.codes("mia", CreateUser, details=DETAILS | {"email": email}) == ("already-exists",)


@pytest.mark.rule("GX-03", "GX-12")
@pytest.mark.parametrize("typed", ["m\u0131ke", "mike@acme.example".replace("k", "\u212a"), "mi\u212ae", "mike\u017f"])
def test_em_02_a_letter_that_folds_to_another_reaches_nobody_elses_mailbox(acme: Town, typed: str) -> None:
    acme.person("mike", management=["reset-password"])
    acme.accepts(VISITOR, RequestReset, identifier=typed)
    assert {each.mail.to for each in acme.store.outbox()} <= {"mike@acme.example"}
    details = DETAILS | {"email": "m\u0131ke@acme.example"}
    assert acme.codes("mia", CreateUser, details=details) == ("email-malformed",)


@pytest.mark.rule("GX-12")
@pytest.mark.parametrize(
    "email",
    [
        pytest.param("jos\u00e9@acme.example", id="em-03"),
        pytest.param("ben\uff20acme.example", id="em-05-at"),
        pytest.param("dora@acme\u3002example", id="em-05-dot"),
        pytest.param('"ben@acme.example"@evil.example', id="em-06-quoted"),
        pytest.param("dora@evil.example@acme.example", id="em-06-two"),
        pytest.param("dora@acme.example,eve@evil.example", id="em-07"),
        pytest.param("=?utf-8?q?a=40evil.example?=@acme.example", id="em-09"),
        pytest.param("dora@acme.example\r\nBcc: eve@evil.example", id="em-10"),
        pytest.param("dora\u202e@acme.example", id="em-10-bidi"),
        pytest.param("dora@acme.example.", id="em-16"),
        pytest.param("do\u00adra@acme.example", id="em-16-soft-hyphen"),
        pytest.param("x" * 65 + "@acme.example", id="em-23-local"),
        pytest.param("x" * 1_000_000, id="em-23-megabyte"),
    ],
)
def test_em_03_to_23_what_is_not_one_plain_address_is_refused_on_every_path(acme: Town, email: str) -> None:
    assert "email-malformed" in acme.codes("mia", CreateUser, details=DETAILS | {"email": email})
    assert acme.codes("ben", ChangeEmail, email=email) == ("email-malformed",)
    request = {"organisation": "nova", "account": "hq", "application": "emasspost", "details": {"email": email}}
    assert "email-malformed" in acme.codes(VISITOR, RequestAccess, **request)
    acme.accepts(VISITOR, RequestReset, identifier=email)
    assert acme.store.outbox() == ()


@pytest.mark.rule("GX-12")
@pytest.mark.parametrize("command", [CreateUser, RequestAccess])
def test_em_08_an_address_is_one_text_and_no_list(command: type[CreateUser | RequestAccess]) -> None:
    for value in (["ben@acme.example", "eve@evil.example"], {"0": "ben@acme.example"}, None, 3):
        with pytest.raises(ValidationError):
            command.model_validate({"application": "emasspost", "details": {"email": value}})
    with pytest.raises(ValidationError):
        ChangeEmail.model_validate({"email": ["a@b.example", "c@d.example"]})


@pytest.mark.rule("GX-12")
def test_em_14_and_15_domains_that_look_alike_are_different_people(acme: Town) -> None:
    acme.person("fay", email="fay@fass.example", username="")
    for number, email in enumerate(("fay@faß.example", "fay@f\u0430ss.example")):
        answer = acme.accepts("mia", CreateUser, details=DETAILS | {"username": f"F{number}", "email": email})
        assert answer.created is not None
        assert acme.user(answer.created).email.domain.startswith("xn--")


@pytest.mark.rule("GX-12")
def test_em_17_a_tag_is_part_of_the_identity(acme: Town) -> None:
    answer = acme.accepts("mia", CreateUser, details=DETAILS | {"email": "ben+1@acme.example"})
    assert answer.created is not None


@pytest.mark.rule("BP-01")
def test_em_18_the_founders_domain_does_not_become_the_organisations(town: Town) -> None:
    request = {"organisation": "nova", "account": "hq", "application": "emasspost"}
    answer = town.accepts(VISITOR, RequestAccess, **request, details={"email": "a@famous.example"})
    town.accepts(OPERATOR, GrantAccess, user=answer.created)
    key = OrganisationById(OrganisationId("nova"))
    organisation = town.store.read([key]).values[key]
    assert organisation.domains == frozenset()


@pytest.mark.rule("GX-11")
def test_em_20_nobody_edits_his_address_without_proof(acme: Town) -> None:
    assert acme.codes("ben", UpdateDetails, details={"email": "ben@evil.example"}) == ("unknown-name",)
    acme.accepts("ben", ChangeEmail, email="ben@evil.example")
    assert acme.user("ben").email.original == "ben@acme.example"
    acme.accepts(VISITOR, ConfirmEmail, token=acme.mailed("ben@evil.example"))
    assert [mail.template for mail in acme.mails("ben@acme.example")] == ["email-changed"]


@pytest.mark.rule("GX-12")
def test_em_21_a_user_name_is_nobodys_address(acme: Town) -> None:
    details = DETAILS | {"username": "ben@acme.example", "email": "dora@acme.example"}
    assert acme.codes("mia", CreateUser, details=details) == ("already-exists",)


@pytest.mark.rule("GX-02", "GX-12")
def test_em_22_a_leavers_mailbox_brings_nobody_in(rob: Town) -> None:
    rob.accepts("mia", Deactivate, user="rob")
    rob.accepts(VISITOR, RequestReset, identifier="rob@acme.example")
    assert rob.mails("rob@acme.example") == []
    assert rob.codes("mia", CreateUser, details=DETAILS | {"email": "rob@acme.example"}) == ("already-exists",)
    assert rob.user("rob").state is State.DEACTIVATED


@pytest.mark.rule("GX-04")
def test_tk_01_and_25_a_link_that_was_altered_is_unknown(rob: Town) -> None:
    token = reset_link(rob)
    for other in (token[:-1], token + "x", token.swapcase(), token[::-1], " " + token, token.encode().hex()):
        assert rob.codes(VISITOR, ResetPassword, token=other, password=NEW) == ("link-unknown",)
    rob.accepts(VISITOR, ResetPassword, token=token, password=NEW)


@pytest.mark.rule("GX-04", "BP-11", "BP-13")
def test_tk_09_a_secret_leaves_only_by_mail(rob: Town) -> None:
    answers = [
        rob.accepts("mia", CreateUser, details=DETAILS | {"email": "dora@acme.example"}),
        rob.accepts("mia", SetTemporaryPassword, user="rob"),
        rob.accepts(VISITOR, RequestReset, identifier="rob"),
    ]
    stored = repr((answers, rob.store.records(), rob.store.outbox(), rob.watched.units))
    for mail in (each.mail for each in rob.store.outbox()):
        assert mail.token
        assert rob.secret(mail.token) not in stored


@pytest.mark.rule("GX-04")
def test_tk_10_a_link_of_one_purpose_is_good_for_no_other(rob: Town) -> None:
    rob.accepts("rob", ChangeEmail, email="robert@acme.example")
    confirm, reset = rob.mailed("robert@acme.example"), reset_link(rob)
    assert rob.codes(VISITOR, ResetPassword, token=confirm, password=NEW) == ("link-unknown",)
    assert rob.codes(VISITOR, ConfirmEmail, token=reset) == ("link-unknown",)
    for secret in (confirm, reset):
        assert rob.codes(Member(session=secret), SignOut) == ("sign-in-required",)
        assert rob.codes(VISITOR, SignIn, identifier="rob", password=secret) == ("wrong-password",)
    rob.accepts(VISITOR, ConfirmEmail, token=confirm)


@pytest.mark.rule("GX-04")
def test_tk_11_a_reset_link_does_not_work_twice(rob: Town) -> None:
    token = reset_link(rob)
    rob.accepts(VISITOR, ResetPassword, token=token, password=NEW)
    assert rob.codes(VISITOR, ResetPassword, token=token, password="Herfst-Bus-77") == ("link-used",)


@pytest.mark.rule("GX-04")
@pytest.mark.parametrize("event", ["password", "address", "temporary", "deactivation", "reset"])
def test_tk_12_no_link_outlives_a_new_password_or_address(rob: Town, event: str) -> None:
    rob.accepts("rob", ChangeEmail, email="robert@acme.example")
    confirm, token = rob.mailed("robert@acme.example"), reset_link(rob)
    match event:
        case "password":
            rob.accepts("rob", ChangePassword, current="Winter-Tram-65", password=NEW)
        case "address":
            rob.accepts(VISITOR, ConfirmEmail, token=confirm)
        case "temporary":
            rob.accepts("mia", SetTemporaryPassword, user="rob", password="Temp-Fiets-1")
        case "deactivation":
            rob.accepts("mia", Deactivate, user="rob")
        case _:
            rob.accepts(VISITOR, ResetPassword, token=token, password=NEW)
    assert rob.codes(VISITOR, ResetPassword, token=token, password="Herfst-Bus-77") in {
        ("link-unknown",),
        ("link-used",),
    }
    assert rob.codes(VISITOR, ConfirmEmail, token=confirm) in {("link-unknown",), ("link-used",)}


@pytest.mark.rule("GX-04")
def test_tk_13_no_password_is_set_without_the_link(rob: Town) -> None:
    reset_link(rob)
    (token,) = [row for row in rob.watched.units[-1].changes.values() if isinstance(row, Token)]
    for known in ("", token.id, token.digest, "rob"):
        assert rob.codes(VISITOR, ResetPassword, token=known, password=NEW) == ("link-unknown",)


@pytest.mark.rule("GX-04")
def test_tk_14_a_reset_link_expires_within_the_hour(rob: Town) -> None:
    token = reset_link(rob)
    rob.clock.advance(timedelta(hours=1))
    assert rob.codes(VISITOR, ResetPassword, token=token, password=NEW) == ("link-expired",)


@pytest.mark.rule("GX-04")
def test_tk_15_of_two_browsers_with_the_same_link_one_sets_a_password(rob: Town) -> None:
    token = reset_link(rob)
    answers = rob.at_once(VISITOR, ResetPassword, 3, token=token, password=NEW)
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    assert rob.recorded("rob").count("PasswordReset") == 1


@pytest.mark.rule("GX-04")
def test_tk_20_looking_and_failing_use_nothing_up(rob: Town) -> None:
    token = reset_link(rob)
    rob.view().user("rob")
    rob.codes(VISITOR, ResetPassword, token=token, password="weak")
    rob.accepts(VISITOR, ResetPassword, token=token, password=NEW)


@pytest.mark.rule("GX-04")
def test_tk_21_no_mail_names_an_address_that_a_visitor_could_choose(rob: Town) -> None:
    reset_link(rob)
    mail = rob.mails("rob@acme.example")[-1]
    assert "http" not in repr(mail)
    assert not {"host", "url", "origin", "next"} & set(RequestReset.model_fields)


@pytest.mark.rule("GX-03")
def test_tk_23_a_mail_goes_to_the_stored_address_not_the_typed_one(rob: Town) -> None:
    for typed in ("ROB@ACME.EXAMPLE", "rob", " Rob@acme.example "):
        rob.accepts(VISITOR, RequestReset, identifier=typed)
    assert {each.mail.to for each in rob.store.outbox()} == {"rob@acme.example"}


@pytest.mark.rule("GX-04")
def test_tk_24_a_reader_of_the_store_takes_no_live_link(rob: Town) -> None:
    secret = reset_link(rob)
    session = rob.accepts(VISITOR, SignIn, identifier="rob", password="Winter-Tram-65").session
    rows = [row for unit in rob.watched.units for row in unit.changes.values()]
    texts = {
        str(getattr(row, field.name)) for row in rows if is_dataclass(row) and row is not None for field in fields(row)
    }
    assert not {text for text in texts if secret in text or session in text}


@pytest.mark.rule("GX-04")
def test_tk_26_only_the_newest_of_several_links_works(rob: Town) -> None:
    tokens = [reset_link(rob) for _ in range(3)]
    for token in tokens[:2]:
        assert rob.codes(VISITOR, ResetPassword, token=token, password=NEW) == ("link-unknown",)
    rob.accepts(VISITOR, ResetPassword, token=tokens[2], password=NEW)


@pytest.mark.rule("GX-04", "GX-06")
def test_tk_28_a_reset_leaves_nothing_of_whoever_was_there_before(rob: Town) -> None:
    session = rob.accepts(VISITOR, SignIn, identifier="rob", password="Winter-Tram-65", browser="b").session
    rob.accepts(Member(session=session), ChangeEmail, email="eve@evil.example")
    confirm = rob.mailed("eve@evil.example")
    rob.accepts(VISITOR, ResetPassword, token=reset_link(rob), password=NEW)
    assert rob.codes(Member(session=session), SignOut) == ("sign-in-required",)
    assert rob.codes(VISITOR, ConfirmEmail, token=confirm) == ("link-unknown",)
    assert rob.codes(VISITOR, SignIn, identifier="rob", password="Winter-Tram-65") == ("wrong-password",)


@pytest.mark.rule("GX-04")
def test_tk_32_a_link_yields_no_session_here(rob: Town) -> None:
    answer = rob.accepts(VISITOR, ResetPassword, token=reset_link(rob), password=NEW, browser="b")
    assert answer.session == ""
    assert rob.view().signed_in("b") is None
