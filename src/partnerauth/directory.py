"""The slice of state that a flow reads: what was asked for, and what was there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from partnerauth.entities import (
    AccessRequest,
    Account,
    AccountId,
    Attempts,
    Case,
    CaseId,
    Credential,
    Delegation,
    FeedState,
    Invitation,
    LatestSession,
    LatestToken,
    LinkedDomain,
    LoginName,
    Organisation,
    OrganisationId,
    OrganisationName,
    Purpose,
    Selection,
    Session,
    SsoLink,
    State,
    Token,
    TokenId,
    User,
    UserId,
)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Key(Generic[T_co]):
    """A question to the store whose answer is a `T`, or None where there is no such thing."""


@dataclass(frozen=True, slots=True)
class OrganisationById(Key[Organisation]):
    """One organisation."""

    id: OrganisationId


@dataclass(frozen=True, slots=True)
class AccountById(Key[Account]):
    """One account."""

    id: AccountId


@dataclass(frozen=True, slots=True)
class UserById(Key[User]):
    """One user."""

    id: UserId


@dataclass(frozen=True, slots=True)
class LoginNameByKey(Key[LoginName]):
    """Whose user name or address this is."""

    key: str


@dataclass(frozen=True, slots=True)
class CredentialOf(Key[Credential]):
    """How a user proves himself."""

    user: UserId


@dataclass(frozen=True, slots=True)
class SelectionOf(Key[Selection]):
    """What a user was given in one application on one account."""

    user: UserId
    account: AccountId
    application: str


@dataclass(frozen=True, slots=True)
class DelegationTo(Key[Delegation]):
    """What a subcontractor was given in one application on one account."""

    account: AccountId
    application: str
    organisation: OrganisationId


@dataclass(frozen=True, slots=True)
class AccessRequestOf(Key[AccessRequest]):
    """What a user asked the operator for."""

    user: UserId


@dataclass(frozen=True, slots=True)
class InvitationOf(Key[Invitation]):
    """What stands behind an invited user."""

    user: UserId


@dataclass(frozen=True, slots=True)
class OrganisationNameByKey(Key[OrganisationName]):
    """The organisation that was created under a name in a town, both as `title_key`."""

    name: str
    town: str


@dataclass(frozen=True, slots=True)
class CaseById(Key[Case]):
    """One case."""

    id: CaseId


@dataclass(frozen=True, slots=True)
class TokenById(Key[Token]):
    """One token."""

    id: TokenId


@dataclass(frozen=True, slots=True)
class LatestTokenOf(Key[LatestToken]):
    """The newest token of a purpose."""

    subject: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class SessionByDigest(Key[Session]):
    """One session."""

    digest: str


@dataclass(frozen=True, slots=True)
class LatestSessionIn(Key[LatestSession]):
    """The newest session in a browser that has one user."""

    browser: str


@dataclass(frozen=True, slots=True)
class AttemptsAgainst(Key[Attempts]):
    """Wrong guesses against one user, code or source."""

    key: str


@dataclass(frozen=True, slots=True)
class LinkedDomainByName(Key[LinkedDomain]):
    """The organisation that a domain stands for."""

    domain: str


@dataclass(frozen=True, slots=True)
class FeedStateOf(Key[FeedState]):
    """The last feed of a name."""

    feed: str


@dataclass(frozen=True, slots=True)
class SsoLinkOf(Key[SsoLink]):
    """Whose an account at another provider is."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class TokenByDigest(Key[TokenId]):
    """The id of the token whose secret has this digest."""

    digest: str


@dataclass(frozen=True, slots=True)
class TokensOf(Key[tuple[TokenId, ...]]):
    """The ids of every token of a user, or of an address that was nobody's yet; never None."""

    subject: str


@dataclass(frozen=True, slots=True)
class SelectionsOf(Key[tuple[Selection, ...]]):
    """Everything a user was given; never None."""

    user: UserId


@dataclass(frozen=True, slots=True)
class AccountsOf(Key[tuple[AccountId, ...]]):
    """The accounts of an organisation; never None."""

    organisation: OrganisationId


@dataclass(frozen=True, slots=True)
class DelegationsTo(Key[tuple[Delegation, ...]]):
    """Everything that was delegated to a subcontractor; never None."""

    organisation: OrganisationId


@dataclass(frozen=True, slots=True)
class AnotherHolder(Key[UserId]):
    """Some active user of an organisation, other than one, who holds a management right."""

    organisation: OrganisationId
    management: str
    other_than: UserId


@dataclass(frozen=True, slots=True)
class AdministratorsOf(Key[tuple[UserId, ...]]):
    """The active and invited users of an organisation who hold one of these management rights; never None."""

    organisation: OrganisationId
    management: frozenset[str]


@dataclass(frozen=True, slots=True)
class FirstComer(Key[UserId]):
    """The first user of an organisation who ever came in: he is active, or has a password and was deactivated."""

    organisation: OrganisationId


@dataclass(frozen=True, slots=True)
class InvitationsBy(Key[tuple[UserId, ...]]):
    """The users who were invited by somebody, as the record names him, and have not come in yet; never None."""

    by: str


@dataclass(frozen=True, slots=True)
class OrganisationsNamed(Key[tuple[OrganisationId, ...]]):
    """The organisations whose name has this `title_key`; never None."""

    name: str


@dataclass(frozen=True, slots=True)
class OrganisationsWithDomain(Key[tuple[OrganisationId, ...]]):
    """The organisations among whose domains one is, an A-label: for questions; never None."""

    domain: str


@dataclass(frozen=True, slots=True)
class AdministratorsAt(Key[tuple[UserId, ...]]):
    """The active users with an address of a domain who hold one of these management rights; never None.

    For questions: all organisations' users are asked.
    """

    domain: str
    management: frozenset[str]


@dataclass(frozen=True, slots=True)
class CasesOf(Key[tuple[Case, ...]]):
    """The cases of an organisation: for questions; never None."""

    organisation: OrganisationId


@dataclass(frozen=True, slots=True)
class SessionsIn(Key[tuple[str, ...]]):
    """The digests of the sessions in a browser that nobody ended; never None."""

    browser: str


@dataclass(frozen=True, slots=True)
class SessionsOf(Key[tuple[str, ...]]):
    """The digests of a user's sessions, oldest first, ended ones included; never None."""

    user: UserId


@dataclass(frozen=True, slots=True)
class UsersOf(Key[tuple[UserId, ...]]):
    """All users of an organisation: for lists, and for the few commands about all of them; never None."""

    organisation: OrganisationId


class KnownUser(NamedTuple):
    """What a feed is compared with of one user, and no more, for there may be a million; `key` is that of his address.

    The other fields are those of `User`.
    """

    key: str
    organisation: OrganisationId
    state: State
    deactivated_by: str

    @classmethod
    def of(cls, user: User) -> KnownUser:
        """Return it for a user."""
        return cls(user.email.key, user.organisation, user.state, user.deactivated_by)


@dataclass(frozen=True, slots=True)
class EveryUser(Key[tuple[KnownUser, ...]]):
    """All users of the portal: for the feed that names all of them (ED-01); never None."""


@dataclass(frozen=True, slots=True)
class SsoLinksOf(Key[tuple[SsoLink, ...]]):
    """The accounts at other providers that a user is known by; never None."""

    user: UserId


@dataclass(frozen=True, slots=True)
class HoldersOn(Key[tuple[UserId, ...]]):
    """The users who were given anything in an application on an account: for questions; never None."""

    account: AccountId
    application: str


@dataclass(frozen=True, slots=True)
class DelegationsOn(Key[tuple[Delegation, ...]]):
    """Everything that was delegated in an application on an account: for questions; never None."""

    account: AccountId
    application: str


Entity: TypeAlias = (
    Organisation
    | Account
    | User
    | LoginName
    | Credential
    | Selection
    | Delegation
    | AccessRequest
    | Token
    | LatestToken
    | Session
    | Attempts
    | LatestSession
    | LinkedDomain
    | FeedState
    | SsoLink
    | Invitation
    | OrganisationName
    | Case
)
"""What a store keeps: each has exactly one key."""


FACTS = (OrganisationById, AccountById, UserById, CredentialOf, SelectionOf, DelegationTo)
"""The keys of what decisions depend on: a commit that changes one of them is told to the index."""


def key_of(entity: Entity) -> Key[Any]:  # noqa: C901, PLR0911, PLR0912 - one line for each noun is the table itself
    """Return the key under which an entity is stored."""
    match entity:
        case Organisation():
            return OrganisationById(entity.id)
        case Account():
            return AccountById(entity.id)
        case User():
            return UserById(entity.id)
        case LoginName():
            return LoginNameByKey(entity.key)
        case Credential():
            return CredentialOf(entity.user)
        case Selection():
            return SelectionOf(entity.user, entity.account, entity.application)
        case Delegation():
            return DelegationTo(entity.account, entity.application, entity.organisation)
        case AccessRequest():
            return AccessRequestOf(entity.user)
        case Token():
            return TokenById(entity.id)
        case LatestToken():
            return LatestTokenOf(entity.subject, entity.purpose)
        case Session():
            return SessionByDigest(entity.digest)
        case Attempts():
            return AttemptsAgainst(entity.key)
        case LatestSession():
            return LatestSessionIn(entity.browser)
        case LinkedDomain():
            return LinkedDomainByName(entity.domain)
        case FeedState():
            return FeedStateOf(entity.feed)
        case SsoLink():
            return SsoLinkOf(entity.issuer, entity.subject)
        case Invitation():
            return InvitationOf(entity.user)
        case OrganisationName():
            return OrganisationNameByKey(entity.name, entity.town)
        case Case():
            return CaseById(entity.id)


class NotLoadedError(LookupError):
    """A flow read what it had not asked for: our bug, never the user's mistake."""


@dataclass(frozen=True, slots=True)
class Directory:
    """What was loaded, and on top of it what the events of this command changed."""

    loaded: Mapping[Key[Any], Any] = field(default_factory=lambda: MappingProxyType({}))
    changes: Mapping[Key[Any], Entity | None] = field(default_factory=lambda: MappingProxyType({}))

    def __contains__(self, key: Key[Any]) -> bool:
        return key in self.changes or key in self.loaded

    def get(self, key: Key[T]) -> T | None:
        """Return what is stored under the key, or None where nothing is.  Raises NotLoadedError."""
        if key in self.changes:
            return cast("T | None", self.changes[key])
        try:
            return cast("T | None", self.loaded[key])
        except KeyError:
            raise NotLoadedError(key) from None

    def find(self, key: Key[T]) -> T | None:
        """Return what is known under the key, and None also where nobody asked yet: for `needs` alone."""
        return self.get(key) if key in self else None

    def the(self, key: Key[T]) -> T:
        """Return what must be there.  Raises NotLoadedError where it is not."""
        found = self.get(key)
        if found is None:
            raise NotLoadedError(key)
        return found

    def put(self, *entities: Entity) -> Directory:
        """Return a directory in which these entities replace what was stored under their keys."""
        return Directory(self.loaded, {**self.changes, **{key_of(entity): entity for entity in entities}})

    def drop(self, key: Key[Any]) -> Directory:
        """Return a directory without what is under the key."""
        return self.without((key,))

    def without(self, keys: Iterable[Key[Any]]) -> Directory:
        """Return a directory without what is under these keys."""
        return Directory(self.loaded, {**self.changes, **dict.fromkeys(keys)})

    def with_loaded(self, more: Mapping[Key[Any], Any]) -> Directory:
        """Return a directory that also knows what a store answered."""
        return Directory({**self.loaded, **more}, self.changes)

    def missing(self, keys: Iterable[Key[Any]]) -> tuple[Key[Any], ...]:
        """Return the keys that were not loaded yet, each once, in order."""
        return tuple(dict.fromkeys(key for key in keys if key not in self))


class Evolving(Directory):
    """A directory that changes in place, so that a million events take a million steps and not their square.

    For whoever keeps no earlier state: `flow.evolve` alone.
    """

    __slots__ = ()

    @classmethod
    def of(cls, directory: Directory) -> Evolving:
        """Return one that says the same and leaves the other alone."""
        return cls(directory.loaded, dict(directory.changes))

    def put(self, *entities: Entity) -> Directory:
        """Replace what was stored under the entities' keys."""
        cast("dict[Key[Any], Entity | None]", self.changes).update((key_of(entity), entity) for entity in entities)
        return self

    def without(self, keys: Iterable[Key[Any]]) -> Directory:
        """Remove what is under these keys."""
        cast("dict[Key[Any], Entity | None]", self.changes).update(dict.fromkeys(keys))
        return self
