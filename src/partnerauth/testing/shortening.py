"""The shortest history that still breaks a law: what happened is played again without what does not matter.

Every command keeps the chance it had, so that ids and secrets stay the same whatever else is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from partnerauth.entities import Actor
from partnerauth.flow import Command
from partnerauth.policy.portal import Portal
from partnerauth.ports import Store
from partnerauth.testing.history import Turn, Witness, given
from partnerauth.testing.laws import QuestionLaw, TurnLaw
from partnerauth.testing.ledger import Ledger
from partnerauth.testing.oracle import Question


@dataclass(frozen=True, slots=True)
class Given:
    """Somebody gave a command; `second` was through before this one had stored anything."""

    number: int
    actor: Actor
    command: Command
    second: Given | None = None

    def __str__(self) -> str:
        said = given(self.actor, self.command)
        return f"{said}\n    and at the same moment, through before it, {self.second}" if self.second else said


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing happened for a while."""

    by: timedelta

    def __str__(self) -> str:
        return f"{self.by} later"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked a question."""

    question: Question

    def __str__(self) -> str:
        return f"asked: {self.question}"


Happening: TypeAlias = Given | Paused | Asked


ANSWERED: Final = "everything_is_answered"
"""The law that every story holds: a command is accepted or refused, a question has an answer; nothing crashes."""


class LawBrokenError(AssertionError):
    """A law does not hold: its name, what is wrong, on which portal, and the history that breaks it."""

    def __init__(self, law: str, wrong: str, portal: Portal, history: Sequence[Happening]) -> None:
        self.law = law
        self.wrong = wrong
        self.portal = portal
        self.history = tuple(history)
        steps = "\n".join(f"  {number}. {each}" for number, each in enumerate(history, start=1))
        super().__init__(f"{law}, on the portal {portal.portal}: {wrong}\n{steps}")


class Story:
    """A world in which things happen one after the other, each held against laws."""

    def __init__(
        self,
        portal: Portal,
        store: Store,
        turn_laws: Mapping[str, TurnLaw],
        question_laws: Mapping[str, QuestionLaw],
    ) -> None:
        self.portal = portal
        self.world = Witness(portal, store)
        self.ledger = Ledger(portal)
        self.history: list[Happening] = []
        self.commands = 0
        self._turn_laws = turn_laws
        self._question_laws = question_laws

    def give(self, actor: Actor, command: Command, second: tuple[Actor, Command] | None = None) -> Turn:
        """Give a command, and perhaps a second one at the same moment.  Raises LawBrokenError."""
        # What is through first has the lower number.
        overtaking = Given(self._next(), *second) if second else None
        happening = Given(self._next(), actor, command, overtaking)
        self.history.append(happening)
        return self._given(happening)

    def pause(self, by: timedelta) -> None:
        """Let time pass."""
        self.happen(Paused(by))

    def ask(self, question: Question) -> None:
        """Ask a question.  Raises LawBrokenError."""
        if self._question_laws:
            self.happen(Asked(question))

    def happen(self, happening: Happening) -> None:
        """Let something happen, here or once more.  Raises LawBrokenError."""
        self.history.append(happening)
        match happening:
            case Given():
                self._given(happening)
            case Paused():
                self.world.clock.advance(happening.by)
            case Asked():
                for name, law in self._question_laws.items():
                    self._hold(name, law, self.world, happening.question)

    def close(self) -> None:
        """Close the store, where it can be closed."""
        close = getattr(self.world.store, "close", None)
        if close:
            close()

    def _next(self) -> int:
        self.commands += 1
        return self.commands

    def _given(self, happening: Given) -> Turn:
        second = happening.second
        try:
            turn = self.world.turn(
                happening.number,
                happening.actor,
                happening.command,
                None if second is None else lambda: self._given(second),
            )
        except AssertionError:
            raise
        except Exception as error:
            raise self._broken(ANSWERED, f"{type(error).__name__}: {error}") from error
        for name, law in self._turn_laws.items():
            self._hold(name, law, self.world, self.ledger, turn)
        self.ledger.note(self.world, turn)
        return turn

    def _hold(self, name: str, law: Callable[..., None], *of: object) -> None:
        try:
            law(*of)
        except AssertionError as error:
            raise self._broken(name, str(error)) from None
        except Exception as error:
            raise self._broken(ANSWERED, f"{type(error).__name__}: {error}") from error

    def _broken(self, law: str, wrong: str) -> LawBrokenError:
        return LawBrokenError(law, wrong, self.portal, self.history)


def shortest(
    broken: LawBrokenError,
    new_store: Callable[[], Store],
    turn_laws: Mapping[str, TurnLaw],
    question_laws: Mapping[str, QuestionLaw],
) -> LawBrokenError:
    """Return the same law, broken by the shortest history that is found by leaving things out."""
    wanted = (
        {name: law for name, law in turn_laws.items() if broken.law in {name, ANSWERED}},
        {name: law for name, law in question_laws.items() if broken.law in {name, ANSWERED}},
    )

    def breaks(history: Sequence[Happening]) -> LawBrokenError | None:
        story = Story(broken.portal, new_store(), *wanted)
        try:
            for each in history:
                story.happen(each)
        except LawBrokenError as again:
            return again if again.law == broken.law else None
        except AssertionError:
            # Another store of a pair disagrees: that is no law.
            return None
        finally:
            story.close()
        return None

    if breaks(broken.history) is None:
        return LawBrokenError(broken.law, f"{broken.wrong} (another time it held)", broken.portal, broken.history)
    history, before = broken.history, None
    while history != before:
        before = history
        history = tuple(_simplified(_thinned(history, breaks), breaks))
    return breaks(history) or broken


def _thinned(history: Sequence[Happening], breaks: Callable[[Sequence[Happening]], object]) -> Sequence[Happening]:
    """Leave out what can be left out: halves first, then ever smaller parts, until every single one matters."""
    size = max(1, len(history) // 2)
    while True:
        start, shorter = 0, False
        while start < len(history):
            without = [*history[:start], *history[start + size :]]
            if breaks(without):
                history, shorter = without, True
            else:
                start += size
        if size == 1 and not shorter:
            return history
        size = max(1, size // 2)


def _simplified(history: Sequence[Happening], breaks: Callable[[Sequence[Happening]], object]) -> Sequence[Happening]:
    """Make each command say less, for as long as the law stays broken."""
    for index in range(len(history)):
        again = True
        while again:
            again = False
            for simpler in _simpler(history[index]):
                tried = [*history[:index], simpler, *history[index + 1 :]]
                if breaks(tried):
                    history, again = tried, True
                    break
    return history


def _simpler(happening: Happening) -> Iterator[Happening]:
    """Yield what says a little less: without the second command, a field, or one of several values."""
    if not isinstance(happening, Given):
        return
    if happening.second:
        yield replace(happening, second=None)
        for second in _simpler(happening.second):
            if isinstance(second, Given):
                yield replace(happening, second=second)
    for fields in _fewer(happening.command):
        with suppress(ValidationError):
            yield replace(happening, command=type(happening.command).model_validate(fields))


def _fewer(command: Command) -> Iterator[dict[str, Any]]:
    fields = command.model_dump(exclude_unset=True)
    for name, value in fields.items():
        if not type(command).model_fields[name].is_required():
            yield {each: kept for each, kept in fields.items() if each != name}
        for less in _less(value):
            yield {**fields, name: less}


def _less(value: object) -> Iterator[object]:
    """Yield a value without one of its parts."""
    match value:
        case Mapping():
            for key, each in value.items():
                yield {other: kept for other, kept in value.items() if other != key}
                for less in _less(each):
                    yield {**value, key: less}
        case frozenset():
            yield from (value - {each} for each in value)
        case tuple():
            yield from (value[:index] + value[index + 1 :] for index in range(len(value)))
        case _:
            return
