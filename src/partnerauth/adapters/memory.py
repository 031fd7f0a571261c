"""Adapter: everything in dictionaries.  The reference implementation of `ports.Store`; nothing outlives the process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any

from partnerauth.directory import (
    AccountById,
    AccountsOf,
    AdministratorsOf,
    AnotherHolder,
    DelegationsOn,
    DelegationsTo,
    Entity,
    HoldersOn,
    Key,
    OrganisationById,
    SelectionsOf,
    SessionByDigest,
    SessionsIn,
    SessionsOf,
    TokenByDigest,
    UserById,
    UsersOf,
)
from partnerauth.entities import (
    Account,
    AccountId,
    Delegation,
    Organisation,
    OrganisationId,
    Selection,
    Session,
    State,
    Token,
    TokenId,
    User,
    UserId,
)
from partnerauth.ports import ConflictError, Loaded, Posted, Recorded, Unit


@dataclass(slots=True)
class _Kept:
    entity: Entity
    revision: int


@dataclass(slots=True)
class _Indexes:
    """The same entities by what they are asked for; only ever added to, in the order of arrival."""

    users: dict[OrganisationId, dict[UserId, None]] = field(default_factory=lambda: defaultdict(dict))
    accounts: dict[OrganisationId, dict[AccountId, None]] = field(default_factory=lambda: defaultdict(dict))
    selections: dict[UserId, dict[Key[Selection], None]] = field(default_factory=lambda: defaultdict(dict))
    holders: dict[tuple[AccountId, str], dict[UserId, None]] = field(default_factory=lambda: defaultdict(dict))
    delegations: dict[OrganisationId, dict[Key[Delegation], None]] = field(default_factory=lambda: defaultdict(dict))
    customers: dict[tuple[AccountId, str], dict[Key[Delegation], None]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    tokens: dict[str, TokenId] = field(default_factory=dict)
    browsers: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    sessions: dict[UserId, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))


class MemoryStore:
    """A store in memory.  One lock guards it, so that each call sees and leaves one whole state."""

    lasts = False

    def __init__(self) -> None:
        """Start empty."""
        self._lock = RLock()
        self._kept: dict[Key[Any], _Kept] = {}
        self._versions: dict[OrganisationId, int] = {}
        self._indexes = _Indexes()
        self._position = 0
        self._records: list[Recorded] = []
        self._outbox: list[Posted] = []
        self._answers: Mapping[type, Callable[[Any], Any]] = {
            SelectionsOf: self._selections_of,
            AccountsOf: lambda key: tuple(self._indexes.accounts.get(key.organisation, ())),
            DelegationsTo: self._delegations_to,
            DelegationsOn: self._delegations_on,
            AnotherHolder: self._another_holder,
            AdministratorsOf: self._administrators_of,
            UsersOf: lambda key: tuple(self._indexes.users.get(key.organisation, ())),
            HoldersOn: lambda key: tuple(self._indexes.holders.get((key.account, key.application), ())),
            SessionsIn: self._sessions_in,
            SessionsOf: lambda key: tuple(self._indexes.sessions.get(key.user, ())),
            TokenByDigest: lambda key: self._indexes.tokens.get(key.digest),
        }

    def read(self, keys: Sequence[Key[Any]]) -> Loaded:
        """Answer every key from one state."""
        with self._lock:
            values = {key: self._answer(key) for key in keys}
            revisions = {key: self._revision(key) for key in keys if type(key) not in self._answers}
            concerned = {organisation for key in keys for organisation in self._organisations(key, values[key])}
            versions = {organisation: self._versions.get(organisation, 0) for organisation in concerned}
        return Loaded(values=values, revisions=revisions, versions=versions)

    def commit(self, unit: Unit) -> int:
        """Store a unit, or nothing."""
        with self._lock:
            if unit.touched and any(self._versions.get(each, 0) != seen for each, seen in unit.versions.items()):
                raise ConflictError(tuple(unit.versions))
            expected = {**dict.fromkeys(unit.changes, 0), **unit.revisions}
            if any(self._revision(key) != revision for key, revision in expected.items()):
                raise ConflictError(tuple(expected))
            for organisation in unit.touched:
                self._versions[organisation] = self._versions.get(organisation, 0) + 1
            for key, entity in unit.changes.items():
                self._put(key, entity)
            self._position += 1
            self._records += [Recorded(position=self._position, event=event) for event in unit.events]
            at = unit.events[0].at if unit.events else None
            self._outbox += [
                Posted(id=len(self._outbox) + number, mail=mail, at=_dated(at), sent=False)
                for number, mail in enumerate(unit.mails, start=1)
            ]
            return self._position

    def position(self) -> int:
        """Return the position of the newest commit."""
        return self._position

    def records(self, *, about: str | None = None, organisation: str | None = None) -> Sequence[Recorded]:
        """Return what is on record, oldest first."""
        with self._lock:
            return tuple(
                each
                for each in self._records
                if about in {None, each.event.about} and organisation in {None, each.event.organisation}
            )

    def outbox(self, *, to: str | None = None, unsent: bool = False) -> Sequence[Posted]:
        """Return mails, oldest first."""
        with self._lock:
            return tuple(each for each in self._outbox if to in {None, each.mail.to} and not (unsent and each.sent))

    def mark_sent(self, ids: Iterable[int]) -> None:
        """Note that mails were sent."""
        gone = set(ids)
        with self._lock:
            self._outbox = [
                Posted(id=each.id, mail=each.mail, at=each.at, sent=each.sent or each.id in gone)
                for each in self._outbox
            ]

    def _revision(self, key: Key[Any]) -> int:
        kept = self._kept.get(key)
        return kept.revision if kept else 0

    def _get(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        kept = self._kept.get(key)
        return kept.entity if kept else None

    def _answer(self, key: Key[Any]) -> object:
        answer = self._answers.get(type(key))
        return answer(key) if answer else self._get(key)

    def _put(self, key: Key[Any], entity: Entity | None) -> None:
        if entity is None:
            self._kept.pop(key, None)
            return
        self._kept[key] = _Kept(entity, self._revision(key) + 1)
        indexes = self._indexes
        match entity:
            case User():
                indexes.users[entity.organisation][entity.id] = None
            case Account():
                indexes.accounts[entity.organisation][entity.id] = None
            case Selection():
                indexes.selections[entity.user][key] = None
                indexes.holders[entity.account, entity.application][entity.user] = None
            case Delegation():
                indexes.delegations[entity.organisation][key] = None
                indexes.customers[entity.account, entity.application][key] = None
            case Token():
                indexes.tokens[entity.digest] = entity.id
            case Session():
                indexes.browsers[entity.browser][entity.digest] = None
                indexes.sessions[entity.user][entity.digest] = None
            case _:
                pass

    def _selections_of(self, key: SelectionsOf) -> tuple[Selection, ...]:
        return tuple(self._get(each) for each in self._indexes.selections.get(key.user, ()))

    def _delegations_to(self, key: DelegationsTo) -> tuple[Delegation, ...]:
        return tuple(self._get(each) for each in self._indexes.delegations.get(key.organisation, ()))

    def _delegations_on(self, key: DelegationsOn) -> tuple[Delegation, ...]:
        found = self._indexes.customers.get((key.account, key.application), ())
        return tuple(self._get(each) for each in found)

    def _sessions_in(self, key: SessionsIn) -> tuple[str, ...]:
        digests = self._indexes.browsers.get(key.browser, ())
        return tuple(digest for digest in digests if not self._get(SessionByDigest(digest)).ended)

    def _people(self, organisation: OrganisationId) -> Iterable[User]:
        return (self._get(UserById(each)) for each in self._indexes.users.get(organisation, ()))

    def _another_holder(self, key: AnotherHolder) -> UserId | None:
        found = (
            user.id
            for user in self._people(key.organisation)
            if user.state is State.ACTIVE and key.management in user.management and user.id != key.other_than
        )
        return next(found, None)

    def _administrators_of(self, key: AdministratorsOf) -> tuple[UserId, ...]:
        return tuple(
            user.id
            for user in self._people(key.organisation)
            if user.state in {State.ACTIVE, State.INVITED} and not key.management.isdisjoint(user.management)
        )

    def _organisations(self, key: Key[Any], value: object) -> Iterable[OrganisationId]:
        for thing in value if isinstance(value, tuple) else (value,):
            match thing:
                case Organisation():
                    yield thing.id
                case User() | Account():
                    yield thing.organisation
                case Selection():
                    yield from self._organisations(key, self._get(UserById(thing.user)))
                case Delegation():
                    yield OrganisationId(thing.account.partition("/")[0])
                case _:
                    pass
        match key:
            case AnotherHolder() | AdministratorsOf() | AccountsOf() | UsersOf() | DelegationsTo():
                yield key.organisation
            case OrganisationById():
                yield key.id
            case AccountById():
                yield OrganisationId(key.id.partition("/")[0])
            case _:
                pass


def _dated(at: datetime | None) -> datetime:
    if at is None:
        message = "a mail is stored together with the event that it tells of"
        raise ValueError(message)
    return at
