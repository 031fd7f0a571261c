"""Two at the same moment, on one file: through one store, and through two as two processes have them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.adapters.day import ACME, FIRST, HQ, OPERATOR, PERSON, POST, THIRD, VISITOR, Day

from partnerauth.adapters.sql import SqlStore
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.entities import Actor, Member, State, UserId
from partnerauth.flow import Command
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.refuse_access import RefuseAccess
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.ports import Unit
from partnerauth.testing.clockwork import World, world
from partnerauth.testing.stores import together

TIMES = 5
LATE = ([("link-used",)], [("link-unknown",)])


@pytest.fixture(params=["one store", "two stores"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two portals over one file."""
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    with closing(SqlStore(url)) as one, closing(SqlStore(url)) as other:
        second = one if request.param == "one store" else other
        yield world("bpost", one, seed=1), world("bpost", second, seed=2)


def at_once(pair: tuple[World, World], *given: tuple[Actor, Command]) -> list[Answer]:
    """Give two commands at the same moment, each to its portal."""
    answers: dict[int, Answer] = {}

    def give(number: int) -> None:
        answers[number] = pair[number].execute(*given[number])

    together([partial(give, number) for number in range(len(given))])
    return [answers[number] for number in sorted(answers)]


def accepted(answers: list[Answer]) -> int:
    return sum(isinstance(answer, Accepted) for answer in answers)


@pytest.mark.rule("GX-07")
def test_cc_02_two_administrators_who_deactivate_each_other_do_not_both_succeed(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()
    chief = day.administrator(ACME)
    ben = day.colleague(chief, ACME, "ben")
    rights = frozenset({"manage-administrators", "manage-users", "reset-password"})
    day.give(chief, SetManagement(user=ben, management=rights))
    anna = pair[0].view().signed_in("chief-acme")
    assert anna
    for _ in range(TIMES):
        answers = at_once(pair, (Member(user=anna), Deactivate(user=ben)), (Member(user=ben), Deactivate(user=anna)))
        assert accepted(answers) == 1
        view = pair[0].view()
        left = [user for user in (anna, ben) if (found := view.user(user)) and found.state is State.ACTIVE]
        assert len(left) == 1
        day.give(OPERATOR, Reactivate(user=anna))
        day.give(OPERATOR, Reactivate(user=ben))


@pytest.mark.rule("GX-12")
def test_cc_04_one_address_becomes_one_user(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()
    chief = day.administrator(ACME)
    for number in range(TIMES):
        command = CreateUser(details={**PERSON, "email": f"jo{number}@acme.example", "username": f"jo{number}"})
        answers = at_once(pair, (chief, command), (chief, command))
        assert accepted(answers) == 1
        assert [answer.codes for answer in answers if isinstance(answer, Refused)] == [("already-exists",)]
    assert len(pair[0].view().users(ACME)) == 1 + TIMES


@pytest.mark.rule("GX-04")
def test_cc_01_a_link_is_used_once(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()
    day.administrator(ACME)
    for _ in range(TIMES):
        day.give(VISITOR, RequestReset(identifier="chief-acme"))
        command = ResetPassword(token=day.mailed(), password=THIRD)
        answers = at_once(pair, (VISITOR, command), (VISITOR, command))
        assert accepted(answers) == 1
        # Who reads while the other stores may see his link still unused, and already ended.
        assert [answer.codes for answer in answers if isinstance(answer, Refused)] in LATE
        pair[0].clock.advance(pair[0].portal.limits.window)
        pair[1].clock.set(pair[0].clock.now())


@pytest.mark.rule("BP-01")
def test_cc_05_a_request_is_granted_or_refused(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()
    for number in range(TIMES):
        details = {"email": f"jo{number}@acme.example", "username": f"jo{number}"}
        asked = RequestAccess(organisation=ACME, application=POST, account=HQ, details=details)
        user = day.give(VISITOR, asked).created
        assert user
        at_once(pair, (OPERATOR, GrantAccess(user=user)), (OPERATOR, RefuseAccess(user=user)))
        names = {each.event.name for each in pair[0].store.records(about=user)}
        assert len(names & {"AccessGranted", "AccessRefused"}) == 1
        day.give(OPERATOR, Deactivate(user=user))


@pytest.mark.rule("GX-05")
def test_cc_09_guesses_are_counted_together_by_all_processes(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()
    day.administrator(ACME)
    guess = SignIn(identifier="chief-acme", password=THIRD)
    allowed = pair[0].portal.limits.wrong_per_user
    codes = [
        answer.codes
        for number in range(allowed + 2)
        if isinstance(answer := pair[number % 2].execute(VISITOR, guess), Refused)
    ]
    assert codes == [("wrong-password",)] * allowed + [("too-many-attempts",)] * 2


@pytest.mark.rule("GX-02")
def test_cc_20_what_one_process_takes_away_is_gone_in_the_other(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()
    chief = day.administrator(ACME)
    ben = day.colleague(chief, ACME, "ben")
    day.give(
        chief,
        Grant(
            user=ben, application=POST, account=HQ, rights=("general-follow-up",), resources={"product": ("letter",)}
        ),
    )

    def may(user: UserId) -> bool:
        return pair[1].view().can(user, POST, "general-follow-up", account=HQ)

    assert may(ben)
    day.give(chief, Deactivate(user=ben))
    assert not may(ben)
    day.give(chief, Reactivate(user=ben))
    assert may(ben)


@pytest.mark.rule("GX-08")
def test_au_06_commands_at_once_leave_one_order(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()

    def switch(portal: World) -> None:
        for enabled in (True, False) * 5:
            assert isinstance(
                portal.execute(OPERATOR, SetOption(organisation=ACME, option="ftp", enabled=enabled)), Accepted
            )

    together([partial(switch, portal) for portal in pair])
    records = pair[0].store.records(organisation=ACME)
    positions = [each.position for each in records if each.event.name == "OptionSet"]
    assert len(positions) == len(set(positions)) == 20
    assert positions == sorted(positions)
    assert isinstance(pair[1].execute(VISITOR, SignIn(identifier="nobody", password=FIRST)), Refused)


def test_processes_that_start_together_make_one_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"

    def start() -> None:
        with closing(SqlStore(url)) as store:
            store.commit(Unit())

    together([start] * 4)
    with closing(SqlStore(url)) as store:
        assert store.commit(Unit()) == 5
