"""The library in an event loop: nobody is held up, nobody is taken for somebody else, and sessions are joined."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import pytest
from sqlalchemy import Column, MetaData, String, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from tests.adapters.day import FIRST, OPERATOR, PERSON, VISITOR
from tests.histories import ACME, APP, BEN, HQ, company, place, user

from partnerauth import AsyncPartnerAuth
from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore, prepare
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Credential, Member, UserId
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.update_details import UpdateDetails
from partnerauth.ports import ConflictError, Store, Unit
from partnerauth.testing.clockwork import KEY, FixedClock, fast_hasher
from partnerauth.view import View

T = TypeVar("T")

ANNA = UserId("u-anna")
CHIEF = Member(user=ANNA)
PEOPLE = [UserId(f"u-{number}") for number in range(12)]
PATIENCE = 20.0
ORDERS = Table("shop_order", MetaData(), Column("user", String))


class Patient:
    """A hasher that works until somebody else has had his turn, and notes whether he had."""

    def __init__(self) -> None:
        self.hasher = fast_hasher()
        self.begun, self.others_ran = Event(), Event()
        self.held_up = False

    def hash(self, password: str) -> str:
        self.begun.set()
        self.held_up |= not self.others_ran.wait(PATIENCE)
        return self.hasher.hash(password)

    def verify(self, hash: str | None, password: str) -> bool:  # noqa: A002 - as in the port
        return self.hasher.verify(hash, password)

    def outdated(self, hash: str) -> bool:  # noqa: A002 - as in the port
        return self.hasher.outdated(hash)


@dataclass
class Office:
    """A company in a database: the library's own connections to it, and an embedder's asynchronous ones."""

    auth: AsyncPartnerAuth
    url: str
    hasher: Patient

    def run(self, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
        """Run something in an event loop, with an engine that lives as long."""

        async def runs() -> T:
            engine = create_async_engine(self.url)
            prepare(engine.sync_engine)
            try:
                return await work(engine)
            finally:
                await engine.dispose()

        return asyncio.run(runs())


def opened(store: Store, hasher: Patient | None = None) -> AsyncPartnerAuth:
    company(store)
    auth = PartnerAuth("bpost", store, key=KEY, clock=FixedClock(), hasher=hasher or fast_hasher())
    rights = frozenset(auth.portal.management.rights)
    place(store, user(ANNA, username="anna", management=rights), Credential(user=ANNA, signed_in=True))
    place(store, *(user(each, username=each) for each in PEOPLE))
    return AsyncPartnerAuth(auth)


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'portal.db'}" if is_sqlite else request.getfixturevalue("postgres_url")
    hasher = Patient()
    with closing(SqlStore(url)) as store:
        ORDERS.metadata.create_all(store.engine)
        yield Office(opened(store, hasher), url.replace("sqlite:", "sqlite+aiosqlite:"), hasher)


def may(view: View) -> bool:
    return view.can(BEN, APP, "user", account=HQ)


def accepts(answer: Answer) -> Accepted:
    assert isinstance(answer, Accepted), answer
    return answer


def newcomer(name: str) -> CreateUser:
    return CreateUser(details={**PERSON, "email": f"{name}@acme.example", "username": name})


def told(auth: AsyncPartnerAuth) -> list[Any]:
    view, store = auth.sync.view(), auth.sync.store
    return [store.records(), store.outbox(), [(each.id, each.state) for each in view.users(ACME)], may(view)]


@pytest.mark.rule("GX-08")
def test_a_command_and_a_question_are_awaited(office: Office) -> None:
    async def work(_: AsyncEngine) -> None:
        assert await office.auth.ask(may)
        accepts(await office.auth.execute(CHIEF, Deactivate(user=BEN)))
        assert not await office.auth.ask(may)
        refused = await office.auth.execute(Member(user=BEN), Deactivate(user=ANNA))
        assert isinstance(refused, Refused)

    office.run(work)
    assert [each.event.name for each in office.auth.sync.store.records()] == ["UserDeactivated", "CommandRefused"]


@pytest.mark.parametrize("joined", [False, True])
def test_the_event_loop_goes_on_while_a_password_is_hashed(office: Office, joined: bool) -> None:
    async def others_run() -> None:
        await asyncio.to_thread(office.hasher.begun.wait, PATIENCE)
        office.hasher.others_ran.set()

    async def work(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            who = office.auth.using(session) if joined else office.auth
            answer, _ = await asyncio.gather(who.execute(CHIEF, newcomer("jo")), others_run())
            accepts(answer)
            await session.commit()

    office.run(work)
    assert office.hasher.begun.is_set()
    assert not office.hasher.held_up
    assert "jo" in [each.username for each in office.auth.sync.view().users(ACME)]


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("kind", ["memory", "database"])
def test_se_19_nobody_is_taken_for_somebody_else_however_many_act_at_once(kind: str, office: Office) -> None:
    """Each changes his own details, asks about himself in between, and a stranger is refused all along."""
    auth = office.auth if kind == "database" else opened(MemoryStore())

    async def acts(who: UserId) -> None:
        for number in range(2):
            command = UpdateDetails(details={"phone": f"+32 2 000 00 {number}{who[-1]}"})
            accepts(await auth.execute(Member(user=who), command))
            found = await auth.ask(lambda view: view.user(who))
            assert found
            assert found.details["phone"] == command.details["phone"]
            assert isinstance(await auth.execute(Member(user=UserId("u-nobody")), command), Refused)

    async def work(_: AsyncEngine) -> None:
        await asyncio.gather(*map(acts, PEOPLE))

    office.run(work)
    changed = [each.event for each in auth.sync.store.records() if each.event.name != "CommandRefused"]
    assert len(changed) == 2 * len(PEOPLE)
    assert all(event.by == event.about for event in changed)


@pytest.mark.rule("GX-08")
def test_se_19_cc_16_tasks_that_each_join_a_session_of_their_own_stay_apart(office: Office) -> None:
    async def acts(engine: AsyncEngine, who: UserId) -> None:
        while True:
            with suppress(ConflictError):
                async with AsyncSession(engine) as session:
                    using = office.auth.using(session)
                    command = UpdateDetails(details={"phone": f"+32 2 {who}"})
                    accepts(await using.execute(Member(user=who), command))
                    await session.execute(insert(ORDERS).values(user=who))
                    mine = await using.ask(lambda view: [each.details.get("phone") for each in view.users(ACME)])
                    assert f"+32 2 {who}" in mine
                    await (session.commit() if int(who[2:]) % 2 else session.rollback())
                return

    async def work(engine: AsyncEngine) -> list[str]:
        await asyncio.gather(*(acts(engine, who) for who in PEOPLE))
        async with AsyncSession(engine) as session:
            return sorted(await session.scalars(select(ORDERS.c.user)))

    odd = sorted(who for who in PEOPLE if int(who[2:]) % 2)
    assert office.run(work) == odd
    events = [each.event for each in office.auth.sync.store.records()]
    assert sorted(event.by for event in events) == sorted(event.about for event in events) == odd


@pytest.mark.rule("GX-02")
def test_cc_08_cc_20_what_is_rolled_back_never_happened_and_what_is_committed_holds(office: Office) -> None:
    before = told(office.auth)

    async def work(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            using = office.auth.using(session)
            with suppress(ZeroDivisionError):
                async with session.begin_nested():
                    accepts(await using.execute(CHIEF, Deactivate(user=BEN)))
                    assert not await using.ask(may)
                    assert await office.auth.ask(may)
                    _ = 1 // 0
            assert await using.ask(may)
            accepts(await using.execute(CHIEF, Deactivate(user=BEN)))
            await session.execute(insert(ORDERS).values(user=BEN))
            await session.rollback()
            assert await session.scalar(select(func.count()).select_from(ORDERS)) == 0
            assert await using.ask(may)
            await session.rollback()
            assert await office.auth.ask(may)
            assert told(office.auth) == before
            accepts(await using.execute(CHIEF, Deactivate(user=BEN)))
            await session.commit()
            assert not await office.auth.ask(may)

    office.run(work)


def test_an_async_connection_will_do(office: Office) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            accepts(await office.auth.using(connection).execute(CHIEF, Deactivate(user=BEN)))
            assert not await office.auth.using(connection).ask(may)
            await connection.rollback()
            assert await office.auth.using(connection).ask(may)

    office.run(work)


@pytest.mark.rule("GX-05")
def test_what_cannot_be_joined_is_refused(office: Office) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            guess = SignIn(identifier="ben", password=FIRST)
            with pytest.raises(ValueError, match=r"sign-in: a guess is counted .* call auth\.execute"):
                await office.auth.using(session).execute(VISITOR, guess)
            with pytest.raises(ValueError, match=r"AsyncSession is no Session .* there is AsyncPartnerAuth"):
                office.auth.sync.using(session)  # type: ignore[arg-type]
        with (
            Session() as bound_to_nothing,
            pytest.raises(ValueError, match=r"Session cannot be awaited; `sync\.using`"),
        ):
            office.auth.using(bound_to_nothing)  # type: ignore[arg-type]

    office.run(work)


def test_whoever_was_overtaken_waits_without_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    auth = opened(store)
    commit, conflicts, waits = store.commit, [ConflictError("x")] * 3, []

    def late(unit: Unit) -> int:
        if conflicts:
            raise conflicts.pop()
        return commit(unit)

    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(store, "commit", late)
    monkeypatch.setattr(asyncio, "sleep", noted)
    accepts(asyncio.run(auth.execute(OPERATOR, SetOption(organisation=ACME, option="ftp", enabled=False))))
    assert len(waits) == 3
