"""Scenario files: policy tests as data, read with `read` and run with `run`."""

from __future__ import annotations

from partnerauth.scenarios.reading import find, parse, read
from partnerauth.scenarios.running import Failure, Outcome, run, run_all
from partnerauth.scenarios.schema import Problem, Scenario, ScenarioError

__all__ = ["Failure", "Outcome", "Problem", "Scenario", "ScenarioError", "find", "parse", "read", "run", "run_all"]
