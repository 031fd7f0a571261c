"""`partnerauth rules` and `partnerauth explain`: every rule can be found, with its module and its tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerauth.cli import main, places, screen
from partnerauth.policy.rulebook import RULEBOOK, RULES

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_every_rule_is_listed_with_its_sentence() -> None:
    listed = run("rules")
    assert listed.exit_code == 0
    for rule in RULES.values():
        assert rule.code in listed.output
        assert rule.holds.split()[0] in listed.output
    assert f"{len(RULES)} rules" in listed.output


def test_every_id_of_the_rulebook_is_listed() -> None:
    listed = run("rules", "--ids")
    assert listed.exit_code == 0
    assert all(each in listed.output for each in RULEBOOK)


@pytest.mark.parametrize(
    "arguments", [("rules",), ("rules", "--ids"), ("explain", "BP-28"), ("explain", "password-policy")]
)
def test_no_line_is_longer_than_the_width_but_for_names(arguments: tuple[str, ...]) -> None:
    longer = [line for line in run(*arguments).output.splitlines() if len(line) > screen.WIDTH]
    assert [line for line in longer if len(line.split()) > 1] == []


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize("code", RULES)
def test_every_code_is_explained_with_sentence_reason_and_module(code: str) -> None:
    explained = run("explain", code)
    assert explained.exit_code == 0
    said = " ".join(explained.output.split())
    assert RULES[code].holds in said
    assert RULES[code].because in said
    assert f"{places.homes()[code].file}:{places.homes()[code].line}" in said


@pytest.mark.parametrize("source", RULEBOOK)
def test_every_id_is_explained_with_its_title(source: str) -> None:
    explained = run("explain", source.lower())
    assert explained.exit_code == 0
    assert RULEBOOK[source] in " ".join(explained.output.split())


def test_the_home_of_a_rule_is_the_line_that_states_it() -> None:
    home = places.homes()["delegation-limit"]
    line = (ROOT / "src" / home.file).read_text("utf-8").splitlines()[home.line - 1]
    assert line == "DELEGATION_LIMIT = Rule("
    assert home.checks == ("within",)


def test_every_rule_has_a_home() -> None:
    assert set(places.homes()) == set(RULES)


def test_the_commands_that_refuse_with_a_code_are_named() -> None:
    assert "deactivate" in places.refused_by("last-administrator")
    assert "deactivate" in run("explain", "last-administrator").output


def test_the_tests_of_a_code_are_those_that_name_it() -> None:
    shown = places.shown_by(RULES["domain-mismatch"].sources, code="domain-mismatch", topic="domains")
    assert "tests/policy/test_domains.py::test_em_11_endswith_is_not_a_domain_match" in shown


def test_explain_says_how_many_tests_it_leaves_out() -> None:
    some, every = run("explain", "GX-06").output, run("explain", "GX-06", "--all").output
    assert "more (--all)" in some
    assert "more (--all)" not in every
    assert len(every) > len(some)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("delegation-limits", "delegation-limit"),
        ("BP-4", "BP-04"),
        ("zzz", f"`{screen.program()} rules` lists the codes"),
    ],
)
def test_an_unknown_name_is_refused_with_what_may_be_meant(name: str, meant: str) -> None:
    refused = run("explain", name)
    assert refused.exit_code == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"✗ {name!r}")
    assert meant in refused.stderr
