"""Every scenario file beside this test, one test a scenario, marked with the rulebook ids of its title."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from partnerauth.scenarios import Scenario, ScenarioError, find, read, run
from partnerauth.testing.pytest_plugin import rule_ids

HERE = Path(__file__).parent


def scenarios() -> Iterator[object]:
    """Yield every scenario; of a file that is not valid what is wrong with it."""
    for file in find([HERE]):
        try:
            found: tuple[Scenario, ...] = read(file)
        except ScenarioError as error:
            yield pytest.param(str(error), id=file.stem)
            continue
        for scenario in found:
            ids = rule_ids(scenario.title)
            marks = [pytest.mark.rule(*ids)] if ids else []
            yield pytest.param(scenario, id=f"{file.parent.name}/{scenario.title}", marks=marks)


@pytest.mark.parametrize("scenario", [*scenarios()])
def test_the_scenario_holds(scenario: Scenario | str) -> None:
    assert isinstance(scenario, Scenario), scenario
    outcome = run(scenario)
    assert outcome.holds, "\n".join(outcome.lines())
