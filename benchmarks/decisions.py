"""How long a decision takes: partnerauth beside the floor and its peers, in one run, on the workload of `portal_n`.

    python benchmarks/decisions.py [--elements 1000 …] [--engines floor …] [--json] [--write docs]

Every engine runs in a process of its own, so that memory is its own.  Questions are made of fresh strings, the timer
runs around one call each, and every answer is compared with the expected one.  The questions are asked in several
rounds, of which the quietest counts, for whatever else the machine does only ever adds to a time.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from engines import ENGINES, Engine, version_of
from portal_n import Question, Workload, workload
from processes import apart, resident
from report import write

WRITES = 200
ROUNDS = 6
"""Rounds of questions, the first of which is left out; two for whoever takes a millisecond a question."""


def fresh(question: Question) -> Question:
    """Return a question of new strings, whose hashes nobody has worked out yet, as a request brings them."""
    user, account, application, right, resource = ("".join(list(part)) for part in question)
    return user, account, application, right, resource


def measure(name: str, elements: int) -> dict[str, Any]:
    """Measure one engine with so many elements, in this process."""
    load = workload(elements)
    gc.collect()
    gc.freeze()
    before = resident()
    start = time.perf_counter()
    engine: Engine = ENGINES[name][0](load)
    load_s = time.perf_counter() - start
    gc.collect()
    used = resident() - before
    slow = name == "pycasbin"
    questions = load.questions[:200] if slow else load.questions
    times, wrong = asked(engine, questions, 2 if slow else ROUNDS)
    return {
        "engine": name,
        "version": version_of(ENGINES[name][2]),
        "elements": load.elements,
        "p50_us": statistics.median(times) / 1000,
        "p99_us": statistics.quantiles(times, n=100)[98] / 1000,
        "per_second": round(1e9 / statistics.mean(times)),
        "load_s": round(load_s, 4),
        "bytes_per_element": round(used / load.elements, 1),
        "write_us": written(engine, load, 10 if name.startswith("pycasbin") else WRITES),
        "checked": len(questions),
        "wrong": wrong,
    }


def asked(engine: Engine, questions: list[tuple[Question, bool]], rounds: int) -> tuple[list[int], int]:
    """Return the nanoseconds of each question in the quietest round, and how many answers were wrong in the first.

    An engine with handles for one user makes them outside the timed call, as a page does with many questions.
    """
    handle = getattr(engine, "handle", lambda _: engine.ask)
    arguments = getattr(engine, "arguments", tuple)
    now = time.perf_counter_ns
    best: list[int] = []
    wrong = 0
    for number in range(rounds):
        times: list[int] = []
        for question, expected in [(fresh(question), expected) for question, expected in questions]:
            ask, asked_as = handle(question[0]), arguments(question)
            start = now()
            answer = ask(*asked_as)
            end = now()
            times.append(end - start)
            wrong += number == 0 and answer is not expected
        if number and (not best or statistics.median(times) < statistics.median(best)):
            best = times
    return best, wrong


def written(engine: Engine, load: Workload, writes: int) -> float:
    """Return the median microseconds of one granted right, until the next decision has seen it."""
    denied = [question for question, allowed in load.questions if not allowed][:writes]
    handle = getattr(engine, "handle", lambda _: engine.ask)
    arguments = getattr(engine, "arguments", tuple)
    now = time.perf_counter_ns
    times = []
    for question in denied:
        user, account, application, _, resource = question
        right = "right0"
        asks = fresh((user, account, application, right, resource))
        ask, asked_as = handle(user), arguments(asks)
        start = now()
        engine.grant(user, account, application, right)
        ask(*asked_as)
        times.append(now() - start)
    return statistics.median(times) / 1000


def run(engines: list[str], sizes: list[int]) -> list[dict[str, Any]]:
    """Measure each engine at each size, each in a process of its own."""
    runs = []
    for elements in sizes:
        for name in engines:
            if elements > ENGINES[name][1]:
                continue
            runs.append(apart(measure, name, elements))
            print(line(runs[-1]), file=sys.stderr)
    return runs


def line(one: dict[str, Any]) -> str:
    """Return one measurement as a line to read."""
    return (
        f"{one['elements']:>9,} {one['engine']:<21} p50 {one['p50_us']:>10.2f} µs  p99 {one['p99_us']:>10.2f} µs  "
        f"load {one['load_s']:>8.2f} s  {one['bytes_per_element']:>7.1f} B  write {one['write_us']:>10.2f} µs  "
        f"wrong {one['wrong']} of {one['checked']}"
    )


def main() -> int:
    """Measure, and print what came out; the exit status says whether every answer was right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--elements", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument("--json", action="store_true", help="print the runs as JSON")
    parser.add_argument(
        "--write", type=Path, metavar="FOLDER", help="write the tables into performance.md there, and its plots"
    )
    arguments = parser.parse_args()
    runs = run(arguments.engines, arguments.elements)
    if arguments.json:
        print(json.dumps({"runs": runs}, indent=1))
    if arguments.write:
        write(runs, arguments.write)
    return 1 if any(one["wrong"] for one in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
