"""Runs scenarios: each in a world of its own, step by step, until one does not come out as expected."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from partnerauth.adapters.memory import MemoryStore
from partnerauth.decision import Refused
from partnerauth.messages import say
from partnerauth.ports import Store
from partnerauth.scenarios import questions
from partnerauth.scenarios.expectations import Plain, matches
from partnerauth.scenarios.schema import Scenario, Step
from partnerauth.scenarios.world import UnanswerableError, World, begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The step that did not come out as expected; `messages` are the sentences of the reasons, in English."""

    step: int
    line: int
    title: str
    expected: str
    came: str
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a scenario ended: it holds, or it has a failure."""

    scenario: Scenario
    failure: Failure | None

    @property
    def holds(self) -> bool:
        """Whether every step came out as expected."""
        return self.failure is None

    @property
    def place(self) -> str:
        """Where the scenario failed: file, line, step, and what the step does."""
        step = self.failure
        return f"{self.scenario.file}:{step.line}, step {step.step}: {step.title}" if step else self.scenario.file

    def lines(self) -> tuple[str, ...]:
        """Return where the scenario failed, what was expected, what came, and why; nothing where it holds."""
        if self.failure is None:
            return ()
        failure = self.failure
        return (self.place, f"expected  {failure.expected}", f"came      {failure.came}", *failure.messages)


def in_memory() -> AbstractContextManager[Store]:
    """Open an empty memory store."""
    return nullcontext(MemoryStore())


def run(scenario: Scenario, empty: Callable[[], AbstractContextManager[Store]] = in_memory) -> Outcome:
    """Run one scenario; `empty` opens an empty store for it.  The same scenario ends the same way on every run."""
    with empty() as store:
        return Outcome(scenario=scenario, failure=next(_failures(scenario, begin(scenario, store)), None))


def _failures(scenario: Scenario, world: World) -> Iterator[Failure]:
    for step in scenario.steps:
        try:
            world.pass_time(step.after)
            came, refused = _taken(world, step)
        except UnanswerableError as error:
            yield _failure(step, f"no answer: {error}")
            continue
        except Exception as error:  # noqa: BLE001 - a bug in one scenario must not hide how the others end
            yield _failure(step, f"an error of the library: {type(error).__name__}: {error}")
            continue
        if not matches("do" if step.is_command else step.word, step.expected, came):
            yield _failure(step, written(_shown(step, came)), refused)


def _taken(world: World, step: Step) -> tuple[Plain, Refused | None]:
    if not step.is_command:
        return questions.ask(world, step)
    answer = world.execute(step.word, step.actor, step.fields)
    if isinstance(answer, Refused):
        return {"refused": list(answer.codes)}, answer
    return "accepted", None


def _failure(step: Step, came: str, refused: Refused | None = None) -> Failure:
    reasons = refused.reasons if refused else ()
    return Failure(
        step=step.number,
        line=step.line,
        title=step.title,
        expected=written(step.expected),
        came=came,
        messages=tuple(say(reason, "en") for reason in reasons),
    )


def _shown(step: Step, came: Plain) -> Plain:
    """Return an answer in the form in which it was asked for."""
    match step.word, came:
        case "recorded", list():
            return [forms[-1] if forms[0] == "CommandRefused" else forms[0] for forms in came]
        case "mailed", {"number": number, "template": template}:
            return {"template": template} if isinstance(step.expected, dict) else number
        case "user", {"state": _}:
            return {name: came[name] for name in step.expected}
        case "profiles", {"fits": fits} if "fits" in step.expected:
            return {"fits": fits}
        case _:
            return came


def written(value: Any) -> str:  # noqa: ANN401 - plain data
    """Return plain data as a scenario file has it, in one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {written(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, value)) + "]"
        case str() if value and value == value.strip() and not set(value) & set("{}[],:#\"'"):
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
