"""How outputs look: within the width, aligned, and in ASCII where the terminal knows no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from partnerauth.cli import screen

ROOT = Path(__file__).parents[2]


def plain(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line where standard output knows ASCII alone."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", "from partnerauth.cli import main; main()", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, check=False)


def test_a_terminal_that_knows_ascii_alone_gets_ascii() -> None:
    shown = plain("portal", "show", "bpost")
    assert shown.returncode == 0, shown.stderr
    assert b"| revoke " in shown.stdout
    assert b"+ may use it   - always refused" in shown.stdout


def test_errors_are_told_in_ascii_as_well() -> None:
    refused = plain("explain", "nothing-such")
    assert refused.returncode == 2
    assert refused.stderr.startswith(b"- 'nothing-such'")


def test_colours_reach_no_file() -> None:
    assert b"\x1b" not in plain("rules").stdout


def test_a_paragraph_stays_within_the_width_behind_heads_of_any_length() -> None:
    head = f"  {screen.bad('a-code')}  "
    lines = screen.wrapped("word " * 60, first=head, indent="    ", style=screen.faint).splitlines()
    assert len(lines) > 3
    assert all(len(click.unstyle(line)) <= screen.WIDTH for line in lines)
    assert lines[0].startswith(head)
    assert all(line.startswith("    ") for line in lines[1:])


def test_an_empty_paragraph_is_its_head() -> None:
    assert screen.wrapped("", first="  | ") == "  | "


def test_a_listing_aligns_its_columns_and_wraps_in_them() -> None:
    rows = [(screen.named("one"), "a sentence of some length"), (), ("two", "short")]
    lines = click.unstyle(screen.listing(("name", "says"), rows, (6, 12))).splitlines()
    assert lines == [
        "name    says",
        "──────  ────────────",
        "one     a sentence",
        "        of some",
        "        length",
        "",
        "two     short",
    ]


def test_items_flow_within_the_width() -> None:
    flown = screen.flowing("head", ["x" * 30] * 7, indent="    ")
    assert [len(line) for line in flown.splitlines()] == [100, 98, 34]


def test_what_a_file_says_is_one_visible_line() -> None:
    assert screen.visible("a\x1b[31mb\n\u202ec\ufeff") == "a [31mb c"


def test_nothing_makes_no_pairs() -> None:
    assert screen.pairs([]) == ""


@pytest.mark.parametrize(
    ("called", "said"),
    [
        ("{here}/.venv/bin/partnerauth", ".venv/bin/partnerauth"),
        ("/elsewhere/bin/partnerauth", "/elsewhere/bin/partnerauth"),
        ("{here}/src/partnerauth/__main__.py", "python -m partnerauth"),
    ],
)
def test_hints_name_the_program_as_the_reader_calls_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, called: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [called.format(here=tmp_path)])
    assert screen.program() == said


def test_hints_name_a_program_on_the_path_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "partnerauth").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert screen.program() == "partnerauth"
