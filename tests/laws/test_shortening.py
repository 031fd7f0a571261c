"""A law that breaks comes with a history in which every step matters, and every part of every step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import pytest
from hypothesis import settings

from partnerauth.adapters.memory import MemoryStore
from partnerauth.entities import State
from partnerauth.flows.deactivate import Deactivate
from partnerauth.portals import read_portal
from partnerauth.ports import Unit
from partnerauth.testing import LawBrokenError, PortalMachine, hold
from partnerauth.testing.history import Turn, Witness
from partnerauth.testing.laws import QuestionLaw, TurnLaw
from partnerauth.testing.ledger import Ledger
from partnerauth.testing.oracle import Question
from partnerauth.testing.shortening import ANSWERED, Asked, Given


def nobody_leaves(_: Witness, __: Ledger, turn: Turn) -> None:
    """No law of any portal."""
    if any(user.state is State.DEACTIVATED for user in turn.after.users):
        message = f"somebody left\n  {turn}"
        raise AssertionError(message)


def nobody_may_anything(world: Witness, question: Question) -> None:
    """No law of any portal either."""
    assert not world.view().can(
        question.user, question.application, question.right, account=question.account, resources=question.resources
    )


class NobodyLeaves(PortalMachine):
    portal = read_portal("bpost")
    turn_laws: ClassVar[Mapping[str, TurnLaw]] = {"nobody_leaves": nobody_leaves}
    question_laws: ClassVar[Mapping[str, QuestionLaw]] = {}


class NobodyMayAnything(PortalMachine):
    portal = read_portal("edi")
    turn_laws: ClassVar[Mapping[str, TurnLaw]] = {}
    question_laws: ClassVar[Mapping[str, QuestionLaw]] = {"nobody_may_anything": nobody_may_anything}


class _Full(MemoryStore):
    """A store in which there is room for two commits."""

    def commit(self, unit: Unit) -> int:
        if self.position() > 1:
            message = "the disk is full"
            raise OSError(message)
        return super().commit(unit)


def broken(machine: type[PortalMachine]) -> LawBrokenError:
    case = machine.TestCase()
    case.settings = settings(case.settings, max_examples=50)  # type: ignore[misc]
    with pytest.raises(LawBrokenError) as caught:
        case.runTest()
    return caught.value


@pytest.fixture(scope="module")
def error() -> LawBrokenError:
    return broken(NobodyLeaves)


def test_what_does_not_matter_is_left_out(error: LawBrokenError) -> None:
    assert error.law == "nobody_leaves"
    *before, last = error.history
    assert isinstance(last, Given)
    assert isinstance(last.command, Deactivate)
    # Somebody asks for access, the operator grants it, and the operator, or who came in so, lets somebody go.
    assert 2 <= len(before) <= 5
    first, *rest = str(error).splitlines()
    assert first == "nobody_leaves, on the portal bpost: somebody left"
    assert rest[0].endswith(": accepted")
    assert [line.split(".")[0].strip() for line in rest[1:]] == [str(each + 1) for each in range(len(error.history))]


def test_no_secret_is_shown(error: LawBrokenError) -> None:
    assert "'password': '**********'" in str(error)
    assert not re.search(r"'(password|token|current)': '[^*]", str(error))


def test_a_question_stands_at_the_end_of_its_history() -> None:
    error = broken(NobodyMayAnything)
    *before, last = error.history
    assert isinstance(last, Asked)
    assert str(last).startswith("asked: may u-")
    assert len(before) <= 4


def test_what_crashes_is_shortened_too() -> None:
    with pytest.raises(LawBrokenError, match="OSError: the disk is full") as caught:
        hold("edi", "nobody_is_deleted", new_store=_Full, histories=3, commands=5, seed=0)
    assert caught.value.law == ANSWERED
    assert len(caught.value.history) <= 3
    assert isinstance(caught.value.__cause__, OSError)
