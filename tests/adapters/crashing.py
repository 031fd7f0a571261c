"""Kills processes in the middle of commands, and looks whether everything that they were told is done is there.

    python -m tests.adapters.crashing --store sqlite:////tmp/crash.db --times 500
    python -m tests.adapters.crashing --store postgresql --times 500

A process of its own imports everything once, and forks those that are killed.  Each of them goes on with the story
where the one before was killed, and writes a line when a command was answered.  The same commands are given to a
store in memory: after a kill, the database has to hold what memory holds after as many commands as were
acknowledged, or after one more, which nobody had been told of yet; never anything between the two.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Final

import click
from sqlalchemy import create_engine, text
from tests.adapters.story import Remembering, Story
from tests.postgres import cluster

from partnerauth.adapters.sql import SqlStore, schema
from partnerauth.adapters.sql.mapping import KEPT
from partnerauth.directory import AttemptsAgainst
from partnerauth.entities import Credential
from partnerauth.ports import Store
from partnerauth.verification import Examination

ROOT: Final = Path(__file__).parents[2]
LONGEST: Final = 0.06
"""Seconds that a process lives on at most, from the moment that is waited for."""

OPEN: Final = "open"
"""What somebody says when he has opened the store."""

ANSWERS: Final = (None, 0, 1, 1, 2, 3, 5)
"""The moments from which on somebody is killed: his first breath, when he has opened the store, and later answers."""


@dataclass
class Crashes:
    """The story on a database, and in memory."""

    url: str
    chance: random.Random
    memory: Remembering = field(default_factory=Remembering)
    given: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        with closing(SqlStore(self.url)) as store:
            Story(store).prologue()
        self.story = Story(self.memory)
        self.story.prologue()

    def kill(self, victims: Victims, crash: Callable[[], object] = lambda: None) -> None:
        """Let somebody go on with the story, kill him at some moment, and look at what he leaves behind.

        `crash` is what happens at that moment to others than him.  Raises AssertionError.
        """
        process = victims.start(self.url, self.given)
        answers = victims.words(self.chance.choice(ANSWERS))
        time.sleep(self.chance.uniform(0, LONGEST))
        crash()
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        answers += victims.last_words()
        self.settle()
        for answer in answers:
            mine = self.story.give(self.given)
            assert answer == mine, f"command {self.given} was answered {answer}, and in memory {mine}"
            self.given += 1
        with closing(SqlStore(self.url)) as store:
            same = everything(store, self.memory) == everything(self.memory, self.memory)
            self.outcomes["nothing under way was stored" if same else self.catch_up(store)] += 1
        self.outcomes["acknowledged"] += len(answers)
        self.outcomes["killed before the first answer"] += not answers

    def catch_up(self, store: Store) -> str:
        """Give the command that was under way to memory, and return how much of it was stored.

        That is all of it, or the guess that it has counted, which is committed before a secret is compared.
        """
        before, same = len(self.memory.units), []
        self.memory.watch = lambda: same.append(everything(store, self.memory) == everything(self.memory, self.memory))
        self.story.give(self.given)
        self.memory.watch = None
        assert any(same), f"command {self.given} is half done"
        if same[-1]:
            self.given += 1
            return "stored, and not acknowledged yet"
        units = self.memory.units[: before + same.index(True) + 1]
        for unit in units[before:]:
            assert not unit.events
            assert all(isinstance(key, AttemptsAgainst) for key in unit.changes)
        self.memory = Remembering(units)
        self.story = Story(self.memory)
        return "a guess was counted, and nothing else"

    def settle(self) -> None:
        """Wait until the server has noticed that a client is gone: until then it may still be storing."""
        if self.url.startswith("sqlite"):
            return
        engine = create_engine(self.url)
        others = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        while True:
            with engine.connect() as connection:
                if not connection.execute(others).scalar():
                    break
            time.sleep(0.005)
        engine.dispose()

    def look(self) -> None:
        """Look whether the database itself finds nothing wrong, and every row is known.  Raises AssertionError."""
        with closing(SqlStore(self.url)) as store:
            assert store.examine(lambda heads, links: [*Examination(heads).of(links)]) == []
        state = schema.state(self.url, whole=True)
        assert state.is_fit, state
        known = Counter(type(key) for key, value in self.memory.read(list(self.memory.written)).values.items() if value)
        assert {kept.table.name: known[kept.key] for kept in KEPT} == {
            kept.table.name: state.counts[kept.table.name.removeprefix(schema.OURS)] for kept in KEPT
        }


def everything(store: Store, memory: Remembering) -> tuple[object, ...]:
    """Return all that a store holds, but for what is never twice the same: positions, salts of hashes."""
    values = store.read(list(memory.written)).values
    return (
        {key: _without_salt(value) for key, value in values.items()},
        [each.event for each in store.records()],
        [(each.mail, each.at, each.state) for each in store.outbox()],
    )


def _without_salt(entity: object) -> object:
    if isinstance(entity, Credential):
        return replace(entity, password_hash="hash" if entity.password_hash else "")
    return entity


class Victims:
    """The process that forks those which are killed."""

    def __init__(self, out: IO[str], into: IO[str]) -> None:
        self._out, self._into = out, into

    def start(self, url: str, number: int) -> int:
        """Fork one, who goes on with the story at this number, and return his process."""
        print(number, url, file=self._into, flush=True)
        return int(self._out.readline())

    def words(self, answers: int | None) -> list[str]:
        """Wait until he has opened the store and was told so many answers, and return them."""
        if answers is None:
            return []
        self._out.readline()
        return [self._out.readline().rstrip("\n") for _ in range(answers)]

    def last_words(self) -> list[str]:
        """Return the answers that he was told, once he is gone."""
        lines = [line.rstrip("\n") for line in iter(self._out.readline, "gone\n")]
        return [line for line in lines if line != OPEN]


@contextmanager
def victims() -> Iterator[Victims]:
    """Start the process that forks."""
    program = [sys.executable, "-m", "tests.adapters.crashing", "--fork"]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = {**os.environ, "PYTHONPATH": paths}
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=environment) as process:
        assert process.stdin
        assert process.stdout
        yield Victims(process.stdout, process.stdin)
        process.stdin.close()


def _fork_for_ever() -> None:
    for line in sys.stdin:
        number, _, url = line.strip().partition(" ")
        if process := os.fork():
            os.waitpid(process, 0)
            os.write(1, b"gone\n")
        else:
            try:
                _go_on(url, int(number))
            finally:
                os._exit(1)


def _go_on(url: str, number: int) -> None:
    os.write(1, f"{os.getpid()}\n".encode())
    story = Story(SqlStore(url, create=False))
    os.write(1, f"{OPEN}\n".encode())
    while True:
        answer = story.give(number)
        os.write(1, f"{answer}\n".encode())
        number += 1


DURABLE: Final = ("fsync=on", "synchronous_commit=on")
"""What a server does that keeps its promises when the power goes."""


@contextmanager
def own_server() -> Iterator[tuple[str, Callable[[], object]]]:
    """Start a server for one alone; yield the URL of an empty database, and what crashes the server and starts it."""
    with cluster() as own:
        server = own.start(DURABLE)

        def crash() -> None:
            own.stop(signal.SIGQUIT)
            own.start(DURABLE)

        with server.database(tables=False) as url:
            yield url, crash


@click.command()
@click.option(
    "--store",
    default="sqlite:///crash.db",
    show_default=True,
    help="The URL of an empty database, or `postgresql` for a server of its own, which crashes as well.",
)
@click.option("--times", default=500, show_default=True, help="How many processes are killed.")
@click.option(
    "--every", default=3, show_default=True, help="At every how many kills the server is stopped at once, too."
)
@click.option("--seed", default=1, show_default=True, help="Of when they are killed.")
@click.option("--fork", is_flag=True, hidden=True)
def main(store: str, times: int, every: int, seed: int, *, fork: bool) -> None:
    """Kill processes that carry out commands on a database, and look at what they leave behind."""
    if fork:
        _fork_for_ever()
        return
    with ExitStack() as stack:
        url, crash = stack.enter_context(own_server()) if store == "postgresql" else (store, None)
        crashes = kill_often(url, times, seed=seed, crash=crash, every=every)
    click.echo(f"{times} killed: " + ", ".join(f"{number} {what}" for what, number in crashes.outcomes.items()))


def kill_often(
    url: str, times: int, *, seed: int, crash: Callable[[], object] | None = None, every: int = 1
) -> Crashes:
    """Kill so many, and look at everything in the end; at every so many kills the server crashes, too."""
    crashes = Crashes(url, random.Random(seed))  # noqa: S311 - moments, not secrets
    with victims() as them:
        for number in range(1, times + 1):
            if crash and number % every == 0:
                crashes.kill(them, crash)
                crashes.outcomes["with the server"] += 1
            else:
                crashes.kill(them)
    crashes.look()
    return crashes


if __name__ == "__main__":
    main()
