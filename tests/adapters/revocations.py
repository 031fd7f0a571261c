"""Many processes over one database: what one revokes, the next view of every other one denies.

    python tests/adapters/revocations.py [--rounds 10000] [--processes 3] [--database sqlite|postgresql|URL]

Each round a right is given and taken away again, by one process after the other.  As soon as the commit has returned,
all others are asked, in a view that they make then; each had allowed it a moment before, from memory.  An answer that
is not the one of this moment is late.  On PostgreSQL others keep transactions open all the while, so that commits do
not come to an end in the order in which they began.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from sqlalchemy import create_engine, text
from tests.adapters.day import ACME, HQ, OPERATOR, POST, Day

from partnerauth.adapters.sql import SqlStore
from partnerauth.decision import Accepted
from partnerauth.entities import UserId
from partnerauth.flow import Command
from partnerauth.flows.grant import Grant
from partnerauth.flows.revoke import Revoke
from partnerauth.testing.clockwork import world

RIGHT: Final = "general-follow-up"


@dataclass(frozen=True)
class Outcome:
    """What came of it: of so many answers after a revocation so many were late, and of those after a grant."""

    revocations: int
    answers: int
    late: int
    missed: int
    seconds: float


class Process:
    """Another process with a portal over the same database."""

    def __init__(self, url: str, user: str, number: int) -> None:
        program = [sys.executable, __file__, "--serve", url, user, str(number)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.hear()

    def say(self, word: str) -> None:
        """Tell it what to do."""
        assert self.process.stdin
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        """Return what it answers."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        """Let it end, and wait for it."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def serve(url: str, user: str, number: int) -> None:
    """Do what is said on standard input, line by line, in this process."""
    with closing(SqlStore(url)) as store:
        portal = world("bpost", store, seed=100 + number)
        print("ready", flush=True)
        for line in sys.stdin:
            word = line.strip()
            if word == "ask":
                print(portal.view().can(user, POST, RIGHT, account=HQ), flush=True)
                continue
            place = {"user": user, "application": POST, "account": HQ, "rights": (RIGHT,)}
            selected = {**place, "resources": {"product": ("letter",)}}
            command: Command = Grant.model_validate(selected) if word == "grant" else Revoke.model_validate(place)
            print(isinstance(portal.execute(OPERATOR, command), Accepted), flush=True)


def tried(url: str, rounds: int, processes: int = 3) -> Outcome:
    """Revoke so many times, and return what the processes answered."""
    user = _prepared(url)
    counted = {"late": 0, "missed": 0, "answers": 0}
    with ExitStack() as opened:
        others = [opened.enter_context(closing(Process(url, user, number))) for number in range(processes)]
        opened.enter_context(_noise(url))
        began = time.monotonic()
        for number in range(rounds):
            for word, expected, wrong in (("grant", "True", "missed"), ("revoke", "False", "late")):
                one = others[number % processes]
                one.say(word)
                assert one.hear() == "True", word
                asked = [each for each in others if each is not one]
                for each in asked:
                    each.say("ask")
                answers = [each.hear() for each in asked]
                counted["answers"] += len(answers) * (word == "revoke")
                counted[wrong] += sum(answer != expected for answer in answers)
    return Outcome(rounds, counted["answers"], counted["late"], counted["missed"], time.monotonic() - began)


def _prepared(url: str) -> UserId:
    with closing(SqlStore(url)) as store:
        day = Day(world("bpost", store))
        day.open()
        return day.colleague(day.administrator(ACME), ACME, "ben")


@contextmanager
def _noise(url: str) -> Iterator[None]:
    """Keep transactions open that end in another order than they began, where a database knows such a thing."""
    if not url.startswith("postgresql"):
        yield
        return
    is_over, engine = Event(), create_engine(url)

    def hold(seconds: float) -> None:
        while not is_over.is_set():
            with engine.begin() as connection:
                connection.execute(text("SELECT pg_current_xact_id()"))
                is_over.wait(seconds)

    threads = [Thread(target=hold, args=(seconds,)) for seconds in (0.02, 0.1, 0.5)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        engine.dispose()


@contextmanager
def _database(named: str) -> Iterator[str]:
    if named == "sqlite":
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/portal.db"
    elif named == "postgresql":
        from tests.postgres import cluster  # noqa: PLC0415 - nobody else needs it

        with cluster() as made, made.start().database() as url:
            yield url
    else:
        yield named


def main(arguments: Sequence[str] | None = None) -> int:
    """Try it, and say what came of it; the exit status says whether every answer was in time."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--database", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        url, user, number = chosen.serve
        serve(url, user, int(number))
        return 0
    wrong = 0
    for named in chosen.database:
        with _database(named) as url:
            out = tried(url, chosen.rounds, chosen.processes)
        wrong += out.late + out.missed
        print(
            f"{named}: {out.revocations:,} revocations, {chosen.processes} processes, {out.answers:,} answers, "
            f"{out.late} late; {out.missed} grants missed; {out.seconds:.0f} s",
            flush=True,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
