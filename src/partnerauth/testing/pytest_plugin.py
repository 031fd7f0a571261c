"""Pytest plugin: scenario files are tests, one item a scenario, marked with the rulebook ids of its title.

Collected are files whose names end in `.scenario.yaml`, and whatever the ini option `partnerauth_scenarios` names:
folders, or patterns of file names, relative to the root of the tests.

Pytest imports this module before it does anything else, in every project that has the library: so the library
itself is imported only once there is a scenario to run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from partnerauth.scenarios import Outcome, Scenario

SUFFIX: Final = ".scenario.yaml"
"""How a scenario file ends that is collected without being asked for."""

OPTION: Final = "partnerauth_scenarios"

_RULE: Final = re.compile(r"\b(?:BP|ED|KP|SP|DP|GX)-[0-9]{2}\b")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini option."""
    parser.addini(OPTION, "folders and patterns of scenario files to collect", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "rule(*ids): the ids of the rulebook that this test shows")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect a scenario file."""
    if file_path.name.endswith(SUFFIX) or _is_named(file_path, parent.config):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


def rule_ids(title: str) -> tuple[str, ...]:
    """Return the rulebook ids in a scenario's title, each once."""
    return tuple(dict.fromkeys(_RULE.findall(title)))


class ScenarioFile(pytest.File):
    """A scenario file."""

    def collect(self) -> Iterable[ScenarioItem]:
        """Return an item for each scenario.  Raises CollectError where the file is not valid."""
        from partnerauth.scenarios import ScenarioError, read  # noqa: PLC0415 - see above

        try:
            scenarios = read(self.path)
        except ScenarioError as error:
            raise self.CollectError(str(error)) from None
        for scenario in scenarios:
            yield ScenarioItem.from_parent(self, name=scenario.title, scenario=scenario)


class ScenarioItem(pytest.Item):
    """One scenario."""

    def __init__(self, *, scenario: Scenario, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self.scenario = scenario
        if ids := rule_ids(scenario.title):
            self.add_marker(pytest.mark.rule(*ids))

    def runtest(self) -> None:
        """Run the scenario on a memory store.  Raises ScenarioFailedError where a step does not come out."""
        from partnerauth.scenarios import run  # noqa: PLC0415 - see above

        outcome = run(self.scenario)
        if not outcome.holds:
            raise ScenarioFailedError(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """Return what was expected and what came; any other error is shown in full."""
        del style
        if isinstance(excinfo.value, ScenarioFailedError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the scenario stands, and its title."""
        return self.path, self.scenario.line - 1, self.scenario.title


class ScenarioFailedError(AssertionError):
    """A step that did not come out as expected."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("\n".join(outcome.lines()))


def _is_named(path: Path, config: pytest.Config) -> bool:
    if path.suffix not in {".yaml", ".yml"}:
        return False
    for pattern in config.getini(OPTION):
        named = config.rootpath / pattern
        if path.is_relative_to(named) or path.match(str(named)):
            return True
    return False
