"""When somebody else was faster: the decision is taken anew, after a wait that grows, and given up in the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.adapters.day import ACME, HQ, OPERATOR, POST, VISITOR, Day

from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore
from partnerauth.decision import Accepted, Refused
from partnerauth.directory import AttemptsAgainst
from partnerauth.embed import PartnerAuth
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.refuse_access import RefuseAccess
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.ports import ConflictError, Store, Unit
from partnerauth.shell import LONGEST, PAUSES, TIMES
from partnerauth.testing.clockwork import KEY, FixedClock, SeededEntropy, World, fast_hasher, world
from partnerauth.testing.stores import together

THREADS, COMMANDS = 8, 12
SWITCH_ON = SetOption(organisation=ACME, option="ftp", enabled=True)


class Overtaken(MemoryStore):
    """A store in which somebody else is faster: at each commit that is told of, he does something first."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list[Callable[[], object]] = []
        self.commits = 0

    def commit(self, unit: Unit) -> int:
        self.commits += 1
        if self.others:
            self.others.pop(0)()
        return super().commit(unit)


class Waits:
    """A timer that notes how long it was to wait, and does not."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def wait(self, seconds: float) -> None:
        self.seconds.append(seconds)


def auth(store: Store, timer: Waits, seed: int = 0) -> PartnerAuth:
    ports = {"clock": FixedClock(), "entropy": SeededEntropy(seed), "timer": timer, "hasher": fast_hasher()}
    return PartnerAuth("bpost", store, key=KEY, **ports)  # type: ignore[arg-type]


def conflict() -> None:
    raise ConflictError


def opened(store: Store) -> World:
    there = world("bpost", store)
    Day(there).open()
    return there


def switch(portal: World) -> None:
    """Give commands as fast as they go."""
    for number in range(COMMANDS):
        command = SWITCH_ON.model_copy(update={"enabled": bool(number % 2)})
        assert isinstance(portal.execute(OPERATOR, command), Accepted)


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("kind", ["memory", "one file"])
def test_cc_02_whoever_writes_as_fast_as_he_can_lets_others_through(kind: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        stores: list[Store] = [MemoryStore()]
        if kind == "one file":
            url = f"sqlite:///{tmp_path / 'portal.db'}"
            stores = [stack.enter_context(closing(SqlStore(url))) for _ in range(2)]
        portals = [world("bpost", stores[number % len(stores)], seed=number) for number in range(THREADS)]
        Day(portals[0]).open()
        together([partial(switch, portal) for portal in portals])
        records = portals[0].store.records(organisation=ACME)
    assert sum(each.event.name == "OptionSet" for each in records) == THREADS * COMMANDS


@pytest.mark.rule("BP-01")
def test_cc_05_a_conflict_leads_to_a_new_decision() -> None:
    store = Overtaken()
    there = opened(store)
    details = {"email": "jo@acme.example", "username": "jo"}
    asked = there.execute(VISITOR, RequestAccess(organisation=ACME, application=POST, account=HQ, details=details))
    assert isinstance(asked, Accepted)
    assert asked.created
    refuse = RefuseAccess(user=asked.created)
    store.others = [lambda: there.execute(OPERATOR, refuse)]
    answer = there.execute(OPERATOR, GrantAccess(user=asked.created))
    assert isinstance(answer, Refused)
    assert answer.codes == ("nothing-requested",)


@pytest.mark.rule("GX-05")
def test_tk_17_a_guess_is_counted_once_however_often_it_is_decided() -> None:
    store = Overtaken()
    there = opened(store)
    Day(there).administrator(ACME)
    guess = SignIn(identifier="chief-acme", password=SecretStr("Zomer-Tram-61"), source="192.0.2.7")
    # The first commit counts the guess, the second stores what was decided.
    store.others = [conflict, lambda: None, conflict, conflict]
    store.commits = 0
    answer = there.execute(VISITOR, guess)
    assert isinstance(answer, Refused)
    assert answer.codes == ("wrong-password",)
    assert store.commits == 5
    key = AttemptsAgainst("source:192.0.2.7")
    assert store.read([key]).values[key].wrong == 1


def test_the_waits_grow_and_come_to_an_end() -> None:
    store, waits = Overtaken(), Waits()
    opened(store)
    store.others = [conflict] * TIMES
    with pytest.raises(ConflictError, match=r"set-option: .* nothing was done; it can be tried again .*503"):
        auth(store, waits).execute(OPERATOR, SWITCH_ON)
    assert len(waits.seconds) == TIMES - 1
    assert all(0 <= each <= pause.most <= LONGEST for each, pause in zip(waits.seconds, PAUSES, strict=True))
    assert PAUSES[0].most * 8 == PAUSES[3].most
    assert len(set(waits.seconds)) == TIMES - 1, "by chance, so that two who collided do not meet again"
    assert sum(pause.most for pause in PAUSES) < 7
    assert not store.others
    assert not any(each.event.name == "OptionSet" for each in store.records())


def test_nobody_waits_who_is_alone() -> None:
    store, waits = Overtaken(), Waits()
    opened(store)
    assert isinstance(auth(store, waits).execute(OPERATOR, SWITCH_ON), Accepted)
    assert waits.seconds == []


@pytest.mark.rule("GX-10")
def test_the_same_chance_waits_as_long() -> None:
    waited = []
    for seed in (1, 1, 2):
        store, waits = Overtaken(), Waits()
        opened(store)
        store.others = [conflict] * 5
        assert isinstance(auth(store, waits, seed).execute(OPERATOR, SWITCH_ON), Accepted)
        waited.append(waits.seconds)
    assert waited[0] == waited[1] != waited[2]
