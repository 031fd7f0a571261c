"""`partnerauth portal`: what is wrong with a portal file is said in one message each, what is right can be read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerauth.cli import main, screen
from partnerauth.cli.portal import duration
from partnerauth.policy.portal import parse_duration
from partnerauth.portals import portal_text, read_portal

BPOST = portal_text("bpost")
MATRIX_ROW = next(number for number, line in enumerate(BPOST.splitlines(), 1) if line.startswith("view-prices  "))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["portal", *arguments])


def checked(folder: Path, text: str) -> Result:
    file = folder / "mine.toml"
    file.write_text(text, "utf-8")
    return run("check", str(file))


def test_a_shipped_portal_is_valid() -> None:
    result = run("check", "bpost")
    assert result.exit_code == 0
    assert result.output.startswith("✓ bpost is valid")


@pytest.mark.parametrize(
    ("wrong", "right", "place", "fix"),
    [
        ('portal = "bpost"', "portal = bpost", "mine.toml, line 3, column 10:", "correct the TOML"),
        ("usernames = true", "user-names = true", "mine.toml: user-names:", "unknown key"),
        ('title = "bpost business portal"', "", "mine.toml: title:", "missing: add it"),
        (
            "minimum-length = 7",
            "minimum-length = 3",
            "mine.toml: passwords.minimum-length:",
            "greater than or equal to 7",
        ),
        (
            "\nview-prices           | O  ",
            "\nview-prices           | Q  ",
            f", line {MATRIX_ROW}: applications",
            "none of X, O, NA, no",
        ),
        ("\ngrant = [", "\ngrnt = [", "mine.toml: offers.grnt:", "did you mean grant?"),
        (
            "| create-user |",
            "| creation |",
            "mine.toml: forms.grid:",
            "no column for create-user, which the portal offers",
        ),
        ('reset = "1h"', 'reset = "1 hour"', "mine.toml: lifetimes.reset:", "30s, 10m, 3h, 90d"),
    ],
)
def test_each_problem_names_file_place_and_fix(tmp_path: Path, wrong: str, right: str, place: str, fix: str) -> None:
    assert wrong in BPOST
    result = checked(tmp_path, BPOST.replace(wrong, right, 1))
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = [each for each in result.stderr.splitlines() if place in each]
    assert line.startswith(f"✗ {tmp_path}")
    assert fix in line


def test_all_problems_of_a_file_are_told_together(tmp_path: Path) -> None:
    text = BPOST.replace("usernames = true", "user-names = true").replace('reset = "1h"', 'reset = "1 hour"')
    lines = checked(tmp_path, text).stderr.splitlines()
    assert {line.partition(": ")[2].partition(":")[0] for line in lines} == {
        "usernames",
        "user-names",
        "lifetimes.reset",
    }


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_file_that_is_not_there_is_said_to_be_so(command: str) -> None:
    result = run(command, "nowhere.toml")
    assert result.exit_code == 2
    assert "nowhere.toml: No such file" in result.stderr
    assert "bpost" in result.stderr


def test_show_says_everything_that_the_file_says() -> None:
    shown = run("show", "bpost")
    assert shown.exit_code == 0
    portal = read_portal("bpost")
    names = {
        *portal.offers,
        *portal.options,
        *portal.management.rights,
        *portal.forms.grid.rows,
        *portal.forms.grid.columns,
        *portal.records,
        *(right for application in portal.applications.values() for right in application.rights),
        *(product for application in portal.applications.values() for product in application.products),
        *(application.name for application in portal.applications.values()),
    }
    assert [name for name in names if name not in shown.output] == []


@pytest.mark.rule("BP-28")
def test_the_matrix_is_shown_as_a_table_right_by_right() -> None:
    lines = run("show", "bpost").output.splitlines()
    (row,) = [line for line in lines if line.startswith("│ borderel-21")]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["borderel-21", "no", "O", "O", "O"]
    (member,) = [line for line in lines if line.startswith("│ borderel-14")]
    assert [cell.strip() for cell in member.strip("│").split("│")] == ["borderel-14", "O", "O", "NA", "O"]


@pytest.mark.rule("BP-09", "BP-10")
def test_what_is_offered_only_to_be_refused_is_marked() -> None:
    (row,) = [line for line in run("show", "bpost").output.splitlines() if line.startswith("│ revoke")]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["revoke", "", "", "✗", "✓"]


def test_no_line_is_longer_than_the_width() -> None:
    assert max(len(line) for line in run("show", "bpost").output.splitlines()) <= screen.WIDTH


def test_a_file_cannot_write_to_the_terminal_by_its_texts(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(BPOST.replace('"e-MassPost"', '"e\\u001b[2JMass\\nPost"'), "utf-8")
    shown = run("show", str(file))
    assert shown.exit_code == 0
    assert "\x1b" not in shown.output
    assert "e [2JMass Post (emasspost)" in shown.output


@pytest.mark.parametrize("text", ["0s", "30s", "90s", "15m", "1h", "36h", "7d", "90d"])
def test_a_duration_is_shown_as_portal_files_write_it(text: str) -> None:
    assert duration(parse_duration(text)) == text


def test_a_duration_is_shown_in_the_largest_whole_unit() -> None:
    assert duration(timedelta(hours=24)) == "1d"
