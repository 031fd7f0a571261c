"""The SQL store means what the one in memory means: on random units, late ones too, and random days of all portals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore
from partnerauth.directory import (
    AccessRequestOf,
    DelegationTo,
    Entity,
    Key,
    LoginNameByKey,
    SelectionOf,
    SsoLinkOf,
    key_of,
)
from partnerauth.entities import (
    Attempts,
    Credential,
    Delegation,
    Element,
    Given,
    LoginName,
    Organisation,
    Selection,
    State,
    User,
)
from partnerauth.portals import read_portal, shipped
from partnerauth.ports import ConflictError, MailState, Mark, Unit
from partnerauth.testing.laws import QuestionLaw, TurnLaw
from partnerauth.testing.machine import PortalMachine
from partnerauth.testing.stores import ANSWERS, NOON, WORLD, Twins, mail, refused, unit_of
from partnerauth.verification import Examination

KEPT = {key_of(entity): entity for entity in WORLD}
DROPPABLE = [
    key for key in KEPT if isinstance(key, (AccessRequestOf, DelegationTo, LoginNameByKey, SelectionOf, SsoLinkOf))
]
ORGANISATIONS = [entity.id for entity in WORLD if isinstance(entity, Organisation)]
ELEMENTS = [Element(kind, name) for kind in ("right", "product") for name in ("a", "b", "c")]
PEOPLE = [entity.id for entity in WORLD if isinstance(entity, User)]


class Pairs:
    """Makes a store in memory and an SQL store, both empty, as one; those before are closed then."""

    def __init__(self, databases: Callable[[], AbstractContextManager[str]]) -> None:
        self.databases = databases
        self.opened = ExitStack()

    def __call__(self) -> Twins:
        self.opened.close()
        url = self.opened.enter_context(self.databases())
        return Twins(MemoryStore(), self.opened.enter_context(closing(SqlStore(url))))


@pytest.fixture(params=["sqlite", "postgresql"])
def pairs(request: pytest.FixtureRequest) -> Iterator[Pairs]:
    """What makes stores of each kind, on each database."""
    here = request.param == "sqlite"
    made = Pairs((lambda: nullcontext("sqlite://")) if here else request.getfixturevalue("new_postgres_urls"))
    with made.opened:
        yield made


def given(*, source: str) -> st.SearchStrategy[Mapping[Element, Given]]:
    """Return what draws something that was given."""
    by = st.builds(Given, by=st.sampled_from(PEOPLE), at=st.just(NOON), source=st.sampled_from(["", source]))
    return st.dictionaries(st.sampled_from(ELEMENTS), by, max_size=4).map(MappingProxyType)


@st.composite
def changed(draw: st.DrawFn) -> Entity:
    """Draw an entity of the world as it could be one day."""
    entity = draw(st.sampled_from([*WORLD, LoginName(key="new", user=PEOPLE[0]), Attempts(key="new")]))
    match entity:
        case User():
            rights = st.frozensets(st.sampled_from(["manage-administrators", "manage-users", "reset-password"]))
            home = draw(st.sampled_from(ORGANISATIONS))
            return replace(entity, state=draw(st.sampled_from(State)), management=draw(rights), organisation=home)
        case Selection() | Delegation():
            return replace(entity, elements=draw(given(source="g-1")))
        case LoginName():
            return replace(entity, user=draw(st.sampled_from(PEOPLE)))
        case Credential():
            return replace(entity, password_hash=draw(st.sampled_from(["", "hash"])))
        case Attempts():
            return replace(entity, wrong=draw(st.integers(0, 9)))
        case _:
            return entity


@st.composite
def drawn_units(draw: st.DrawFn, store: Twins) -> Unit:
    """Draw a unit on what the store answers now."""
    puts = {key_of(each): each for each in draw(st.lists(changed(), max_size=3))}
    drops = draw(st.lists(st.sampled_from(DROPPABLE), max_size=1))
    reads: list[Key[object]] = draw(st.lists(st.sampled_from([*KEPT, *ANSWERS]), max_size=3))
    told = draw(st.sampled_from(["", "once", "twice", "mailed"]))
    events = {"": (), "twice": (refused(), refused("visitor"))}.get(told, (refused(),))
    return unit_of(
        store,
        *(entity for key, entity in puts.items() if key not in drops),
        drops=[key for key in drops if store.read([key]).values[key] is not None],
        reads=reads,
        events=events,
        mails=(mail(),) if told == "mailed" else (),
    )


class Units(RuleBasedStateMachine):
    """Commits units that were just made, and units that were made some commits ago."""

    twins: ClassVar[Pairs]
    store: Twins
    start: Mark
    late: list[Unit]
    now: datetime

    @initialize()
    def opens(self) -> None:
        self.store = self.twins()
        self.start = self.store.changes_since(None).mark
        self.late = []
        self.now = NOON
        self.store.commit(unit_of(self.store, *WORLD))

    @rule(data=st.data())
    def somebody_is_in_time(self, data: st.DataObject) -> None:
        self.commit(data.draw(drawn_units(self.store)))

    @rule(data=st.data())
    def somebody_takes_his_time(self, data: st.DataObject) -> None:
        self.late.append(data.draw(drawn_units(self.store)))

    @rule(data=st.data())
    def somebody_is_late(self, data: st.DataObject) -> None:
        if self.late:
            self.commit(self.late.pop(data.draw(st.integers(0, len(self.late) - 1))))

    @rule(number=st.integers(1, 5))
    def a_mail_is_sent(self, number: int) -> None:
        self.store.mark_sent([number])

    @rule(minutes=st.integers(0, 3))
    def a_mail_is_tried(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.store.claim_mail(self.now, self.now + timedelta(minutes=1))

    @rule(number=st.integers(1, 5), attempt=st.integers(1, 2), minutes=st.none() | st.integers(1, 3))
    def a_try_fails(self, number: int, attempt: int, minutes: int | None) -> None:
        due = None if minutes is None else self.now + timedelta(minutes=minutes)
        self.store.mark_failed(number, attempt=attempt, problem="cut off", next_try_at=due)

    @rule(number=st.integers(1, 5))
    def a_mail_is_tried_again(self, number: int) -> None:
        self.store.retry_mails([number], self.now)

    def commit(self, unit: Unit) -> None:
        try:
            self.store.commit(unit)
        except ConflictError:
            return
        finally:
            self.store.read([*KEPT, *ANSWERS, LoginNameByKey("new")])

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.changes_since(self.start)
            self.store.records()
            assert self.store.examine(lambda heads, links: [*Examination(heads).of(links)]) == []
            self.store.outbox(state=MailState.WAITING)
            self.store.outbox()


class Days(PortalMachine):
    """Gives random commands on random portals, two of them at the same moment at times."""

    portal = st.sampled_from([read_portal(name) for name in shipped()])
    turn_laws: ClassVar[Mapping[str, TurnLaw]] = {}
    question_laws: ClassVar[Mapping[str, QuestionLaw]] = {}

    def teardown(self) -> None:
        if hasattr(self, "world"):
            store = self.world.store
            store.position()
            store.records()
            assert store.examine(lambda heads, links: [*Examination(heads).of(links)]) == []
            store.outbox()


def test_both_stores_agree_on_random_units(pairs: Pairs) -> None:
    machine = type("Units", (Units,), {"twins": pairs})
    run_state_machine_as_test(machine, settings=settings(max_examples=15, stateful_step_count=20, deadline=None))


def test_both_stores_agree_on_random_days(pairs: Pairs) -> None:
    machine = type("Days", (Days,), {"new_store": staticmethod(pairs)})
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine, settings=settings(max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=slow)
    )
