"""Two at the same moment: through one store, through two as two processes have them, and on both databases.

On PostgreSQL the engines are given every isolation level that an embedder may choose: the store's transactions have
their own all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from tests.adapters.day import ACME, FIRST, HQ, OPERATOR, PERSON, POST, PRINT, THIRD, VISITOR, Day

from partnerauth.adapters.sql import SqlStore
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.entities import Actor, Member, OrganisationId, State, System, UserId
from partnerauth.flow import Command
from partnerauth.flows.accept_invitation import AcceptInvitation
from partnerauth.flows.approve import Approve
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.import_allow_list import AllowListEntry, ImportAllowList
from partnerauth.flows.invite import Invite
from partnerauth.flows.join_organisation import JoinOrganisation
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.pass_on import PassOn
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.refuse_access import RefuseAccess
from partnerauth.flows.register import Register
from partnerauth.flows.reject import Reject
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_option import SetOption
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.verify_email import VerifyEmail
from partnerauth.flows.withdraw import Withdraw
from partnerauth.ports import Unit
from partnerauth.testing.clockwork import World, world
from partnerauth.testing.stores import WORLD, refused, together, unit_of

TIMES = 3
NORTH = OrganisationId("north")
LATE = ([("link-used",)], [("link-unknown",)])


LEVELS = ("default", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE", "AUTOCOMMIT")


def engine_at(url: str, level: str) -> Engine:
    """Return an engine as an embedder may set it."""
    return create_engine(url) if level == "default" else create_engine(url, isolation_level=level)


KINDS = ("one SQLite store", "two SQLite stores", "PostgreSQL default", "PostgreSQL SERIALIZABLE")
EVERY_KIND = pytest.mark.parametrize(
    "stores", [*KINDS[:2], *(f"PostgreSQL {level}" for level in LEVELS)], indirect=True
)
"""Where the levels themselves are in question; that the store sees nothing of them is shown once for all others."""


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[SqlStore, SqlStore]]:
    """Two stores over one database."""
    kind, _, level = request.param.partition(" ")
    with ExitStack() as opened:
        if kind != "PostgreSQL":
            url = f"sqlite:///{tmp_path / 'portal.db'}"
            one, other = (opened.enter_context(closing(SqlStore(url))) for _ in range(2))
            yield one, one if kind == "one" else other
            return
        engines = [engine_at(request.getfixturevalue("postgres_url"), level) for _ in range(2)]
        for engine in engines:
            opened.callback(engine.dispose)
        yield SqlStore(engines[0]), SqlStore(engines[1])


@pytest.fixture
def pair(stores: tuple[SqlStore, SqlStore]) -> tuple[World, World]:
    """Two portals of one kind over one database."""
    return pair_of("bpost", stores)


def pair_of(portal: str, stores: tuple[SqlStore, SqlStore]) -> tuple[World, World]:
    one, other = stores
    return world(portal, one, seed=1), world(portal, other, seed=2)


def mailed(portal: World, address: str) -> str:
    """The secret that the newest mail to an address shows."""
    return portal.secret(portal.store.outbox(to=address)[-1].mail.token)


def at_once(pair: tuple[World, World], *given: tuple[Actor, Command]) -> list[Answer]:
    """Give two commands at the same moment, each to its portal."""
    answers: dict[int, Answer] = {}

    def give(number: int) -> None:
        answers[number] = pair[number].execute(*given[number])

    together([partial(give, number) for number in range(len(given))])
    return [answers[number] for number in sorted(answers)]


def accepted(answers: list[Answer]) -> int:
    return sum(isinstance(answer, Accepted) for answer in answers)


@EVERY_KIND
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


@EVERY_KIND
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


@pytest.mark.rule("KP-01", "GX-04")
def test_cc_01_an_invitation_is_accepted_once(stores: tuple[SqlStore, SqlStore]) -> None:
    pair = pair_of("kundenportal", stores)
    assert isinstance(pair[0].execute(OPERATOR, OpenOrganisation(organisation=ACME, name="Acme")), Accepted)
    for number in range(TIMES):
        email = f"jo{number}@acme.example"
        assert isinstance(pair[0].execute(OPERATOR, Invite(email=email, organisation=ACME)), Accepted)
        answers = at_once(pair, *[(VISITOR, accepting(pair[0], email))] * 2)
        assert accepted(answers) == 1
        assert [answer.codes for answer in answers if isinstance(answer, Refused)] == [("invitation-used",)]


@pytest.mark.rule("KP-02")
def test_cc_18_of_two_first_members_one_is_master(stores: tuple[SqlStore, SqlStore]) -> None:
    pair = pair_of("kundenportal", stores)
    for number in range(TIMES):
        organisation = OrganisationId(f"acme{number}")
        pair[0].execute(OPERATOR, OpenOrganisation(organisation=organisation, name=organisation))
        emails = [f"{name}@{organisation}.example" for name in ("jo", "kim")]
        users = [pair[0].execute(OPERATOR, Invite(email=email, organisation=organisation)) for email in emails]
        assert accepted(at_once(pair, *((VISITOR, accepting(pair[0], email)) for email in emails))) == 2
        view = pair[1].view()
        assert [view.is_administrator(made(user)) for user in users].count(True) == 1


def made(answer: Answer) -> UserId:
    assert isinstance(answer, Accepted), answer
    assert answer.created
    return answer.created


def accepting(portal: World, email: str) -> AcceptInvitation:
    """The command that accepts the newest invitation of an address."""
    details = {"title": "mx", "first-name": "Robin", "last-name": "Kurz"}
    given = {"token": mailed(portal, email), "password": THIRD, "details": details}
    return AcceptInvitation.model_validate(given)


@pytest.mark.rule("DP-04")
def test_cc_05_an_approval_and_a_rejection_do_not_both_count(stores: tuple[SqlStore, SqlStore]) -> None:
    pair = pair_of("dealerportal", stores)
    assert isinstance(pair[0].execute(OPERATOR, OpenOrganisation(organisation=ACME, name="Acme")), Accepted)
    for number in range(TIMES):
        email = f"jo{number}@acme.example"
        pair[0].execute(VISITOR, Register(email=email))
        proved = pair[0].execute(VISITOR, VerifyEmail.model_validate({"email": email, "code": mailed(pair[0], email)}))
        assert isinstance(proved, Accepted)
        details = {"first-name": "Jo", "last-name": "Kurz", "phone": "+32 9 1"}
        asked = {"email": email, "token": proved.secret, "organisation": ACME, "details": details, "password": THIRD}
        user = made(pair[0].execute(VISITOR, JoinOrganisation.model_validate(asked)))
        answers = at_once(pair, (OPERATOR, Approve(user=user)), (OPERATOR, Reject(user=user)))
        assert accepted(answers) == 1
        state = {True: State.ACTIVE, False: State.REJECTED}[isinstance(answers[0], Accepted)]
        found = pair[1].view().user(user)
        assert found
        assert found.state is state


@pytest.mark.rule("BP-31", "BP-32")
def test_dg_04_what_is_withdrawn_while_it_is_passed_on_is_nobodys(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()
    chief, other = day.administrator(ACME), day.administrator(PRINT)
    pia = day.colleague(other, PRINT, "pia")
    there = {"application": POST, "account": "acme/hq", "rights": ("creation",)}
    for _ in range(TIMES):
        day.give(chief, Delegate(organisation=PRINT, application=POST, account=HQ, rights=("creation",)))
        passed_on = PassOn.model_validate({"user": pia, **there})
        withdrawn = Withdraw(organisation=PRINT, application=POST, account=HQ, rights=("creation",))
        _, gone = at_once(pair, (other, passed_on), (chief, withdrawn))
        assert isinstance(gone, Accepted)
        for portal in pair:
            assert not portal.view().can(pia, POST, "creation", account="acme/hq")


@pytest.mark.rule("ED-01")
def test_fd_09_of_two_feeds_at_once_the_later_one_holds(stores: tuple[SqlStore, SqlStore]) -> None:
    pair, feed = pair_of("edi", stores), System(name="feed")

    def lines(other: str) -> tuple[AllowListEntry, ...]:
        names = [*(f"person{number}" for number in range(11)), other]
        return tuple(AllowListEntry(email=f"{name}@north.example", name="", organisation=NORTH) for name in names)

    assert isinstance(pair[0].execute(feed, ImportAllowList(entries=lines("cas"), sequence=1)), Accepted)
    for number in range(2, 2 + 2 * TIMES, 2):
        lists = {number: lines("dee"), number + 1: lines("eve")}
        given = [ImportAllowList(entries=entries, sequence=sequence) for sequence, entries in lists.items()]
        _, later = at_once(pair, *((feed, command) for command in given))
        assert isinstance(later, Accepted), later
        people = pair[0].view().users(NORTH)
        inside = {each.email.local for each in people if each.state is not State.DEACTIVATED}
        assert inside & {"cas", "dee", "eve"} == {"eve"}
        assert len(inside) == 12


@pytest.mark.rule("GX-12")
def test_cc_04_a_name_that_two_organisations_claim_is_one_users(pair: tuple[World, World]) -> None:
    day = Day(pair[0])
    day.open()
    chiefs = {organisation: day.administrator(organisation) for organisation in (ACME, PRINT)}
    for number in range(TIMES):
        given = [
            (chief, CreateUser(details={**PERSON, "email": f"jo{number}@{home}.example", "username": f"jo{number}"}))
            for home, chief in chiefs.items()
        ]
        at_once(pair, *given)
        # Whoever was late is not told that a stranger has the name (GX-03).
        view = pair[1].view()
        people = [user for home in chiefs for user in view.users(home) if user.username == f"jo{number}"]
        assert len(people) == 1


@pytest.mark.parametrize("level", LEVELS)
def test_cc_07_the_store_chooses_its_own_isolation_levels(level: str, postgres_url: str) -> None:
    engine = engine_at(postgres_url, level)
    reading: set[object] = set()
    writing: set[object] = set()

    def watch(connection: Connection, _: object, statement: str, *__: object) -> None:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            told = (cursor.execute("SHOW transaction_isolation").fetchone()[0], driver.autocommit, driver.read_only)
        (reading if statement.startswith("SELECT") else writing).add(told)

    store = SqlStore(engine)
    with engine.connect() as mine:
        theirs = mine.get_isolation_level()
    event.listen(engine, "before_cursor_execute", watch)
    store.commit(unit_of(store, *WORLD, events=(refused(),)))
    event.remove(engine, "before_cursor_execute", watch)
    assert writing == {("read committed", False, None)}
    assert reading - writing == {("repeatable read", False, True)}
    with engine.connect() as mine:
        assert mine.get_isolation_level() == theirs
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_that_start_together_make_one_store(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")

    def start() -> None:
        with closing(SqlStore(url)) as store:
            store.commit(Unit())

    together([start] * 4)
    with closing(SqlStore(url)) as store:
        assert store.commit(Unit()) == 5
