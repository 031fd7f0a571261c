"""A feed takes memory by its lines, and statements by the organisations it changes: counted, not timed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, event, insert

from partnerauth.adapters.feed_files import read_feed
from partnerauth.adapters.sql import SqlStore
from partnerauth.adapters.sql.mapping import BY_ENTITY
from partnerauth.addresses import EmailAddress
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import Entity
from partnerauth.entities import LoginName, Organisation, OrganisationId, State, System, User, UserId
from partnerauth.testing.clockwork import World, world

FEW, MANY = 1_000, 10_000
PEOPLE = 20
"""Of one organisation."""
MOST = 800
"""Bytes at the most that a line takes, together with the user whom it names."""


def address(person: int) -> str:
    return f"person.{person}@garage.example"


def home(person: int) -> OrganisationId:
    return OrganisationId(f"garage-{person // PEOPLE}")


def line(person: int) -> str:
    return f"{address(person)},{home(person)},Ann Maes {person}\n"


def crowd(connection: Connection, persons: range) -> None:
    """Put people into the portal straight away, for a feed would take its time; no organisation is cut in two."""
    people = [
        User(
            id=UserId(f"u-{person:06}"),
            organisation=home(person),
            state=State.INVITED,
            email=EmailAddress(address(person), f"person.{person}", "garage.example"),
        )
        for person in persons
    ]
    homes = dict.fromkeys(each.organisation for each in people)
    tables: dict[type, list[Entity]] = {
        Organisation: [Organisation(id=each, name=each) for each in homes],
        User: [*people],
        LoginName: [LoginName(key=each.email.key, user=each.id) for each in people],
    }
    for kind, entities in tables.items():
        kept = BY_ENTITY[kind]
        connection.execute(
            insert(kept.table), [{**kept.values(each), "revision": 1, "arrival": 1} for each in entities]
        )


@dataclass
class Crowded:
    """A portal with so many users, and the statements that its database was given."""

    folder: Path
    users: int
    portal: World = field(init=False)
    statements: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    feeds: int = 0

    def run(self) -> Iterator[Crowded]:
        engine = create_engine(f"sqlite:///{self.folder / 'portal.db'}")
        with closing(SqlStore(engine)) as store:
            with engine.begin() as connection:
                crowd(connection, range(self.users))
            event.listen(engine, "before_cursor_execute", lambda *executed: self.statements.append(executed[2]))
            self.portal = world("edi", store)
            self.lines = list(map(line, range(self.users)))
            yield self
        engine.dispose()

    def given(self, lines: Iterable[str]) -> Answer:
        """Give a feed, from its file on."""
        self.feeds += 1
        file = self.folder / "feed.csv"
        file.write_text("".join(("email,organisation,name\n", *lines)))
        return self.portal.execute(System(name="feed"), read_feed(file, sequence=self.feeds))


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Crowded]:
    (folder := tmp_path / "few").mkdir()
    yield from Crowded(folder, FEW).run()


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Crowded]:
    (folder := tmp_path / "many").mkdir()
    yield from Crowded(folder, MANY).run()


def memory(crowded: Crowded, lines: Iterable[str]) -> tuple[Answer, int]:
    """Give a feed; return the answer, and the bytes that it took at the most."""
    tracemalloc.start()
    answer = crowded.given(lines)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return answer, peak


@pytest.mark.rule("ED-01")
@pytest.mark.parametrize(("step", "kind"), [(1, Accepted), (2, Refused)])
def test_fd_07_memory_grows_by_less_than_a_kilobyte_for_each_line(
    few: Crowded, many: Crowded, step: int, kind: type[Answer]
) -> None:
    few.given(few.lines)
    (_, less), (answer, more) = (memory(each, each.lines[::step]) for each in (few, many))
    assert isinstance(answer, kind)
    assert more - less < MOST * (MANY - FEW)


def taken(crowded: Crowded, organisations: range) -> int:
    """Replace one person in each of these organisations, and return how many statements it took."""
    for number in organisations:
        crowded.lines[number * PEOPLE] = f"new.{address(number)},garage-{number},\n"
    crowded.statements.clear()
    assert isinstance(crowded.given(crowded.lines), Accepted)
    return len(crowded.statements)


@pytest.mark.rule("ED-01")
def test_fd_07_a_feed_takes_statements_by_the_organisations_that_it_changes(few: Crowded, many: Crowded) -> None:
    changed = (range(0), range(0), range(1), range(1, 6))
    (_, none, one, five), in_many = ([taken(each, homes) for homes in changed] for each in (few, many))
    assert in_many[1:] == [none, one, five]
    assert five - none == 5 * (one - none)
