"""Ports: what the shell needs from outside, as Protocols.  Adapters bring them; an embedder may bring his own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from partnerauth.directory import Entity, Key
from partnerauth.entities import Mail, OrganisationId
from partnerauth.events import Event


class ConflictError(RuntimeError):
    """Somebody else changed what was read: the decision has to be taken again."""


class StoreError(RuntimeError):
    """The store cannot be used; the message says what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a store answered.

    `values` has an answer for every key that was asked for, `revisions` the revision of each single entity
    (0 where there is none), and `versions` that of every organisation that an answer came from.
    """

    values: Mapping[Key[Any], Any]
    revisions: Mapping[Key[Any], int]
    versions: Mapping[OrganisationId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is stored in one transaction, or not at all.

    `changes` are the new values by key (None: no longer there) and `before` the old ones.  Everything that
    was read is a precondition: `revisions` of single entities and `versions` of organisations.  `touched`
    are the organisations whose version rises.  Where none is touched the versions are no precondition, so
    that a sign-in never waits for an administrator.
    """

    changes: Mapping[Key[Any], Entity | None] = field(default_factory=lambda: MappingProxyType({}))
    before: Mapping[Key[Any], Entity | None] = field(default_factory=lambda: MappingProxyType({}))
    revisions: Mapping[Key[Any], int] = field(default_factory=lambda: MappingProxyType({}))
    versions: Mapping[OrganisationId, int] = field(default_factory=lambda: MappingProxyType({}))
    touched: frozenset[OrganisationId] = frozenset()
    events: tuple[Event, ...] = ()
    mails: tuple[Mail, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event on record, and its place in the order of all of them."""

    position: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A mail that waits in the outbox, or was sent."""

    id: int
    mail: Mail
    at: datetime
    sent: bool


class Store(Protocol):
    """Where everything is kept.  `lasts` says whether it outlives the process."""

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
        """Return the position of the newest commit; it only ever rises."""

    def records(self, *, about: str | None = None, organisation: str | None = None) -> Sequence[Recorded]:
        """Return what is on record, oldest first: of one subject, of one organisation, or everything."""

    def outbox(self, *, to: str | None = None, unsent: bool = False) -> Sequence[Posted]:
        """Return mails, oldest first: to one address, or only those that were not sent."""

    def mark_sent(self, ids: Iterable[int]) -> None:
        """Note that mails were sent."""


class PasswordHasher(Protocol):
    """A slow hash for passwords (GX-06)."""

    def hash(self, password: str) -> str:
        """Return the hash of a password, with its parameters."""

    def verify(self, hash: str | None, password: str) -> bool:  # noqa: A002 - the hash is what it is
        """Whether the password belongs to the hash; where there is none, take as long and say no (PW-11)."""

    def outdated(self, hash: str) -> bool:  # noqa: A002
        """Whether the hash was made with other parameters than today's."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the present time, with its zone."""


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


class Mailer(Protocol):
    """What takes a mail to its reader."""

    def send(self, *, to: str, subject: str, text: str, html: str) -> None:
        """Send one mail.  Raises OSError where it could not be handed over."""
