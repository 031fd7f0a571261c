"""Random histories of a portal, on which the laws are tried: `PortalMachine`, and `hold` for some laws alone.

An embedder tries his own portal file and store:

    class Ours(PortalMachine):
        portal = read_portal("ours.toml")
        new_store = OurStore

    TestOurs = Ours.TestCase
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final, Self, cast

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from hypothesis.strategies import DataObject, SearchStrategy

from partnerauth.adapters.memory import MemoryStore
from partnerauth.entities import Actor, Member, Operator
from partnerauth.flow import Command
from partnerauth.flows import FLOWS
from partnerauth.policy.portal import Portal
from partnerauth.portals import read_portal
from partnerauth.ports import Store
from partnerauth.testing import arrivals, sense, strategies
from partnerauth.testing.history import Turn, Witness
from partnerauth.testing.laws import QUESTION_LAWS, TURN_LAWS, QuestionLaw, TurnLaw
from partnerauth.testing.scene import ORGANISATIONS, Scene, parts
from partnerauth.testing.shortening import Asked, LawBrokenError, Story, shortest
from partnerauth.testing.undoing import OPPOSITES, opposite, worth_undoing

PAUSES: Final = (timedelta(minutes=1), timedelta(hours=2), timedelta(days=2), timedelta(days=8), timedelta(days=91))
"""For how long nothing happens at times: a block, a link, a code, a temporary password, an invitation ends."""

RIGHTS_CHANGE_HANDS: Final = (
    "grant",
    "copy-rights",
    "set-management",
    "set-administrator",
    "delegate",
    "pass-on",
    "withdraw",
    "delegate",
    "revoke",
    "deactivate",
    "reactivate",
)
"""The commands that most laws are about, in an order in which each can build on those before."""

AGAIN: Final = "again"
"""Stands for the first command of a story: what it did is undone, and done again."""

SUBCONTRACTING: Final = (
    ("delegate",),
    ("pass-on",),
    ("withdraw",),
    ("delegate", "pass-on"),
    ("delegate", "pass-on", AGAIN),
    ("delegate", "pass-on", "pass-on", AGAIN),
)
"""The commands by which one organisation works on the account of another, as they follow each other."""

FOLLOWED: Final = (
    ("request-reset", "reset-password"),
    ("trigger-reset", "reset-password"),
    ("change-email", "confirm-email"),
    ("invite", "accept-invitation"),
    ("resend-invitation", "accept-invitation"),
    ("register", "verify-email"),
)
"""The commands that mail a link or a code, and those that use it."""

PAUSE: Final = "pause"
"""Stands for nothing that happens, for a while."""

INTERRUPTIONS: Final = (
    ("request-reset",),
    ("change-password",),
    ("change-email", "confirm-email"),
    ("cancel-invitation",),
    ("revoke",),
    ("deactivate",),
    ("deactivate", "reactivate"),
)
"""What can happen before a link is used, or a session."""

BEFORE_ACCEPTING: Final = (
    ("revoke",),
    ("revoke",),
    ("cancel-invitation",),
    ("deactivate",),
    ("deactivate", "reactivate"),
)
"""What can happen before an invitation is accepted: mostly to the one who invited."""

QUESTIONS: Final = 2
"""How many questions are asked after each command."""

HISTORIES: Final = 50
"""How many histories are tried from one seed, unless it is said."""

COMMANDS: Final = 30
"""How many commands one history has after the first people have come in, unless it is said."""


@dataclass(slots=True)
class Tried:
    """How much was tried, without a law being broken."""

    histories: int = 0
    commands: int = 0
    questions: int = 0

    def note(self, story: Story) -> None:
        """Count a history."""
        self.histories += 1
        self.commands += story.commands
        self.questions += sum(isinstance(each, Asked) for each in story.history)

    def __iadd__(self, other: Tried) -> Self:
        """Add what else was tried."""
        self.histories += other.histories
        self.commands += other.commands
        self.questions += other.questions
        return self


class PortalMachine(RuleBasedStateMachine):
    """Tries the laws on one portal, or on portals that are drawn, over stores of one kind.

    `portal` is a portal, or a strategy that draws them; `new_store` is called for a new and empty store, which is
    closed at the end if it can be.  `turn_laws` and `question_laws` are what is tried.  A law that does not hold is
    a LawBrokenError, with the shortest history that breaks it.
    """

    portal: ClassVar[Portal | SearchStrategy[Portal]]
    new_store: ClassVar[Callable[[], Store]] = MemoryStore
    turn_laws: ClassVar[Mapping[str, TurnLaw]] = TURN_LAWS
    question_laws: ClassVar[Mapping[str, QuestionLaw]] = QUESTION_LAWS
    tried: ClassVar[Tried]

    story: Story

    def __init_subclass__(cls) -> None:
        """Leave the shortening to the machine, which knows what a history is made of."""
        super().__init_subclass__()
        cls.tried = Tried()
        cls.TestCase.runTest = lambda case: run(cls, case.settings)  # type: ignore[assignment, method-assign]

    @initialize(data=st.data())
    def the_portal_opens(self, data: DataObject) -> None:
        """Open the organisations and let their first people in, and give rights to some."""
        drawn = type(self).portal
        portal = data.draw(drawn) if isinstance(drawn, SearchStrategy) else drawn
        self.story = Story(portal, type(self).new_store(), type(self).turn_laws, type(self).question_laws)
        theme = data.draw(strategies.themes(portal))
        for organisation in data.draw(parts(ORGANISATIONS, least=2)):
            self.give(Operator(), data.draw(strategies.organisations(portal, organisation, theme)))
        arrivals.first_people(self, data)
        for _ in range(data.draw(st.integers(0, 2)) if self._sensible(["invite"]) else 0):
            self._follow("invite", "accept-invitation", data)
        for word in RIGHTS_CHANGE_HANDS:
            for _ in range(data.draw(st.integers(0, 3)) if self._sensible([word]) else 0):
                self.give(*data.draw(strategies.commands(self.scene, word)))
        self._subcontract(data)
        self._ask(data)

    def teardown(self) -> None:
        """Count what was tried, and close the store."""
        if hasattr(self, "story"):
            type(self).tried.note(self.story)
            self.story.close()

    @property
    def world(self) -> Witness:
        """The world that the story plays in."""
        return self.story.world

    @property
    def scene(self) -> Scene:
        """What can be done at the moment."""
        ledger = self.story.ledger
        return Scene(
            portal=self.story.portal,
            state=self.story.world.state,
            passwords=ledger.passwords,
            links=tuple(ledger.links.values()),
            sessions=tuple(ledger.sessions.values()),
            done=ledger.done,
        )

    def give(self, actor: Actor, command: Command, second: tuple[Actor, Command] | None = None) -> Turn:
        """Give a command and hold what comes of it against the laws.  Raises LawBrokenError."""
        return self.story.give(actor, command, second)

    @rule(data=st.data())
    def time_passes(self, data: DataObject) -> None:
        """Nothing happens for a while."""
        self.story.pause(data.draw(st.sampled_from(PAUSES)))
        self._ask(data)

    @rule(data=st.data())
    def rights_change_hands(self, data: DataObject) -> None:
        """Somebody gives rights to another, or takes them from him."""
        if words := self._sensible(RIGHTS_CHANGE_HANDS):
            self._obey(data.draw(st.sampled_from(words)), data)

    @rule(data=st.data())
    def subcontractors_work(self, data: DataObject) -> None:
        """An organisation lets another one work on its account, or cuts it off."""
        self._subcontract(data)

    @rule(data=st.data())
    def what_was_done_is_done_again(self, data: DataObject) -> None:
        """Somebody undoes what he did, and does it again."""
        if words := sorted({turn.word for turn in self.scene.done} & set(OPPOSITES)):
            self._do_again(data.draw(st.sampled_from(words)), data)

    @rule(data=st.data())
    def links_are_followed(self, data: DataObject) -> None:
        """Somebody is mailed a link and uses it: at once, late, after something else, twice."""
        offered = self.scene.portal.offers
        if pairs := [(ask, use) for ask, use in FOLLOWED if self._sensible([ask]) and use in offered]:
            self._follow(*data.draw(st.sampled_from(pairs)), data)

    @rule(data=st.data())
    def sessions_are_used(self, data: DataObject) -> None:
        """Somebody signs in, and does something later."""
        if "sign-in" in self.scene.portal.offers:
            self._obey("sign-in", data)
            self._interrupt(data, INTERRUPTIONS)
            sessions = [Member(session=each.text) for each in self.scene.sessions[-2:]]
            words = self._sensible(FLOWS)
            if sessions and words:
                actor = data.draw(st.sampled_from(sessions))
                self.give(*data.draw(strategies.commands(self.scene, data.draw(st.sampled_from(words)), actor)))

    @rule(data=st.data())
    def something_out_of_place(self, data: DataObject) -> None:
        """Somebody gives a command that may not be offered to him, or not at all."""
        word = data.draw(st.sampled_from(sorted(FLOWS)))
        actor = data.draw(strategies.anybody(self.scene))
        self.give(*data.draw(strategies.commands(self.scene, word, actor)))

    @rule(data=st.data())
    def at_the_same_moment(self, data: DataObject) -> None:
        """Two commands are given at once: the second is through before the first has stored anything."""
        scene = self.scene
        both = st.sampled_from(self._sensible(FLOWS)).flatmap(lambda word: strategies.commands(scene, word))
        self.give(*data.draw(both), second=data.draw(both))
        self._ask(data)

    def _sensible(self, words: Iterable[str]) -> list[str]:
        """Return which of these commands are offered and make sense at the moment."""
        scene = self.scene
        return [word for word in words if word in scene.portal.offers and sense.makes_sense(scene, word)]

    def _subcontract(self, data: DataObject) -> None:
        first, *rest = data.draw(st.sampled_from(SUBCONTRACTING))
        for word in (first, *rest):
            if word == AGAIN:
                self._do_again(first, data)
            elif self._sensible([word]):
                self._obey(word, data)

    def _do_again(self, word: str, data: DataObject) -> None:
        """Undo one of the latest commands of a name, and give it again."""
        if done := worth_undoing(self.scene.done, word)[-2:]:
            turn = data.draw(st.sampled_from(done))
            for command in (opposite(turn), turn.command):
                self.give(turn.actor, command)
                self._ask(data)

    def _follow(self, ask: str, use: str, data: DataObject) -> None:
        self._obey(ask, data)
        self._interrupt(data, BEFORE_ACCEPTING if use == "accept-invitation" else INTERRUPTIONS)
        for _ in range(data.draw(st.sampled_from((1, 2)))):
            self._obey(use, data)

    def _interrupt(self, data: DataObject, interruptions: tuple[tuple[str, ...], ...]) -> None:
        """Let nothing happen, or time pass, or something that ends links and sessions, which may be undone."""
        words = data.draw(st.sampled_from(((), (PAUSE,), *interruptions)))
        for word in words:
            if word == PAUSE:
                self.story.pause(data.draw(st.sampled_from(PAUSES)))
            elif self._sensible([word]):
                self._obey(word, data)

    def _obey(self, word: str, data: DataObject) -> None:
        self.give(*data.draw(strategies.commands(self.scene, word)))
        self._ask(data)

    def _ask(self, data: DataObject) -> None:
        for question in data.draw(st.lists(strategies.questions(self.scene), max_size=QUESTIONS)):
            self.story.ask(question)


def _rule_for(word: str) -> Callable[..., None]:
    """Return the rule that gives commands of a name, where the portal offers them."""

    def give(self: PortalMachine, data: DataObject) -> None:
        self._obey(word, data)

    give.__name__ = word.replace("-", "_")
    give.__doc__ = f"Somebody gives the command {word}."

    def makes_sense(machine: PortalMachine) -> bool:
        return bool(machine._sensible([word]))  # noqa: SLF001 - a rule is part of its machine

    made: Callable[..., None] = rule(data=st.data())(precondition(makes_sense)(give))
    return made


for _word in FLOWS:
    setattr(PortalMachine, _word.replace("-", "_"), _rule_for(_word))


def run(machine: type[PortalMachine], tried: settings) -> None:
    """Run a machine as a test.  Raises LawBrokenError, with the shortest history that breaks the law."""
    __tracebackhide__ = True
    # What Hypothesis would leave out are single draws: the history says more, at less length.
    phases = [phase for phase in tried.phases if phase not in {Phase.shrink, Phase.explain}]
    try:
        run_state_machine_as_test(machine, settings=settings(tried, phases=phases, print_blob=False, database=None))
    except LawBrokenError as broken:
        raise shortest(broken, machine.new_store, machine.turn_laws, machine.question_laws) from broken.__cause__


def hold(
    portal: Portal | str | SearchStrategy[Portal],
    *laws: str,
    new_store: Callable[[], Store] = MemoryStore,
    histories: int = HISTORIES,
    commands: int = COMMANDS,
    seed: int | None = None,
) -> Tried:
    """Try laws, all of them unless some are named, on so many random histories of so many commands each.

    `portal` is a portal, the name of a shipped one, the path of a portal file, or a strategy that draws portals.
    The first people come in before these commands are counted.  The same `seed` tries the same histories; without
    one the profile of Hypothesis decides.  Raises LawBrokenError where a law does not hold, KeyError for a name
    that is no law's, and PortalError.
    """
    __tracebackhide__ = True
    known = {*TURN_LAWS, *QUESTION_LAWS}
    if unknown := set(laws) - known:
        raise KeyError(*sorted(unknown))
    wanted = set(laws) or known
    attributes = {
        "portal": read_portal(portal) if isinstance(portal, str) else portal,
        "new_store": staticmethod(new_store),
        "turn_laws": {name: law for name, law in TURN_LAWS.items() if name in wanted},
        "question_laws": {name: law for name, law in QUESTION_LAWS.items() if name in wanted},
    }
    machine = cast("type[PortalMachine]", type("Histories", (PortalMachine,), attributes))
    if seed is not None:
        machine = hypothesis.seed(seed)(machine)
    tried = settings(
        max_examples=histories, stateful_step_count=commands, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run(machine, tried)
    return machine.tried
