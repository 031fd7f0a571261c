"""The import rule: who may import whom, and what importing partnerauth costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python at the top of the project, with the package as it stands in src/."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("unwanted", ["sqlmodel", "sqlalchemy", "partnerauth.adapters", "partnerauth.cli"])
def test_importing_partnerauth_stays_light(unwanted: str) -> None:
    listing = run("-c", "import sys, partnerauth; print(*sys.modules, sep='\\n')")
    assert listing.returncode == 0, listing.stderr
    loaded = listing.stdout.split()
    assert "partnerauth" in loaded
    assert [name for name in loaded if name == unwanted or name.startswith(f"{unwanted}.")] == []


def test_every_import_keeps_to_the_layers() -> None:
    contracts = run("-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_logo=True))")
    assert contracts.returncode == 0, contracts.stdout + contracts.stderr
    assert "0 broken" in contracts.stdout
