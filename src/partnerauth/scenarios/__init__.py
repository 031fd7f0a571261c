"""Scenario files: policy tests as data, read with `read` and run with `run`."""

from __future__ import annotations

from partnerauth.scenarios.databases import empty_stores
from partnerauth.scenarios.reading import find, parse, read
from partnerauth.scenarios.running import Failure, Outcome, in_memory, run
from partnerauth.scenarios.schema import Problem, Scenario, ScenarioError

__all__ = [
    "Failure",
    "Outcome",
    "Problem",
    "Scenario",
    "ScenarioError",
    "empty_stores",
    "find",
    "in_memory",
    "parse",
    "read",
    "run",
]
