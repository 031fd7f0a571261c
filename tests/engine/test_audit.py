"""The document to audit is what runs, and says of what it was made."""

from __future__ import annotations

import ast

import pytest
from click.testing import CliRunner

from partnerauth.cli import main
from partnerauth.policy.engine import rows, rules
from partnerauth.policy.engine.audit import document
from partnerauth.portals import read_portal, shipped


@pytest.mark.parametrize("name", shipped())
def test_the_document_holds_every_rule_row_and_the_code_that_runs(name: str) -> None:
    portal = read_portal(name)
    text = document(portal)
    assert name in text.splitlines()[0]
    assert portal.fingerprint in text
    assert rules.rights(portal).listing.strip() in text
    assert rules.management(portal).listing.strip() in text
    for row in (*rows.rights_rows(portal), *rows.management_rows(portal)):
        assert f"#   {row[0]}\n" in text
    assert len(ast.parse(text).body) == 2


def test_the_same_portal_gives_the_same_text_and_another_one_another() -> None:
    assert document(read_portal("bpost")) == document(read_portal("bpost"))
    assert len({document(read_portal(name)) for name in shipped()}) == len(shipped())


def test_the_command_prints_it() -> None:
    printed = CliRunner().invoke(main, ["portal", "listing", "bpost"])
    assert printed.exit_code == 0
    assert printed.output.strip() == document(read_portal("bpost")).strip()


def test_the_command_names_what_is_wrong_with_a_portal() -> None:
    assert CliRunner().invoke(main, ["portal", "listing", "no-such-portal"]).exit_code == 2
