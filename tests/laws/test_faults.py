"""Mistakes that somebody could make in the library are noticed by the public kit; `faults/run.py` tries all of them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("faults_run", Path(__file__).parent / "faults" / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


RUN = _runner()
FAULTS = {fault.name: fault for fault in RUN.faults()}
QUICK = {
    "contracts-never-end": {"decisions_follow_the_rulebook", "scopes_are_what_can_be_used"},
    "the-store-overlooks-other-hands": {"slices_suffice"},
}


def test_there_are_many_mistakes_and_each_says_what_it_is() -> None:
    assert len(FAULTS) >= 15
    assert [name for name, fault in FAULTS.items() if not fault.says.endswith(".")] == []


def test_every_mistake_can_still_be_made() -> None:
    assert [name for name, fault in FAULTS.items() if not RUN.applies(fault)] == []


@pytest.mark.rule("BP-26", "GX-10")
@pytest.mark.parametrize("name", QUICK)
def test_a_mistake_is_noticed(name: str) -> None:
    said = RUN.found(FAULTS[name], FAULTS[name].portal)
    assert said is not None
    assert said.law in QUICK[name]
    assert 1 <= said.steps <= 12
