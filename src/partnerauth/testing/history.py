"""What happened in a world: each command with everything that was stored before and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar, cast

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import (
    AccountById,
    AdministratorsOf,
    AnotherHolder,
    AttemptsAgainst,
    CredentialOf,
    DelegationTo,
    Directory,
    Entity,
    Key,
    OrganisationById,
    SelectionOf,
    SessionByDigest,
    TokenById,
    UserById,
)
from partnerauth.entities import (
    Account,
    AccountId,
    Actor,
    Credential,
    Delegation,
    Member,
    Organisation,
    OrganisationId,
    Selection,
    Session,
    Token,
    TokenId,
    User,
    UserId,
)
from partnerauth.events import Event
from partnerauth.flow import Answers, Ask, Command, Situation, admitted, digest
from partnerauth.flows import FLOWS
from partnerauth.policy.portal import Portal
from partnerauth.ports import Store, Unit
from partnerauth.shell import Pause, Save, Step, Work
from partnerauth.testing.clockwork import START, World

T = TypeVar("T")
E = TypeVar("E")


def home_of(account: str) -> str:
    """Return the organisation that an account belongs to, by the account's id."""
    return account.partition("/")[0]


class State:
    """Everything that is stored, by key: what the laws read, whatever the store is."""

    def __init__(self, entities: Mapping[Key[Any], Entity] = MappingProxyType({})) -> None:
        self.entities = entities
        self._found: dict[str, Any] = {}

    def once(self, name: str, find: Callable[[], T]) -> T:
        """Return what was found under this name before, or find it now: a state never changes."""
        if name not in self._found:
            self._found[name] = find()
        return cast("T", self._found[name])

    def after(self, unit: Unit) -> State:
        """Return the state after a unit was stored."""
        entities = {**self.entities, **unit.changes}
        return State({key: entity for key, entity in entities.items() if entity is not None})

    def get(self, key: Key[T]) -> T | None:
        """Return what is stored under the key, or None."""
        return cast("T | None", self.entities.get(key))

    def all(self, kind: type[E]) -> tuple[E, ...]:
        """Return all that is of this kind."""
        return tuple(entity for entity in self.entities.values() if isinstance(entity, kind))

    @cached_property
    def users(self) -> tuple[User, ...]:
        """All users, in whatever state they are."""
        return self.all(User)

    @cached_property
    def organisations(self) -> tuple[Organisation, ...]:
        """All organisations."""
        return self.all(Organisation)

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts."""
        return self.all(Account)

    @cached_property
    def selections(self) -> tuple[Selection, ...]:
        """All that users were given."""
        return self.all(Selection)

    @cached_property
    def delegations(self) -> tuple[Delegation, ...]:
        """All that subcontractors were given."""
        return self.all(Delegation)

    def user(self, user: str) -> User | None:
        """Return a user."""
        return self.get(UserById(UserId(user)))

    def organisation(self, organisation: str) -> Organisation | None:
        """Return an organisation."""
        return self.get(OrganisationById(OrganisationId(organisation)))

    def account(self, account: str) -> Account | None:
        """Return an account, by its id."""
        return self.get(AccountById(AccountId(account)))

    def credential(self, user: str) -> Credential | None:
        """Return how a user proves himself."""
        return self.get(CredentialOf(UserId(user)))

    def selection(self, user: str, account: str, application: str) -> Selection | None:
        """Return what a user was given in an application on an account."""
        return self.get(SelectionOf(UserId(user), AccountId(account), application))

    def delegation(self, account: str, application: str, organisation: str) -> Delegation | None:
        """Return what a subcontractor was given in an application on an account."""
        return self.get(DelegationTo(AccountId(account), application, OrganisationId(organisation)))

    def colleagues(self, organisation: str) -> tuple[User, ...]:
        """Return all users of an organisation."""
        return tuple(user for user in self.users if user.organisation == organisation)

    def session(self, secret: str) -> Session | None:
        """Return the session that a browser's secret belongs to."""
        return self.get(SessionByDigest(digest(secret)))

    def token(self, identity: str) -> Token | None:
        """Return a token."""
        return self.get(TokenById(TokenId(identity)))

    def acting(self, actor: Actor) -> User | None:
        """Return the user who acts, where one does and is known."""
        if not isinstance(actor, Member):
            return None
        if not actor.session:
            return self.user(actor.user)
        session = self.session(actor.session)
        return self.user(session.user) if session else None

    def owner(self, entity: object) -> str | None:
        """Return the organisation that something stored belongs to, or None for what belongs to none."""
        match entity:
            case Organisation():
                return entity.id
            case Delegation():
                return home_of(entity.account)
            case _ if organisation := getattr(entity, "organisation", None):
                return str(organisation)
            case _:
                person = self.user(getattr(entity, "user", "") or getattr(entity, "subject", ""))
                return person.organisation if person else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One command: who gave it, what was answered, and all that it changed.

    `overtaken` says that something else happened between its reading and its storing.  `whole` is the answer to
    the same command where everything that is stored could be read, and `alone` where nothing could of other
    organisations; None where no decision was taken that could be repeated.
    """

    number: int
    actor: Actor
    command: Command
    answer: Answer
    at: datetime
    before: State
    after: State
    units: tuple[Unit, ...]
    overtaken: bool
    whole: Answer | None
    alone: Answer | None

    @property
    def accepted(self) -> bool:
        """Whether the command was accepted."""
        return isinstance(self.answer, Accepted)

    @property
    def created(self) -> UserId | None:
        """The user whom the command made, if it made one."""
        return self.answer.created if isinstance(self.answer, Accepted) else None

    @property
    def word(self) -> str:
        """The command's name."""
        return self.command.word()

    @property
    def by(self) -> User | None:
        """The acting user as he was before, where one acted and was known."""
        return self.before.acting(self.actor)

    @property
    def events(self) -> tuple[Event, ...]:
        """What went on record."""
        return tuple(event for unit in self.units for event in unit.events)

    @property
    def mails(self) -> tuple[Any, ...]:
        """What went into the outbox."""
        return tuple(mail for unit in self.units for mail in unit.mails)

    def __str__(self) -> str:
        return f"{given(self.actor, self.command)}: {answered(self.answer)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that somebody was told: a link, a code or a session; whose it is and when it was made."""

    text: str
    subject: str
    turn: int
    expires_at: datetime
    purpose: str = ""


def given(actor: Actor, command: Command) -> str:
    """Return a command and who gives it, in one line, without what is as it always is."""
    user, session = getattr(actor, "user", ""), getattr(actor, "session", "")
    who = user or (f"whoever has the session {session[:6]}\u2026" if session else type(actor).__name__.lower())
    fields = command.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return f"{who}: {command.word()} {fields}"


def answered(answer: Answer) -> str:
    """Return whether a command was accepted, or else the codes of what is wrong with it."""
    return f"refused: {', '.join(answer.codes)}" if isinstance(answer, Refused) else "accepted"


class _Everything(Mapping[Key[Any], Any]):
    """All that a store can answer, read when it is asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        return self._store.read([key]).values[key]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, Key)

    def __iter__(self) -> Iterator[Key[Any]]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Own(_Everything):
    """All that a store can answer an organisation: its own, what was delegated to it, and who takes such work."""

    def __init__(self, store: Store, state: State, organisation: str) -> None:
        super().__init__(store)
        self._state = state
        self._organisation = organisation

    def __getitem__(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        value = super().__getitem__(key)
        if isinstance(key, (AnotherHolder, AdministratorsOf)) and key.organisation != self._organisation:
            return None if isinstance(key, AnotherHolder) else ()
        return None if self._is_hidden(value) else value

    def _is_hidden(self, value: object) -> bool:
        if isinstance(value, (Delegation, Session)) or value is None:
            return False
        if isinstance(value, Organisation) and value.subcontractor:
            return False
        if isinstance(value, Account) and any(
            (each.account, each.organisation) == (value.id, self._organisation) for each in self._state.delegations
        ):
            return False
        owner = self._state.owner(value)
        return owner is not None and owner != self._organisation


@dataclass(slots=True)
class _Noted:
    number: int
    actor: Actor
    command: Command
    before: State
    meanwhile: Callable[[], object] | None
    answers: dict[Ask[Any], Any] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    steps: int = 0
    whole: Answer | None = None
    alone: Answer | None = None


class Witness(World):
    """A world that notes what each command reads, is answered and changes."""

    def __init__(self, portal: Portal, store: Store | None = None, *, now: datetime = START) -> None:
        super().__init__(portal, store, now=now)
        self.state = State()
        self._noting: list[_Noted] = []

    def turn(self, number: int, actor: Actor, command: Command, meanwhile: Callable[[], object] | None = None) -> Turn:
        """Carry a command out; `meanwhile` happens once it has read and before it stores anything.

        Its chance follows from its number alone, and not from what happened before.
        """
        noted = _Noted(number, actor, command, self.state, meanwhile)
        self._noting.append(noted)
        try:
            answer = self.execute(actor, command)
        finally:
            self._noting.pop()
        return Turn(
            number=number,
            actor=actor,
            command=command,
            answer=answer,
            at=self.clock.now(),
            before=noted.before,
            after=self.state,
            units=tuple(noted.units),
            overtaken=meanwhile is not None,
            whole=noted.whole,
            alone=noted.alone,
        )

    def perform(self, step: Step, store: Store | None = None) -> object:
        """Perform a step, and note what came of it; nobody waits."""
        if not self._noting:
            return super().perform(step, store)
        if isinstance(step, Pause):
            return None
        noted = self._noting[-1]
        if isinstance(step, Save):
            if noted.meanwhile:
                happening, noted.meanwhile = noted.meanwhile, None
                happening()
                noted.before = self.state
            if not step.part:
                self._decide_again(noted, step.unit)
        noted.steps += 1
        self.entropy.begin(f"{noted.number}.{noted.steps}")
        result = super().perform(step, store)
        if isinstance(step, Work):
            noted.answers |= cast("dict[Ask[Any], Any]", result)
        if isinstance(step, Save) and result:
            noted.units.append(step.unit)
            self.state = self.state.after(step.unit)
        return result

    def _decide_again(self, noted: _Noted, unit: Unit) -> None:
        if unit.changes and all(isinstance(key, AttemptsAgainst) for key in unit.changes):
            return
        noted.whole = self._decided(noted, _Everything(self.store))
        me = self.state.acting(noted.actor)
        noted.alone = self._decided(noted, _Own(self.store, self.state, me.organisation)) if me else None

    def _decided(self, noted: _Noted, everything: _Everything) -> Answer | None:
        flow = FLOWS[noted.command.word()]
        situation: Situation[Any] = Situation(
            portal=self.portal,
            directory=Directory(everything),
            actor=noted.actor,
            command=noted.command,
            now=self.clock.now(),
            answers=Answers(noted.answers),
        )
        refused = admitted(flow, situation)
        if refused:
            return refused
        if any(ask not in noted.answers for ask in flow.asks(situation)):
            return None
        return flow.decide(situation)
