"""The command `test`: runs scenario files, and says how each scenario ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TypeAlias

import click

from partnerauth.cli import screen, stores
from partnerauth.ports import Store
from partnerauth.scenarios import Outcome, Problem, Scenario, ScenarioError, empty_stores, find, in_memory, read, run

Empty: TypeAlias = Callable[[], AbstractContextManager[Store]]


@click.command("test")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE_OR_FOLDER…")
@click.option("--json", "as_json", is_flag=True, help="Say it as one JSON document.")
@click.option("--store", "url", metavar="URL", help="Run on a database: sqlite:///FILE or a PostgreSQL URL.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], *, as_json: bool, url: str | None) -> None:
    """Run scenario files.

    The exit status is 0 where all scenarios hold, 1 where one fails, and 2 where a file is not valid: then
    nothing is run.  With --store each scenario starts in an empty database: a file that scenarios made is
    emptied, any other is refused, and in PostgreSQL they have a schema of their own.
    """
    scenarios, problems = _read(paths)
    if problems:
        if not as_json:
            raise screen.BadInput(*map(str, problems))
        _tell({"problems": [asdict(each) for each in problems]})
        ctx.exit(2)
    outcomes = _run(scenarios, url, _pass_over if as_json else _report)
    failed = sum(not outcome.holds for outcome in outcomes)
    if as_json:
        _tell({"scenarios": [_as_data(each) for each in outcomes]})
    else:
        _summarise(len(outcomes), failed)
    ctx.exit(1 if failed else 0)


def _read(paths: tuple[Path, ...]) -> tuple[list[Scenario], list[Problem]]:
    try:
        files = find(paths)
    except ScenarioError as error:
        return [], list(error.problems)
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scenarios += read(file)
        except ScenarioError as error:
            problems += error.problems
    return scenarios, problems


def _run(scenarios: Iterable[Scenario], url: str | None, told: Callable[[Outcome], None]) -> list[Outcome]:
    """Run scenarios one after the other, each told as soon as it has ended."""
    outcomes = []
    with stores.told():
        empty: Empty = in_memory if url is None else empty_stores(url)
        for scenario in scenarios:
            outcomes.append(run(scenario, empty))
            told(outcomes[-1])
    return outcomes


def _pass_over(_: Outcome) -> None:
    """Say nothing yet."""


def _report(outcome: Outcome) -> None:
    title, failure = screen.visible(outcome.scenario.title), outcome.failure
    if failure is None:
        screen.show(f"{screen.good('ok')}      {title}")
        return
    screen.show(f"{screen.strong(screen.bad('FAILED'))}  {title}")
    screen.show(f"        {screen.visible(outcome.place)}")
    screen.show(f"        expected  {screen.visible(failure.expected)}")
    screen.show(f"        came      {screen.visible(failure.came)}")
    for message in failure.messages:
        screen.show(screen.wrapped(screen.visible(message), indent=" " * 18, style=screen.faint))


def _summarise(total: int, failed: int) -> None:
    said = f"{screen.count(total, 'scenario')}: {f'{failed} failed' if failed else 'all hold'}"
    screen.show(screen.strong(screen.bad(said) if failed else screen.good(said)))


def _tell(data: object) -> None:
    """Print data as JSON, in ASCII: whoever reads it need not know the encoding."""
    click.echo(json.dumps(data, indent=2))


def _as_data(outcome: Outcome) -> dict[str, object]:
    return {
        "file": outcome.scenario.file,
        "line": outcome.scenario.line,
        "scenario": outcome.scenario.title,
        "holds": outcome.holds,
        "failure": asdict(outcome.failure) if outcome.failure else None,
    }
