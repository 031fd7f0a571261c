"""The shortest history that still breaks a law: what happened is played again without what does not matter.

Every command keeps the chance it had, so that ids and secrets stay the same whatever else is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeAlias

from pydantic import ValidationError

from partnerauth.entities import Actor
from partnerauth.flow import Command
from partnerauth.policy.portal import Portal
from partnerauth.ports import Store
from partnerauth.testing.history import Turn, Witness
from partnerauth.testing.laws import QUESTION_LAWS
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
        fields = self.command.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        said = f"{_shown(self.actor)}: {self.command.word()} {fields}"
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


class LawBrokenError(AssertionError):
    """A law does not hold: its name, what is wrong, and the shortest history that was found to break it."""

    def __init__(self, law: str, wrong: str, portal: Portal, history: Sequence[Happening]) -> None:
        self.law = law
        self.history = tuple(history)
        steps = "\n".join(f"  {number}. {each}" for number, each in enumerate(history, start=1))
        super().__init__(f"{law}, on the portal {portal.portal}: {wrong}\n{steps}")


class Story:
    """A world in which things happen one after the other, each held against laws."""

    def __init__(self, portal: Portal, new_store: Callable[[], Store], laws: Mapping[str, Callable[..., None]]) -> None:
        self.portal = portal
        self.new_store = new_store
        self.world = Witness(portal, new_store())
        self.ledger = Ledger(portal)
        self.history: list[Happening] = []
        self._laws = laws
        self._turn_laws = {name: law for name, law in laws.items() if name not in QUESTION_LAWS}
        self._question_laws = {name: law for name, law in laws.items() if name in QUESTION_LAWS}
        self._numbers = 0

    def give(self, actor: Actor, command: Command, second: tuple[Actor, Command] | None = None) -> Turn:
        """Give a command, and perhaps a second one at the same moment.  Raises LawBrokenError."""
        self._numbers += 1
        given = Given(self._numbers, actor, command)
        if second:
            self._numbers += 1
            given = replace(given, second=Given(self._numbers, *second))
        with self._shortening(given):
            return self._given(given)

    def pause(self, by: timedelta) -> None:
        """Let time pass."""
        with self._shortening(Paused(by)):
            self.world.clock.advance(by)

    def ask(self, question: Question) -> None:
        """Ask a question.  Raises LawBrokenError."""
        if self._question_laws:
            with self._shortening(Asked(question)):
                self._asked(question)

    @contextmanager
    def _shortening(self, happening: Happening) -> Iterator[None]:
        self.history.append(happening)
        try:
            yield
        except _Wrong as wrong:
            raise self._shortened(wrong) from None

    def happen(self, happening: Happening) -> None:
        """Let something happen that happened elsewhere.  Raises what is wrong with it."""
        match happening:
            case Given():
                self._given(happening)
            case Paused():
                self.world.clock.advance(happening.by)
            case Asked():
                self._asked(happening.question)

    def _asked(self, question: Question) -> None:
        for name, law in self._question_laws.items():
            _held(name, law, self.world, question)

    def _given(self, given: Given) -> Turn:
        second = given.second
        try:
            turn = self.world.turn(
                given.number,
                given.actor,
                given.command,
                None if second is None else lambda: self._given(second),
            )
        except (AssertionError, _Wrong):
            raise
        except Exception as error:
            raise _Wrong(type(error).__name__, str(error)) from error
        for name, law in self._turn_laws.items():
            _held(name, law, self.world, self.ledger, turn)
        self.ledger.note(self.world, turn)
        return turn

    def _shortened(self, wrong: _Wrong) -> LawBrokenError:
        """Return what to raise: the same law, broken by the shortest history."""
        laws = {name: law for name, law in self._laws.items() if name == wrong.law}

        def breaks(history: Sequence[Happening]) -> _Wrong | None:
            story = Story(self.portal, self.new_store, laws)
            try:
                for each in history:
                    story.happen(each)
            except _Wrong as again:
                return again if again.law == wrong.law else None
            except AssertionError:
                return None
            return None

        history: Sequence[Happening] = self.history
        if breaks(history) is None:
            return LawBrokenError(wrong.law, f"{wrong.what} (another time it held)", self.portal, history)
        history = _simplified(_thinned(history, breaks), breaks)
        last = breaks(history) or wrong
        return LawBrokenError(last.law, last.what, self.portal, history)


class _Wrong(Exception):  # noqa: N818 - what was found, on its way out
    def __init__(self, law: str, what: str) -> None:
        super().__init__(law, what)
        self.law = law
        self.what = what


def _held(name: str, law: Callable[..., None], *of: object) -> None:
    try:
        law(*of)
    except AssertionError as error:
        raise _Wrong(name, str(error)) from None


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


def _shown(actor: Actor) -> str:
    """Return an actor as a history shows him."""
    user, session = getattr(actor, "user", ""), getattr(actor, "session", "")
    return user or (f"whoever has the session {session}" if session else type(actor).__name__.lower())
