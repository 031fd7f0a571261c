"""The nouns: organisations, accounts, users, selections, tokens, sessions, and who acts.  Frozen, without behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, NewType, TypeAlias

from partnerauth.addresses import EmailAddress

OrganisationId = NewType("OrganisationId", str)
AccountId = NewType("AccountId", str)
"""`organisation/account`, so that it is unique across organisations."""
UserId = NewType("UserId", str)
TokenId = NewType("TokenId", str)
CaseId = NewType("CaseId", str)

IMPLIED_ACCOUNT = "-"
"""The one account of every organisation of a portal without accounts."""


def account_id(organisation: str, account: str = IMPLIED_ACCOUNT) -> AccountId:
    """Return the id of an account, given the name that its organisation knows it by, or the id itself."""
    return AccountId(account if "/" in account else f"{organisation}/{account}")


class State(StrEnum):
    """Where a user is in his life.  There is no "deleted" (BP-09)."""

    INVITED = "invited"
    PENDING = "pending-approval"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    REJECTED = "rejected"


RIGHT = "right"
"""The kind of an element that is a right; every other kind is a kind of resource."""


class Element(NamedTuple):
    """One thing a selection holds: a right, or one resource of a kind."""

    kind: str
    name: str


class Given(NamedTuple):
    """Who gave an element and when.

    `source` ties what was passed on to what it was passed on from (BP-32): on a delegation it is the id of
    this giving, on a passed-on element the id of the giving it lives from, and elsewhere it is empty.
    """

    by: str
    at: datetime
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract of an account."""

    active: bool = True
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A partner company: the tenant.  `requested` while nothing but an access request speaks for it (BP-01)."""

    id: OrganisationId
    name: str
    street: str = ""
    town: str = ""
    country: str = ""
    domains: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    subcontractor: bool = False
    requested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer account: rights are given per account (BP-12)."""

    id: AccountId
    organisation: OrganisationId
    name: str
    applications: frozenset[str]
    contracts: Mapping[str, Contract] = field(default_factory=lambda: MappingProxyType({}))
    billing_addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of exactly one organisation.

    `deactivated_from` is the state that he was in before: to come back is no way round an approval.
    """

    id: UserId
    organisation: OrganisationId
    state: State
    email: EmailAddress
    username: str = ""
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    management: frozenset[str] = frozenset()
    created_by: str = ""
    deactivated_by: str = ""
    deactivated_from: State = State.ACTIVE
    notifications: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """How a user proves himself.  `epoch` rises when all his sessions and links must end (GX-02, GX-04, GX-06)."""

    user: UserId
    password_hash: str = field(default="", repr=False)
    temporary_until: datetime | None = None
    epoch: int = 0
    signed_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a user was given in one application on one account."""

    user: UserId
    account: AccountId
    application: str
    elements: Mapping[Element, Given] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What a customer gave to a subcontractor in one application on one account (BP-31)."""

    account: AccountId
    application: str
    organisation: OrganisationId
    elements: Mapping[Element, Given] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """What somebody asked the operator for, until he grants or refuses it: account and application (BP-01)."""

    user: UserId
    wanted: tuple[tuple[AccountId, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What stands behind an invited user until he accepts: who invited him, and which rights were named (KP-03).

    `by` is the inviter as the record names him, a user's id unless it was the operator.  `named` are account,
    application and elements; where nothing was named the new user gets what the inviter can give.
    """

    user: UserId
    by: str
    from_operator: bool = False
    named: tuple[tuple[AccountId, str, tuple[Element, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationName:
    """The organisation that was created under a name in a town, both as `title_key`: no second one can be (DP-02)."""

    name: str
    town: str
    organisation: OrganisationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request that a user submitted and what became of it.

    `informs` holds, by user id, who ticked, or unticked, to be mailed about it; his default counts for the
    reporter where he did neither (DP-07).
    """

    id: CaseId
    organisation: OrganisationId
    reporter: UserId
    kind: str
    fields: Mapping[str, str]
    status: str = ""
    informs: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))


class Purpose(StrEnum):
    """What a token is for; it is good for nothing else (TK-10)."""

    RESET = "reset"
    EMAIL_CHANGE = "email-change"
    INVITATION = "invitation"
    VERIFICATION = "verification"
    REGISTRATION = "registration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A link or code that was mailed: only the digest of its secret is known here (GX-04).

    `subject` is the user id, or the address key where there is no user yet.  `epoch` is that of the user's
    credential when the token was drawn.
    """

    id: TokenId
    digest: str = field(repr=False)
    purpose: Purpose
    subject: str
    expires_at: datetime
    epoch: int = 0
    used: bool = False
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestToken:
    """The newest token of a purpose: a new one ends the older (GX-04)."""

    subject: str
    purpose: Purpose
    token: TokenId


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser.  `digest` is that of the secret in the cookie (SE-09); `ended` a refusal code.

    It ends at `expires_at` whatever happens, and at `idle_at`, where the portal has such a limit, unless its user
    does something before (SE-08).
    """

    digest: str = field(repr=False)
    user: UserId
    browser: str
    started_at: datetime
    expires_at: datetime
    idle_at: datetime | None = None
    epoch: int
    ended: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestSession:
    """The newest session in a browser that has one user: of two sign-ins at once, one waits for the other (ED-09)."""

    browser: str
    digest: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Wrong guesses against one user, code or source (GX-05)."""

    key: str
    wrong: int = 0
    since: datetime | None = None
    blocked_until: datetime | None = None
    blocks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginName:
    """A user name or address key that belongs to one user for good (GX-12)."""

    key: str
    user: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedDomain:
    """The organisation whose people send from a domain; `opened` while nobody but the domain speaks for it (SP-07)."""

    domain: str
    organisation: OrganisationId
    opened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """The last feed of its name that was taken in (ED-01).

    `pending` is its digest while it is not applied whole, and `parts` counts what of it is applied by then: whoever
    decided on what was there before decides anew.
    """

    feed: str
    sequence: int
    pending: str = ""
    parts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SsoLink:
    """Whose an account at another provider is: known by issuer and subject, never by an address (ED-07, SO-01)."""

    issuer: str
    subject: str
    provider: str
    user: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is not signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A signed-in user, known by the secret of his session, or by id where the embedder signed him in himself."""

    user: UserId = UserId("")
    session: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Staff of the company that runs the portal; the embedder has signed him in."""

    name: str = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A feed or another machine of the company that runs the portal."""

    name: str = "system"


Actor: TypeAlias = Visitor | Member | Operator | System


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to send once the change is stored; the secret of `token` is added only when it is sent (GX-04)."""

    template: str
    to: str
    language: str
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    token: str = ""
