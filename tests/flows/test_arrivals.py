"""Strangers fill no store: how often somebody may knock from one source, and at one mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from tests.flows.portals import VISITOR, Dealers, changed
from tests.flows.town import Town, bpost

from partnerauth.directory import EveryUser
from partnerauth.entities import System
from partnerauth.flow import Command
from partnerauth.flows.receive_request import ReceiveRequest
from partnerauth.flows.register import Register
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.verify_email import VerifyEmail
from partnerauth.portals import read_portal

FEW = 3


def people(town: Town) -> int:
    return len(town.store.read([EveryUser()]).values[EveryUser()])


def asked(number: int, organisation: str = "void") -> dict[str, object]:
    details = {"email": f"v{number}@else.example", "first-name": "V", "last-name": "V"}
    return {"organisation": organisation, "application": "emasspost", "account": "hq", "details": details}


def few(name: str) -> object:
    return read_portal(name).limits.model_copy(update={"arrivals_per_source": FEW})


@pytest.fixture
def town() -> Town:
    return Town(bpost(limits={"arrivals-per-source": FEW}))


@pytest.mark.rule("GX-05", "BP-01")
def test_fd_13_ds_12_from_one_source_so_many_ask_for_access(town: Town) -> None:
    for number in range(FEW):
        town.accepts(VISITOR, RequestAccess, **asked(number))
    refused = town.refuses(VISITOR, RequestAccess, **asked(FEW))
    assert refused == {"too-many-attempts": {"seconds": 900}}
    assert people(town) == FEW
    town.accepts(VISITOR, RequestAccess, **asked(FEW), source="elsewhere")
    town.clock.advance(timedelta(minutes=15))
    town.accepts(VISITOR, RequestAccess, **asked(FEW + 1))


@pytest.mark.rule("GX-03", "GX-05")
def test_what_is_known_of_an_address_makes_no_difference_to_the_limit(acme: Town) -> None:
    answers = []
    for email in ("ben@acme.example", "nobody@acme.example"):
        details = {"email": email, "first-name": "V", "last-name": "V"}
        answers.append([acme.execute(VISITOR, _command(details, number)) for number in range(15)])
    known, unknown = ([type(each).__name__ for each in same] for same in answers)
    assert known == unknown == ["Accepted"] * 10 + ["Refused"] * 5


def _command(details: Mapping[str, str], number: int) -> RequestAccess:
    fields = {**asked(0, "acme"), "details": details, "source": f"s{number}"}
    return RequestAccess.model_validate(fields)


@pytest.mark.rule("GX-05", "BP-01")
def test_an_administrator_is_no_stranger(acme: Town) -> None:
    for _ in range(15):
        acme.accepts("anna", RequestAccess, organisation="acme", application="emasspost", account="hq")


@pytest.mark.rule("GX-05", "DP-01")
@pytest.mark.parametrize(
    ("command", "fields"), [(Register, {}), (VerifyEmail, {"code": "0" * 24})], ids=["register", "verify-email"]
)
def test_fd_13_ds_14_from_one_source_so_many_register(command: type[Command], fields: dict[str, object]) -> None:
    dealers = Dealers(changed("dealerportal", limits=few("dealerportal")))
    answers = [
        dealers.execute(VISITOR, command.model_validate({"email": f"v{number}@else.example", **fields}))
        for number in range(FEW + 2)
    ]
    codes = [getattr(each, "codes", ()) for each in answers]
    assert [("too-many-attempts" in each) for each in codes] == [False] * FEW + [True] * 2
    other = {"email": "v@else.example", "source": "elsewhere", **fields}
    assert getattr(dealers.execute(VISITOR, command.model_validate(other)), "codes", ()) != ("too-many-attempts",)


@pytest.mark.rule("GX-05", "SP-01")
def test_fd_13_a_storm_of_invented_senders_makes_no_storm_of_accounts() -> None:
    town = Town(changed("support", limits=few("support")))
    for number in range(FEW):
        town.accepts(System(), ReceiveRequest, sender=f"v{number}@else.example")
    assert town.codes(System(), ReceiveRequest, sender="more@else.example") == ("too-many-attempts",)
    assert people(town) == FEW
    town.accepts(System(), ReceiveRequest, sender="v0@else.example")
    town.accepts(System(), ReceiveRequest, sender="v@other.example")
