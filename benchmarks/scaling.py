"""What a command, an element and a user cost, by store and by size: time, statements, bytes of memory and on disk.

    python benchmarks/scaling.py [--stores memory …] [--users 10 …] [--rounds 200] [--elements 1000000]
                                 [--created 1000] [--json] [--write docs]

Every measurement has a process of its own.

* Commands: an administrator creates a user, grants him something and deactivates him, round after round, in an
  organisation that has so many users already.  Passwords are hashed at the least cost that Argon2 allows
  (`testing.clockwork`): a real hash takes longer than all the rest, on purpose.  SQLite is a file in WAL mode,
  PostgreSQL a server on this machine that keeps what it has acknowledged (fsync on), unless PARTNERAUTH_TEST_POSTGRES
  names another.  Statements are counted in rounds that are not timed.
* Loading: how long the index takes to know everybody who holds these elements, a hundred each, and its memory.
* Bytes: what the elements of `portal_n` take in tables and indexes; then `--created` users are created and given
  twenty-five elements each by commands, which also leave a record, mails and changes.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from databases import STORES, WHEN, entities, fill, long_id, opened, people, settle
from portal_n import workload
from processes import apart, resident
from report import machine, put
from sqlalchemy import Engine, create_engine, event, text
from tests.adapters.day import ACME, HQ, OPERATOR, PERSON, POST, Day

from partnerauth.adapters.sql import SqlStore
from partnerauth.directory import Entity
from partnerauth.entities import RIGHT, Account, AccountId, Element, Given, Organisation, OrganisationId, UserId
from partnerauth.flow import Command
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant import Grant
from partnerauth.flows.open_organisation import AccountFields, OpenOrganisation
from partnerauth.index import Index
from partnerauth.portals import read_portal
from partnerauth.testing.clockwork import world

COMMANDS: Final = ("create-user", "grant", "deactivate")
MOST: Final = 1.5
"""How many times as much a command may take among the most users as among the fewest."""

A_USER: Final = 100
"""Elements that each user holds when the index is loaded."""

AN_ORGANISATION: Final = 100
"""Users of each organisation then."""

CREATED_TOGETHER: Final = 20
"""Users of each organisation where all are created by commands."""

RIGHTS: Final = ("administrator-role", "confirmation", "creation", "view-prices")
GIVEN: Final = 25
"""Elements that each of those is given: the rights, twenty products and a billing address."""

USER_TABLES: Final = ("user", "login_name", "credential", "management")


# Commands.


def measure_commands(kind: str, users: int, rounds: int) -> dict[str, Any]:
    """Measure the commands over one store, in this process."""
    with opened(kind) as (store, engine):
        day = Day(world("bpost", store))
        day.open()
        chief = day.administrator(ACME)
        fill(store, engine, people(ACME, users))
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
            created = day.give(chief, command).created
            told(command.word(), time.perf_counter() - start)
            return created

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


def growth(runs: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], float]:
    """Return how many times as much each command takes among the most users as among the fewest, by store."""
    found = {}
    timed = of("commands", runs)
    for store in dict.fromkeys(each["store"] for each in timed):
        same = sorted((each for each in timed if each["store"] == store), key=lambda each: int(each["users"]))
        for word in COMMANDS:
            found[store, word] = same[-1]["p50_ms"][word] / same[0]["p50_ms"][word]
    return found


# Loading.


def measure_loading(kind: str, elements: int) -> dict[str, Any]:
    """Measure how long the index takes to know everybody, and what it needs for that, in this process."""
    homes = [OrganisationId(f"o{number:04}") for number in range(max(1, elements // A_USER // AN_ORGANISATION))]
    with opened(kind) as (store, engine):
        assert engine is not None
        # The memory that this takes would be taken again by what is measured.
        apart(fill_homes, engine.url.render_as_string(hide_password=False), homes)
        users = [long_id(f"p{number} of {home}") for home in homes for number in range(AN_ORGANISATION)]
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
    assert held == A_USER, held
    return {
        "what": "loading",
        "store": kind,
        "users": len(users),
        "elements": len(users) * A_USER,
        "seconds": took,
        "megabytes": used / 1e6,
    }


def fill_homes(url: str, homes: Iterable[OrganisationId]) -> None:
    """Fill a database with organisations whose users all hold the same."""
    products = read_portal("bpost").applications[POST].products[:5]
    names = [f"B{number:03}" for number in range(A_USER - 6)]
    wanted = [Element(RIGHT, "general-follow-up"), *(Element("product", name) for name in products)]
    wanted += [Element("billing-address", name) for name in names]
    held = dict.fromkeys(wanted, Given("operator:operator", WHEN, ""))
    engine = create_engine(url)
    store = SqlStore(engine)
    for home in homes:
        account = Account(
            id=AccountId(f"{home}/{HQ}"),
            organisation=home,
            name=HQ,
            applications=frozenset({POST}),
            billing_addresses=frozenset(names),
        )
        everything: list[Entity] = [Organisation(id=home, name=home), account, *people(home, AN_ORGANISATION, held)]
        fill(store, engine, everything)
    settle(engine)
    engine.dispose()


# Bytes.


def measure_bytes(kind: str, elements: int, created: int) -> dict[str, Any]:
    """Measure what elements and users take in a database: put there straight away, and by commands."""
    work = workload(elements, questions=0)
    with opened(kind) as (store, engine):
        assert engine is not None
        fill(store, engine, entities(work))
        settle(engine)
        filled = sizes(engine)
        create(Day(world("bpost", store)), created)
        settle(engine)
        grown = {name: size - filled[name] for name, size in sizes(engine).items()}
    return {
        "what": "bytes",
        "store": kind,
        "elements": work.elements,
        "users": len(work.users),
        "created": created,
        "bytes": bytes_of_each(filled, work.elements, len(work.users)) | bytes_of_commands(grown, created),
    }


def bytes_of_each(filled: Mapping[str, int], elements: int, users: int) -> dict[str, float]:
    """Return what an element and a user take of the bytes of each table."""
    of_users = sum(filled[name] for name in USER_TABLES)
    return {
        "an element, its row and index": filled["selection_element"] / elements,
        "the selections, for each element": filled["selection"] / elements,
        "a user without elements: himself, two names, password, management rights": of_users / users,
        "everything, for each element": sum(filled.values()) / elements,
    }


def bytes_of_commands(grown: Mapping[str, int], created: int) -> dict[str, float]:
    """Return what commands leave behind for each user that they create, and for each element that they give."""
    facts = {*USER_TABLES, "selection", "selection_element"}
    traces = sum(size for name, size in grown.items() if name not in facts)
    return {
        f"record, mails and changes of creating a user and granting him {GIVEN} elements": traces / created,
        "an element given by a command": grown["selection_element"] / created / GIVEN,
    }


def sizes(engine: Engine) -> dict[str, int]:
    """Return the bytes of each table of ours, with those of its indexes."""
    if engine.dialect.name == "sqlite":
        query = """
            SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name)
            WHERE tbl_name LIKE 'partnerauth%' GROUP BY tbl_name
        """
    else:
        query = """
            SELECT relname, pg_total_relation_size(oid) FROM pg_class
            WHERE relkind = 'r' AND relname LIKE 'partnerauth%' AND relnamespace = current_schema()::regnamespace
        """
    with engine.connect() as connection:
        return {name.removeprefix("partnerauth_"): int(size) for name, size in connection.execute(text(query))}


def create(day: Day, users: int) -> None:
    """Create users by commands, twenty an organisation, and give each twenty-five elements."""
    resources = {"product": day.portal.portal.applications[POST].products[:20], "billing-address": ("B1",)}
    assert len(RIGHTS) + len(resources["product"]) + 1 == GIVEN
    for start in range(0, users, CREATED_TOGETHER):
        home = OrganisationId(f"company-{start // CREATED_TOGETHER}")
        fields = AccountFields(name="Headquarters", billing_addresses=("B1",))
        day.give(OPERATOR, OpenOrganisation(organisation=home, name=str(home), accounts={HQ: fields}))
        chief = day.administrator(home)
        for number in range(start, min(start + CREATED_TOGETHER, users)):
            details = {**PERSON, "email": f"jo-{number}@{home}.example", "username": f"user-{number}"}
            user = UserId(day.give(chief, CreateUser(details=details)).created or "")
            day.give(chief, Grant(user=user, application=POST, account=HQ, rights=RIGHTS, resources=resources))


# Runs and reports.


def run(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure everything, each in a process of its own."""
    asked = [
        partial(apart, measure_commands, store, users, chosen.rounds)
        for store in chosen.stores
        for users in chosen.users
    ]
    databases = [store for store in chosen.stores if store != "memory" and chosen.elements]
    asked += [partial(apart, measure_loading, store, chosen.elements) for store in databases]
    asked += [partial(apart, measure_bytes, store, chosen.elements, chosen.created) for store in databases]
    runs = []
    for measured in asked:
        runs.append(measured())
        print(line(runs[-1]), file=sys.stderr)
    return runs


def of(what: str, runs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the measurements of one kind."""
    return [each for each in runs if each["what"] == what]


def line(one: Mapping[str, Any]) -> str:
    """Return one measurement as a line to read."""
    match one["what"]:
        case "loading":
            said = f"{one['elements']:>9,} elements loaded in {one['seconds']:.1f} s, {one['megabytes']:.0f} MB"
        case "bytes":
            said = f"{one['elements']:>9,} elements of {one['bytes']['everything, for each element']:.0f} bytes"
        case _:
            words = (
                f"{word} {one['p50_ms'][word]:.2f} ms {one['per_second'][word]:,.0f}/s "
                f"{one['statements'].get(word, 0)} statements"
                for word in COMMANDS
            )
            said = f"{one['users']:>9,} users  {'  '.join(words)}"
    return f"{one['store']:<10} {said}"


def commands_table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return what the page says of commands and of loading."""
    lines = [
        machine(),
        "",
        "| store | users | command | p50 ms | a second | statements |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for one in of("commands", runs):
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
        "| loaded from | elements | users | seconds | MB | bytes an element |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in of("loading", runs):
        lines.append(
            f"| {one['store']} | {one['elements']:,} | {one['users']:,} | {one['seconds']:.1f} | "
            f"{one['megabytes']:.0f} | {one['megabytes'] * 1e6 / one['elements']:.0f} |"
        )
    return "\n".join(lines)


def bytes_table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return what the page says of bytes in databases."""
    columns = of("bytes", runs)
    if not columns:
        return "Not measured."
    first = columns[0]
    said = (
        f"{first['elements']:,} elements of {first['users']:,} users put into the tables straight away; then "
        f"{first['created']:,} users created and given {GIVEN} elements each by commands."
    )
    lines = [
        said,
        "",
        f"| bytes | {' | '.join(one['store'] for one in columns)} |",
        f"| --- |{' ---: |' * len(columns)}",
    ]
    for what in first["bytes"]:
        cells = (f"{one['bytes'][what]:,.0f}" for one in columns)
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, and print what came out; the exit status says whether the cost stays what it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stores", nargs="+", default=list(STORES), choices=STORES)
    parser.add_argument("--users", type=int, nargs="+", default=[10, 1_000, 100_000], help="among whom commands act")
    parser.add_argument("--rounds", type=int, default=200, help="of commands")
    parser.add_argument("--elements", type=int, default=1_000_000, help="to load and to weigh; 0: none")
    parser.add_argument("--created", type=int, default=1_000, help="users to create by commands, and to weigh")
    parser.add_argument("--json", action="store_true", help="print the runs as JSON")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write the tables into scaling.md there")
    chosen = parser.parse_args()
    runs = run(chosen)
    if chosen.json:
        print(json.dumps({"runs": runs}, indent=1))
    if chosen.write:
        put(chosen.write / "scaling.md", commands_table(runs), bytes_table(runs))
    return 1 if any(times > MOST for times in growth(runs).values()) else 0


if __name__ == "__main__":
    sys.exit(main())
