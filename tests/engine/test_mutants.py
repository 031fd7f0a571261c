"""The differential test notices mistakes: each patch in mutants/ makes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.mutants.run import caught, patches


@pytest.mark.parametrize("patch", patches(), ids=lambda patch: patch.stem)
def test_a_mistake_in_the_engine_is_noticed(patch: Path) -> None:
    assert caught(patch)
