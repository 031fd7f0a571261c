"""How long a command takes, by store and by the size of an organisation, and how long the index takes to load.

    python benchmarks/commands.py [--stores memory …] [--users 10 …] [--rounds 200] [--elements 1000000] [--json]
                                  [--write docs]

Every measurement has a process of its own.  An administrator creates a user, grants him something and deactivates him,
round after round, in an organisation that has so many users already.  Passwords are hashed at the least cost that
Argon2 allows (`testing.clockwork`): a real hash takes longer than all the rest, on purpose.  SQLite is a file
in WAL mode, PostgreSQL a server on this machine that keeps what it has acknowledged (fsync on), unless
PARTNERAUTH_TEST_POSTGRES names another.  Statements are counted in rounds that are not timed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from report import MARK, machine
from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, text

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.adapters.day import ACME, HQ, PERSON, POST, Day  # noqa: E402 - the project is found by then
from tests.postgres import VARIABLE, Server, cluster  # noqa: E402

from partnerauth.adapters.memory import MemoryStore  # noqa: E402
from partnerauth.adapters.sql import SqlStore  # noqa: E402
from partnerauth.adapters.sql.mapping import BY_ENTITY, MANAGEMENT  # noqa: E402
from partnerauth.addresses import EmailAddress  # noqa: E402
from partnerauth.decision import Accepted  # noqa: E402
from partnerauth.directory import Entity, key_of  # noqa: E402
from partnerauth.entities import (  # noqa: E402
    Account,
    AccountId,
    Credential,
    LoginName,
    Organisation,
    OrganisationId,
    Selection,
    State,
    User,
    UserId,
)
from partnerauth.flow import Command  # noqa: E402
from partnerauth.flows.create_user import CreateUser  # noqa: E402
from partnerauth.flows.deactivate import Deactivate  # noqa: E402
from partnerauth.flows.grant import Grant  # noqa: E402
from partnerauth.index import Index  # noqa: E402
from partnerauth.portals import read_portal  # noqa: E402
from partnerauth.ports import Store, Unit  # noqa: E402
from partnerauth.testing.clockwork import world  # noqa: E402

STORES: Final = ("memory", "sqlite", "postgresql")
COMMANDS: Final = ("create-user", "grant", "deactivate")
MOST: Final = 1.5
"""How many times as much a command may take among the most users as among the fewest."""

PAGE: Final = os.sysconf("SC_PAGE_SIZE")
A_USER: Final = 100
"""Elements that each user holds when the index is loaded."""

AN_ORGANISATION: Final = 100
"""Users of each organisation then."""

AT_ONCE: Final = 5_000


# Databases.


@contextmanager
def opened(kind: str) -> Iterator[tuple[Store, Engine | None]]:
    """Yield a new store, and the engine below it."""
    if kind == "memory":
        yield MemoryStore(), None
        return
    with ExitStack() as until_then:
        if kind == "sqlite":
            url = f"sqlite:///{until_then.enter_context(TemporaryDirectory())}/portal.db"
        elif named := os.environ.get(VARIABLE):
            url = until_then.enter_context(Server(make_url(named), owned=False).database(tables=False))
        else:
            server = until_then.enter_context(cluster()).start(settings=())
            url = until_then.enter_context(server.database(tables=False))
        engine = create_engine(url)
        until_then.callback(engine.dispose)
        yield SqlStore(engine), engine


def people(organisation: OrganisationId, users: int) -> Iterator[tuple[Entity, ...]]:
    """Yield users with what belongs to each.  Every tenth one has left, and was an administrator."""
    for number in range(users):
        has_left = number % 10 == 9
        user = User(
            id=UserId(f"u-{organisation}-{number:06}"),
            organisation=organisation,
            state=State.DEACTIVATED if has_left else State.ACTIVE,
            email=EmailAddress(f"p{number}@{organisation}.example", f"p{number}", f"{organisation}.example"),
            management=frozenset({"manage-administrators", "manage-users"}) if has_left else frozenset(),
        )
        yield (
            user,
            LoginName(key=user.email.key, user=user.id),
            Credential(user=user.id, password_hash="x"),
            Selection(user=user.id, account=AccountId(f"{organisation}/{HQ}"), application=POST),
        )


def fill(store: Store, engine: Engine | None, entities: Sequence[Entity]) -> None:
    """Put entities in place straight away: a command each would take its time."""
    for start in range(0, len(entities), AT_ONCE):
        some = entities[start : start + AT_ONCE]
        if engine is None:
            store.commit(Unit(changes={key_of(each): each for each in some}))
        else:
            with engine.begin() as connection:
                _insert(connection, some)


def _insert(connection: Connection, entities: Sequence[Entity]) -> None:
    for kind in (Organisation, Account, User, LoginName, Credential, Selection):
        kept = BY_ENTITY[kind]
        rows = [{**kept.values(each), "revision": 1, "arrival": 1} for each in entities if isinstance(each, kind)]
        if rows:
            connection.execute(insert(kept.table), rows)
    users = [each for each in entities if isinstance(each, User)]
    if managed := [MANAGEMENT.owned(user, item) for user in users for item in MANAGEMENT.items(user)]:
        connection.execute(insert(MANAGEMENT.table), managed)


def settle(engine: Engine | None) -> None:
    """Let a database look at its tables, as it does by itself when it has been in use for a while."""
    if engine is not None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


# Measurements.


def measure(kind: str, users: int, rounds: int) -> dict[str, Any]:
    """Measure the commands over one store, in this process."""
    with opened(kind) as (store, engine):
        day = Day(world("bpost", store))
        day.open()
        chief = day.administrator(ACME)
        fill(store, engine, [entity for person in people(ACME, users) for entity in person])
        settle(engine)
        gc.collect()
        gc.freeze()

        def give(number: int, told: Callable[[str, float], None]) -> None:
            details = {**PERSON, "email": f"new{number}@acme.example", "username": f"new{number}"}
            user = UserId(timed(CreateUser(details=details), told) or "")
            timed(Grant(user=user, application=POST, account=HQ, rights=("general-follow-up",)), told)
            timed(Deactivate(user=user), told)

        def timed(command: Command, told: Callable[[str, float], None]) -> str | None:
            start = time.perf_counter()
            answer = day.portal.execute(chief, command)
            told(command.word(), time.perf_counter() - start)
            assert isinstance(answer, Accepted), answer
            return answer.created

        times: dict[str, list[float]] = {word: [] for word in COMMANDS}
        for number in range(10):
            give(number, lambda *_: None)
        for number in range(10, 10 + rounds):
            give(number, lambda word, took: times[word].append(took))
        statements = counted(engine, lambda told: give(10 + rounds, told))
    return {
        "what": "commands",
        "store": kind,
        "users": users,
        "rounds": rounds,
        "p50_ms": {word: statistics.median(took) * 1e3 for word, took in times.items()},
        "per_second": {word: 1 / statistics.mean(took) for word, took in times.items()},
        "statements": statements,
    }


def counted(engine: Engine | None, give: Callable[[Callable[[str, float], None]], None]) -> Mapping[str, int]:
    """Return how many statements each command takes; none where there is no database."""
    seen = {"now": 0}
    found: dict[str, int] = {}

    def executed(*_: object) -> None:
        seen["now"] += 1

    def told(word: str, _: float) -> None:
        found[word], seen["now"] = seen["now"], 0

    if engine is not None:
        event.listen(engine, "before_cursor_execute", executed)
        give(told)
        event.remove(engine, "before_cursor_execute", executed)
    return found


def measure_loading(kind: str, elements: int) -> dict[str, Any]:
    """Measure how long the index takes to know everybody, and what it needs for that, in this process."""
    names = [f"B{number:03}" for number in range(A_USER - 6)]
    wanted = [("right", "general-follow-up"), *(("product", f"product-{number}") for number in range(5))]
    wanted += [("billing-address", name) for name in names]
    homes = [OrganisationId(f"o{number:04}") for number in range(max(1, elements // A_USER // AN_ORGANISATION))]
    with opened(kind) as (store, engine):
        assert engine is not None
        for home in homes:
            company = Organisation(id=home, name=home)
            account = Account(
                id=AccountId(f"{home}/{HQ}"),
                organisation=home,
                name=HQ,
                applications=frozenset({POST}),
                billing_addresses=frozenset(names),
            )
            fill(store, engine, [company, account])
            fill(store, engine, [entity for person in people(home, AN_ORGANISATION) for entity in person])
        give_everybody(engine, wanted)
        settle(engine)
        users = [UserId(f"u-{home}-{number:06}") for home in homes for number in range(AN_ORGANISATION)]
        portal = read_portal("bpost")
        gc.collect()
        gc.freeze()
        before, start = resident(), time.perf_counter()
        index = Index(portal, store)
        index.load(users)
        took = time.perf_counter() - start
        gc.collect()
        used = resident() - before
        held = sum(len(found) for _, application, found in index.selections(users[0]) if application == POST)
    return {
        "what": "loading",
        "store": kind,
        "users": len(users),
        "elements": len(users) * len(wanted),
        "held_by_one": held,
        "seconds": took,
        "megabytes": used / 1e6,
    }


def give_everybody(engine: Engine, wanted: Sequence[tuple[str, str]]) -> None:
    """Let every user hold all of these, in one statement of the database's own."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE wanted (kind text, name text)"))
        rows = [{"kind": kind, "name": name} for kind, name in wanted]
        connection.execute(text("INSERT INTO wanted VALUES (:kind, :name)"), rows)
        given = (
            "INSERT INTO partnerauth_selection_element "
            '(user_id, account_id, application, kind, name, "by", at, source) '
            "SELECT s.user_id, s.account_id, s.application, w.kind, w.name, 'operator:operator', :at, '' "
            "FROM partnerauth_selection AS s CROSS JOIN wanted AS w"
        )
        at: object = datetime(2026, 1, 5, tzinfo=UTC)
        connection.execute(text(given), {"at": at if engine.dialect.name == "postgresql" else "2026-01-05 00:00:00"})


def resident() -> int:
    """Return the bytes of memory that this process has in use."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


# Runs and reports.


def run(stores: Sequence[str], sizes: Sequence[int], rounds: int, elements: int) -> list[dict[str, Any]]:
    """Measure everything, each in a process of its own."""
    asked = [["--one", store, "--users", str(size), "--rounds", str(rounds)] for store in stores for size in sizes]
    asked += [["--load", store, "--elements", str(elements)] for store in stores if store != "memory" and elements]
    runs = []
    for arguments in asked:
        command = [sys.executable, __file__, *arguments]
        runs.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
        print(line(runs[-1]), file=sys.stderr)
    return runs


def line(one: Mapping[str, Any]) -> str:
    """Return one measurement as a line to read."""
    if one["what"] == "loading":
        return f"{one['store']:<10} {one['elements']:>9,} elements in {one['seconds']:.1f} s, {one['megabytes']:.0f} MB"
    words = (
        f"{word} {one['p50_ms'][word]:.2f} ms {one['per_second'][word]:,.0f}/s "
        f"{one['statements'].get(word, 0)} statements"
        for word in COMMANDS
    )
    return f"{one['store']:<10} {one['users']:>7,} users  {'  '.join(words)}"


def growth(runs: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    """Return how many times as much each command takes among the most users as among the fewest, by store."""
    found = {}
    timed = [each for each in runs if each["what"] == "commands"]
    for store in dict.fromkeys(each["store"] for each in timed):
        same = sorted((each for each in timed if each["store"] == store), key=lambda each: int(each["users"]))
        for word in COMMANDS:
            found[store, word] = same[-1]["p50_ms"][word] / same[0]["p50_ms"][word]
    return found


def write(runs: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write the tables into docs/scaling.md, between the marks."""
    page = folder / "scaling.md"
    parts = page.read_text("utf-8").split(MARK) if page.exists() else ["# Scaling\n\n", "", "\n"]
    page.write_text(f"{parts[0]}{MARK}\n\n{measured(runs)}\n{MARK}{parts[-1]}", encoding="utf-8")


def measured(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the part of the page that a run writes."""
    lines = [
        machine(),
        "",
        "| store | users | command | p50 ms | a second | statements |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for one in (each for each in runs if each["what"] == "commands"):
        lines += [
            f"| {one['store']} | {one['users']:,} | {word} | {one['p50_ms'][word]:.2f} | "
            f"{one['per_second'][word]:,.0f} | {one['statements'].get(word, '')} |"
            for word in COMMANDS
        ]
    lines += ["", "| store | command | most users against fewest | at most | |", "| --- | --- | ---: | ---: | --- |"]
    for (store, word), times in growth(runs).items():
        met = "reached" if times <= MOST else "missed"
        lines.append(f"| {store} | {word} | {times:.2f} times | {MOST} times | {met} |")
    lines += [
        "",
        "| store | elements | users | seconds | MB | bytes an element |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in (each for each in runs if each["what"] == "loading"):
        lines.append(
            f"| {one['store']} | {one['elements']:,} | {one['users']:,} | {one['seconds']:.1f} | "
            f"{one['megabytes']:.0f} | {one['megabytes'] * 1e6 / one['elements']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, and print what came out; the exit status says whether the cost stays what it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stores", nargs="+", default=list(STORES), choices=STORES)
    parser.add_argument("--users", type=int, nargs="+", default=[10, 1_000, 100_000])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--elements", type=int, default=1_000_000, help="to load; 0 loads none")
    parser.add_argument("--one", choices=STORES, help=argparse.SUPPRESS)
    parser.add_argument("--load", choices=STORES[1:], help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print the runs as JSON")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write the tables into scaling.md there")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one, chosen.users[0], chosen.rounds)))
        return 0
    if chosen.load:
        print(json.dumps(measure_loading(chosen.load, chosen.elements)))
        return 0
    runs = run(chosen.stores, chosen.users, chosen.rounds, chosen.elements)
    if chosen.json:
        print(json.dumps({"runs": runs}, indent=1))
    if chosen.write:
        write(runs, chosen.write)
    return 1 if any(times > MOST for times in growth(runs).values()) else 0


if __name__ == "__main__":
    sys.exit(main())
