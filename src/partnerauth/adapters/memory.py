"""Adapter: everything in dictionaries.  The reference implementation of `ports.Store`; nothing outlives the process."""

from __future__ import annotations

import secrets
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from itertools import islice
from threading import RLock
from types import MappingProxyType
from typing import Any, TypeVar

from partnerauth import chain
from partnerauth.addresses import title_key
from partnerauth.chain import Head, Link, Spot
from partnerauth.directory import (
    FACTS,
    AccountsOf,
    AdministratorsAt,
    AdministratorsOf,
    AnotherHolder,
    CasesOf,
    CredentialOf,
    DelegationsOn,
    DelegationsTo,
    Entity,
    EveryUser,
    FirstComer,
    HoldersOn,
    InvitationsBy,
    Key,
    KnownUser,
    OrganisationsNamed,
    OrganisationsWithDomain,
    SelectionsOf,
    SessionsIn,
    SessionsOf,
    SsoLinksOf,
    TokenByDigest,
    TokensOf,
    UserById,
    UsersOf,
)
from partnerauth.entities import (
    Account,
    Case,
    Delegation,
    Invitation,
    Organisation,
    OrganisationId,
    Selection,
    Session,
    SsoLink,
    State,
    Token,
    User,
    UserId,
)
from partnerauth.ports import (
    Changes,
    ConflictError,
    Loaded,
    MailState,
    Mark,
    Posted,
    Recorded,
    Unit,
    concerned,
    settled,
)
from partnerauth.records import ERASED

T = TypeVar("T")


@dataclass(slots=True)
class _Kept:
    """An entity, the commit that wrote it, and the one that it came with."""

    entity: Any
    revision: int
    since: int


class MemoryStore:
    """A store in memory.  One lock guards it, so that each call sees and leaves one whole state."""

    lasts = False

    def __init__(self) -> None:
        """Start empty."""
        self._lock = RLock()
        self._kept: dict[Key[Any], _Kept] = {}
        self._lists: dict[Key[Any], dict[Key[Any], None]] = defaultdict(dict)
        self._versions: dict[OrganisationId, int] = {}
        self._position = 0
        self._records: dict[Spot, Recorded] = {}
        self._links: dict[Spot, Link] = {}
        self._heads: dict[str, Head] = {}
        self._changed: list[tuple[int, Key[Any]]] = []
        self._outbox: dict[int, Posted] = {}
        self._answers: Mapping[type, Callable[[Any], Any]] = {
            SelectionsOf: self._listed,
            AccountsOf: lambda key: tuple(each.id for each in self._listed(key)),
            EveryUser: lambda key: tuple(map(KnownUser.of, self._listed(key))),
            SsoLinksOf: self._listed,
            CasesOf: self._listed,
            InvitationsBy: lambda key: tuple(each.user for each in self._listed(key)),
            OrganisationsNamed: lambda key: tuple(each.id for each in self._listed(key)),
            OrganisationsWithDomain: lambda key: tuple(each.id for each in self._listed(key)),
            AdministratorsAt: self._administrators_at,
            FirstComer: self._first_comer,
            DelegationsTo: self._listed,
            DelegationsOn: self._listed,
            AnotherHolder: self._another_holder,
            AdministratorsOf: self._administrators_of,
            UsersOf: lambda key: tuple(each.id for each in self._listed(key)),
            HoldersOn: lambda key: tuple(each.user for each in self._listed(key)),
            SessionsIn: lambda key: tuple(each.digest for each in self._listed(key) if not each.ended),
            TokensOf: lambda key: tuple(each.id for each in self._listed(key)),
            SessionsOf: lambda key: tuple(each.digest for each in self._listed(key)),
            TokenByDigest: lambda key: next((each.id for each in self._listed(key)), None),
        }

    def read(self, keys: Sequence[Key[Any]]) -> Loaded:
        """Answer every key from one state."""
        with self._lock:
            values = {key: self._answer(key) for key in keys}
            revisions = {key: self._revision(key) for key in keys if type(key) not in self._answers}
            organisations = {each for key in keys for each in concerned(key, values[key], self._home)}
            versions = {each: self._versions.get(each, 0) for each in organisations}
        return Loaded(values=values, revisions=revisions, versions=versions)

    def commit(self, unit: Unit) -> int:
        """Store a unit, or nothing."""
        with self._lock:
            for stale in self._stale(unit):
                raise ConflictError(stale)
            self._position += 1
            self._changed += [(self._position, key) for key in unit.changes if isinstance(key, FACTS)]
            for organisation in unit.touched:
                self._versions[organisation] = self._versions.get(organisation, 0) + 1
            for key, entity in unit.changes.items():
                self._put(key, entity)
            self._erase(unit)
            self._record(unit)
            for number, mail in enumerate(unit.mails, start=len(self._outbox) + 1):
                at = unit.events[0].at
                self._post(Posted(id=number, mail=mail, at=at, next_try_at=at))
            return self._position

    def position(self) -> int:
        """Return the newest position that is on record, 0 where nothing is."""
        with self._lock:
            return next(reversed(self._records), Spot(0, 0)).position

    def changes_since(self, mark: Mark | None) -> Changes:
        """Return which facts changed since a mark: the position of the commit that was the newest then."""
        with self._lock:
            seen = self._position if mark is None else int(mark)
            first = bisect_right(self._changed, seen, key=lambda each: each[0])
            keys = tuple(key for _, key in self._changed[first:])
            return Changes(mark=Mark(str(self._position)), position=self.position(), keys=keys)

    def records(self, *, about: str | None = None, organisation: str | None = None) -> Sequence[Recorded]:
        """Return what is on record, oldest first."""
        with self._lock:
            return tuple(
                each
                for spot, each in self._records.items()
                if about is None or chain.is_about(self._links[spot], about)
                if organisation in {None, each.event.organisation}
            )

    def told_of(self, subjects: Sequence[str]) -> Sequence[Spot]:
        """Return the records that tell of persons, oldest first."""
        with self._lock:
            return tuple(
                link.spot
                for link in self._links.values()
                if link.personal and not link.personal.erased and link.personal.subject in subjects
            )

    def examine(self, work: Callable[[Sequence[Head], Iterator[Link]], T]) -> T:
        """Do some work on the record as it stands at one moment."""
        with self._lock:
            heads = tuple(self._heads[each] for each in sorted(self._heads))
            links = sorted(self._links.values(), key=lambda link: (link.organisation, link.place))
        return work(heads, iter(links))

    def outbox(
        self, *, to: str | None = None, state: MailState | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Posted]:
        """Return mails in the order of their ids."""
        with self._lock:
            found = (
                each
                for each in self._outbox.values()
                if each.id > after and to in {None, each.mail.to} and state in {None, each.state}
            )
            return tuple(islice(found, limit))

    def claim_mail(self, now: datetime, until: datetime) -> Posted | None:
        """Take the mail that has been due for longest."""
        with self._lock:
            due = (
                each for each in self._outbox.values() if each.state is MailState.WAITING and each.next_try_at <= now
            )
            first = min(due, key=lambda each: (each.next_try_at, each.id), default=None)
            if first is None:
                return None
            return self._post(replace(first, attempts=first.attempts + 1, next_try_at=until, problem=""))

    def mark_sent(self, ids: Iterable[int]) -> None:
        """Note that mails were sent."""
        with self._lock:
            for each in {*ids} & self._outbox.keys():
                self._post(replace(self._outbox[each], state=MailState.SENT, problem=""))

    def mark_failed(self, mail: int, *, attempt: int, problem: str, next_try_at: datetime | None) -> bool:
        """Note that a try failed."""
        with self._lock:
            found = self._outbox.get(mail)
            if found is None or found.state is not MailState.WAITING or found.attempts != attempt:
                return False
            if next_try_at is None:
                self._post(replace(found, state=MailState.DEAD, problem=problem))
            else:
                self._post(replace(found, next_try_at=next_try_at, problem=problem))
            return True

    def retry_mails(self, ids: Iterable[int], now: datetime) -> Sequence[int]:
        """Let mails be due now."""
        with self._lock:
            found = [self._outbox[each] for each in sorted({*ids} & self._outbox.keys())]
            again = [each for each in found if each.state is not MailState.SENT and each.problem]
            for each in again:
                self._post(replace(each, state=MailState.WAITING, attempts=0, next_try_at=now, problem=""))
            return tuple(each.id for each in again)

    def _post(self, posted: Posted) -> Posted:
        self._outbox[posted.id] = posted
        return posted

    def _record(self, unit: Unit) -> None:
        heads = {each: self._heads.get(each, Head(organisation=each)) for each in chain.named(unit.events)}
        chance = unit.chance or secrets.token_bytes()
        links, after = chain.appended(heads, unit.events, self._position, chance)
        self._heads |= after
        for link, event in zip(links, unit.events, strict=True):
            self._links[link.spot] = link
            self._records[link.spot] = Recorded(position=self._position, event=event, place=link.place)

    def _erase(self, unit: Unit) -> None:
        if unit.erasing is None:
            return
        number, event = unit.erasing
        for spot in unit.erases:
            left = chain.erased(self._links[spot], event.user, Spot(self._position, number))
            self._links[spot] = left
            self._records[spot] = replace(self._records[spot], event=chain.event_of(left), is_erased=True)
        for each in [each for each in self._outbox.values() if each.mail.to in unit.forgets]:
            mail = replace(each.mail, to=ERASED.addr_spec, facts=MappingProxyType({}), token="")
            was_sent = each.state is MailState.SENT
            state, problem = (MailState.SENT, "") if was_sent else (MailState.DEAD, chain.ERASED)
            self._post(replace(each, mail=mail, state=state, problem=problem))

    def _stale(self, unit: Unit) -> Iterator[object]:
        """Yield what is no longer as it was read."""
        if unit.touched:
            yield from (each for each, seen in unit.versions.items() if self._versions.get(each, 0) != seen)
        expected = {**dict.fromkeys(unit.changes, 0), **unit.revisions}
        yield from (key for key, revision in expected.items() if self._revision(key) != revision)
        yield from (spot for spot in unit.erases if spot not in self._links or chain.is_erased(self._links[spot]))

    def _revision(self, key: Key[Any]) -> int:
        kept = self._kept.get(key)
        return kept.revision if kept else 0

    def _get(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        kept = self._kept.get(key)
        return kept.entity if kept else None

    def _answer(self, key: Key[Any]) -> object:
        answer = self._answers.get(type(key))
        return answer(key) if answer else self._get(key)

    def _home(self, user: UserId) -> OrganisationId | None:
        found: User | None = self._get(UserById(user))
        return found.organisation if found else None

    def _put(self, key: Key[Any], entity: Entity | None) -> None:
        before = self._kept.pop(key, None)
        after = None if entity is None else _Kept(settled(entity), self._position, self._position)
        if after:
            after.since = before.since if before else self._position
            self._kept[key] = after
        old = set(_lists(before.entity)) if before else set()
        new = set(_lists(entity)) if entity else set()
        for each in old - new:
            del self._lists[each][key]
        for each in new - old:
            self._lists[each][key] = None

    def _listed(self, key: Key[Any]) -> tuple[Any, ...]:
        return self._in_order(self._lists.get(key, ()))

    def _in_order(self, keys: Iterable[Key[Any]]) -> tuple[Any, ...]:
        kept = [(self._kept[each], astuple(each)) for each in keys]
        return tuple(each.entity for each, _ in sorted(kept, key=lambda pair: (pair[0].since, pair[1])))

    def _another_holder(self, key: AnotherHolder) -> UserId | None:
        people = (self._get(each) for each in self._lists.get(_HoldersIn(key.organisation, key.management), ()))
        return next((user.id for user in people if user.state is State.ACTIVE and user.id != key.other_than), None)

    def _administrators_of(self, key: AdministratorsOf) -> tuple[UserId, ...]:
        holders = {
            each for right in key.management for each in self._lists.get(_HoldersIn(key.organisation, right), ())
        }
        return tuple(user.id for user in self._in_order(holders))

    def _administrators_at(self, key: AdministratorsAt) -> tuple[UserId, ...]:
        return tuple(
            user.id
            for user in self._listed(_UsersAt(key.domain))
            if user.state is State.ACTIVE and not key.management.isdisjoint(user.management)
        )

    def _first_comer(self, key: FirstComer) -> UserId | None:
        return next((user.id for user in self._listed(UsersOf(key.organisation)) if self._came_in(user)), None)

    def _came_in(self, user: User) -> bool:
        credential = self._get(CredentialOf(user.id))
        has_password = credential is not None and bool(credential.password_hash)
        return user.state is State.ACTIVE or (user.state is State.DEACTIVATED and has_password)


@dataclass(frozen=True, slots=True)
class _UsersAt(Key[tuple[User, ...]]):
    """The users with an address of a domain: a list of the store's own."""

    domain: str


@dataclass(frozen=True, slots=True)
class _HoldersIn(Key[tuple[User, ...]]):
    """The users of an organisation who hold a management right, and can sign in or were invited to."""

    organisation: OrganisationId
    management: str


def _lists(entity: Entity) -> Iterator[Key[Any]]:  # noqa: C901 - one line for each noun is the table itself
    """Yield the questions among whose answers an entity is."""
    match entity:
        case User():
            yield UsersOf(entity.organisation)
            yield EveryUser()
            yield _UsersAt(entity.email.domain)
            if entity.state in {State.ACTIVE, State.INVITED}:
                yield from (_HoldersIn(entity.organisation, right) for right in entity.management)
        case Organisation():
            yield OrganisationsNamed(title_key(entity.name))
            yield from map(OrganisationsWithDomain, entity.domains)
        case Invitation():
            yield InvitationsBy(entity.by)
        case Case():
            yield CasesOf(entity.organisation)
        case Account():
            yield AccountsOf(entity.organisation)
        case Selection():
            yield SelectionsOf(entity.user)
            yield HoldersOn(entity.account, entity.application)
        case Delegation():
            yield DelegationsTo(entity.organisation)
            yield DelegationsOn(entity.account, entity.application)
        case SsoLink():
            yield SsoLinksOf(entity.user)
        case Token():
            yield TokenByDigest(entity.digest)
            yield TokensOf(entity.subject)
        case Session():
            yield SessionsIn(entity.browser)
            yield SessionsOf(entity.user)
        case _:
            pass
