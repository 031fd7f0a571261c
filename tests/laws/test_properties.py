"""The laws as an embedder calls them: by name, on a portal file and a store of his own, from his own tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import partnerauth
from partnerauth import testing
from partnerauth.adapters.sql import SqlStore
from partnerauth.cli import main
from partnerauth.entities import User
from partnerauth.portals import read_portal
from partnerauth.testing.laws import QUESTION_LAWS, TURN_LAWS
from partnerauth.testing.properties import PROPERTIES

PROJECT = {
    "pyproject.toml": """
[tool.pytest.ini_options]
partnerauth_portal = "portal.toml"
filterwarnings = ["error"]
""",
    "ours.scenario.yaml": """
scenario: The operator opens an organisation
portal: portal.toml
now: 2026-03-02T08:00:00Z
steps:
  - {as: operator, do: open-organisation, organisation: acme, name: Acme NV}
""",
    "test_ours.py": """
from datetime import timedelta

from hypothesis import settings

from partnerauth import Operator, Visitor, read_portal
from partnerauth.adapters.sql import SqlStore
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.ports import Store
from partnerauth.testing import PortalMachine, assert_no_escalation


def new_store() -> Store:
    return SqlStore("sqlite://")


class Ours(PortalMachine):
    portal = read_portal("portal.toml")
    new_store = staticmethod(new_store)


TestOurs = Ours.TestCase
TestOurs.settings = settings(TestOurs.settings, max_examples=3, stateful_step_count=10)


def test_nobody_gives_what_he_does_not_hold() -> None:
    assert assert_no_escalation("portal.toml", histories=3, commands=10).commands > 30


def test_a_link_ends(partnerauth_world, partnerauth_clock, partnerauth_outbox) -> None:
    world = partnerauth_world
    assert world.portal.portal == "ours"
    world.execute(Operator(), OpenOrganisation(organisation="acme", name="Acme NV"))
    form = {"email": "anna@acme.example", "username": "anna"}
    wish = RequestAccess(organisation="acme", application="emasspost", account="hq", details=form)
    world.execute(Operator(), GrantAccess(user=world.execute(Visitor(), wish).created))
    link = partnerauth_outbox.secret("anna@acme.example")
    partnerauth_clock.advance(timedelta(days=91))
    refused = world.execute(Visitor(), ResetPassword(token=link, password="Groene-Tram-88"))
    assert refused.codes == ("link-expired",)


def test_every_test_has_a_store_of_its_own(partnerauth_store, partnerauth_outbox) -> None:
    assert partnerauth_store.position() == 0
    assert partnerauth_outbox.mails() == ()
""",
}


def run(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path(partnerauth.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def outcome(project: Path) -> tuple[int, str]:
    """Return exit status and output of pytest in a project of its own, with the plugin and no other."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(partnerauth.__file__).parents[1]),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [sys.executable, "-m", "pytest", "-p", "partnerauth.testing.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-q", "-rA"], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_every_law_is_one_of_a_property() -> None:
    tried = [law for each in PROPERTIES.values() for law in each.laws]
    assert sorted(tried) == sorted([*TURN_LAWS, *QUESTION_LAWS])


def test_every_property_is_public() -> None:
    assert {name for name in testing.__all__ if name.startswith("assert_")} == set(PROPERTIES)


def test_everything_that_is_public_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text("utf-8")
    assert [name for name in testing.__all__ if not re.search(rf"`{name}\b", page)] == []


def test_everything_that_is_public_is_there() -> None:
    names = run(
        "import partnerauth.testing as t; print(*(n for n in t.__all__ if getattr(t, n).__doc__))",
    )
    assert names.split() == testing.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = testing.nothing


def test_importing_the_kit_costs_nothing() -> None:
    loaded = run("import sys, partnerauth.testing; print(*sys.modules)").split()
    assert not {"hypothesis", "pytest", "pydantic"} & set(loaded)


def test_a_property_says_how_much_it_tried() -> None:
    tried = testing.assert_withdrawal_cuts("bpost", histories=3, commands=5, seed=1)
    assert tried.histories >= 3
    assert tried.commands > 15
    assert tried.questions == 0


def test_the_same_seed_tries_the_same() -> None:
    first, second = (testing.hold("kundenportal", histories=3, commands=5, seed=7) for _ in range(2))
    assert first == second


def test_a_law_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError, match="no_such_law"):
        testing.hold("bpost", "no_such_law")


@settings(max_examples=10)
@given(testing.users(read_portal("bpost"), "acme"))
def test_users_are_drawn_for_a_portal(user: User) -> None:
    assert user.organisation == "acme"
    assert user.management <= set(read_portal("bpost").management.rights)


@settings(max_examples=1)
@given(st.data())
def test_users_need_an_organisation_that_makes_a_domain(data: st.DataObject) -> None:
    with pytest.raises(ValueError, match="makes no domain"):
        data.draw(testing.users(read_portal("bpost"), "no domain"))


def test_portals_that_nobody_wrote_hold_the_laws() -> None:
    testing.hold(testing.portals(), histories=12, commands=20)


def test_an_embedder_tests_his_own_portal_file_and_store(tmp_path: Path) -> None:
    made = CliRunner().invoke(main, ["init", str(tmp_path / "portal.toml"), "--name", "ours"])
    assert made.exit_code == 0, made.output
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text, "utf-8")
    status, output = outcome(tmp_path)
    assert status == 0, output
    assert "5 passed" in output


def test_fixtures_say_which_option_they_need(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(partnerauth_world): ...\n", "utf-8")
    status, output = outcome(tmp_path)
    assert status == 1
    assert "partnerauth_portal: name the portal of your tests in the configuration of pytest" in output


class Counted(SqlStore):
    opened = 0

    def __init__(self) -> None:
        super().__init__("sqlite://")
        Counted.opened += 1

    def close(self) -> None:
        super().close()
        Counted.opened -= 1


def test_stores_are_closed() -> None:
    tried = testing.hold("edi", "nobody_is_deleted", new_store=Counted, histories=2, commands=3)
    assert tried.histories >= 2
    assert Counted.opened == 0
