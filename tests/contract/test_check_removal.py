"""Every rule has a test that bears its id and misses its check: shown here for one check of each refusal code.

`python tests/contract/check_removal.py` shows it for all of them.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from tests.contract.check_removal import Check, Removal

TOOL = Path(__file__).with_name("check_removal.py")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOOL), *arguments], capture_output=True, text=True, check=False, timeout=300
    )


def removed(source: str, line: int, column: int) -> str:
    """Return the source of a function without the check that stands there."""
    check = Check(TOOL, "f", line, column, "x", frozenset())
    return ast.unparse(Removal(check).visit(ast.parse(source)))


@pytest.mark.parametrize(
    ("source", "column", "expected"),
    [
        ("def f(x):\n    return A.broken(x=1) if x else None", 11, "return None if x else None"),
        ("def f(x):\n    return Refused((A.broken(x=1),))", 20, "pass"),
        ("def f(x):\n    return (p.A.broken(), B.broken())", 12, "return (None, B.broken())"),
        (
            "def f(x):\n    return [('a', 'is', 'x', 'deny'), ('b', 'is', 'y', 'deny')]",
            12,
            "('a', 'never', 'x', 'deny')",
        ),
    ],
)
def test_a_check_that_is_taken_out_finds_nothing_broken(source: str, column: int, expected: str) -> None:
    after = removed(source, 2, column)
    assert expected in after
    assert removed(source, 2, 0) == ast.unparse(ast.parse(source))


def test_each_refusal_code_has_a_test_of_its_rule_that_misses_a_check() -> None:
    done = run("--one-of-each")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 not missed" in done.stdout
