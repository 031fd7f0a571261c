"""Erasing: what is known of a deactivated user as a person goes, and the record of what was done stays whole.

Not a command of any portal: the operator of the database does it when a person asks for it (GDPR, article 17).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from partnerauth.addresses import EmailAddress, parse
from partnerauth.chain import subject_of
from partnerauth.directory import (
    AttemptsAgainst,
    CasesOf,
    CredentialOf,
    Directory,
    Entity,
    Key,
    LatestSessionIn,
    LatestTokenOf,
    LoginNameByKey,
    OrganisationById,
    SessionByDigest,
    SessionsOf,
    SsoLinksOf,
    TokenById,
    TokensOf,
    UserById,
    UsersOf,
    key_of,
)
from partnerauth.entities import Credential, LatestSession, LoginName, Purpose, Session, User, UserId
from partnerauth.events import UserErased, login_names
from partnerauth.policy import guessing, lifecycle, standing
from partnerauth.ports import ConflictError, Loaded, Store, Unit

TIMES: Final = 8
"""How often it is begun anew when somebody else changed the same things."""

LOCKED: Final = "!"
"""The hash of whoever came in once and is erased: no password belongs to it."""


class ErasureError(ValueError):
    """A user cannot be erased: the message says why, and what to do first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Who was erased, and from how many records."""

    user: UserId
    records: int


def erase(store: Store, user: str, *, by: str, now: datetime, chance: bytes) -> Erased:
    """Erase what is known of a user as a person, everywhere in a store, and put on record that it was done.

    `by` is who does it, as the record names him, and `chance` are 32 unpredictable bytes.  The user has to be
    deactivated, or to have been turned down.  His row stays under his id, without a name, an address or a detail; his
    names are free; of his records what was done stays, and by whom.  Raises ErasureError, and ConflictError where
    others changed the same things too many times.
    """
    for _ in range(TIMES):
        unit, records = _unit(store, UserId(user), by, now)
        try:
            store.commit(replace(unit, chance=chance))
        except ConflictError:
            continue
        return Erased(user=UserId(user), records=records)
    message = f"{user}: others changed the same things {TIMES} times in a row: try again"
    raise ConflictError(message)


def _unit(store: Store, user: UserId, by: str, now: datetime) -> tuple[Unit, int]:
    loaded = _Loading(store)
    found = loaded.get(UserById(user))
    if found is None:
        message = f"{user}: no such user: name his id, as `partnerauth export users` lists it"
        raise ErasureError(message)
    if lifecycle.is_erased(found):
        message = f"{user}: was erased already"
        raise ErasureError(message)
    if found.state not in lifecycle.ENDED:
        message = f"{user}: is {found.state}: deactivate him first, so that nothing of his goes on"
        raise ErasureError(message)
    names = tuple(
        each for each in dict.fromkeys(_names(store, found)) if _is_his(loaded.get(LoginNameByKey(each)), found)
    )
    alone = loaded.get(UsersOf(found.organisation)) == (user,)
    spots = tuple(store.told_of([user, subject_of(user), *names, *([found.organisation] if alone else [])]))
    event = UserErased(organisation=found.organisation, by=by, at=now, user=user, records=len(spots))
    blank, gone = [*_blank(loaded, found, alone=alone)], [*_gone(loaded, found, names)]
    before = loaded.directory()
    after = event.evolve(before).put(*blank).without(gone)
    changes = {key: value for key, value in after.changes.items() if value != before.find(key)}
    unit = Unit(
        changes=changes,
        before={key: before.find(key) for key in changes},
        revisions=loaded.revisions,
        versions=loaded.versions,
        touched=frozenset({found.organisation}),
        events=(event,),
        erases=spots,
        forgets=frozenset({found.email.addr_spec, *names}),
    )
    return unit, len(spots)


class _Loading:
    """What was read so far, for a unit that depends on all of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._values: dict[Key[Any], Any] = {}
        self.revisions: dict[Key[Any], int] = {}
        self.versions: dict[Any, int] = {}

    def get(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        """Return what a store answers, each key read once."""
        if key not in self._values:
            found: Loaded = self._store.read([key])
            self._values |= found.values
            self.revisions |= found.revisions
            self.versions = {**found.versions, **self.versions}
        return self._values[key]

    def directory(self) -> Directory:
        """Return a directory of what was read so far."""
        return Directory(self._values)


def _names(store: Store, user: User) -> Iterator[str]:
    """Yield the keys of what he is, or was, known by: in records that name no user, and in the outbox."""
    yield from (each.key for each in login_names(user))
    for recorded in store.records(about=user.id):
        email, username = getattr(recorded.event, "email", None), getattr(recorded.event, "username", "")
        if isinstance(email, EmailAddress) and not recorded.is_erased:
            yield email.key
        if username:
            yield subject_of(username)


def _is_his(name: LoginName | None, user: User) -> bool:
    """Whether a name that he is, or was, known by has not become somebody else's."""
    return name is None or name.user == user.id


def _blank(loaded: _Loading, user: User, *, alone: bool) -> Iterator[Entity]:
    """Yield what stays without what tells of a person: his credential, sessions and cases, and his company of one."""
    credential: Credential | None = loaded.get(CredentialOf(user.id))
    if credential:
        came_in = bool(credential.password_hash)
        yield replace(credential, password_hash=LOCKED if came_in else "", temporary_until=None)
    for session in _sessions(loaded, user):
        yield replace(session, browser="", ended=session.ended or standing.USER_INACTIVE.code)
    for each in loaded.get(CasesOf(user.organisation)):
        if each.reporter == user.id:
            yield replace(each, fields=MappingProxyType(dict.fromkeys(each.fields, "")))
    if alone:
        yield replace(loaded.get(OrganisationById(user.organisation)), name=user.organisation, street="", town="")


def _gone(loaded: _Loading, user: User, names: Sequence[str]) -> Iterator[Key[Any]]:
    """Yield what goes whole: tokens, links to other providers, and counters of guesses under his names."""
    listed = (user.id, *names)
    mailboxes = {address.mailbox for each in names if (address := parse(each))}
    gone: list[Key[Any]] = [LatestTokenOf(each, purpose) for each in listed for purpose in Purpose]
    gone += [TokenById(token) for each in listed for token in loaded.get(TokensOf(each))]
    gone += [key_of(link) for link in loaded.get(SsoLinksOf(user.id))]
    gone += [AttemptsAgainst(f"{kind}:{each}") for kind in guessing.OF_PERSONS for each in {*listed, *mailboxes}]
    for session in _sessions(loaded, user):
        newest: LatestSession | None = loaded.get(LatestSessionIn(session.browser))
        gone += [LatestSessionIn(session.browser)] if newest and newest.digest == session.digest else []
    yield from (each for each in dict.fromkeys(gone) if loaded.get(each))


def _sessions(loaded: _Loading, user: User) -> Iterator[Session]:
    yield from (loaded.get(SessionByDigest(digest)) for digest in loaded.get(SessionsOf(user.id)))
