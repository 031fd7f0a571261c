"""Runs tests in forked processes, each of which may do to the library what it likes: it ends with the process.

The tests are collected once, by whoever makes a pytest plugin of this, and are there in every process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import pytest

Case = TypeVar("Case")

NOBODY = "nobody"
"""Stands for no test."""


class Trial(NamedTuple, Generic[Case]):
    """What is tried, what is done first, and the tests that are run then, until one fails."""

    case: Case
    prepare: Callable[[], object]
    tests: Sequence[pytest.Item]


class Forks:
    """The part of a pytest plugin that tries things in processes of their own."""

    def __init__(self, jobs: int) -> None:
        """Let so many processes run at once.  Raises RuntimeError where a process cannot be forked."""
        if not hasattr(os, "fork"):
            message = "tests are run in forked processes, which this system does not have: use Linux or macOS"
            raise RuntimeError(message)
        self.jobs = jobs
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the tests that fail, the first one first."""
        if report.failed:
            self.failed.append(report.nodeid)

    def first_failures(self, trials: Iterable[Trial[Case]]) -> Iterator[tuple[Case, str]]:
        """Yield each case with the first test that fails, or `NOBODY`; or nothing, where its process came to no end."""
        waiting = iter(trials)
        running: dict[int, tuple[Case, int]] = {}
        while True:
            while len(running) < self.jobs and (trial := next(waiting, None)):
                process, read = self._started(trial)
                running[process] = (trial.case, read)
            if not running:
                return
            process, _ = os.wait()
            case, read = running.pop(process)
            with os.fdopen(read, encoding="utf-8") as answer:
                yield case, answer.read()

    def _started(self, trial: Trial[Case]) -> tuple[int, int]:
        """Fork a process for a trial; return its id, and where it says how it went."""
        read, write = os.pipe()
        process = os.fork()
        if process == 0:
            try:
                trial.prepare()
                os.write(write, self._first_failure(trial.tests).encode())
            finally:
                os._exit(0)
        os.close(write)
        return process, read

    def _first_failure(self, tests: Sequence[pytest.Item]) -> str:
        try:
            for item in tests:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if self.failed:
                    return self.failed[0]
        except BaseException as error:  # noqa: BLE001 - whatever breaks the test run itself is noticed as well
            return f"{type(error).__name__}: {error}"
        return NOBODY
