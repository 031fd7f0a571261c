"""Questions: who may do what, who sees what, what can be chosen, as it is committed when a view is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import starmap
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from partnerauth.addresses import parse, title_key
from partnerauth.decision import Reason, Refused
from partnerauth.directory import (
    AccountById,
    AccountsOf,
    AdministratorsAt,
    AdministratorsOf,
    CasesOf,
    CredentialOf,
    DelegationsOn,
    DelegationsTo,
    DelegationTo,
    Directory,
    HoldersOn,
    Key,
    LatestTokenOf,
    OrganisationById,
    OrganisationsNamed,
    OrganisationsWithDomain,
    SelectionOf,
    SelectionsOf,
    SessionByDigest,
    SessionsIn,
    SessionsOf,
    TokenByDigest,
    TokenById,
    UserById,
    UsersOf,
)
from partnerauth.entities import (
    IMPLIED_ACCOUNT,
    RIGHT,
    Account,
    AccountId,
    Case,
    Delegation,
    Element,
    Organisation,
    OrganisationId,
    Purpose,
    Selection,
    Session,
    State,
    User,
    UserId,
    account_id,
)
from partnerauth.events import AdministratorSet, Event, InvitationAccepted, ManagementSet, UserMoved
from partnerauth.flow import digest, full_name
from partnerauth.index import NOTHING, Index, named
from partnerauth.policy import isolation, management, matrix, offers, rights, sights, standing, subcontracting, tokens
from partnerauth.policy.engine import decisions, rows
from partnerauth.policy.options import OPTION_DISABLED, PORTAL_SIGN_IN_FIRST
from partnerauth.policy.portal import RESOURCE_KINDS, Portal, Sight
from partnerauth.ports import Store, WordLists

T = TypeVar("T")

Column: TypeAlias = Literal["username", "name", "email", "created-by"]
"""A column of the list of users (BP-08)."""


class Evidence(NamedTuple):
    """Who gave something that an answer rests on, as the record names him, and when."""

    element: Element
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether something is allowed; for a denial the first condition that fails; and when it was taken.

    `rule` is the id of the rule row that decided.  `position` is that of the newest commit which the view was sure
    to know.  `evidence` are, where it is allowed, the givings of the right and of every named resource; for another
    organisation's account what was delegated comes first, then what was passed on.  What came by membership, or
    is everybody's, nobody gave.
    """

    allowed: bool
    rule: str
    reason: Reason | None
    position: int
    evidence: tuple[Evidence, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a user holds in one application on one account."""

    rights: frozenset[str]
    resources: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The rights of an application as an administrator sees them: what he can give, and what is greyed out (BP-19)."""

    offered: tuple[str, ...]
    greyed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applications:
    """The applications of an account, and those in which the user has rights (BP-17)."""

    offered: tuple[str, ...]
    has_rights: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The profiles that a set of rights fits, and for every other one what is missing and what is barred (BP-28)."""

    fits: tuple[str, ...]
    missing: Mapping[str, tuple[str, ...]]
    forbidden: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Whom the page behind a link is for: shown there, and not to be edited (ED-04)."""

    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An organisation as a newcomer sees it: with its id, to join it, and no more than this (DP-02)."""

    id: OrganisationId
    name: str
    street: str
    town: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something that an application shows: its kind, whose it is, and where it belongs."""

    type: str
    owner: UserId | None = None
    organisation: OrganisationId | None = None
    account: AccountId | None = None
    resources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


Scope: TypeAlias = Mapping[AccountId, Mapping[str, frozenset[str]]]
"""By account the names, by kind of resource, that may be named there."""

_NOWHERE = AccountId("")
"""Stands for an account that is not there: whoever's it is named like, it is nobody's."""

_OF_USERS = frozenset({Purpose.RESET, Purpose.INVITATION})
"""The purposes of links that lead a user to a page about himself."""


class ForUser:
    """Answers questions about one user.  His facts are those of the moment when it was made."""

    def __init__(self, index: Index, user: str) -> None:
        """Look the user up once."""
        self._home, self._can = index.for_user(user)

    def can(
        self,
        application: str | None,
        right: str,
        *,
        account: str | None = None,
        resources: Mapping[str, str] = NOTHING,
    ) -> bool:
        """Whether the user may use a right: as `View.can`."""
        asked = named(application, resources)
        if self._home is None or asked is None:
            return False
        where = account_id(self._home, account or IMPLIED_ACCOUNT)
        return self._can(asked[0], right, where, *asked[1])


class View:
    """Answers questions.  Take a new one for each request: what it has read it does not read again."""

    def __init__(self, portal: Portal, index: Index, store: Store, now: datetime, words: WordLists) -> None:
        """Look at a store as it is now."""
        self.portal = portal
        self.now = now
        self.position = index.catch_up()
        self._index = index
        self._store = store
        self._words = words
        self._directory = Directory()

    def can(
        self,
        user: str,
        application: str | None,
        right: str,
        *,
        account: str | None = None,
        resources: Mapping[str, str] = NOTHING,
    ) -> bool:
        """Whether a user may use a right, on an account, with at most one resource of each kind.

        `account` is left out in portals without accounts, and `application` for a management right.  Answers
        from memory, as the rule rows and the user's facts have it; `explain` says why.
        """
        return self._index.can(user, application, right, account, resources)

    def for_user(self, user: str) -> ForUser:
        """Return a handle that answers many questions about one user: for one request or page."""
        return ForUser(self._index, user)

    def explain(
        self,
        user: str,
        application: str | None,
        right: str,
        *,
        account: str | None = None,
        resources: Mapping[str, str] = NOTHING,
    ) -> Decision:
        """Decide as `can` does, and say for a denial the first condition that fails (rulebook, section 0).

        Denies: user-inactive, approval-pending, approval-rejected, password-change-required, other-organisation,
        right-missing, option-disabled, portal-sign-in-first, resource-not-granted, contract-inactive.  Where a model of
        the embedder's own denies by a row with another name, `rule` has that name, and the reason is right-missing.
        """
        found = self.user(user)
        if found is None:
            return self._denied(isolation.OTHER_ORGANISATION.broken(names=(user,)))
        question = decisions.Question(
            user=found.id,
            application=rows.MANAGEMENT if application is None else application,
            right=right,
            account=account_id(found.organisation, account or IMPLIED_ACCOUNT),
            resources=MappingProxyType(dict(resources)),
        )
        is_own = question.account == account_id(found.organisation)
        place = question.account if is_own or self._get(AccountById(question.account)) is not None else _NOWHERE
        allowed, row = self._index.explain(user, application, right, place, resources)
        if allowed:
            evidence = tuple(self._evidence(found, question))
            return Decision(allowed=True, rule=row, reason=None, position=self.position, evidence=evidence)
        return self._denied(_reason(row, found, question), row)

    def who_can(
        self,
        application: str,
        right: str,
        *,
        account: str,
        resources: Mapping[str, str] = NOTHING,
    ) -> tuple[UserId, ...]:
        """Return everybody who may use a right on an account (its id), subcontractors' people included."""
        where = AccountId(account)
        candidates = dict.fromkeys(self._get(HoldersOn(where, application)) or ())
        owner = self._get(AccountById(where))
        if owner and self.portal.application_rights == "membership":
            candidates |= dict.fromkeys(self._get(UsersOf(owner.organisation)) or ())
        for given in self._get(DelegationsOn(where, application)) or ():
            administrators = AdministratorsOf(given.organisation, self.portal.management.administrator)
            candidates |= dict.fromkeys(self._get(administrators) or ())
        return tuple(
            user for user in candidates if self.can(user, application, right, account=account, resources=resources)
        )

    def rights(self, user: str, application: str, *, account: str | None = None) -> Holding:
        """Return what a user holds in an application on an account, whether or not he is active."""
        found = self.user(user)
        if found is None or application not in self.portal.applications:
            return Holding(rights=frozenset(), resources=MappingProxyType({}))
        return _holding(self._held(found, application, account_id(found.organisation, account or IMPLIED_ACCOUNT)))

    def rights_of(self, user: str) -> Mapping[tuple[AccountId, str], Holding]:
        """Return everything that a user holds, by account and application, whether or not he is active.

        Management rights are not among it: `management` returns those.
        """
        everything = {
            (AccountId(account), application): _holding(held)
            for account, application, held in sorted(self._index.selections(user), key=itemgetter(0, 1))
            if application != rows.MANAGEMENT and held
        }
        return MappingProxyType(everything)

    def scope(self, user: str, application: str, right: str) -> Scope:
        """Return everything on which a user may use a right: an account is in it exactly where `can` says so.

        By account the resources of each kind that he may name there; he may also name none.  Whole, however much
        it is: `adapters.sql_filter` turns it into a condition for listings.
        """
        held = {account: each for account, code, each in self._index.selections(user) if code == application}
        can = self.for_user(user).can
        return MappingProxyType(
            {
                AccountId(account): _nameable(can, application, right, account, held[account])
                for account in sorted(held)
                if can(application, right, account=account)
            }
        )

    def management(self, user: str) -> frozenset[str]:
        """Return the management rights of a user: those given to him and those of everybody."""
        found = self.user(user)
        return management.held(self.portal, found) if found else frozenset()

    def is_administrator(self, user: str) -> bool:
        """Whether a user holds a right that makes an administrator."""
        found = self.user(user)
        return found is not None and management.is_administrator(self.portal, found) is None

    def choices(self, by: str, user: str, application: str, *, account: str | None = None) -> Choices | Refused:
        """Return which rights an administrator can give a user: those that he holds himself (BP-19).

        Refuses: user-inactive, approval-pending, approval-rejected, other-organisation, unknown-name,
        management-right-missing.
        """
        actor, target = self.user(by), self.user(user)
        reason = self._not_shown(actor, target, user, offers.known_application(self.portal, application))
        if reason or actor is None:
            return Refused((reason or isolation.OTHER_ORGANISATION.broken(names=(by,)),))
        where = account_id(actor.organisation, account or IMPLIED_ACCOUNT)
        catalogue = self.portal.applications[application]
        mine = rights.rights_among(self._held(actor, application, where))
        organisation = self._get(OrganisationById(actor.organisation))
        options = organisation.options if organisation else frozenset()
        offered = tuple(
            code
            for code, right in catalogue.rights.items()
            if code in mine and (right.option is None or right.option in options)
        )
        return Choices(offered=offered, greyed=tuple(code for code in catalogue.rights if code not in offered))

    def applications(self, by: str, user: str, *, account: str | None = None) -> Applications | Refused | None:
        """Return the applications of an account, or None where the selection opens directly (BP-17).

        Refuses: user-inactive, approval-pending, approval-rejected, other-organisation, management-right-missing.
        """
        actor, target = self.user(by), self.user(user)
        if reason := self._not_shown(actor, target, user):
            return Refused((reason,))
        if target is None:
            return None
        where = self._get(AccountById(account_id(target.organisation, account or IMPLIED_ACCOUNT)))
        if where is None or where.organisation != target.organisation:
            return Refused((isolation.OTHER_ORGANISATION.broken(names=(account or "",)),))
        offered = tuple(code for code in self.portal.applications if code in where.applications)
        with_rights = tuple(code for code in offered if rights.rights_among(self._held(target, code, where.id)))
        return Applications(offered=offered, has_rights=with_rights) if with_rights else None

    def profiles(self, application: str, named: Iterable[str]) -> Profiles | Refused:
        """Return which profiles a set of rights fits.  Refuses: unknown-name, not-offered."""
        if reason := offers.known_application(self.portal, application):
            return Refused((reason,))
        table = self.portal.applications[application].matrix
        if table is None:
            return Refused((offers.NOT_OFFERED.broken(name=f"{application} profiles"),))
        chosen = frozenset(named)
        if reason := offers.known("right", chosen, self.portal.applications[application].rights):
            return Refused((reason,))
        misfits = matrix.misfits(table, chosen)
        return Profiles(
            fits=matrix.fitting(table, chosen),
            missing={profile: lacking for profile, (lacking, _) in misfits.items() if lacking},
            forbidden={profile: excess for profile, (_, excess) in misfits.items() if excess},
        )

    def sees(self, user: str, record: Record) -> Decision:
        """Decide whether a user sees a record: it takes the record's right and its visibility rule (BP-22).

        Denies as `explain` does.
        """
        found, kind = self.user(user), self.portal.records.get(record.type)
        if kind is None:
            return self._denied(offers.UNKNOWN_NAME.broken(kind="record", names=(record.type,)))
        if found is None:
            return self._denied(isolation.OTHER_ORGANISATION.broken(names=(user,)))
        answers = [self._sees(found, record, kind.application, sight) for sight in kind.seen_by]
        return next((each for each in answers if each), answers[0])

    def cases(self, user: str) -> tuple[Case, ...]:
        """Return the cases that a user sees, oldest first: an administrator all, a member those he reported (DP-06)."""
        found = self.user(user)
        rules = self.portal.requests
        if found is None or rules is None:
            return ()
        return tuple(
            case
            for case in self._get(CasesOf(found.organisation)) or ()
            if self.sees(user, Record(type=rules.record, owner=case.reporter, organisation=case.organisation))
        )

    def candidates(self, email: str) -> tuple[Candidate, ...]:
        """Return the organisations that somebody is offered to join, by name: for whoever verified his address (DP-02).

        They are those that count the domain among theirs, and those with an active administrator who has an
        address of it.  Nobody is offered any by an address that everybody can have (EM-13).
        """
        address = parse(email)
        if address is None or self._words.is_free_mail(address.domain):
            return ()
        administrators = AdministratorsAt(address.domain, self.portal.management.administrator)
        there = [self._the(UserById(each)).organisation for each in self._get(administrators) or ()]
        return self._shown([*(self._get(OrganisationsWithDomain(address.domain)) or ()), *there])

    def search(self, name: str, town: str = "") -> tuple[Candidate, ...]:
        """Return the organisations of this name, in this town where one is named: as `candidates` shows them."""
        found = self._shown(self._get(OrganisationsNamed(title_key(name))) or ())
        return tuple(each for each in found if not town or title_key(each.town) == title_key(town))

    def users(self, organisation: str, *, sort: Column = "username") -> tuple[User, ...]:
        """Return all users of an organisation, deactivated ones too, sorted by a column of the list (BP-08).

        Whoever has no user name is called by his address.
        """
        listed = [self._the(UserById(each)) for each in self._get(UsersOf(OrganisationId(organisation))) or ()]
        return tuple(sorted(listed, key=lambda user: (_shown_as(user, sort).casefold(), _shown_as(user).casefold())))

    def user(self, user: str) -> User | None:
        """Return a user."""
        return self._get(UserById(UserId(user)))

    def must_change_password(self, user: str) -> bool:
        """Whether a user has a temporary password (BP-13)."""
        credential = self._get(CredentialOf(UserId(user)))
        return credential is not None and credential.temporary_until is not None

    def accounts(self, user: str) -> tuple[Account, ...]:
        """Return the accounts on which a user has access to at least one application (BP-33)."""
        return tuple(account for account, _ in self._services(user))

    def services(self, user: str) -> tuple[tuple[AccountId, str], ...]:
        """Return the applications that are open to a user, by account: for his start page (BP-33)."""
        return tuple((account.id, code) for account, codes in self._services(user) for code in codes)

    def signed_in(self, browser: str) -> UserId | None:
        """Return whose session is the newest that lives in a browser, or None."""
        sessions = [self._get(SessionByDigest(digest)) for digest in self._get(SessionsIn(browser)) or ()]
        living = [each for each in sessions if each and self.session_ended(each) is None]
        return max(living, key=lambda each: each.started_at).user if living else None

    def whose(self, session: str) -> User | Refused:
        """Return the user whom the secret of a session stands for, while it lives and he is active (GX-02).

        His password may still be temporary: `must_change_password` tells.  To ask does not keep a session from idling:
        `renew-session` does (SE-08).  Refuses: sign-in-required, session-replaced, user-inactive, approval-pending,
        approval-rejected.
        """
        found = self._get(SessionByDigest(digest(session)))
        if found is None:
            return Refused((standing.SIGN_IN_REQUIRED.broken(),))
        reason = self.session_ended(found)
        return Refused((reason,)) if reason else self._the(UserById(found.user))

    def session(self, user: str, browser: str) -> Session | None:
        """Return a user's newest session in a browser, alive or not."""
        sessions = [self._the(SessionByDigest(digest)) for digest in self._get(SessionsOf(UserId(user))) or ()]
        there = [each for each in sessions if each.browser == browser]
        return there[-1] if there else None

    def sessions(self, user: str) -> tuple[Session, ...]:
        """Return the sessions of a user that live, newest first: for himself, to end one by its digest (SE-13)."""
        sessions = [self._the(SessionByDigest(each)) for each in self._get(SessionsOf(UserId(user))) or ()]
        return tuple(each for each in reversed(sessions) if self.session_ended(each) is None)

    def session_ended(self, session: Session) -> Reason | None:
        """Return why a session is over, or None while it lives."""
        user = self._the(UserById(session.user))
        return standing.session_lives(session, user, self._get(CredentialOf(user.id)), self.now)

    def link(self, token: str) -> Link | Refused:
        """Return whom the page behind a mailed link is for; to open it consumes nothing (ED-04, GX-04).

        Refuses: link-unknown, link-used, link-expired, invitation-unknown, invitation-used, invitation-expired.
        """
        identity = self._get(TokenByDigest(digest(token)))
        found = self._get(TokenById(identity)) if identity else None
        purpose = found.purpose if found and found.purpose in _OF_USERS else Purpose.RESET
        user = self.user(found.subject) if found and found.purpose is purpose else None
        latest = self._get(LatestTokenOf(user.id, purpose)) if user else None
        credential = self._get(CredentialOf(user.id)) if user else None
        # An invitation that was taken back leads nowhere, though its link is the newest (TK-26).
        leads = purpose is not Purpose.INVITATION or (found and found.used) or (user and user.state is State.INVITED)
        reason = tokens.stands(found if user and leads else None, purpose, latest, credential, self.now)
        if reason or user is None:
            return Refused((reason or tokens.LINK_UNKNOWN.broken(),))
        return Link(email=user.email.original, name=full_name(user.details))

    def _not_shown(
        self, actor: User | None, target: User | None, named: str, unknown: Reason | None = None
    ) -> Reason | None:
        """Return why somebody is not shown what a colleague holds: it takes an active administrator (DG-21)."""
        return (
            (standing.acts(actor) if actor else None)
            or _not_colleagues(actor, target, named)
            or unknown
            or (management.is_administrator(self.portal, actor) if actor else None)
        )

    def _shown(self, organisations: Iterable[OrganisationId]) -> tuple[Candidate, ...]:
        found = [self._the(OrganisationById(each)) for each in dict.fromkeys(organisations)]
        shown = [
            Candidate(id=each.id, name=each.name, street=each.street, town=each.town, country=each.country)
            for each in found
        ]
        return tuple(sorted(shown, key=lambda each: (title_key(each.name), title_key(each.town), each.id)))

    def _services(self, user: str) -> Iterable[tuple[Account, tuple[str, ...]]]:
        found = self.user(user)
        if found is None or found.state is not State.ACTIVE:
            return
        selections = self._get(SelectionsOf(found.id)) or ()
        named = [
            *(self._get(AccountsOf(found.organisation)) or ()),
            *(selection.account for selection in selections),
            *(given.account for given in self._get(DelegationsTo(found.organisation)) or ()),
        ]
        for identity in dict.fromkeys(named):
            account = self._get(AccountById(identity))
            if account is None:
                continue
            codes = tuple(code for code in self.portal.applications if self._opens(found, code, identity))
            if codes:
                yield account, codes

    def _opens(self, user: User, application: str, account: AccountId) -> bool:
        held = rights.rights_among(self._held(user, application, account))
        return any(self.can(user.id, application, right, account=account) for right in held)

    def _sees(self, user: User, record: Record, application: str, sight: Sight) -> Decision:
        owner = self.user(record.owner) if record.owner else None
        is_own = record.owner == user.id
        organisation = record.organisation or (owner.organisation if owner else user.organisation)
        if is_own and sight.whose == "own" and not self.portal.accounts:
            # Without accounts what is one's own comes along to another organisation (SP-07, SP-08).
            organisation = user.organisation
        account = record.account or account_id(organisation)
        named: dict[str, str] = {kind: value for kind, value in record.resources.items() if kind in sight.within}
        decision = self.explain(user.id, application, sight.right, account=account, resources=named)
        if not decision:
            return decision
        if sights.shows(sight, is_own=is_own, is_administrator=self.is_administrator(user.id)):
            return decision
        return self._denied(rights.RIGHT_MISSING.broken(right=sight.right, application=application))

    def _held(self, user: User, application: str, account: AccountId) -> frozenset[Element]:
        found = self._get(AccountById(account))
        if found is None:
            return frozenset()
        selection = self._get(SelectionOf(user.id, account, application))
        if found.organisation == user.organisation:
            organisation: Organisation = self._the(OrganisationById(user.organisation))
            return rights.of_account(self.portal, application, found, organisation, selection)
        own = self._get(SelectionsOf(user.id)) or ()
        return subcontracting.held_of_another(
            self.portal.applications[application],
            found,
            self._get(DelegationTo(account, application, user.organisation)),
            selection,
            administers=subcontracting.administers(
                self.portal, application, user, own, lambda each: self._get(AccountById(each))
            ),
        )

    def _evidence(self, user: User, question: decisions.Question) -> Iterator[Evidence]:
        """Yield who gave what an allowed question rests on; read from the store, since memory does not keep it."""
        if question.application == rows.MANAGEMENT:
            yield from self._given_management(user, question.right)
            return
        sources: list[Selection | Delegation | None] = []
        if not question.account.startswith(f"{user.organisation}/"):
            sources.append(self._get(DelegationTo(question.account, question.application, user.organisation)))
        sources.append(self._get(SelectionOf(user.id, question.account, question.application)))
        named = [Element(RIGHT, question.right), *starmap(Element, question.resources.items())]
        for element in named:
            for source in sources:
                if source is not None and element in source.elements:
                    given = source.elements[element]
                    yield Evidence(element, given.by, given.at)

    def _given_management(self, user: User, right: str) -> Iterator[Evidence]:
        """Yield who gave a user a management right: the oldest event since which he has had it all along."""
        giving: Event | None = None
        for recorded in self._store.records(about=user.id) if right in user.management else ():
            event = recorded.event
            if right in getattr(event, "management", ()):
                giving = giving or event
            elif isinstance(event, ManagementSet | AdministratorSet | InvitationAccepted | UserMoved):
                giving = None
        if giving:
            yield Evidence(Element(RIGHT, right), giving.by, giving.at)

    def _denied(self, reason: Reason, row: str = "") -> Decision:
        return Decision(allowed=False, rule=row or reason.code, reason=reason, position=self.position)

    def _get(self, key: Key[T]) -> T | None:
        if key not in self._directory:
            self._directory = self._directory.with_loaded(self._store.read([key]).values)
        return self._directory.get(key)

    def _the(self, key: Key[T]) -> T:
        found = self._get(key)
        if found is None:
            raise LookupError(key)
        return found


def _shown_as(user: User, column: Column = "username") -> str:
    match column:
        case "name":
            return " ".join((user.details.get("last-name", ""), user.details.get("first-name", "")))
        case "email":
            return user.email.key
        case "created-by":
            return user.created_by
        case _:
            return user.username or user.email.key


def _nameable(
    can: Callable[..., bool], application: str, right: str, account: str, held: frozenset[Element]
) -> Mapping[str, frozenset[str]]:
    """Return what may be named, of what is held: of each kind on its own, for no row asks for two kinds together."""
    return MappingProxyType(
        {
            kind: frozenset(
                name
                for name in rights.resources_among(held, kind)
                if can(application, right, account=account, resources={kind: name})
            )
            for kind in RESOURCE_KINDS
        }
    )


def _holding(held: frozenset[Element]) -> Holding:
    kinds = {element.kind for element in held if element.kind != RIGHT}
    return Holding(
        rights=rights.rights_among(held),
        resources=MappingProxyType({kind: rights.resources_among(held, kind) for kind in sorted(kinds)}),
    )


def _not_colleagues(actor: User | None, target: User | None, named: str) -> Reason | None:
    if actor is None:
        return isolation.OTHER_ORGANISATION.broken(names=(named,))
    return isolation.own(actor.organisation, target, named)


def _reason(row: str, user: User, question: decisions.Question) -> Reason:
    """Return the reason that belongs to the row which denied."""
    code, _, about = row.partition(":")
    kind = about.removeprefix("some-")
    reasons: Mapping[str, Any] = {
        "other-organisation": lambda: isolation.OTHER_ORGANISATION.broken(names=(question.account,)),
        "option-disabled": lambda: OPTION_DISABLED.broken(options=(about,), rights=(question.right,)),
        "portal-sign-in-first": PORTAL_SIGN_IN_FIRST.broken,
        "password-change-required": standing.PASSWORD_CHANGE_REQUIRED.broken,
        "resource-not-granted": lambda: rights.RESOURCE_NOT_GRANTED.broken(
            kind=kind, resources=(question.resources[kind],) if kind in question.resources else ()
        ),
        "contract-inactive": lambda: rights.CONTRACT_INACTIVE.broken(
            contracts=tuple(name for each, name in question.resources.items() if each == "contract")
        ),
        "right-missing": lambda: rights.RIGHT_MISSING.broken(right=question.right, application=question.application),
    }
    if code in reasons:
        reason: Reason = reasons[code]()
        return reason
    return standing.acts(user) or rights.RIGHT_MISSING.broken(right=question.right, application=question.application)
