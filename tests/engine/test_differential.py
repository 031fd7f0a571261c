"""Compiled and interpreted answers agree: 50,000 decisions on every run, any number by hand (differential.py)."""

from __future__ import annotations

import pytest
from tests.engine.differential import run

DECISIONS = 5_000
"""A part, so that parts can run side by side."""


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.filterwarnings("ignore")
def test_random_models_are_answered_as_pycasbin_answers_them(seed: int) -> None:
    tally = run(DECISIONS, seed)
    assert tally["decisions"] >= DECISIONS
    # A comparison in which one answer is rare says little.
    assert min(tally["True"], tally["False"]) > DECISIONS // 4
