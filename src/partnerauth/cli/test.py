"""Command: `partnerauth test` runs scenario files and says how each scenario ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

import click

from partnerauth.ports import Store, StoreError
from partnerauth.scenarios import Outcome, Problem, Scenario, ScenarioError, empty_stores, find, in_memory, read, run


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
        _report_problems(problems, as_json=as_json)
        ctx.exit(2)
    try:
        outcomes = _run(scenarios, in_memory if url is None else empty_stores(url), silently=as_json)
    except StoreError as error:
        raise click.UsageError(str(error)) from None
    failed = sum(not outcome.holds for outcome in outcomes)
    if as_json:
        click.echo(json.dumps({"scenarios": [_as_data(each) for each in outcomes]}, indent=2, ensure_ascii=False))
    else:
        _summarise(len(outcomes), failed)
    ctx.exit(1 if failed else 0)


def _run(
    scenarios: list[Scenario], empty: Callable[[], AbstractContextManager[Store]], *, silently: bool
) -> list[Outcome]:
    outcomes = []
    for scenario in scenarios:
        outcome = run(scenario, empty)
        outcomes.append(outcome)
        if not silently:
            _report(outcome)
    return outcomes


def _read(paths: tuple[Path, ...]) -> tuple[list[Scenario], list[Problem]]:
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    try:
        files = find(paths)
    except ScenarioError as error:
        return [], list(error.problems)
    for file in files:
        try:
            scenarios += read(file)
        except ScenarioError as error:
            problems += error.problems
    return scenarios, problems


def _report_problems(problems: list[Problem], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"problems": [asdict(each) for each in problems]}, indent=2, ensure_ascii=False))
        return
    for problem in problems:
        click.echo(f"{click.style('invalid', fg='red')} {problem}", err=True)


def _report(outcome: Outcome) -> None:
    scenario = outcome.scenario
    if outcome.holds:
        click.echo(f"{click.style('ok', fg='green')}      {scenario.title}")
        return
    click.echo(f"{click.style('FAILED', fg='red', bold=True)}  {scenario.title}")
    where, expected, came, *messages = outcome.lines()
    for line in (where, expected, came):
        click.echo(f"        {line}")
    for message in messages:
        click.echo(click.style(f"        {message}", dim=True))


def _summarise(total: int, failed: int) -> None:
    what = f"{total} scenario{'' if total == 1 else 's'}"
    said = f"{what}: {failed} failed" if failed else f"{what}: all hold"
    click.echo(click.style(said, fg="red" if failed else "green", bold=True))


def _as_data(outcome: Outcome) -> dict[str, object]:
    return {
        "file": outcome.scenario.file,
        "line": outcome.scenario.line,
        "scenario": outcome.scenario.title,
        "holds": outcome.holds,
        "failure": asdict(outcome.failure) if outcome.failure else None,
    }
