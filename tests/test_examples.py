"""The examples run, and print what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def printed(example: str) -> str:
    """Run an example, and return what it prints."""
    run = subprocess.run(
        [sys.executable, str(ROOT / "examples" / example)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    return run.stdout


@pytest.mark.rule("GX-08")
def test_the_embedders_tables_and_ours_are_kept_together_or_not_at_all() -> None:
    assert printed("own_transaction.py").splitlines() == [
        "customer 2 was not taken on: already-exists",
        "customers: 1 acme, 3 bolt",
        "opened: acme, bolt",
        "refusals on record: 0",
    ]
