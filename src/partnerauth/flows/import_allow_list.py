"""Flow: a feed says which addresses may come in: the portal's users become exactly these.

It is decided on as a whole, by counting, and then applied organisation by organisation, each in a transaction of
its own; the same feed given again goes on where it was interrupted.

Refuses: feed-out-of-order, feed-malformed, feed-contradictory, feed-suspicious.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

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
    UsersOf,
    key_of,
)
from partnerauth.entities import Credential, FeedState, OrganisationId, State, User, UserId
from partnerauth.events import (
    ALLOW_LIST,
    AllowListApplied,
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

FEED = FeedStateOf(ALLOW_LIST)


@dataclass(frozen=True, slots=True)
class AllowListEntry:
    """One line of a feed: who may come in, and for which organisation.  It can carry nothing else (FD-04)."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    email: str
    organisation: OrganisationId
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the lines of a feed say: by the key of the address; which cannot be used; which addresses stand twice."""

    lines: Mapping[str, AllowListEntry]
    illegible: tuple[int, ...]
    repeated: tuple[str, ...]


class ImportAllowList(Command):
    """Take in a whole feed, or nothing of it; `sequence` is higher than that of the feed before (ED-01).

    To give a feed again that was interrupted is to go on with it.  What a feed did to each user is on record.
    """

    entries: tuple[AllowListEntry, ...]
    sequence: int = Field(ge=-HIGHEST_SEQUENCE, le=HIGHEST_SEQUENCE)

    @cached_property
    def reading(self) -> Reading:
        """The lines, each looked at once (FD-03, FD-06)."""
        lines: dict[str, AllowListEntry] = {}
        illegible, repeated = list[int](), dict[str, None]()
        for number, entry in enumerate(self.entries, start=1):
            address = parse(entry.email)
            if address and address.key in lines:
                repeated[address.key] = None
            if address and forms.printable(entry.name) and forms.identifies(entry.organisation):
                lines[address.key] = entry
            else:
                illegible.append(number)
        return Reading(lines, tuple(illegible), tuple(repeated))

    @cached_property
    def digest(self) -> str:
        """What tells this feed from others, in whatever order its lines stand."""
        total = hashlib.sha256()
        for line in sorted(repr((entry.email, entry.organisation, entry.name)) for entry in self.entries):
            total.update(line.encode("utf-8", "surrogatepass") + b"\n")
        return total.hexdigest()


class ApplyAllowList(Command):
    """Apply what a feed says of some organisations, which belong together since people move between them."""

    entries: tuple[AllowListEntry, ...]
    organisations: tuple[OrganisationId, ...]
    sequence: int
    digest: str

    @classmethod
    def word(cls) -> str:
        """It is a part of that command, and nobody gives it by itself."""
        return ImportAllowList.word()

    @cached_property
    def lines(self) -> Mapping[str, AllowListEntry]:
        """The lines, by the key of the address."""
        return {_address(entry).key: entry for entry in self.entries}


class FinishAllowList(Command):
    """Note that a feed is applied whole."""

    sequence: int
    digest: str

    @classmethod
    def word(cls) -> str:
        """It is a part of that command, and nobody gives it by itself."""
        return ImportAllowList.word()


@dataclass(frozen=True, slots=True)
class Change:
    """What a feed makes of one user: `moves` names his new organisation."""

    user: User
    moves: OrganisationId | None = None
    leaves: bool = False
    returns: bool = False


def needs(_: Situation[ImportAllowList]) -> Needs:
    """The last feed, and all users."""
    yield FEED
    yield EveryUser()


def decide(s: Situation[ImportAllowList]) -> Answer:
    """Take it in, unless it is old, empty, damaged, or would make too many leave; or go on with it (FD-09)."""
    command, reading = s.command, s.command.reading
    if _goes_on(s):
        return Accepted()
    users, last = s.directory.the(EveryUser()), s.directory.get(FEED)
    changes, newcomers = _changes(reading.lines, users), _newcomers(reading.lines, users)
    if refused := refuse(
        allow_list.in_order(command.sequence, last.sequence if last else None),
        allow_list.legible(reading.illegible),
        allow_list.unambiguous(reading.repeated),
        allow_list.plausible(
            s.portal.allow_list or AllowList(),
            entries=len(command.entries),
            leaving=sum(change.leaves for change in changes),
            known=sum(_may_come_in(user) for user in users),
        ),
    ):
        return refused
    imported = AllowListImported(
        organisation=OrganisationId(""),
        by=s.by,
        at=s.now,
        sequence=command.sequence,
        digest=command.digest,
        entries=len(command.entries),
        provisioned=len(newcomers),
        moved=sum(change.moves is not None for change in changes),
        reactivated=sum(change.returns for change in changes),
        deactivated=sum(change.leaves for change in changes),
    )
    return Accepted(events=(imported,))


def follows(s: Situation[ImportAllowList]) -> Iterator[tuple[Flow[Any], Command]]:
    """Yield what is left to do: the organisations in which something changes, and at last the note that it is done."""
    command, users = s.command, s.directory.the(EveryUser())
    lines = command.reading.lines
    changes = _changes(lines, users)
    changed = [lines[key].organisation for key in _newcomers(lines, users)]
    changed += [change.moves or change.user.organisation for change in changes]
    groups = _together(changed, [(change.user.organisation, change.moves) for change in changes if change.moves])
    entries: dict[OrganisationId, list[AllowListEntry]] = defaultdict(list)
    for entry in lines.values():
        entries[entry.organisation].append(entry)
    return _parts(command.sequence, command.digest, groups, entries)


def _parts(
    sequence: int,
    digest: str,
    groups: Iterable[tuple[OrganisationId, ...]],
    entries: Mapping[OrganisationId, Iterable[AllowListEntry]],
) -> Iterator[tuple[Flow[Any], Command]]:
    for group in groups:
        named = tuple(entry for organisation in group for entry in entries.get(organisation, ()))
        yield APPLY, ApplyAllowList(organisations=group, entries=named, sequence=sequence, digest=digest)
    yield FINISH, FinishAllowList(sequence=sequence, digest=digest)


def _together(
    changed: Iterable[OrganisationId], moves: Iterable[tuple[OrganisationId, OrganisationId]]
) -> list[tuple[OrganisationId, ...]]:
    """Return the organisations to apply in one transaction each: people who move join two to one (disjoint sets)."""
    above: dict[OrganisationId, OrganisationId] = {}

    def top(organisation: OrganisationId) -> OrganisationId:
        while above.setdefault(organisation, organisation) != organisation:
            above[organisation] = organisation = above[above[organisation]]
        return organisation

    for organisation in changed:
        top(organisation)
    for origin, destination in moves:
        above[top(origin)] = top(destination)
    groups: dict[OrganisationId, list[OrganisationId]] = defaultdict(list)
    for organisation in sorted(above):
        groups[top(organisation)].append(organisation)
    return [tuple(group) for group in groups.values()]


def apply_needs(s: Situation[ApplyAllowList]) -> Needs:
    """The feed; the users of these organisations and those whom the lines name; of whoever changes everything."""
    yield FEED
    for organisation in s.command.organisations:
        yield from new_organisations.needs(organisation)
        yield UsersOf(organisation)
        yield from map(UserById, s.directory.find(UsersOf(organisation)) or ())
    for key in s.command.lines:
        yield LoginNameByKey(key)
        if claim := s.directory.find(LoginNameByKey(key)):
            yield UserById(claim.user)
    for change in _changes(s.command.lines, _concerned(s)):
        yield CredentialOf(change.user.id)
        if change.moves:
            yield SelectionsOf(change.user.id)
            yield from map(key_of, s.directory.find(SelectionsOf(change.user.id)) or ())


def apply_asks(s: Situation[ApplyAllowList]) -> Asks:
    """An id for every address that is new."""
    yield from (_new_id(key) for key in _newcomers(s.command.lines, _concerned(s)))


def apply_decide(s: Situation[ApplyAllowList]) -> Answer:
    """Make the users of these organisations what the feed says, unless a newer feed has come since."""
    if not _is_pending(s):
        return _overtaken(s)
    changes = _changes(s.command.lines, _concerned(s))
    return Accepted(
        events=(
            *_opened(s),
            *(_provisioned(s, key) for key in _newcomers(s.command.lines, _concerned(s))),
            *(event for change in changes for event in _changed(s, change)),
        ),
        keeps=tuple(_ended(s, change.user) for change in changes if change.moves or change.leaves),
    )


def finish_needs(_: Situation[FinishAllowList]) -> Needs:
    """The feed."""
    yield FEED


def finish_decide(s: Situation[FinishAllowList]) -> Answer:
    """Note that the feed is applied whole."""
    if not _is_pending(s):
        return _overtaken(s)
    applied = AllowListApplied(organisation=OrganisationId(""), by=s.by, at=s.now, sequence=s.command.sequence)
    return Accepted(events=(applied,))


def _goes_on(s: Situation[ImportAllowList]) -> bool:
    """Whether this very feed was accepted and then interrupted."""
    return s.directory.get(FEED) == FeedState(feed=ALLOW_LIST, sequence=s.command.sequence, pending=s.command.digest)


def _is_pending(s: Situation[ApplyAllowList] | Situation[FinishAllowList]) -> bool:
    state = s.directory.get(FEED)
    return state is not None and (state.sequence, state.pending) == (s.command.sequence, s.command.digest)


def _overtaken(s: Situation[ApplyAllowList] | Situation[FinishAllowList]) -> Answer:
    """Stop where a newer feed has taken over; where another run was done with this one first, nothing is left."""
    last = present(s.directory.get(FEED)).sequence
    return refuse(allow_list.in_order(s.command.sequence, last) if last > s.command.sequence else None) or Accepted()


def _concerned(s: Situation[ApplyAllowList]) -> tuple[User, ...]:
    """Return the users of these organisations, and whoever else the lines name, as far as they are loaded."""
    ids = [each for home in s.command.organisations for each in s.directory.find(UsersOf(home)) or ()]
    claims = (s.directory.find(LoginNameByKey(key)) for key in s.command.lines)
    ids += [claim.user for claim in claims if claim]
    users = (s.directory.find(UserById(each)) for each in dict.fromkeys(ids))
    return tuple(user for user in users if user)


def _changes(lines: Mapping[str, AllowListEntry], users: Iterable[User]) -> tuple[Change, ...]:
    compared = (_change(user, lines.get(user.email.key)) for user in users)
    return tuple(change for change in compared if change.moves or change.leaves or change.returns)


def _change(user: User, entry: AllowListEntry | None) -> Change:
    """Compare one user with his line: whoever was deactivated by hand stays so, on the list or not (FD-10)."""
    if entry is None:
        return Change(user, leaves=_may_come_in(user))
    moves = None if entry.organisation == user.organisation else entry.organisation
    return Change(user, moves=moves, returns=lifecycle.left_by_feed(user))


def _may_come_in(user: User) -> bool:
    return user.state in {State.INVITED, State.ACTIVE}


def _newcomers(lines: Mapping[str, AllowListEntry], users: Iterable[User]) -> tuple[str, ...]:
    known = {user.email.key for user in users}
    return tuple(key for key in lines if key not in known)


def _opened(s: Situation[ApplyAllowList]) -> Iterator[Event]:
    for organisation in dict.fromkeys(entry.organisation for entry in s.command.entries):
        if s.directory.get(OrganisationById(organisation)) is None:
            yield from new_organisations.opened(s, organisation, organisation)


def _provisioned(s: Situation[ApplyAllowList], key: str) -> UserProvisioned:
    entry = s.command.lines[key]
    return UserProvisioned(
        organisation=entry.organisation,
        by=s.by,
        at=s.now,
        user=UserId(s.answers[_new_id(key)]),
        email=_address(entry),
        details=_called(entry.name),
    )


def _address(entry: AllowListEntry) -> EmailAddress:
    """Return the address of a line that can be used, folded to lower case (ED-03)."""
    address = present(parse(entry.email))
    return address if address.original == address.key else present(parse(address.key))


def _called(name: str) -> Mapping[str, str]:
    """Return a name as details: cut at its first space, for together they are read as it was written."""
    first, _, last = " ".join(name.split()).partition(" ")
    parts = {"first-name": first, "last-name": last} if last else {"last-name": first}
    return MappingProxyType({field: part for field, part in parts.items() if part})


def _changed(s: Situation[ApplyAllowList], change: Change) -> Iterator[Event]:
    user = change.user
    organisation = change.moves or user.organisation
    if change.moves:
        given = tuple((each.account, each.application) for each in s.directory.the(SelectionsOf(user.id)))
        yield UserMoved(
            organisation=organisation, by=s.by, at=s.now, user=user.id, origin=user.organisation, given=given
        )
    if change.returns:
        state = lifecycle.returns_as(user, s.directory.get(CredentialOf(user.id)))
        yield UserReactivated(organisation=organisation, by=s.by, at=s.now, user=user.id, state=state)
    if change.leaves:
        yield UserDeactivated(organisation=organisation, by=s.by, at=s.now, user=user.id)


def _ended(s: Situation[ApplyAllowList], user: User) -> Credential:
    """Return the credential that ends a user's sessions and links (GX-02)."""
    credential = s.directory.get(CredentialOf(user.id)) or Credential(user=user.id)
    return replace(credential, epoch=credential.epoch + 1)


def _new_id(key: str) -> DrawId:
    return DrawId(f"user {key}")


APPLY = Flow(command=ApplyAllowList, needs=apply_needs, asks=apply_asks, decide=apply_decide)
FINISH = Flow(command=FinishAllowList, needs=finish_needs, decide=finish_decide)
FLOW = Flow(command=ImportAllowList, needs=needs, decide=decide, follows=follows)
