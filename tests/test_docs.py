"""The docs say what is so: their keys, scenarios, commands, links and examples are tried here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from partnerauth.cli import COMMANDS, places
from partnerauth.cli.portal import duration
from partnerauth.policy import portal as schema
from partnerauth.policy.rulebook import RULEBOOK, RULES
from partnerauth.portals import read_portal
from partnerauth.scenarios import parse, read, run
from partnerauth.view import View

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SECTIONS = {
    name: section
    for name, section in vars(schema).items()
    if isinstance(section, type)
    and issubclass(section, BaseModel)
    and section.__module__ == schema.__name__
    and name[0] != "_"
}


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def with_blocks(language: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{page.name}-{number}")
        for page in PAGES
        for number, text in enumerate(blocks(page, language), 1)
    ]


# Portal files.


def tables() -> dict[str, dict[str, str]]:
    """Return for each section of portal files the keys that the reference has, and what each is when left out."""
    text = (ROOT / "docs" / "portal-file.md").read_text("utf-8")
    found = re.findall(r"<!-- keys: (\w+) -->\n\n\|.*\n\| ---.*\n((?:\|.*\n)+)", text)
    rows = {name: [line.split(" | ") for line in table.splitlines()] for name, table in found}
    return {name: {row[0].strip("| `"): row[2].strip("`") for row in lines} for name, lines in rows.items()}


def left_out(section: type[BaseModel], name: str) -> str:
    """Return how the reference words what a key is when it is left out."""
    field = section.model_fields[name]
    if field.is_required():
        return "required"
    match field.get_default(call_default_factory=True):
        case None | () | {}:
            return "none"
        case bool() as flag:
            return "true" if flag else "false"
        case timedelta() as length:
            return duration(length)
        case BaseModel():
            return "its defaults"
        case other:
            return f"{other}%" if field.alias == "share" else str(other)


def test_the_reference_has_every_section_of_portal_files() -> None:
    assert set(tables()) == set(SECTIONS)


@pytest.mark.parametrize("name", SECTIONS)
def test_the_reference_has_every_key_and_what_it_is_when_left_out(name: str) -> None:
    section = SECTIONS[name]
    assert tables()[name] == {field.alias: left_out(section, key) for key, field in section.model_fields.items()}


@pytest.mark.parametrize("text", with_blocks("toml"))
def test_pieces_of_portal_files_are_valid_toml(text: str) -> None:
    assert tomllib.loads(text)


# Scenarios.


@pytest.mark.parametrize("text", with_blocks("yaml"))
def test_every_scenario_in_the_docs_holds(text: str) -> None:
    for scenario in parse(text, "docs"):
        outcome = run(scenario)
        assert outcome.holds, outcome.lines()


@pytest.mark.parametrize("file", sorted((ROOT / "examples").rglob("*.yaml")), ids=lambda file: file.name)
def test_every_scenario_of_the_examples_holds(file: Path) -> None:
    for scenario in read(file):
        outcome = run(scenario)
        assert outcome.holds, outcome.lines()


# Examples.


def test_the_portal_of_the_examples_is_valid() -> None:
    assert read_portal(ROOT / "examples" / "workshop" / "portal.toml").portal == "workshop"


def test_the_embedding_example_runs() -> None:
    example = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "embed_bpost.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert example.returncode == 0, example.stderr
    assert "To: ben@acme.example" in example.stdout
    assert "grant refused: delegation-limit: You can only give what you hold yourself" in example.stdout
    assert "may ben see the invoices of B1? no: Your password is temporary." in example.stdout


# Words and links.


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_something(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve()
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_is_one(page: Path) -> None:
    named = set(re.findall(r"(?:^|`|\$ |\.venv/bin/)partnerauth ([a-z]+)", page.read_text("utf-8"), re.MULTILINE))
    assert named <= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_id_of_the_rulebook_that_is_named_is_one(page: Path) -> None:
    named = re.findall(r"\b(?:BP|ED|KP|SP|DP|GX)-\d\d\b", page.read_text("utf-8"))
    assert [each for each in named if each not in RULEBOOK] == []


def test_every_question_of_a_view_is_named() -> None:
    page = (ROOT / "docs" / "embedding.md").read_text("utf-8")
    questions = [name for name, value in vars(View).items() if callable(value) and not name.startswith("_")]
    assert [name for name in questions if f"`{name}`" not in page] == []


def test_the_readme_says_where_each_rule_lives() -> None:
    home = places.homes()["delegation-limit"]
    assert f"src/{home.file}" in (ROOT / "README.md").read_text("utf-8")


# What is generated.


def test_runs_of_ids_are_unfolded(generator: ModuleType) -> None:
    assert generator.ids("BP-20 to BP-22, GX-04, and XX-99 or BP-99") == ["BP-20", "BP-21", "BP-22", "GX-04"]


def test_a_place_in_the_code_is_the_innermost_name(generator: ModuleType) -> None:
    text = 'class A:\n    """BP-01"""\n\n    def b(self):\n        return 1  # BP-02\n\n\nC = 1\n"""BP-03"""\n# BP-04\n'
    found = dict(generator.places_in(text, ".py"))
    assert found == {"BP-01": "A", "BP-02": "A.b", "BP-03": "C", "BP-04": "C"}


def test_a_place_in_a_portal_file_is_its_section(generator: ModuleType) -> None:
    text = 'title = "T"  # BP-01\n[forms]\ngrid = "x"  # BP-02\n[limits]  # BP-03\n'
    assert dict(generator.places_in(text, ".toml")) == {"BP-01": "title", "BP-02": "[forms]", "BP-03": "[limits]"}


def test_a_test_is_known_by_its_marks_and_by_the_codes_it_names(generator: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(
        "pytestmark = pytest.mark.rule('GX-01')\n"
        "@pytest.mark.rule('BP-04')\n"
        "def test_one(): assert answer.codes == ('delegation-limit',)\n"
        "class TestAll:\n"
        "    def test_two(self): assert reason == OTHER_ORGANISATION.broken()\n"
        "def no_test(): ...\n",
        "utf-8",
    )
    assert generator.shown_in(file) == {
        "test_one": ["GX-01", "BP-04", "delegation-limit"],
        "TestAll::test_two": ["GX-01", "other-organisation"],
    }


def test_a_scenario_is_known_by_the_ids_in_its_title_and_the_codes_it_expects(
    generator: ModuleType, tmp_path: Path
) -> None:
    file = tmp_path / "it.yaml"
    file.write_text(
        "scenario: BP-04 — Never more\nsteps:\n  - {expect: {refused: [delegation-limit, option-disabled]}}\n"
        "---\nscenario: nameless\n",
        "utf-8",
    )
    assert generator.shown_in(file) == {"BP-04 — Never more": ["BP-04", "delegation-limit", "option-disabled"]}


def test_the_rules_page_has_every_code_and_every_id() -> None:
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert [code for code in RULES if f"`{code}`" not in page] == []
    assert [each for each in RULEBOOK if f"### {each} " not in page] == []
