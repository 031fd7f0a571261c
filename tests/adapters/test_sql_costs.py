"""A command costs the same in an organisation of ten users and in one of twenty thousand: counted, not timed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, insert, text
from tests.adapters.day import ACME, POST, Day

from partnerauth.adapters.sql import SqlStore
from partnerauth.adapters.sql.mapping import BY_ENTITY, MANAGEMENT
from partnerauth.addresses import EmailAddress
from partnerauth.directory import CredentialOf, Entity, SelectionsOf, UserById
from partnerauth.entities import AccountId, Credential, LoginName, Selection, State, User, UserId
from partnerauth.flows.grant import Grant
from partnerauth.testing.clockwork import world

FEW, MANY = 10, int(os.environ.get("PARTNERAUTH_MANY", "20000"))
"""With PARTNERAUTH_MANY=100000 in the environment the larger organisation is as large as the rulebook's."""


@dataclass(frozen=True)
class Cost:
    """What a command took: its statements, the rows they returned, and the steps of SQLite's own machine."""

    statements: tuple[str, ...]
    rows: int
    steps: int


@dataclass
class Meter:
    """Counts what a database does for a store."""

    statements: list[tuple[str, object]] = field(default_factory=list)
    rows: int = 0
    steps: int = 0

    def watch(self, engine: Engine) -> None:
        event.listen(engine, "connect", self._connected)
        event.listen(engine, "before_cursor_execute", self._executed)

    def _connected(self, connection: sqlite3.Connection, _: object) -> None:
        connection.row_factory = self._read
        connection.set_progress_handler(self._stepped, 1)

    def _read(self, _: object, row: tuple[object, ...]) -> tuple[object, ...]:
        self.rows += 1
        return row

    def _stepped(self) -> None:
        self.steps += 1

    def _executed(self, *executed: object) -> None:
        self.statements.append((str(executed[2]), executed[3]))

    def taken(self) -> Cost:
        """Return what was counted since the last time, and start anew."""
        cost = Cost(tuple(statement for statement, _ in self.statements), self.rows, self.steps)
        self.statements, self.rows, self.steps = [], 0, 0
        return cost


def crowd(connection: Connection, users: int) -> None:
    """Put people into Acme straight away, for a command each would take its time.

    Every second one has left, and was an administrator; everybody was given something.
    """
    people = [
        User(
            id=UserId(f"u-{number:06}"),
            organisation=ACME,
            state=State.ACTIVE if number % 2 else State.DEACTIVATED,
            email=EmailAddress(f"p{number}@acme.example", f"p{number}", "acme.example"),
            management=frozenset() if number % 2 else frozenset({"manage-administrators", "manage-users"}),
        )
        for number in range(users)
    ]
    hq = AccountId("acme/hq")
    tables: dict[type, list[Entity]] = {
        User: [*people],
        LoginName: [LoginName(key=person.email.key, user=person.id) for person in people],
        Credential: [Credential(user=person.id, password_hash="x") for person in people],
        Selection: [Selection(user=person.id, account=hq, application=POST) for person in people],
    }
    for kind, entities in tables.items():
        kept = BY_ENTITY[kind]
        rows = [{**kept.values(entity), "revision": 1, "arrival": 1} for entity in entities]
        connection.execute(insert(kept.table), rows)
    managed = [MANAGEMENT.owned(person, item) for person in people for item in MANAGEMENT.items(person)]
    connection.execute(insert(MANAGEMENT.table), managed)


def costs(file: Path, users: int) -> list[tuple[str, Cost]]:
    """Play a day with so many people at Acme, and return what each command took."""
    engine, meter = create_engine(f"sqlite:///{file}"), Meter()
    meter.watch(engine)
    taken: list[tuple[str, Cost]] = []
    with closing(SqlStore(engine)) as store:
        day = Day(world("bpost", store), lambda command: taken.append((command.word(), meter.taken())))
        day.open()
        with engine.begin() as connection:
            crowd(connection, users)
            # With statistics SQLite may prefer to read a table whole.
            connection.execute(text("ANALYZE"))
        meter.taken()
        taken.clear()
        day.day()
    engine.dispose()
    return taken


Costs: TypeAlias = tuple[list[tuple[str, Cost]], list[tuple[str, Cost]]]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Costs:
    few, many = (costs(tmp_path_factory.mktemp("costs") / "portal.db", users) for users in (FEW, MANY))
    return few, many


def test_every_command_was_given(both: Costs) -> None:
    offered = set(world("bpost").portal.offers)
    for taken in both:
        assert offered - {word for word, _ in taken} == {"open-organisation"}


def test_a_command_takes_as_many_statements_and_rows(both: Costs) -> None:
    few, many = ([(word, cost.statements, cost.rows) for word, cost in taken] for taken in both)
    assert many == few


def test_a_command_takes_as_many_steps_inside_the_database(both: Costs) -> None:
    """No table is read whole behind a statement that returns one row; a deeper tree costs a step here and there."""
    grew = {word: (few.steps, many.steps) for (word, few), (_, many) in zip(*both, strict=True)}
    assert {word: steps for word, steps in grew.items() if steps[1] > steps[0] + 25} == {}


def test_many_keys_of_one_type_are_one_statement(tmp_path: Path) -> None:
    engine, meter = create_engine(f"sqlite:///{tmp_path / 'portal.db'}"), Meter()
    meter.watch(engine)
    with closing(SqlStore(engine)) as store:
        spent = []
        for number in (2, 100):
            meter.taken()
            users = [UserId(f"u-{each}") for each in range(number)]
            store.read([key(user) for key in (UserById, CredentialOf, SelectionsOf) for user in users])
            spent.append(meter.taken())
    engine.dispose()
    assert len(spent[0].statements) == len(spent[1].statements)
    assert all(statement.count("SELECT") <= 1 for statement in spent[1].statements)


def test_a_grant_writes_what_it_adds_and_nothing_else(tmp_path: Path) -> None:
    engine, meter = create_engine(f"sqlite:///{tmp_path / 'portal.db'}"), Meter()
    with closing(SqlStore(engine)) as store:
        day = Day(world("bpost", store))
        day.open()
        chief = day.administrator(ACME)
        ben = day.colleague(chief, ACME, "ben")
        day.give(chief, Grant(user=ben, application=POST, account="hq", rights=("creation", "confirmation")))
        meter.watch(engine)
        more = {"product": ("letter", "prior")}
        day.give(chief, Grant(user=ben, application=POST, account="hq", rights=("creation",), resources=more))
    engine.dispose()
    written = {
        statement.partition("(")[0].strip(): len(parameters) if isinstance(parameters, list) else 1
        for statement, parameters in meter.statements
        if "selection" in statement and not statement.startswith("SELECT")
    }
    assert {statement: rows for statement, rows in written.items() if "element" in statement} == {
        "INSERT INTO partnerauth_selection_element": 2
    }
