"""A story of commands by number: the same number is the same command, at the same moment, with the same chance.

So whoever knows how many commands a store has carried out knows everything that has to be in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from tests.adapters.day import ACME, HQ, OPERATOR, PERSON, POST, PRINT, VISITOR, Day

from partnerauth.adapters.memory import MemoryStore
from partnerauth.decision import Accepted
from partnerauth.directory import Key, LoginNameByKey
from partnerauth.entities import Actor, Member, UserId
from partnerauth.flow import Command
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.delegate import Delegate
from partnerauth.flows.grant import Grant
from partnerauth.flows.reactivate import Reactivate
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.set_management import SetManagement
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.flows.sign_in import SignIn
from partnerauth.flows.withdraw import Withdraw
from partnerauth.ports import Store, Unit
from partnerauth.testing.clockwork import START, world

TEMPORARY: Final = "Lente-Tram-61"
LETTER: Final = {"product": ("letter",), "billing-address": ("B1",)}


class Story:
    """Eleven commands about each new user, one user after the other; two of them are refused."""

    def __init__(self, store: Store) -> None:
        self.world = world("bpost", store)

    def prologue(self) -> None:
        """Open two companies, with an administrator each."""
        day = Day(self.world)
        day.open()
        for organisation in (ACME, PRINT):
            day.administrator(organisation)

    def give(self, number: int) -> str:
        """Give a command, and return what it was answered in one line."""
        self.world.clock.set(START + timedelta(days=1, minutes=number))
        self.world.entropy.begin(f"story {number}")
        user, which = divmod(number, len(COMMANDS))
        actor, command = COMMANDS[which](self, f"p{user}")
        answer = self.world.execute(actor, command)
        if isinstance(answer, Accepted):
            return " ".join(event.name for event in answer.events)
        return " ".join(answer.codes)

    def user(self, name: str) -> UserId:
        """Return who has a user name."""
        key = LoginNameByKey(name)
        found = self.world.store.read([key]).values[key]
        return found.user if found else UserId("nobody")

    def chief(self) -> Member:
        """Return Acme's first administrator."""
        return Member(user=self.user("chief-acme"))


def _created(story: Story, name: str) -> tuple[Actor, Command]:
    details = {**PERSON, "email": f"{name}@acme.example", "username": name}
    return story.chief(), CreateUser(details=details, management=frozenset({"manage-users"}))


def _granted(story: Story, name: str) -> tuple[Actor, Command]:
    given = Grant(user=story.user(name), application=POST, account=HQ, rights=("creation",), resources=LETTER)
    return story.chief(), given


def _mistyped(story: Story, name: str) -> tuple[Actor, Command]:
    del story
    return VISITOR, SignIn.model_validate({"identifier": name, "password": "Herfst-Tram-62", "browser": name})


def _managing(story: Story, name: str) -> tuple[Actor, Command]:
    rights = frozenset({"manage-users", "reset-password"})
    return story.chief(), SetManagement(user=story.user(name), management=rights)


def _delegated(story: Story, name: str) -> tuple[Actor, Command]:
    del name
    given = Delegate(organisation=PRINT, application=POST, account=HQ, rights=("creation",), resources=LETTER)
    return story.chief(), given


def _left(story: Story, name: str) -> tuple[Actor, Command]:
    return story.chief(), Deactivate(user=story.user(name))


def _shut_out(story: Story, name: str) -> tuple[Actor, Command]:
    return Member(user=story.user(name)), Deactivate(user=story.user("chief-acme"))


def _back(story: Story, name: str) -> tuple[Actor, Command]:
    return story.chief(), Reactivate(user=story.user(name))


def _reset(story: Story, name: str) -> tuple[Actor, Command]:
    given = {"user": story.user(name), "password": TEMPORARY}
    return OPERATOR, SetTemporaryPassword.model_validate(given)


def _withdrawn(story: Story, name: str) -> tuple[Actor, Command]:
    del name
    return story.chief(), Withdraw(organisation=PRINT, application=POST, account=HQ)


def _asked(story: Story, name: str) -> tuple[Actor, Command]:
    del story
    return VISITOR, RequestReset(identifier=name)


COMMANDS: Final[tuple[Callable[[Story, str], tuple[Actor, Command]], ...]] = (
    _created,
    _granted,
    _mistyped,
    _managing,
    _delegated,
    _left,
    _shut_out,
    _back,
    _reset,
    _withdrawn,
    _asked,
)


class Remembering(MemoryStore):
    """A store in memory that remembers what was committed, and every key that was ever written."""

    def __init__(self, units: Sequence[Unit] = ()) -> None:
        super().__init__()
        self.units: list[Unit] = []
        self.written: dict[Key[object], None] = {}
        self.watch: Callable[[], object] | None = None
        for unit in units:
            self.commit(unit)

    def commit(self, unit: Unit) -> int:
        here = super().commit(unit)
        self.units.append(unit)
        self.written |= dict.fromkeys(unit.changes)
        if self.watch:
            self.watch()
        return here
