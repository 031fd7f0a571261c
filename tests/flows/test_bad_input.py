"""What nobody should send: secrets of a hundred megabytes, and tokens that are empty, cut, or no text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import process_time

import pytest
from tests.flows.portals import PERSON, VISITOR, Customers, Dealers
from tests.flows.town import Town

from partnerauth.decision import Accepted, Refused
from partnerauth.entities import Actor, Member, UserId
from partnerauth.flow import Command
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.change_email import ChangeEmail
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.confirm_email import ConfirmEmail
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.join_organisation import JoinOrganisation
from partnerauth.flows.register import Register
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.flows.verify_email import VerifyEmail

HUGE = "aB1!" * 25_000_000
"""A hundred megabytes."""

DETAILS = {"username": "OTTO", "gender": "man", "first-name": "O", "last-name": "P", "email": "otto@acme.example"}
SECONDS = 5
"""More than any refusal takes, and far less than it takes to hash, fold or search a hundred megabytes."""


def refused(town: Town, who: Actor | str, command: type[Command], **fields: object) -> tuple[str, ...]:
    """Return the codes of a refusal that took bounded time and changed nothing but counters."""
    # pydantic itself copies what it reads: that is not what is measured.
    given = command.model_validate(fields)
    before, users = process_time(), town.view().users("acme")
    answer = town.execute(Member(user=UserId(who)) if isinstance(who, str) else who, given)
    assert process_time() - before < SECONDS
    assert isinstance(answer, Refused), answer
    assert town.view().users("acme") == users
    assert all(len(repr(each.event)) < 10_000 for each in town.store.records())
    return answer.codes


@pytest.mark.rule("GX-06", "GX-05")
def test_ds_01_ds_03_a_password_of_a_hundred_megabytes_is_refused_before_it_is_hashed(acme: Town) -> None:
    assert refused(acme, VISITOR, SignIn, identifier="mia", password=HUGE) == ("wrong-password",)
    assert refused(acme, "ben", ChangePassword, current="Winter-Tram-62", password=HUGE) == ("password-policy",)
    assert "wrong-password" in refused(acme, "ben", ChangePassword, current=HUGE, password="Zomer-Fiets-9")
    assert refused(acme, "anna", CreateUser, details=DETAILS, password=HUGE) == ("password-policy",)
    assert refused(acme, "anna", SetTemporaryPassword, user="ben", password=HUGE) == ("password-policy",)
    acme.accepts(VISITOR, RequestReset, identifier="mia")
    token = acme.mailed("mia@acme.example")
    assert refused(acme, VISITOR, ResetPassword, token=token, password=HUGE) == ("password-policy",)
    acme.accepts(VISITOR, ResetPassword, token=token, password="Zomer-Fiets-9")


@pytest.mark.rule("GX-06", "DP-05", "KP-07")
def test_ds_01_nobody_comes_in_with_a_password_of_a_hundred_megabytes() -> None:
    customers, dealers = Customers(), Dealers()
    customers.invite()
    token = customers.mailed("max@blech.example")
    assert "password-policy" in refused(customers, VISITOR, AcceptInvitation, token=token, password=HUGE)
    joins = {"email": "kim@fixit.example", "organisation": "fixit", "details": PERSON}
    proof = dealers.proved("kim@fixit.example")
    assert refused(dealers, VISITOR, JoinOrganisation, **joins, token=proof, password=HUGE) == ("password-policy",)


TOKENS: Mapping[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "blank": lambda _: " ",
    "cut": lambda token: token[:-1],
    "half": lambda token: token[: len(token) // 2],
    "longer": lambda token: f"{token}A",
    "other case": lambda token: token.swapcase(),
    "nul": lambda token: f"{token}\0",
    "no text": lambda _: "\ud800",
    "not ascii": lambda _: "\N{KELVIN SIGN}\N{COMBINING ACUTE ACCENT}" * 20,
    "bytes": lambda token: repr(token.encode()),
    "huge": lambda token: token + HUGE[:10_000_000],
}


@pytest.mark.rule("GX-04")
@pytest.mark.parametrize("spoilt", TOKENS)
def test_tk_01_a_token_that_is_empty_cut_or_no_text_is_unknown_and_uses_nothing_up(acme: Town, spoilt: str) -> None:
    spoil = TOKENS[spoilt]
    acme.accepts(VISITOR, RequestReset, identifier="mia")
    link = acme.mailed("mia@acme.example")
    reset = {"password": "Zomer-Fiets-9"}
    assert refused(acme, VISITOR, ResetPassword, token=spoil(link), **reset) == ("link-unknown",)
    answer = acme.view().link(spoil(link))
    assert isinstance(answer, Refused)
    acme.accepts("mia", ChangeEmail, email="mia.new@acme.example")
    change = acme.mailed("mia.new@acme.example")
    assert refused(acme, VISITOR, ConfirmEmail, token=spoil(change)) == ("link-unknown",)
    session = acme.accepts(VISITOR, SignIn, identifier="mia", password="Winter-Tram-63").session
    if spoilt != "empty":
        who = Member(session=spoil(session))
        assert refused(acme, who, UpdateDetails, details={"phone": "1"}) == ("sign-in-required",)
    acme.accepts(VISITOR, ResetPassword, token=link, **reset)


@pytest.mark.rule("KP-01", "DP-01")
@pytest.mark.parametrize("spoilt", TOKENS)
def test_tk_01_an_invitation_or_a_code_that_is_spoilt_is_none(spoilt: str) -> None:
    spoil = TOKENS[spoilt]
    customers, dealers = Customers(), Dealers()
    customers.invite()
    link = customers.mailed("max@blech.example")
    assert refused(customers, VISITOR, AcceptInvitation, token=spoil(link), password="Zomer-Fiets-9") == (
        "invitation-unknown",
    )
    proof = dealers.proved("kim@fixit.example")
    joins = {"email": "kim@fixit.example", "organisation": "fixit", "details": PERSON, "password": "Zomer-Fiets-9"}
    assert refused(dealers, VISITOR, JoinOrganisation, **joins, token=spoil(proof)) == ("link-unknown",)
    dealers.accepts(VISITOR, JoinOrganisation, **joins, token=proof)


@pytest.mark.rule("DP-01")
@pytest.mark.parametrize("spoilt", sorted(set(TOKENS) - {"other case"}))
def test_tk_16_a_code_that_is_spoilt_is_wrong(dealers: Dealers, spoilt: str) -> None:
    dealers.accepts(VISITOR, Register, email="kim@fixit.example")
    code = dealers.mailed("kim@fixit.example")
    assert refused(dealers, VISITOR, VerifyEmail, email="kim@fixit.example", code=TOKENS[spoilt](code)) == (
        "code-wrong",
    )
    answer = dealers.execute(VISITOR, VerifyEmail.model_validate({"email": "kim@fixit.example", "code": code}))
    assert isinstance(answer, Accepted)
