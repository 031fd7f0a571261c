"""Commands and questions within a transaction of the embedder's: rolled back means that it never happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool
from sqlmodel import Session as SQLModelSession
from tests.adapters.day import FIRST, OPERATOR, PERSON, VISITOR
from tests.histories import ACME, APP, BEN, BOLT, HQ, account, company, elements, place, user

from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore, prepare
from partnerauth.adapters.sql.joined import Joined, Transaction
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.entities import (
    Contract,
    Credential,
    LoginName,
    Member,
    OrganisationId,
    Selection,
    State,
    System,
    UserId,
)
from partnerauth.flow import Command
from partnerauth.flows.change_password import ChangePassword
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.import_allow_list import AllowListEntry, ImportAllowList
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.ports import ConflictError, OutdatedTransactionError, Store, StoreError
from partnerauth.shell import Save, Step
from partnerauth.testing.clockwork import World, world
from partnerauth.testing.stores import together
from partnerauth.view import View

ANNA = UserId("u-anna")
CHIEF = Member(user=ANNA)
SWITCH_ON = SetOption(organisation=ACME, option="ftp", enabled=True)
POSTGRESQL_LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")

of_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
at_postgresql_levels = pytest.mark.parametrize("level", POSTGRESQL_LEVELS)
at_every_level = pytest.mark.parametrize(
    ("database_url", "level"),
    [("sqlite", ""), *(("postgresql", each) for each in POSTGRESQL_LEVELS)],
    indirect=["database_url"],
)


class Base(DeclarativeBase):
    """The embedder's own tables."""


class Order(Base):
    """Something of the embedder's own that belongs together with a command."""

    __tablename__ = "shop_order"

    number: Mapped[int] = mapped_column(primary_key=True)
    user: Mapped[str]


@dataclass
class Office:
    """A company over a database of an embedder's: its administrator, and Ben who has one right."""

    engine: Engine
    auth: World

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def using(self, session: Transaction) -> Joined:
        return self.auth.using(session)

    def orders(self) -> int:
        with Session(self.engine) as session:
            return session.scalar(select(func.count()).select_from(Order)) or 0

    def told(self) -> list[Any]:
        """Return all that is kept: what is on record, in the outbox, and who may what."""
        store, view = self.auth.store, self.auth.view()
        users = [(each.id, each.state) for each in view.users(ACME)]
        return [store.records(), store.outbox(), users, may(view), self.orders()]


def may(view: View) -> bool:
    """Ask whether Ben still has his right, in each way that there is."""
    answers = {
        view.can(BEN, APP, "user", account=HQ),
        view.explain(BEN, APP, "user", account=HQ).allowed,
        view.for_user(BEN).can(APP, "user", account=HQ),
    }
    assert len(answers) == 1
    return answers.pop()


def newcomer(name: str) -> CreateUser:
    return CreateUser(details={**PERSON, "email": f"{name}@acme.example", "username": name})


def accepts(answer: Answer) -> Accepted:
    assert isinstance(answer, Accepted), answer
    return answer


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine of the embedder's."""
    made = create_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def office(engine: Engine) -> Iterator[Office]:
    with closing(SqlStore(engine)) as store:
        Base.metadata.create_all(engine)
        auth = world("bpost", store)
        company(store)
        rights = frozenset(auth.portal.management.rights)
        place(store, user(ANNA, username="anna", management=rights), Credential(user=ANNA, signed_in=True))
        place(store, user(BEN, username="ben"), LoginName(key="ben", user=BEN))
        place(store, Credential(user=BEN, signed_in=True, password_hash="no password has this hash"))
        assert may(auth.view()), "and the index knows him"
        yield Office(engine, auth)


# What is committed, and what is rolled back.


@pytest.mark.rule("GX-08")
def test_the_embedders_tables_and_ours_are_committed_together(office: Office) -> None:
    with Session(office.engine) as session, session.begin():
        created = accepts(office.using(session).execute(CHIEF, newcomer("jo"))).created
        assert created
        session.add(Order(number=1, user=created))
    assert office.orders() == 1
    assert [each.username for each in office.auth.view().users(ACME)] == ["anna", "ben", "jo"]
    assert office.auth.store.records()[-1].event.name == "UserCreated"
    assert office.auth.store.outbox()[-1].mail.to == "jo@acme.example"


@pytest.mark.rule("GX-08")
def test_cc_08_what_was_rolled_back_never_happened(office: Office) -> None:
    before = office.told()
    with Session(office.engine) as session:
        using = office.using(session)
        accepts(using.execute(CHIEF, newcomer("jo")))
        accepts(using.execute(CHIEF, Deactivate(user=BEN)))
        session.add(Order(number=1, user="jo"))
        session.flush()
        assert not may(using.view())
        assert may(office.auth.view()), "to all others it has not happened yet"
        session.rollback()
        assert may(using.view())
    assert office.told() == before


def test_an_exception_in_the_block_takes_everything_back(office: Office) -> None:
    before = office.told()
    with suppress(ZeroDivisionError), Session(office.engine) as session, session.begin():
        accepts(office.using(session).execute(CHIEF, Deactivate(user=BEN)))
        session.add(Order(number=1, user="x"))
        _ = 1 // 0
    assert office.told() == before


def test_a_savepoint_that_is_rolled_back_takes_back_what_was_within_it_alone(office: Office) -> None:
    with Session(office.engine) as session:
        using = office.using(session)
        accepts(using.execute(CHIEF, newcomer("jo")))
        with suppress(ZeroDivisionError), session.begin_nested():
            accepts(using.execute(CHIEF, Deactivate(user=BEN)))
            session.add(Order(number=1, user="x"))
            assert not may(using.view())
            _ = 1 // 0
        assert may(using.view())
        with session.begin_nested():
            accepts(using.execute(CHIEF, newcomer("kim")))
        session.commit()
    assert may(office.auth.view())
    assert [each.username for each in office.auth.view().users(ACME)] == ["anna", "ben", "jo", "kim"]
    assert office.orders() == 0


@pytest.mark.parametrize("mode", ["create_savepoint", "rollback_only"])
def test_a_session_within_an_outer_transaction_commits_nothing_of_its_own(
    office: Office, mode: Literal["create_savepoint", "rollback_only"]
) -> None:
    before = office.told()
    with office.engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode=mode) as session:
            accepts(office.using(session).execute(CHIEF, Deactivate(user=BEN)))
            session.commit()
        assert not may(office.using(connection).view())
        assert may(office.auth.view())
        outer.rollback()
    assert office.told() == before


def test_using_never_commits(office: Office) -> None:
    commits: list[object] = []

    def noted(connection: object) -> None:
        commits.append(connection)

    event.listen(office.engine, "commit", noted)
    with Session(office.engine) as session:
        using = office.using(session)
        accepts(using.execute(CHIEF, newcomer("jo")))
        assert isinstance(using.execute(CHIEF, newcomer("jo")), Refused)
        may(using.view())
        assert commits == []
        session.rollback()


@pytest.mark.rule("GX-08")
def test_a_refusal_is_on_record_where_the_caller_commits_it(office: Office) -> None:
    for ends, codes in ((Session.rollback, []), (Session.commit, ["already-exists"])):
        with Session(office.engine) as session:
            answer = office.using(session).execute(CHIEF, newcomer("ben"))
            assert isinstance(answer, Refused)
            ends(session)
        assert [code for each in office.auth.store.records() for code in getattr(each.event, "codes", ())] == codes


@pytest.mark.rule("ED-01")
def test_fd_09_a_feed_within_a_transaction_is_taken_back_with_all_its_parts(engine: Engine) -> None:
    entries = tuple(
        AllowListEntry(email=f"p{number}@{name}.example", organisation=OrganisationId(name))
        for name in ("north", "south")
        for number in range(3)
    )
    with closing(SqlStore(engine)) as store, Session(engine) as session:
        auth = world("edi", store)
        for ends, users in ((session.rollback, 0), (session.commit, 3)):
            accepts(auth.using(session).execute(System(name="feed"), ImportAllowList(entries=entries, sequence=1)))
            assert len(auth.using(session).view().users("north")) == 3
            assert auth.view().users("south") == ()
            ends()
            assert len(auth.view().users("south")) == users
            assert bool(store.records()) is bool(users)


# What is seen, and when.


@pytest.mark.rule("GX-02")
def test_cc_20_what_was_committed_holds_from_the_next_view_on_in_every_process(office: Office) -> None:
    with closing(SqlStore(office.engine.url.render_as_string(hide_password=False))) as other:
        elsewhere = world("bpost", other)
        assert may(elsewhere.view())
        for command, expected in ((Deactivate(user=BEN), False), (Reactivate(user=BEN), True)):
            with Session(office.engine) as session:
                accepts(office.using(session).execute(OPERATOR, command))
                assert may(office.using(session).view()) is expected
                assert may(elsewhere.view()) is not expected
                session.commit()
            assert may(elsewhere.view()) is expected
            assert may(office.auth.view()) is expected


def test_what_is_rolled_back_and_done_otherwise_leaves_nothing_behind(office: Office) -> None:
    for _ in range(3):
        with Session(office.engine) as session:
            using = office.using(session)
            accepts(using.execute(CHIEF, Deactivate(user=BEN)))
            assert not may(using.view())
            session.rollback()
            accepts(using.execute(CHIEF, newcomer("jo")))
            assert may(using.view()), "the same position was of something else before"
            session.rollback()
        accepts(office.auth.execute(OPERATOR, SWITCH_ON))
        assert may(office.auth.view())


def test_two_at_once_do_not_see_each_other(office: Office) -> None:
    with Session(office.engine) as one, Session(office.engine) as other:
        accepts(office.using(one).execute(CHIEF, Deactivate(user=BEN)))
        assert not may(office.using(one).view())
        assert may(office.using(other).view())
        other.rollback()
        one.commit()
        assert not may(office.using(other).view())


def test_using_within_using_is_one_transaction(office: Office) -> None:
    before = office.told()
    with Session(office.engine) as session:
        accepts(office.using(session).execute(CHIEF, newcomer("jo")))
        inner = office.using(session)
        assert [each.username for each in inner.view().users(ACME)] == ["anna", "ben", "jo"]
        accepts(inner.execute(CHIEF, Deactivate(user=BEN)))
        assert not may(office.using(session).view())
        session.rollback()
    assert office.told() == before


def test_cc_16_a_session_is_used_for_one_transaction_after_the_other(office: Office) -> None:
    with Session(office.engine) as session:
        using = office.using(session)
        for number, ends in enumerate((session.commit, session.rollback, session.commit)):
            accepts(using.execute(CHIEF, newcomer(f"jo{number}")))
            ends()
    assert [each.username for each in office.auth.view().users(ACME)] == ["anna", "ben", "jo0", "jo2"]


def test_what_waits_in_the_session_is_left_alone(office: Office) -> None:
    with Session(office.engine) as session:
        order = Order(number=1, user="x")
        session.add(order)
        using = office.using(session)
        accepts(using.execute(CHIEF, newcomer("jo")))
        assert isinstance(using.execute(CHIEF, newcomer("jo")), Refused)
        may(using.view())
        assert order in session.new, "nobody flushed it"
        assert session.scalars(select(Order)).all() == [order], "and now the embedder's own query has"
        accepts(using.execute(CHIEF, newcomer("kim")))
        order.user = "y"
        accepts(using.execute(CHIEF, newcomer("lee")))
        assert order.user == "y"
        session.commit()
        assert order.user == "y"
    assert len(office.auth.view().users(ACME)) == 5


@pytest.mark.parametrize("carrier", ["sqlmodel", "scoped", "connection", "twice bound"])
def test_any_session_or_connection_will_do(office: Office, carrier: str, tmp_path: Path) -> None:
    elsewhere = create_engine(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    carriers: dict[str, Callable[[], Any]] = {
        "sqlmodel": lambda: SQLModelSession(office.engine),
        "scoped": lambda: scoped_session(sessionmaker(office.engine)),
        "connection": office.engine.connect,
        # Our tables are in the first of two databases, which only the session's own binds say.
        "twice bound": lambda: Session(office.engine, binds={Base: elsewhere}),
    }
    session = carriers[carrier]()
    with closing(session):
        accepts(office.using(session).execute(CHIEF, newcomer("jo")))
        session.commit()
    assert len(office.auth.view().users(ACME)) == 3
    elsewhere.dispose()


# What is refused, and why.


@pytest.mark.rule("GX-05")
def test_a_guess_that_could_be_rolled_back_is_refused(office: Office) -> None:
    guess: SecretStr = FIRST
    mine = ChangePassword(current=guess, password=guess, confirm=guess)
    before = office.told()
    with Session(office.engine) as session:
        using = office.using(session)
        tries: tuple[tuple[Any, Command], ...] = (
            (VISITOR, SignIn(identifier="ben", password=guess)),
            (Member(user=BEN), mine),
        )
        for actor, command in tries:
            with pytest.raises(ValueError, match=rf"{command.word()}: a guess is counted .* call auth\.execute"):
                using.execute(actor, command)
        session.commit()
    assert office.told() == before


def test_a_session_of_another_database_is_refused(office: Office, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    with closing(SqlStore(url)) as other, Session(other.engine) as session:
        for ask in (lambda: office.using(session).execute(OPERATOR, SWITCH_ON), office.using(session).view):
            with pytest.raises(ValueError, match=r"this session is of .*other\.db, and the store of .*; a trans"):
                ask()


@of_postgresql
def test_a_session_of_another_database_of_the_same_server_is_refused(
    office: Office, new_postgres_urls: Callable[[], AbstractContextManager[str]]
) -> None:
    with new_postgres_urls() as url:
        engine = create_engine(url)
        with engine.connect() as connection, pytest.raises(ValueError, match=r"a transaction is of one database"):
            office.using(connection).view()
        engine.dispose()


def test_a_driver_that_was_never_tried_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with Session(office.engine) as session:
        monkeypatch.setattr(office.engine.dialect, "driver", "asyncpg")
        with pytest.raises(ValueError, match="asyncpg is not among the drivers of sessions: aiosqlite, psycopg, pys"):
            office.using(session).view()


def test_another_engine_over_the_same_database_will_do_once_it_is_prepared(office: Office) -> None:
    engine = create_engine(office.engine.url)
    with Session(engine) as session:
        if office.is_sqlite:
            with pytest.raises(ValueError, match=r"foreign keys are not checked on this connection; call .*prepare"):
                office.using(session).execute(OPERATOR, SWITCH_ON)
        session.rollback()
        prepare(engine)
        prepare(engine)
        using = office.using(session)
        accepts(using.execute(CHIEF, Deactivate(user=BEN)))
        session.rollback()
        assert may(office.using(session).view())
        accepts(using.execute(CHIEF, Deactivate(user=BEN)))
        session.commit()
    assert not may(office.auth.view())
    engine.dispose()


def test_a_session_that_commits_by_itself_is_refused(office: Office) -> None:
    before = office.told()
    engine = create_engine(office.engine.url, isolation_level="AUTOCOMMIT")
    if office.is_sqlite:
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys = ON"))
    with Session(engine) as session, pytest.raises(ValueError, match=r"AUTOCOMMIT.*give it a transaction"):
        office.using(session).execute(CHIEF, Deactivate(user=BEN))
    engine.dispose()
    assert office.told() == before


def test_a_store_without_transactions_cannot_be_joined(office: Office) -> None:
    with Session(office.engine) as session, pytest.raises(ValueError, match="no transactions to join; name a database"):
        world("bpost", MemoryStore()).using(session)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///{folder}/one.db"])
def test_one_connection_for_all_cannot_be_joined(url: str, tmp_path: Path) -> None:
    engine = create_engine(url.format(folder=tmp_path), poolclass=StaticPool)
    with closing(SqlStore(engine)) as store, Session(engine) as session:
        auth = world("bpost", store)
        with pytest.raises(ValueError, match=r"the one connection of this database.* name a file"):
            auth.using(session)
    engine.dispose()


def test_what_is_no_session_is_refused(office: Office) -> None:
    for thing in (office.engine, sessionmaker(office.engine), "sqlite://"):
        with pytest.raises(ValueError, match=f"{type(thing).__name__} is no Session or Connection"):
            office.auth.using(thing)  # type: ignore[arg-type]


def test_what_fails_within_takes_back_its_own_part_and_leaves_the_callers(office: Office) -> None:
    before = office.told()
    with Session(office.engine) as session:
        session.add(Order(number=1, user="x"))
        session.flush()
        naive = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - what it is about
        office.auth.clock._now = naive  # noqa: SLF001 - `set` refuses it
        with pytest.raises(ValueError, match="zone"):
            office.using(session).execute(OPERATOR, SWITCH_ON)
        session.commit()
    assert office.orders() == 1
    assert office.auth.store.records() == before[0]


# Others at the same time.


def opens(office: Office, level: str) -> Session:
    return Session(office.engine.execution_options(isolation_level=level) if level else office.engine)


@pytest.mark.rule("GX-02")
@at_every_level
def test_cc_06_cc_07_whoever_reads_what_is_out_of_date_has_to_begin_anew(office: Office, level: str) -> None:
    with opens(office, level) as session:
        using = office.using(session)
        assert may(using.view())
        accepts(office.auth.execute(CHIEF, Deactivate(user=BEN)))
        if level == "READ COMMITTED":
            assert not may(using.view())
        else:
            assert may(using.view()), "his transaction stands still"
            with pytest.raises(OutdatedTransactionError, match="roll it back and run it again"):
                using.execute(CHIEF, SetManagement(user=BEN, management=frozenset({"manage-users"})))
            session.rollback()
        assert accepts(using.execute(CHIEF, Deactivate(user=BEN))).events == (), "he is no longer active"


@of_postgresql
@at_postgresql_levels
def test_cc_07_a_conflict_within_the_transaction_leads_to_a_new_decision_where_it_can(
    office: Office, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else commits between the joined reads and the joined write."""
    perform = office.auth.perform
    others = [lambda: accepts(world("bpost", office.auth.store, seed=9).execute(OPERATOR, Deactivate(user=BEN)))]

    def late(step: Step, store: Store | None = None) -> object:
        if store and others and isinstance(step, Save):
            others.pop()()
        return perform(step, store)

    monkeypatch.setattr(office.auth, "perform", late)
    with opens(office, level) as session:
        command = SetManagement(user=BEN, management=frozenset({"manage-users"}))
        if level == "READ COMMITTED":
            answer = office.using(session).execute(CHIEF, command)
            session.commit()
            assert answer == office.auth.execute(CHIEF, command)
        else:
            with pytest.raises(OutdatedTransactionError):
                office.using(session).execute(CHIEF, command)
        assert not others


@pytest.mark.rule("GX-01")
@of_postgresql
def test_a_view_is_of_one_state_though_each_statement_sees_another(office: Office) -> None:
    """Between two statements somebody takes Ben's right and renews his contract: he may use it in neither state."""

    def holds(*held: str, is_renewed: bool) -> None:
        place(
            office.auth.store,
            Selection(user=BEN, account=HQ, application=APP, elements=elements(*held)),
            account(HQ, APP, contracts={"C1": Contract(active=is_renewed)}),
        )

    def may_use_it(session: Session) -> bool:
        return office.using(session).view().can(BEN, APP, "user", account=HQ, resources={"contract": "C1"})

    with opens(office, "READ COMMITTED") as session:
        statements: list[object] = []
        first, last, meanwhile = 6, 20, 20

        def between(*_: object) -> None:
            statements.append(None)
            if len(statements) == first:
                place(office.auth.store, user(BEN, username="ben"))
            if len(statements) == meanwhile:
                holds("contract:C1", is_renewed=True)

        while meanwhile <= last:
            holds("user", "contract:C1", is_renewed=False)
            event.listen(session.connection(), "after_cursor_execute", between)
            assert not may_use_it(session), "not even where the first change had everything read anew"
            last, meanwhile = max(last, len(statements)), meanwhile + 1
            statements.clear()
            session.rollback()
    assert last > 20


@pytest.mark.rule("GX-07")
@at_every_level
def test_cc_02_two_administrators_who_deactivate_each_other_do_not_both_succeed(office: Office, level: str) -> None:
    rights = frozenset({"manage-administrators", "manage-users", "reset-password"})
    accepts(office.auth.execute(CHIEF, SetManagement(user=BEN, management=rights)))
    answers: list[Answer] = []

    def deactivate(me: UserId, other: UserId) -> None:
        while True:
            with opens(office, level) as session:
                try:
                    answer = office.using(session).execute(Member(user=me), Deactivate(user=other))
                    session.commit()
                except (ConflictError, StoreError):
                    continue
                answers.append(answer)
                return

    for _ in range(3):
        answers.clear()
        together([partial(deactivate, ANNA, BEN), partial(deactivate, BEN, ANNA)])
        assert sum(isinstance(answer, Accepted) for answer in answers) == 1
        view = office.auth.view()
        states = [each.state for each in view.users(ACME)]
        assert sorted(states) == [State.ACTIVE, State.DEACTIVATED]
        for each in (ANNA, BEN):
            office.auth.execute(OPERATOR, Reactivate(user=each))


@pytest.mark.rule("GX-08")
def test_cc_16_many_at_once_each_with_a_session_of_his_own(office: Office) -> None:
    def works(number: int) -> None:
        for count in range(5):
            while True:
                with suppress(ConflictError), Session(office.engine) as session:
                    accepts(office.using(session).execute(OPERATOR, SWITCH_ON))
                    session.add(Order(number=10 * number + count, user="x"))
                    session.commit()
                    break

    together([partial(works, number) for number in range(4)])
    assert office.orders() == 20
    assert sum(each.event.name == "OptionSet" for each in office.auth.store.records()) == 20


@pytest.mark.rule("GX-02")
@of_postgresql
def test_cc_20_a_transaction_that_took_long_is_noticed_when_it_is_committed(office: Office) -> None:
    with Session(office.engine) as session:
        accepts(office.using(session).execute(CHIEF, Deactivate(user=BEN)))
        late = SetOption(organisation=BOLT, option="ftp", enabled=True)
        for _ in range(3):
            accepts(office.auth.execute(OPERATOR, late))
            assert may(office.auth.view())
        session.commit()
    assert not may(office.auth.view()), "though its position is lower than that of others already seen"
