"""Pytest plugin: fixtures for tests of a portal, and scenario files as tests.

The fixture `partnerauth_world` is the portal that the ini option `partnerauth_portal` names, with a fixed clock
(`partnerauth_clock`), mails to read (`partnerauth_outbox`) and a store (`partnerauth_store`: override it to test with
your own).

Scenario files are tests, one item a scenario, marked with the rulebook ids of its title.  Collected are files whose
names end in `.scenario.yaml`, and whatever the ini option `partnerauth_scenarios` names: folders, or patterns of file
names, relative to the root of the tests.

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
    from partnerauth.policy.portal import Portal
    from partnerauth.ports import Store
    from partnerauth.scenarios import Outcome, Scenario
    from partnerauth.testing.clockwork import FixedClock, Outbox, World

SUFFIX: Final = ".scenario.yaml"
"""How a scenario file ends that is collected without being asked for."""

OPTION: Final = "partnerauth_scenarios"
PORTAL: Final = "partnerauth_portal"

_RULE: Final = re.compile(r"\b(?:BP|ED|KP|SP|DP|GX)-[0-9]{2}\b")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini options."""
    parser.addini(PORTAL, "the portal of the fixtures: a shipped one, or a portal file", default="")
    parser.addini(OPTION, "folders and patterns of scenario files to collect", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "rule(*ids): the ids of the rulebook that this test shows")


@pytest.fixture(scope="session")
def partnerauth_portal(pytestconfig: pytest.Config) -> Portal:
    """Return the portal that the ini option names.  Raises PortalError, and fails where there is no such option."""
    from partnerauth.portals import read_portal, shipped  # noqa: PLC0415 - see above

    named = str(pytestconfig.getini(PORTAL))
    if not named:
        pytest.fail(f"{PORTAL}: name the portal of your tests in the configuration of pytest", pytrace=False)
    return read_portal(named if named in shipped() else pytestconfig.rootpath / named)


@pytest.fixture
def partnerauth_store() -> Store:
    """Return a new and empty store, in memory."""
    from partnerauth.adapters.memory import MemoryStore  # noqa: PLC0415 - see above

    return MemoryStore()


@pytest.fixture
def partnerauth_world(partnerauth_portal: Portal, partnerauth_store: Store) -> World:
    """Return the portal over the store, with chance that is the same each time, and hashes that cost nothing."""
    from partnerauth.testing.clockwork import World  # noqa: PLC0415 - see above

    return World(partnerauth_portal, partnerauth_store)


@pytest.fixture
def partnerauth_clock(partnerauth_world: World) -> FixedClock:
    """Return the clock of the world: it stands still until it is set or moved on."""
    return partnerauth_world.clock


@pytest.fixture
def partnerauth_outbox(partnerauth_world: World) -> Outbox:
    """Return the mails of the world, as those see them who get them."""
    from partnerauth.testing.clockwork import Outbox  # noqa: PLC0415 - see above

    return Outbox(partnerauth_world)


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
