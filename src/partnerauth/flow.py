"""The shape every flow has: what it must read, what work it asks for, and what it decides.

`decide` sees a `Situation` and nothing else.  What is not pure (comparing passwords, drawing ids) is asked
for as data, and the shell answers it outside any transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from partnerauth.addresses import LONGEST_ADDRESS
from partnerauth.decision import Accepted, Answer, Reason, Refused, broken
from partnerauth.directory import (
    AttemptsAgainst,
    CredentialOf,
    Directory,
    Evolving,
    Key,
    OrganisationById,
    SessionByDigest,
    UserById,
)
from partnerauth.entities import (
    Account,
    Actor,
    Attempts,
    Case,
    Credential,
    Mail,
    Member,
    Operator,
    Organisation,
    OrganisationId,
    System,
    User,
    UserId,
    Visitor,
)
from partnerauth.events import CommandRefused, Event
from partnerauth.policy import guessing, isolation, offers, standing
from partnerauth.policy.passwords import PasswordPolicy
from partnerauth.policy.portal import Portal

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Owned = TypeVar("Owned", User, Account, Case)


class Command(BaseModel):
    """What somebody wants done.  It never says who is asking; unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True
    )

    @classmethod
    def word(cls) -> str:
        """The command's name in portal files, scenarios and on record: `CreateUser` is `create-user`."""
        return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in cls.__name__)[1:]


C = TypeVar("C", bound=Command)


@dataclass(frozen=True, slots=True)
class Ask(Generic[T_co]):
    """Work that is not pure, asked for as data; the answer is a `T`."""


@dataclass(frozen=True, slots=True)
class VerifyPassword(Ask[bool]):
    """Whether the password belongs to the hash; "" is a hash that nothing belongs to, checked as slowly (GX-03)."""

    hash: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HashPassword(Ask[str]):
    """The argon2id hash of a password (GX-06)."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IsCommonPassword(Ask[bool]):
    """Whether a password is among the most common ones (GX-06)."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IsOutdatedHash(Ask[bool]):
    """Whether a hash was made with weaker parameters than today's (GX-06)."""

    hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IsFreeMail(Ask[bool]):
    """Whether a domain is one that anybody can have an address of (EM-13)."""

    domain: str


@dataclass(frozen=True, slots=True)
class DrawId(Ask[str]):
    """A new id that nothing had before."""

    label: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A secret that was drawn: its id, from which it is derived when it is shown, and its digest."""

    id: str
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DrawLink(Ask[Draft]):
    """A new secret of 128 random bits or more for a link (GX-04)."""


@dataclass(frozen=True, slots=True)
class DrawCode(Ask[Draft]):
    """A new secret of 24 hexadecimal characters to paste (DP-01)."""


@dataclass(frozen=True, slots=True)
class DrawPassword(Ask[Draft]):
    """A new temporary password that satisfies the policy: its digest is its argon2id hash (BP-11)."""

    policy: PasswordPolicy


@dataclass(frozen=True, slots=True)
class DrawSession(Ask[Draft]):
    """A new session: its id is the secret itself, for the browser alone (SE-09)."""


@dataclass(frozen=True, slots=True)
class DrawSecret(Ask[Draft]):
    """A new secret that the caller is told at once: its id is the secret itself (DP-01)."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the shell answered."""

    known: Mapping[Ask[Any], Any] = field(default_factory=lambda: MappingProxyType({}))

    def __getitem__(self, ask: Ask[T]) -> T:
        return cast("T", self.known[ask])

    def find(self, ask: Ask[T]) -> T | None:
        """Return the answer, or None where it was not asked yet: for `asks` alone."""
        return cast("T | None", self.known.get(ask))


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation(Generic[C]):
    """Everything a flow decides on."""

    portal: Portal
    directory: Directory
    actor: Actor
    command: C
    now: datetime
    answers: Answers = Answers()

    @property
    def user(self) -> User | None:
        """The acting user, where a member acts and is known so far."""
        key = _acting(self.actor, self.directory)
        return self.directory.find(UserById(key)) if key else None

    @property
    def me(self) -> User:
        """The acting user, where the gates have let a member through."""
        return present(self.user)

    @property
    def tenant(self) -> OrganisationId | None:
        """The organisation that the actor is confined to (GX-01); None for operator, system and visitors."""
        return self.me.organisation if isinstance(self.actor, Member) else None

    @property
    def words(self) -> frozenset[str]:
        """What the portal file calls this kind of actor."""
        return _words(self.actor)

    @property
    def mine(self) -> Organisation:
        """The acting user's organisation."""
        return self.directory.the(OrganisationById(self.me.organisation))

    @property
    def by(self) -> str:
        """Who acts, as the record names him."""
        return label(self.actor, self.user)


def label(actor: Actor, user: User | None) -> str:
    """Return the name under which an actor stands on record (GX-08)."""
    match actor:
        case Member():
            return user.id if user else "visitor"
        case Operator():
            return f"operator:{actor.name}"
        case System():
            return f"system:{actor.name}"
        case Visitor():
            return "visitor"


def digest(secret: str) -> str:
    """Return what is stored of a secret: SHA-256 suffices, for it has 96 random bits or more (GX-04, ASVS 6.5.2)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _nothing(_: Situation[Any]) -> Iterable[Any]:
    return ()


def refusal(s: Situation[Any], reasons: tuple[Reason, ...], subject: str = "", organisation: str = "") -> Event:
    """Return a refusal as it stands on record: about `subject`, else whom the command names, else who acts."""
    return CommandRefused(
        organisation=s.user.organisation if s.user else OrganisationId(organisation),
        by=s.by,
        at=s.now,
        command=s.command.word(),
        codes=tuple(reason.code for reason in reasons),
        subject=noted(subject or getattr(s.command, "user", None) or s.by),
    )


def noted(typed: str) -> str:
    """Return what was typed as far as it stands on record: nobody fills a disk with what is refused."""
    return typed[:LONGEST_ADDRESS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Generic[C]):
    """One command's pure functions.

    `needs` names the keys to load; it is asked again with what was loaded until it names nothing new, and
    reads through `Directory.find` alone.  `asks` names the work to do before deciding.  `guards` names the
    counters of guesses that this command adds to before any secret is compared (GX-05), and `proved` gives them
    as they stand once the secret has proved right, whatever else is refused.  `decide` answers, and `recorded`
    says how a refusal stands on record.  `follows` names the parts of a long command that are carried out once it
    was accepted, each in a transaction of its own: it is asked at once, and gives them one by one.
    `with_temporary_password` are the few commands that a user can give before he has changed his temporary
    password (BP-13).
    """

    command: type[C]
    needs: Callable[[Situation[C]], Iterable[Key[Any]]] = _nothing
    guards: Callable[[Situation[C]], Iterable[guessing.Guard]] = _nothing
    proved: Callable[[Situation[C]], Iterable[Attempts]] = _nothing
    asks: Callable[[Situation[C]], Iterable[Ask[Any]]] = _nothing
    decide: Callable[[Situation[C]], Answer]
    recorded: Callable[[Situation[C], tuple[Reason, ...]], Event] = refusal
    follows: Callable[[Situation[C]], Iterable[tuple[Flow[Any], Command]]] = _nothing
    with_temporary_password: bool = False

    @property
    def word(self) -> str:
        """The command's name."""
        return self.command.word()

    @property
    def counts_guesses(self) -> bool:
        """Whether a try is counted, in a transaction of its own, before a secret is compared (GX-05)."""
        return self.guards is not _nothing


def keys(flow: Flow[C], situation: Situation[C]) -> Iterator[Key[Any]]:
    """Yield the keys that the actor's gate, the guards and the flow need, as far as they can be named yet."""
    actor, directory = situation.actor, situation.directory
    if isinstance(actor, Member):
        if actor.session:
            yield SessionByDigest(digest(actor.session))
        if acting := _acting(actor, directory):
            yield UserById(acting)
            yield CredentialOf(acting)
            if user := directory.find(UserById(acting)):
                yield OrganisationById(user.organisation)
        if situation.user is None:
            return
    if offers.offered(situation.portal, flow.word, _words(actor)):
        return
    yield from flow.needs(situation)
    yield from (AttemptsAgainst(guard.key) for guard in flow.guards(situation))


def admitted(flow: Flow[C], situation: Situation[C]) -> Refused | None:
    """Gates (a) and (b) that all flows share: may this actor act at all, and does the portal offer the command."""
    return refuse(_standing(flow, situation)) or refuse(
        offers.offered(situation.portal, flow.word, _words(situation.actor))
    )


def guarded(flow: Flow[C], situation: Situation[C]) -> tuple[tuple[Attempts, ...], Refused | None]:
    """Count this try against each of the flow's guards, and refuse it where one of them is exhausted (GX-05)."""
    tries = [counted(situation, guard) for guard in flow.guards(situation)]
    if longest := max((wait for _, wait in tries), default=0):
        return (), refuse(guessing.too_many(longest))
    return tuple(after for after, _ in tries), None


def evolve(directory: Directory, accepted: Accepted) -> Directory:
    """Return the directory after everything that an answer says has happened."""
    start: Directory = Evolving.of(directory)
    after = reduce(lambda state, event: event.evolve(state), accepted.events, start)
    after = after.put(*accepted.keeps).without(accepted.drops)
    return Directory(after.loaded, after.changes)


def found(s: Situation[Any], key: Key[Owned], named: str, *, within: OrganisationId | None) -> Owned | Refused:
    """Return what a command names, if it is of this organisation (None: of any), or refuse (GX-01)."""
    thing = s.directory.get(key)
    if thing is None or isolation.own(within, thing, named):
        return Refused((isolation.OTHER_ORGANISATION.broken(names=(named,)),))
    return thing


def present(thing: T | None) -> T:
    """Return what the gates have made sure is there.  Raises LookupError where they have not: our bug."""
    if thing is None:
        message = "a gate let something through that is not there"
        raise LookupError(message)
    return thing


def refuse(*answers: Reason | None) -> Refused | None:
    """Close a gate: refuse with every broken rule, each code once, or return None where all hold."""
    reasons = broken(*answers)
    return Refused(reasons) if reasons else None


def _standing(flow: Flow[C], situation: Situation[C]) -> Reason | None:
    actor, directory = situation.actor, situation.directory
    if isinstance(actor, Visitor):
        members_only = standing.members_only(situation.portal.offers.get(flow.word, ()))
        return standing.SIGN_IN_REQUIRED.broken() if members_only else None
    if not isinstance(actor, Member):
        return None
    user = situation.user
    if user is None:
        return standing.SIGN_IN_REQUIRED.broken()
    credential = directory.get(CredentialOf(user.id))
    session = directory.get(SessionByDigest(digest(actor.session))) if actor.session else None
    return (
        (standing.session_lives(session, user, credential, situation.now) if actor.session else None)
        or standing.acts(user)
        or (None if flow.with_temporary_password else standing.password_is_own(credential))
    )


def _acting(actor: Actor, directory: Directory) -> UserId | None:
    if not isinstance(actor, Member):
        return None
    if not actor.session:
        return actor.user
    session = directory.find(SessionByDigest(digest(actor.session)))
    return session.user if session else None


def _words(actor: Actor) -> frozenset[str]:
    match actor:
        case Visitor():
            return frozenset({"visitor"})
        case Member():
            return frozenset({"user", "administrator"})
        case Operator():
            return frozenset({"operator"})
        case System():
            return frozenset({"system"})


def mail(
    s: Situation[Any], template: str, to: str, details: Mapping[str, str], *, token: str = "", **facts: str
) -> Mail:
    """Return a mail in the language of the person whose details these are, or else the portal's first."""
    language = details.get("language", s.portal.languages[0])
    said = {"portal": s.portal.title, "name": full_name(details) or to, "address": to, **facts}
    return Mail(template=template, to=to, language=language, facts=MappingProxyType(said), token=token)


def full_name(details: Mapping[str, str]) -> str:
    """Return a person's first and last name, as far as they are known."""
    return " ".join(part for part in (details.get("first-name", ""), details.get("last-name", "")) if part)


def credential_of(s: Situation[Any], user: UserId) -> Credential:
    """Return how a user proves himself; of one who never could, a credential that nothing fits."""
    return s.directory.get(CredentialOf(user)) or Credential(user=user)


def counted(s: Situation[Any], guard: guessing.Guard) -> tuple[Attempts, int]:
    """Count one more try against a guard; return the counter as it stands then, and the seconds to wait, or 0."""
    return guessing.count(s.directory.get(AttemptsAgainst(guard.key)), guard, s.portal.limits, s.now)


def untold(s: Situation[Any], code: str, subject: str, organisation: str = "") -> CommandRefused:
    """Return the record of a truth that the caller is not told: to him the command is accepted (GX-03).

    It stands on record of an organisation only where its own people may know it (TN-13).
    """
    return CommandRefused(
        organisation=OrganisationId(organisation),
        by=s.by,
        at=s.now,
        command=s.command.word(),
        codes=(code,),
        subject=subject,
    )


Reasons: TypeAlias = tuple[Reason | None, ...]
Asks: TypeAlias = Iterable[Ask[Any]]
Needs: TypeAlias = Iterable[Key[Any]]
