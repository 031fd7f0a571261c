"""Runs every mutant of the policy and the flows against the tests that reach it, and says which survive.

`mutmut`, as `pyproject.toml` configures it, makes the mutants and finds out which tests reach which function:

    python tests/mutation/run.py [--sample 400 --seed 1] [--again] [--jobs 2] [NAME ...]

What `mutmut run` can not do here, this does: a test whose id holds a backslash can not be asked for by its id, which
`mutmut` would take for a killed mutant; and it collects the tests anew for each mutant, which takes most of its time.
Here tests are collected once, and each mutant gets a forked process, in which its tests run, cheapest first, until one
fails.  A mutant that `LONGEST` seconds of tests do not notice has survived.  `NAME` is a pattern like
`partnerauth.policy.*`; `--again` runs only what survived last time.  Results are kept in `mutants/results.json`.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import random
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.forked import NOBODY, Forks, Trial

PROJECT = Path(__file__).parents[2]
MUTANTS = PROJECT / "mutants"
RESULTS = MUTANTS / "results.json"

LONGEST = 20.0
"""Seconds of tests, as they took without a mutant, that a mutant is tried with."""

SURVIVED, STUCK = "survived", "stuck"

SMALLEST = "partnerauth.policy.sso.*"
"""Few mutants, for `mutmut run` wants to run some: what counts is what it prepares before."""


def prepare() -> None:
    """Have mutants made, and the tests of every function found."""
    subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "1", SMALLEST], cwd=PROJECT, check=True)


def made() -> list[str]:
    """Return the names of all mutants."""
    metas = (json.loads(file.read_text("utf-8")) for file in sorted(MUTANTS.rglob("*.meta")))
    return sorted(name for meta in metas for name in meta["exit_code_by_key"])


def stats() -> dict[str, Any]:
    """Return which tests reach which function, and how long each takes, as `mutmut` found out."""
    found: dict[str, Any] = json.loads((MUTANTS / "mutmut-stats.json").read_text("utf-8"))
    return found


def tests_by_mutant(wanted: Iterable[str]) -> dict[str, list[str]]:
    """Return for each mutant the ids of tests that reach its function, up to `LONGEST` seconds.

    Those of the file that is named after the module come first, then those of the folder of its part (the engine's
    comparisons with pycasbin are dear, and nothing else notices what they do), then the cheapest.
    """
    known = stats()
    reach, took = known["tests_by_mangled_function_name"], known["duration_by_test"]
    chosen: dict[str, list[str]] = {}
    for mutant in wanted:
        total = 0.0
        function = mutant.rpartition("__mutmut_")[0]
        own = f"/test_{function.split('.')[-2]}.py"
        folder = "tests/engine/" if ".engine." in function else own
        chosen[mutant] = []
        for test in sorted(reach.get(function, ()), key=lambda each: (own not in each, folder not in each, took[each])):
            total += took[test]
            if total > LONGEST:
                break
            chosen[mutant].append(test)
    return chosen


class Experiment(Forks):
    """A pytest plugin: instead of running the tests once, runs those of each mutant in a process of its own."""

    def __init__(self, chosen: Mapping[str, Sequence[str]], jobs: int) -> None:
        super().__init__(jobs)
        self.chosen = chosen
        self.known = set(stats()["duration_by_test"])
        self.results: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try each mutant in a process of its own."""
        items = {item.nodeid: item for item in session.items}
        newer = [item for item in session.items if item.nodeid not in self.known]
        # What is there stays where it is, so that the processes share it.
        gc.freeze()
        trials = (
            Trial(mutant, partial(become, mutant), [*(items[test] for test in tests if test in items), *newer])
            for mutant, tests in self.chosen.items()
        )
        for mutant, killer in self.first_failures(trials):
            self.results[mutant] = {NOBODY: SURVIVED, "": STUCK}.get(killer, killer)
            if len(self.results) % 20 == 0:
                save(self.results)
        return True


def become(mutant: str) -> None:
    """Be a mutant until the process ends, or the first of two alarms ends it."""
    signal.setitimer(signal.ITIMER_PROF, 3 * LONGEST)
    signal.alarm(int(30 * LONGEST))
    os.environ["MUTANT_UNDER_TEST"] = mutant


def save(results: Mapping[str, str]) -> None:
    """Keep results beside those of earlier runs."""
    RESULTS.write_text(json.dumps({**kept(), **results}, indent=1, sort_keys=True) + "\n", "utf-8")


def kept() -> dict[str, str]:
    """Return the results of earlier runs."""
    known: dict[str, str] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    return known


def experiment(wanted: Sequence[str], jobs: int) -> dict[str, str]:
    """Return for each mutant the first test that fails, or `SURVIVED`, or `STUCK` where it took too long or died."""
    plugin = Experiment(tests_by_mutant(wanted), jobs)
    os.chdir(MUTANTS)
    sys.path.insert(0, str(MUTANTS / "src"))
    os.environ["MUTANT_UNDER_TEST"] = ""
    selected = configured("pytest_add_cli_args_test_selection")
    options = ["--rootdir=.", "-p", "no:terminal", "-o", "addopts=--import-mode=importlib"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    pytest.main([*options, *configured("pytest_add_cli_args"), *selected], plugins=[plugin])
    save(plugin.results)
    return plugin.results


def configured(name: str) -> list[str]:
    """Return a setting of `mutmut`."""
    settings: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]
    return list(settings[name])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", default=["*"], help="patterns of mutants to run")
    parser.add_argument("--sample", type=int, help="how many, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--again", action="store_true", help="only what did not fail a test last time")
    parser.add_argument("--prepared", action="store_true", help="take the mutants that are there")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    chosen = parser.parse_args(arguments)
    if not chosen.prepared:
        prepare()
    wanted = [name for name in made() if any(fnmatchcase(name, pattern) for pattern in chosen.names)]
    if chosen.again:
        wanted = [name for name, result in kept().items() if result in {SURVIVED, STUCK} and name in set(wanted)]
    if chosen.sample:
        wanted = random.Random(chosen.seed).sample(wanted, chosen.sample)  # noqa: S311 - a sample, no secret
    start = perf_counter()
    results = experiment(wanted, chosen.jobs)
    counted = Counter(result if result in {SURVIVED, STUCK} else "killed" for result in results.values())
    share = counted["killed"] / max(len(results), 1)
    margin = 1.96 * math.sqrt(share * (1 - share) / max(len(results), 1))
    sys.stdout.write("".join(f"{name}\n" for name, result in sorted(results.items()) if result == SURVIVED))
    sys.stdout.write(f"{len(results)} mutants in {perf_counter() - start:.0f} s: {dict(counted)}, ")
    sys.stdout.write(f"{share:.1%} killed (95 %: {share - margin:.1%} to {share + margin:.1%})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
