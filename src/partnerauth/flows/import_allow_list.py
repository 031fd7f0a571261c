"""Flow: a feed says which addresses may come in: the portal's users become exactly these.

Refuses: feed-out-of-order, feed-malformed, feed-contradictory, feed-suspicious.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from partnerauth import new_organisations
from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import (
    CredentialOf,
    EveryUser,
    FeedStateOf,
    LoginNameByKey,
    OrganisationById,
    SelectionsOf,
    UserById,
    key_of,
)
from partnerauth.entities import Credential, OrganisationId, State, User, UserId
from partnerauth.events import (
    ALLOW_LIST,
    AllowListImported,
    Event,
    UserDeactivated,
    UserMoved,
    UserProvisioned,
    UserReactivated,
)
from partnerauth.flow import Asks, Command, DrawId, Flow, Needs, Situation, present, refuse
from partnerauth.policy import allow_list, forms, lifecycle
from partnerauth.policy.portal import AllowList

HIGHEST_SEQUENCE = 2**63 - 1
"""What every database can count to."""


class AllowListEntry(BaseModel):
    """One line of a feed: who may come in, and for which organisation.  It can carry nothing else (FD-04)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str
    name: str = ""
    organisation: OrganisationId

    @cached_property
    def address(self) -> EmailAddress | None:
        """The address, folded to lower case, or None where it is none."""
        address = parse(self.email)
        return address if address is None or address.original == address.key else parse(address.key)

    @property
    def is_well_formed(self) -> bool:
        """Whether everything in the line can be used (FD-06)."""
        return self.address is not None and forms.printable(self.name) and forms.identifies(self.organisation)


class ImportAllowList(Command):
    """Take in a whole feed, or nothing of it; `sequence` is higher than that of the feed before (ED-01)."""

    entries: tuple[AllowListEntry, ...]
    sequence: int = Field(ge=-HIGHEST_SEQUENCE, le=HIGHEST_SEQUENCE)

    @cached_property
    def by_address(self) -> Mapping[str, AllowListEntry]:
        """The well-formed lines, by the key of their address."""
        return {each.address.key: each for each in self.entries if each.address and each.is_well_formed}


@dataclass(frozen=True, slots=True)
class Change:
    """What a feed makes of one user: `moves` names his new organisation."""

    user: User
    moves: OrganisationId | None = None
    leaves: bool = False
    returns: bool = False


# Everything below takes time linear in the feed and in the users.  What a feed changes is decided user by user
# against what is there, so that a feed too long for one transaction could be stored under its sequence and
# applied organisation by organisation, each as often as it takes: a second time changes nothing.  For now it is
# one transaction, and a feed is in whole or not at all.


def needs(s: Situation[ImportAllowList]) -> Needs:
    """The last feed and all users; of those whom this feed changes everything, and the organisations that are new."""
    yield FeedStateOf(ALLOW_LIST)
    yield EveryUser()
    users = s.directory.find(EveryUser())
    if users is None:
        return
    for change in _changes(s, users):
        yield UserById(change.user.id)
        yield CredentialOf(change.user.id)
        if change.moves:
            yield SelectionsOf(change.user.id)
            yield from map(key_of, s.directory.find(SelectionsOf(change.user.id)) or ())
    yield from (LoginNameByKey(key) for key in _newcomers(s, users))
    known = {user.organisation for user in users}
    for organisation in _named(s):
        if organisation not in known:
            yield from new_organisations.needs(organisation)


def asks(s: Situation[ImportAllowList]) -> Asks:
    """An id for every address that is new."""
    yield from (_new_id(key) for key in _newcomers(s, s.directory.the(EveryUser())))


def decide(s: Situation[ImportAllowList]) -> Answer:
    """Take it in, unless it is old, empty, damaged, or would make too many leave."""
    command, users = s.command, s.directory.the(EveryUser())
    last = s.directory.get(FeedStateOf(ALLOW_LIST))
    times = Counter(each.address.key for each in command.entries if each.address)
    changes = _changes(s, users)
    if refused := refuse(
        allow_list.in_order(command.sequence, last.sequence if last else None),
        allow_list.legible([n for n, each in enumerate(command.entries, start=1) if not each.is_well_formed]),
        allow_list.unambiguous([key for key, number in times.items() if number > 1]),
        allow_list.plausible(
            s.portal.allow_list or AllowList(),
            entries=len(command.entries),
            leaving=sum(change.leaves for change in changes),
            known=sum(_may_come_in(user) for user in users),
        ),
    ):
        return refused
    newcomers = _newcomers(s, users)
    imported = AllowListImported(
        organisation=OrganisationId(""),
        by=s.by,
        at=s.now,
        sequence=command.sequence,
        entries=len(command.entries),
        provisioned=len(newcomers),
        moved=sum(change.moves is not None for change in changes),
        reactivated=sum(change.returns for change in changes),
        deactivated=sum(change.leaves for change in changes),
    )
    return Accepted(
        events=(
            imported,
            *_opened(s, users),
            *(_provisioned(s, key) for key in newcomers),
            *(event for change in changes for event in _changed(s, change)),
        ),
        keeps=tuple(_ended(s, change.user) for change in changes if change.moves or change.leaves),
    )


def _changes(s: Situation[ImportAllowList], users: tuple[User, ...]) -> tuple[Change, ...]:
    compared = (_change(user, s.command.by_address.get(user.email.key)) for user in users)
    return tuple(change for change in compared if change.moves or change.leaves or change.returns)


def _change(user: User, entry: AllowListEntry | None) -> Change:
    """Compare one user with his line: whoever was deactivated by hand stays so, on the list or not (FD-10)."""
    if entry is None:
        return Change(user, leaves=_may_come_in(user))
    moves = None if entry.organisation == user.organisation else entry.organisation
    return Change(user, moves=moves, returns=lifecycle.left_by_feed(user))


def _may_come_in(user: User) -> bool:
    return user.state in {State.INVITED, State.ACTIVE}


def _newcomers(s: Situation[ImportAllowList], users: tuple[User, ...]) -> tuple[str, ...]:
    known = {user.email.key for user in users}
    return tuple(key for key in s.command.by_address if key not in known)


def _named(s: Situation[ImportAllowList]) -> Iterator[OrganisationId]:
    yield from dict.fromkeys(entry.organisation for entry in s.command.by_address.values())


def _opened(s: Situation[ImportAllowList], users: tuple[User, ...]) -> Iterator[Event]:
    known = {user.organisation for user in users}
    for organisation in _named(s):
        if organisation not in known and s.directory.get(OrganisationById(organisation)) is None:
            yield from new_organisations.opened(s, organisation, organisation)


def _provisioned(s: Situation[ImportAllowList], key: str) -> UserProvisioned:
    entry = s.command.by_address[key]
    return UserProvisioned(
        organisation=entry.organisation,
        by=s.by,
        at=s.now,
        user=UserId(s.answers[_new_id(key)]),
        email=present(entry.address),
        details=_called(entry.name),
    )


def _called(name: str) -> Mapping[str, str]:
    """Return a name as details: cut at its first space, for together they are read as it was written."""
    first, _, last = " ".join(name.split()).partition(" ")
    parts = {"first-name": first, "last-name": last} if last else {"last-name": first}
    return MappingProxyType({field: part for field, part in parts.items() if part})


def _changed(s: Situation[ImportAllowList], change: Change) -> Iterator[Event]:
    user = change.user
    organisation = change.moves or user.organisation
    if change.moves:
        given = tuple((each.account, each.application) for each in s.directory.the(SelectionsOf(user.id)))
        yield UserMoved(
            organisation=organisation, by=s.by, at=s.now, user=user.id, origin=user.organisation, given=given
        )
    if change.returns:
        credential = s.directory.get(CredentialOf(user.id))
        state = State.ACTIVE if credential and credential.password_hash else State.INVITED
        yield UserReactivated(organisation=organisation, by=s.by, at=s.now, user=user.id, state=state)
    if change.leaves:
        yield UserDeactivated(organisation=organisation, by=s.by, at=s.now, user=user.id)


def _ended(s: Situation[ImportAllowList], user: User) -> Credential:
    """Return the credential that ends a user's sessions and links (GX-02)."""
    credential = s.directory.get(CredentialOf(user.id)) or Credential(user=user.id)
    return replace(credential, epoch=credential.epoch + 1)


def _new_id(key: str) -> DrawId:
    return DrawId(f"user {key}")


FLOW = Flow(command=ImportAllowList, needs=needs, asks=asks, decide=decide)
