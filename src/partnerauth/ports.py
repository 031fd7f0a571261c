"""Ports: what the shell needs from outside, as Protocols.  Adapters bring them; an embedder may bring his own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NewType, Protocol, TypeVar, runtime_checkable

from partnerauth.chain import Head, Link, Spot
from partnerauth.directory import (
    AccountById,
    AccountsOf,
    AdministratorsOf,
    AnotherHolder,
    DelegationsTo,
    Entity,
    EveryUser,
    FirstComer,
    Key,
    OrganisationById,
    UsersOf,
)
from partnerauth.entities import Account, Delegation, Mail, Organisation, OrganisationId, Selection, User, UserId
from partnerauth.events import Event, UserErased

T = TypeVar("T")


class ConflictError(RuntimeError):
    """Somebody else changed what was read: the decision has to be taken again."""


class OutdatedTransactionError(ConflictError):
    """Somebody else changed what was read, and this transaction will never see it: run all of it anew."""


class StoreError(RuntimeError):
    """The store cannot be used; the message says what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a store answered.

    `values` has an answer for every key that was asked for, `revisions` the revision of each single entity
    (0 where there is none), and `versions` that of every organisation that an answer came from (see
    `concerned`; 0 where nothing was ever changed).  A revision is the position of the commit that wrote the
    entity, so that one that went and came back is not taken for what it was.
    """

    values: Mapping[Key[Any], Any]
    revisions: Mapping[Key[Any], int]
    versions: Mapping[OrganisationId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is stored in one transaction, or not at all.

    `changes` are the new values by key (None: no longer there) and `before` the old ones, as they were read.
    Everything that was read is a precondition: `revisions` of single entities and `versions` of organisations.
    What is changed without having been read must not be there yet.  `touched` are the organisations whose
    version rises.  Where none is touched the versions are no precondition, so that a sign-in never waits for
    an administrator.

    `chance` are unpredictable bytes, used for nothing else, that hide what the events tell of persons: 16 or more,
    and where there are none a store draws its own.  `erases` are the records from which a person is erased, as the
    one `UserErased` among the events says, and `forgets` the addresses whose mails go from the outbox with him.
    Raises ValueError for a mail without the event that it tells of, and for an erasing that none of the events tells.
    """

    changes: Mapping[Key[Any], Entity | None] = field(default_factory=lambda: MappingProxyType({}))
    before: Mapping[Key[Any], Entity | None] = field(default_factory=lambda: MappingProxyType({}))
    revisions: Mapping[Key[Any], int] = field(default_factory=lambda: MappingProxyType({}))
    versions: Mapping[OrganisationId, int] = field(default_factory=lambda: MappingProxyType({}))
    touched: frozenset[OrganisationId] = frozenset()
    events: tuple[Event, ...] = ()
    mails: tuple[Mail, ...] = ()
    chance: bytes = field(default=b"", repr=False)
    erases: tuple[Spot, ...] = ()
    forgets: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.mails and not self.events:
            message = "a mail is stored together with the event that it tells of"
            raise ValueError(message)
        if (self.erases or self.forgets) and self.erasing is None:
            message = "a person is erased together with the one event that says so"
            raise ValueError(message)

    @property
    def erasing(self) -> tuple[int, UserErased] | None:
        """The event that says who is erased, and its number within the unit; None where it is not exactly one."""
        found = [(number, each) for number, each in enumerate(self.events, start=1) if isinstance(each, UserErased)]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event on record, and the position of the commit that stored it: later commits have higher ones.

    `place` is where it stands in the chain of its organisation, from 1.  Where it `is_erased` the event has blanks
    instead of what it told of a person.
    """

    position: int
    event: Event
    place: int = 0
    is_erased: bool = False


Mark = NewType("Mark", str)
"""Up to where a store was read.  What is in it is the store's own business: it is kept, and given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Which facts changed since a mark, the `mark` of now, and the newest position that is on record now.

    `keys` is None where the store cannot tell: the mark is of another copy of it, or too old.  Then anything may have
    changed.
    """

    mark: Mark
    position: int
    keys: Sequence[Key[Any]] | None


class MailState(StrEnum):
    """What has become of a mail: a dead one is tried no more, unless somebody says so."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A mail in the outbox; `at` is when the first event of its commit happened.

    A waiting mail is due at `next_try_at`.  Whoever tries it has first moved that on, so that nobody else does
    meanwhile, and has counted the try in `attempts`.  `problem` is what the last try came to, empty while one is
    under way and where there was none.
    """

    id: int
    mail: Mail
    at: datetime
    next_try_at: datetime
    state: MailState = MailState.WAITING
    attempts: int = 0
    problem: str = ""


class Store(Protocol):
    """Where everything is kept.

    An answer of several is in the order in which they came, and within one commit in that of their keys.
    What a selection or a delegation holds is in the order of kind and name, whatever it was put in.
    """

    @property
    def lasts(self) -> bool:
        """Whether what is stored outlives the process."""

    def read(self, keys: Sequence[Key[Any]]) -> Loaded:
        """Answer every key from one state of the store.  Raises StoreError."""

    def commit(self, unit: Unit) -> int:
        """Store a unit and return its position in the log.

        Raises ConflictError where a precondition no longer holds, with nothing stored, and StoreError.
        """

    def position(self) -> int:
        """Return the newest position that is on record, 0 where nothing is."""

    def changes_since(self, mark: Mark | None) -> Changes:
        """Return which facts others could see changed since a mark; None stands for now, before which nothing counts.

        Only what decisions depend on has to be among them: organisations, accounts, users, credentials, selections
        and delegations.  Nothing that was committed before this is called may be missing, in whichever order commits
        came; what was told before may be told again.  It is asked at every view: it should cost one look.
        """

    def records(self, *, about: str | None = None, organisation: str | None = None) -> Sequence[Recorded]:
        """Return what is on record, oldest first: of one subject, of one organisation, or everything."""

    def told_of(self, subjects: Sequence[str]) -> Sequence[Spot]:
        """Return the records that tell of persons, by their ids or by what was typed, oldest first; none erased."""

    def examine(self, work: Callable[[Sequence[Head], Iterator[Link]], T]) -> T:
        """Do some work on the record as it stands at one moment, and return what comes of it.

        The work is given all heads, and all links in the order of organisation and place: one after the other, never
        all in memory.  It may be done again from the start, so that it must change nothing.
        """

    def outbox(
        self, *, to: str | None = None, state: MailState | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Posted]:
        """Return mails in the order of their ids: to one address, in one state, of higher ids, so many at most."""

    def claim_mail(self, now: datetime, until: datetime) -> Posted | None:
        """Take the waiting mail that has been due for longest, and have it to oneself `until` then; None: none is due.

        What is returned is the mail as it stands now, with this try counted.  However many ask at once, from however
        many processes, no two get the same mail, and none waits for what another does with his.
        """

    def mark_sent(self, ids: Iterable[int]) -> None:
        """Note that mails were sent, whatever else was noted of them."""

    def mark_failed(self, mail: int, *, attempt: int, problem: str, next_try_at: datetime | None) -> bool:
        """Note that a try failed, and when the next one is due: never, where that is None.

        Nothing is noted, and the answer is False, where the mail no longer waits or was tried again since.
        """

    def retry_mails(self, ids: Iterable[int], now: datetime) -> Sequence[int]:
        """Let mails be due now, as if they had never been tried; return which: the dead, and those put off."""


def concerned(  # noqa: C901 - one line for each noun is the table itself
    key: Key[Any], value: object, home: Callable[[UserId], OrganisationId | None]
) -> Iterator[OrganisationId]:
    """Yield the organisations that an answer came from: a store returns their versions with it.

    `home` says which organisation a user belongs to, None where there is no such user.  Who asks for every user
    depends on the few that he goes on to change, not on every organisation: a feed would else never get through.
    """
    if isinstance(key, EveryUser):
        return
    for thing in value if isinstance(value, tuple) else (value,):
        match thing:
            case Organisation():
                yield thing.id
            case User() | Account():
                yield thing.organisation
            case Selection():
                if organisation := home(thing.user):
                    yield organisation
            case Delegation():
                yield OrganisationId(thing.account.partition("/")[0])
            case _:
                pass
    match key:
        case AnotherHolder() | AdministratorsOf() | FirstComer() | AccountsOf() | UsersOf() | DelegationsTo():
            yield key.organisation
        case OrganisationById():
            yield key.id
        case AccountById():
            yield OrganisationId(key.id.partition("/")[0])
        case _:
            pass


def settled(entity: Entity) -> Entity:
    """Return an entity as every store answers it: what it holds is in the order of kind and name."""
    if isinstance(entity, Selection | Delegation):
        return replace(entity, elements=MappingProxyType(dict(sorted(entity.elements.items()))))
    return entity


class PasswordHasher(Protocol):
    """A slow hash for passwords (GX-06)."""

    def hash(self, password: str) -> str:
        """Return the hash of a password, with its parameters."""

    def verify(self, hash: str | None, password: str) -> bool:  # noqa: A002 - the hash is what it is
        """Whether the password belongs to the hash; where there is none, take as long and say no (PW-11)."""

    def outdated(self, hash: str) -> bool:  # noqa: A002 - as above
        """Whether the hash was made with other parameters than today's."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the present time, with its zone."""


class Timer(Protocol):
    """What lets time pass."""

    def wait(self, seconds: float) -> None:
        """Return after so many seconds."""


class Entropy(Protocol):
    """Where chance comes from."""

    def draw(self, size: int) -> bytes:
        """Return so many unpredictable bytes."""


class WordLists(Protocol):
    """Lists that a rule looks something up in."""

    def is_common_password(self, password: str) -> bool:
        """Whether a password is among the most common."""

    def is_free_mail(self, domain: str) -> bool:
        """Whether anybody can have an address of this domain."""


class RefusedMailError(OSError):
    """The other end will never take this mail: it is of no use to try again."""


class UnreachableError(OSError):
    """There is nobody to hand mails over to, or he takes none from us: no other mail would fare better now."""


class Mailer(Protocol):
    """What takes a mail to its reader."""

    def send(self, *, to: str, subject: str, text: str, html: str, reference: str) -> None:
        """Send one mail.

        `reference` is the same each time that the same mail is sent, and tells it from every other one: letters,
        digits and dots.  Raises RefusedMailError where this mail can never be handed over, UnreachableError where
        none can be now, and OSError or ValueError where this one could not be, and may be later.
        """


@runtime_checkable
class ConnectingMailer(Mailer, Protocol):
    """A mailer that can send many mails over one connection."""

    def connected(self) -> AbstractContextManager[Mailer]:
        """Return the mailer to send them with, which is closed afterwards."""
