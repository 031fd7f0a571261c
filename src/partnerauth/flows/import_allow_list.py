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
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from partnerauth.addresses import parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import (
    CredentialOf,
    EveryUser,
    FeedStateOf,
    KnownUser,
    LoginNameByKey,
    OrganisationById,
    SelectionsOf,
    UserById,
    key_of,
)
from partnerauth.entities import Credential, OrganisationId, State, User, UserId
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
from partnerauth.steps import new_organisations

HIGHEST_SEQUENCE = 2**63 - 1
"""What every database can count to."""

MOST_AT_ONCE = 10_000
"""People whom one transaction changes at the most: what it takes in memory is bounded by this."""

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
    """What the lines of a feed say: by the key of the address; which cannot be used; which addresses stand twice.

    Each line has that key as its address, for it is folded to lower case (ED-03).
    """

    lines: Mapping[str, AllowListEntry]
    illegible: tuple[int, ...]
    repeated: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether `lines` are all that was read."""
        return not self.illegible and not self.repeated


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
            key = address.key if address else ""
            if key in lines:
                repeated[key] = None
            if key and forms.printable(entry.name) and forms.identifies(entry.organisation):
                # As a rule a line is folded as it stands: then neither it nor its address is kept twice.
                folded = entry if entry.email == key else replace(entry, email=key)
                lines[folded.email] = folded
            else:
                illegible.append(number)
        return Reading(lines, tuple(illegible), tuple(repeated))

    @cached_property
    def digest(self) -> str:
        """What tells this feed from others, in whatever order its lines stand, if they can all be used."""
        total, lines = hashlib.sha256(), self.reading.lines
        for key in sorted(lines):
            line = repr((key, lines[key].organisation, lines[key].name))
            total.update(line.encode("utf-8", "surrogatepass") + b"\n")
        return total.hexdigest()


class ApplyAllowList(Command):
    """Apply what a feed changes of some people: `entries` are the lines that name them, as they were read.

    `leaving` are the keys of the addresses that the feed does not name.
    """

    entries: tuple[AllowListEntry, ...]
    leaving: tuple[str, ...]
    sequence: int
    digest: str

    @classmethod
    def word(cls) -> str:
        """It is a part of that command, and nobody gives it by itself."""
        return ImportAllowList.word()

    @cached_property
    def lines(self) -> Mapping[str, AllowListEntry]:
        """The lines, by the key of the address."""
        return {entry.email: entry for entry in self.entries}


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
    if reading.is_clean and _is_pending(s):
        return Accepted()
    users, last = s.directory.the(EveryUser()), s.directory.get(FEED)
    changes = [change for _, change in _changes(reading.lines, users)]
    leaving = sum(change.leaves for change in changes)
    if refused := refuse(
        allow_list.in_order(command.sequence, last.sequence if last else None),
        allow_list.legible(reading.illegible),
        allow_list.unambiguous(reading.repeated),
        allow_list.plausible(
            s.portal.allow_list or AllowList(),
            entries=len(command.entries),
            leaving=leaving,
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
        provisioned=len(_newcomers(reading.lines, (user.key for user in users))),
        moved=sum(change.moves is not None for change in changes),
        reactivated=sum(change.returns for change in changes),
        deactivated=leaving,
    )
    return Accepted(events=(imported,))


def follows(s: Situation[ImportAllowList]) -> Iterator[tuple[Flow[Any], Command]]:
    """Yield what is left to do: the organisations in which something changes, and at last the note that it is done.

    What was read of all users is let go before the first of them is applied.
    """
    command, users = s.command, s.directory.the(EveryUser())
    lines = command.reading.lines
    people: dict[OrganisationId, list[str]] = defaultdict(list)
    for key in _newcomers(lines, (user.key for user in users)):
        people[lines[key].organisation].append(key)
    moves: dict[tuple[OrganisationId, OrganisationId], None] = {}
    for user, change in _changes(lines, users):
        people[change.moves or user.organisation].append(user.key)
        if change.moves:
            moves[user.organisation, change.moves] = None
    return _parts(command, people, _together(people, moves))


def _parts(
    command: ImportAllowList,
    people: Mapping[OrganisationId, Iterable[str]],
    groups: Iterable[tuple[OrganisationId, ...]],
) -> Iterator[tuple[Flow[Any], Command]]:
    """Yield the parts, each small enough to be in memory with all that it changes."""
    lines, sequence, digest = command.reading.lines, command.sequence, command.digest
    for group in groups:
        changed = chain.from_iterable(people.get(organisation, ()) for organisation in group)
        while some := tuple(islice(changed, MOST_AT_ONCE)):
            entries = tuple(lines[key] for key in some if key in lines)
            leaving = tuple(key for key in some if key not in lines)
            yield APPLY, ApplyAllowList(entries=entries, leaving=leaving, sequence=sequence, digest=digest)
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
    """The feed; the organisations to come to; whose the addresses are; and of whoever changes everything."""
    yield FEED
    for organisation in _destinations(s):
        yield from new_organisations.needs(organisation)
    for key in (*s.command.lines, *s.command.leaving):
        yield LoginNameByKey(key)
        if claim := s.directory.find(LoginNameByKey(key)):
            yield UserById(claim.user)
    for user, change in _changing(s):
        yield CredentialOf(user.id)
        if change.moves:
            yield SelectionsOf(user.id)
            yield from map(key_of, s.directory.find(SelectionsOf(user.id)) or ())


def apply_asks(s: Situation[ApplyAllowList]) -> Asks:
    """An id for every address that is new."""
    yield from map(_new_id, _coming(s))


def apply_decide(s: Situation[ApplyAllowList]) -> Answer:
    """Make of these people what the feed says, unless a newer feed has come since."""
    if not _is_pending(s):
        return _overtaken(s)
    changes = _changing(s)
    events = (
        *_opened(s),
        *(_provisioned(s, key) for key in _coming(s)),
        *(event for user, change in changes for event in _changed(s, user, change)),
    )
    state = present(s.directory.get(FEED))
    ended = (_ended(s, user) for user, change in changes if change.moves or change.leaves)
    return Accepted(events=events, keeps=(replace(state, parts=state.parts + 1), *ended) if events else ())


def finish_needs(_: Situation[FinishAllowList]) -> Needs:
    """The feed."""
    yield FEED


def finish_decide(s: Situation[FinishAllowList]) -> Answer:
    """Note that the feed is applied whole."""
    if not _is_pending(s):
        return _overtaken(s)
    applied = AllowListApplied(organisation=OrganisationId(""), by=s.by, at=s.now, sequence=s.command.sequence)
    return Accepted(events=(applied,))


def _is_pending(s: Situation[ImportAllowList] | Situation[ApplyAllowList] | Situation[FinishAllowList]) -> bool:
    """Whether this very feed was accepted and is not applied whole yet."""
    state = s.directory.get(FEED)
    return state is not None and state.sequence == s.command.sequence and state.pending == s.command.digest


def _overtaken(s: Situation[ApplyAllowList] | Situation[FinishAllowList]) -> Answer:
    """Stop where a newer feed has taken over; where another run was done with this one first, nothing is left."""
    last = present(s.directory.get(FEED)).sequence
    return refuse(allow_list.in_order(s.command.sequence, last) if last > s.command.sequence else None) or Accepted()


def _concerned(s: Situation[ApplyAllowList]) -> dict[str, User]:
    """Return the users who have these addresses, as far as they are loaded, by the key of the address."""
    keys = dict.fromkeys((*s.command.lines, *s.command.leaving))
    claims = (claim for key in keys if (claim := s.directory.find(LoginNameByKey(key))))
    users = (user for claim in claims if (user := s.directory.find(UserById(claim.user))))
    return {user.email.key: user for user in users if user.email.key in keys}


def _changing(s: Situation[ApplyAllowList]) -> list[tuple[User, Change]]:
    users = _concerned(s)
    changes = _changes(s.command.lines, map(KnownUser.of, users.values()))
    return [(users[known.key], change) for known, change in changes]


def _coming(s: Situation[ApplyAllowList]) -> list[str]:
    return _newcomers(s.command.lines, _concerned(s))


def _changes(lines: Mapping[str, AllowListEntry], users: Iterable[KnownUser]) -> Iterator[tuple[KnownUser, Change]]:
    for user in users:
        if change := _change(user, lines.get(user.key)):
            yield user, change


def _change(user: KnownUser, entry: AllowListEntry | None) -> Change | None:
    """Compare one user with his line: whoever was deactivated by hand stays so, on the list or not (FD-10)."""
    if entry is None:
        return Change(leaves=True) if _may_come_in(user) else None
    moves = None if entry.organisation == user.organisation else entry.organisation
    returns = lifecycle.left_by_feed(user)
    return Change(moves=moves, returns=returns) if moves or returns else None


def _may_come_in(user: KnownUser) -> bool:
    return user.state in {State.INVITED, State.ACTIVE}


def _newcomers(lines: Mapping[str, AllowListEntry], known: Iterable[str]) -> list[str]:
    keys = set(known)
    return [key for key in lines if key not in keys]


def _destinations(s: Situation[ApplyAllowList]) -> Iterable[OrganisationId]:
    return dict.fromkeys(entry.organisation for entry in s.command.entries)


def _opened(s: Situation[ApplyAllowList]) -> Iterator[Event]:
    for organisation in _destinations(s):
        if s.directory.get(OrganisationById(organisation)) is None:
            yield from new_organisations.opened(s, organisation, organisation)


def _provisioned(s: Situation[ApplyAllowList], key: str) -> UserProvisioned:
    entry = s.command.lines[key]
    return UserProvisioned(
        organisation=entry.organisation,
        by=s.by,
        at=s.now,
        user=UserId(s.answers[_new_id(key)]),
        email=present(parse(key)),
        details=_called(entry.name),
    )


def _called(name: str) -> Mapping[str, str]:
    """Return a name as details: cut at its first space, for together they are read as it was written."""
    first, _, last = " ".join(name.split()).partition(" ")
    parts = {"first-name": first, "last-name": last} if last else {"last-name": first}
    return MappingProxyType({field: part for field, part in parts.items() if part})


def _changed(s: Situation[ApplyAllowList], user: User, change: Change) -> Iterator[Event]:
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
