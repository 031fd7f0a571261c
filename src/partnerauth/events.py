"""What can happen, and what each happening changes: the one meaning of a change for every store.

An event never holds a secret or the hash of one.  Flows that share an event (granting and copying rights)
share its meaning here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from partnerauth.addresses import EmailAddress, name_key, title_key
from partnerauth.directory import (
    AccessRequestOf,
    AccountById,
    CaseById,
    DelegationTo,
    Directory,
    InvitationOf,
    LinkedDomainByName,
    LoginNameByKey,
    OrganisationById,
    SelectionOf,
    UserById,
)
from partnerauth.entities import (
    AccessRequest,
    Account,
    AccountId,
    Case,
    CaseId,
    Contract,
    Delegation,
    Element,
    FeedState,
    Given,
    Invitation,
    LinkedDomain,
    LoginName,
    Organisation,
    OrganisationId,
    OrganisationName,
    Selection,
    State,
    User,
    UserId,
)

LAPSED_DOMAIN = "lapsed.invalid"
"""The domain that stands in the place of an address which went to somebody else: nobody can have it."""

ERASED_DOMAIN = "erased.invalid"
"""The domain of addresses that were erased: nobody can have it (RFC 6761, 6.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened: in which organisation ("" for none), by whom and when."""

    organisation: OrganisationId
    by: str
    at: datetime

    @property
    def name(self) -> str:
        """The name under which it is recorded."""
        return type(self).__name__

    @property
    def about(self) -> str:
        """Whom or what it happened to: the id of a user, an account or an organisation, or an address."""
        return self.organisation

    def evolve(self, directory: Directory) -> Directory:
        """Return the directory after it.  Never refuses: it has already happened."""
        return directory


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationOpened(Event):
    """A company became a tenant; `requested` while only an access request speaks for it (BP-01)."""

    title: str
    street: str = ""
    town: str = ""
    country: str = ""
    domains: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    subcontractor: bool = False
    requested: bool = False

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(
            Organisation(
                id=self.organisation,
                name=self.title,
                street=self.street,
                town=self.town,
                country=self.country,
                domains=self.domains,
                options=self.options,
                subcontractor=self.subcontractor,
                requested=self.requested,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSet(Event):
    """An account was added or described anew."""

    account: AccountId
    title: str
    applications: frozenset[str]
    contracts: Mapping[str, Contract]
    billing_addresses: frozenset[str]

    @property
    def about(self) -> str:
        return self.account

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(
            Account(
                id=self.account,
                organisation=self.organisation,
                name=self.title,
                applications=self.applications,
                contracts=self.contracts,
                billing_addresses=self.billing_addresses,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSet(Event):
    """A contract was added to an account, or became active or inactive."""

    account: AccountId
    contract: str
    active: bool
    kind: str

    @property
    def about(self) -> str:
        return self.account

    def evolve(self, directory: Directory) -> Directory:
        account = directory.the(AccountById(self.account))
        contracts = {**account.contracts, self.contract: Contract(active=self.active, kind=self.kind)}
        return directory.put(replace(account, contracts=MappingProxyType(contracts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSet(Event):
    """The operator switched an option of an organisation on or off (BP-06)."""

    option: str
    enabled: bool

    def evolve(self, directory: Directory) -> Directory:
        organisation = directory.the(OrganisationById(self.organisation))
        options = organisation.options | {self.option} if self.enabled else organisation.options - {self.option}
        return directory.put(replace(organisation, options=options))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfUser(Event):
    """Something that happened to one user."""

    user: UserId

    @property
    def about(self) -> str:
        return self.user


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entered(OfUser):
    """A person became a user, in one state or another."""

    email: EmailAddress
    username: str = ""
    details: Mapping[str, str]
    management: frozenset[str] = frozenset()

    def enter(self, directory: Directory, state: State) -> Directory:
        user = User(
            id=self.user,
            organisation=self.organisation,
            state=state,
            email=self.email,
            username=self.username,
            details=self.details,
            management=self.management,
            created_by=self.by,
        )
        return directory.put(user, *login_names(user))


def login_names(user: User) -> Iterable[LoginName]:
    """Return the names a user can sign in with: they belong to nobody else (GX-12)."""
    keys = [user.email.key, name_key(user.username)] if user.username else [user.email.key]
    return [LoginName(key=key, user=user.id) for key in dict.fromkeys(keys) if key]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequested(_Entered):
    """Somebody asked the operator for access to an application (BP-01).

    He `enters` as a new user, asks `again` after he was turned down or while he waits, or is neither: an
    administrator who asks for more.
    """

    account: AccountId
    application: str
    enters: bool
    again: bool

    def evolve(self, directory: Directory) -> Directory:
        if self.enters:
            directory = self.enter(directory, State.PENDING)
        if self.again:
            directory = directory.put(replace(directory.the(UserById(self.user)), state=State.PENDING))
        before = None if self.enters else directory.get(AccessRequestOf(self.user))
        wanted = dict.fromkeys((*(before.wanted if before else ()), (self.account, self.application)))
        return directory.put(AccessRequest(user=self.user, wanted=tuple(wanted)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLapsed(OfUser):
    """`names` that somebody had claimed, and never proved to be his, went to a person who was let in (GX-12).

    Where his address is among them, what he asked for ends with it.
    """

    names: tuple[str, ...]

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        directory = directory.without(map(LoginNameByKey, self.names))
        if user.email.key in self.names:
            state = State.REJECTED if user.state is State.PENDING else user.state
            nobody = EmailAddress(f"{user.id}@{LAPSED_DOMAIN}", user.id, LAPSED_DOMAIN)
            user = replace(user, state=state, email=nobody)
            directory = directory.drop(AccessRequestOf(user.id))
        return directory.put(replace(user, username="" if name_key(user.username) in self.names else user.username))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessGranted(OfUser):
    """The operator granted what was asked for: a ceiling for each account and application (BP-01)."""

    ceilings: tuple[tuple[AccountId, str, tuple[Element, ...]], ...]
    management: frozenset[str]

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        organisation = directory.the(OrganisationById(self.organisation))
        state = State.INVITED if user.state is State.PENDING else user.state
        for account, application, elements in self.ceilings:
            directory = give(directory, self, SelectionOf(self.user, account, application), dict.fromkeys(elements, ""))
        return directory.put(
            replace(user, state=state, management=user.management | self.management),
            replace(organisation, requested=False),
        ).drop(AccessRequestOf(self.user))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRefused(OfUser):
    """The operator refused what was asked for."""

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        state = State.REJECTED if user.state is State.PENDING else user.state
        return directory.put(replace(user, state=state)).drop(AccessRequestOf(self.user))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCreated(_Entered):
    """An administrator created a user, who holds no application right yet (BP-07)."""

    def evolve(self, directory: Directory) -> Directory:
        return self.enter(directory, State.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInvited(_Entered):
    """Somebody was invited, under the rights that were `named`; one who had been turned down starts anew (KP-01)."""

    from_operator: bool
    named: tuple[tuple[AccountId, str, tuple[Element, ...]], ...] = ()

    def evolve(self, directory: Directory) -> Directory:
        invitation = Invitation(user=self.user, by=self.by, from_operator=self.from_operator, named=self.named)
        return self.enter(directory, State.INVITED).put(invitation)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationResent(OfUser):
    """An invited user was sent a new link; whoever invited him first stays his inviter."""

    from_operator: bool

    def evolve(self, directory: Directory) -> Directory:
        if directory.get(InvitationOf(self.user)):
            return directory
        return directory.put(Invitation(user=self.user, by=self.by, from_operator=self.from_operator))


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationCancelled(OfUser):
    """An invitation stands no longer: it was cancelled, or its inviter may invite nobody any more (LC-05)."""

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        state = State.REJECTED if user.state is State.INVITED else user.state
        return directory.put(replace(user, state=state)).drop(InvitationOf(self.user))


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAccepted(OfUser):
    """An invited user proved his mailbox, completed his details and came in (KP-07)."""

    details: Mapping[str, str]
    management: frozenset[str]

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        active = replace(user, state=State.ACTIVE, details=self.details, management=self.management)
        return directory.put(active).drop(InvitationOf(self.user))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAddress(Event):
    """Something that happened to an address that is nobody's yet."""

    email: EmailAddress

    @property
    def about(self) -> str:
        return self.email.key


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationStarted(OfAddress):
    """Somebody asked for a code to prove that an address is his (DP-01)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(OfAddress):
    """Somebody proved by a code that an address is his (DP-01)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCreated(_Entered):
    """A new user created an organisation and became its administrator (DP-02, DP-03)."""

    title: str
    street: str
    town: str
    country: str

    def evolve(self, directory: Directory) -> Directory:
        organisation = Organisation(
            id=self.organisation, name=self.title, street=self.street, town=self.town, country=self.country
        )
        name = OrganisationName(name=title_key(self.title), town=title_key(self.town), organisation=self.organisation)
        return self.enter(directory, State.ACTIVE).put(organisation, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequested(_Entered):
    """A new user asked to join an organisation, and waits for an answer (DP-04)."""

    def evolve(self, directory: Directory) -> Directory:
        return self.enter(directory, State.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinApproved(OfUser):
    """An administrator, or the operator, let somebody join (DP-04)."""

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(replace(directory.the(UserById(self.user)), state=State.ACTIVE))


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRejected(OfUser):
    """An administrator, or the operator, turned somebody down (DP-04)."""

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(replace(directory.the(UserById(self.user)), state=State.REJECTED))


ALLOW_LIST = "allow-list"
"""The name of the feed of addresses that get in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowListImported(Event):
    """A feed of addresses was accepted: what it makes of the users, in numbers (ED-01).

    `digest` tells it from others, so that it can be given again where it was interrupted.
    """

    sequence: int
    entries: int
    provisioned: int
    moved: int
    reactivated: int
    deactivated: int
    digest: str = ""

    @property
    def about(self) -> str:
        return ALLOW_LIST

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(FeedState(feed=ALLOW_LIST, sequence=self.sequence, pending=self.digest))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowListApplied(Event):
    """A feed of addresses is applied whole: the users are exactly those whom it names (ED-01)."""

    sequence: int

    @property
    def about(self) -> str:
        return ALLOW_LIST

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(FeedState(feed=ALLOW_LIST, sequence=self.sequence))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserProvisioned(_Entered):
    """An address became a user who has yet to prove that it is his: by a feed, or by a mail from it (ED-01, SP-01)."""

    def evolve(self, directory: Directory) -> Directory:
        return self.enter(directory, State.INVITED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMoved(OfUser):
    """A user came over from another organisation; what he was `given` there, account and application, is gone."""

    origin: OrganisationId
    given: tuple[tuple[AccountId, str], ...]

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        moved = replace(user, organisation=self.organisation, management=frozenset())
        gone = [SelectionOf(self.user, account, application) for account, application in self.given]
        return directory.put(moved).without(gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLinked(Event):
    """Whoever sends from a domain belongs to an organisation from now on: `opened` by a first message (SP-07)."""

    domain: str
    opened: bool = False

    def evolve(self, directory: Directory) -> Directory:
        directory = _without_domain(directory, self.domain)
        organisation = directory.the(OrganisationById(self.organisation))
        return directory.put(
            LinkedDomain(domain=self.domain, organisation=self.organisation, opened=self.opened),
            replace(organisation, domains=organisation.domains | {self.domain}),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainUnlinked(Event):
    """A domain stands for no organisation any more; its users stay where they are (SP-07)."""

    domain: str

    def evolve(self, directory: Directory) -> Directory:
        return _without_domain(directory, self.domain).drop(LinkedDomainByName(self.domain))


def _without_domain(directory: Directory, domain: str) -> Directory:
    """Take a domain from the organisation that it is linked to, where there is one."""
    link = directory.get(LinkedDomainByName(domain))
    if link is None:
        return directory
    organisation = directory.the(OrganisationById(link.organisation))
    return directory.put(replace(organisation, domains=organisation.domains - {domain}))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(OfUser):
    """A user signed in on a browser, by another `provider` where one is named; that makes an invited user active."""

    browser: str
    provider: str = ""

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        return directory.put(replace(user, state=State.ACTIVE)) if user.state is State.INVITED else directory


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut(OfUser):
    """A user signed out on a browser."""

    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailed(Event):
    """Somebody tried to sign in and was refused: `subject` is the user, or what was typed."""

    subject: str
    codes: tuple[str, ...]
    source: str

    @property
    def about(self) -> str:
        return self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReplaced(OfUser):
    """A later sign-in on the same browser ended a session (ED-09)."""

    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRequested(OfUser):
    """A user asked for a link to set a new password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset(OfUser):
    """A user set a password through a link; the first time makes him active (GX-02)."""

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        if user.state is not State.INVITED:
            return directory
        return directory.put(replace(user, state=State.ACTIVE)).drop(InvitationOf(self.user))


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(OfUser):
    """A user changed his password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryPasswordSet(OfUser):
    """An administrator gave a user a temporary password (BP-13)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeRequested(OfUser):
    """A user asked to be known by another address, which he has to confirm (GX-11)."""

    email: EmailAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(OfUser):
    """A user confirmed his new address; the old one is nobody's from now on."""

    email: EmailAddress

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        changed = replace(user, email=self.email)
        kept = {name.key for name in login_names(changed)}
        for name in login_names(user):
            if name.key not in kept:
                directory = directory.drop(LoginNameByKey(name.key))
        return directory.put(changed, *login_names(changed))


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsUpdated(OfUser):
    """A user's details were changed by himself or by an administrator (BP-33)."""

    details: Mapping[str, str]

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        return directory.put(replace(user, details=MappingProxyType({**user.details, **self.details})))


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsGranted(OfUser):
    """A user was given rights and resources in one application on one account."""

    account: AccountId
    application: str
    elements: tuple[Element, ...]

    def evolve(self, directory: Directory) -> Directory:
        return give(
            directory, self, SelectionOf(self.user, self.account, self.application), dict.fromkeys(self.elements, "")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRevoked(OfUser):
    """Rights and resources were taken from a user."""

    account: AccountId
    application: str
    elements: tuple[Element, ...]

    def evolve(self, directory: Directory) -> Directory:
        return take(directory, SelectionOf(self.user, self.account, self.application), self.elements)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementSet(OfUser):
    """A user's management rights were set."""

    management: frozenset[str]

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(replace(directory.the(UserById(self.user)), management=self.management))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministratorSet(OfUser):
    """A user was made an administrator, or is none any more: the management rights that he has now."""

    administrator: bool
    management: frozenset[str]

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(replace(directory.the(UserById(self.user)), management=self.management))


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsDelegated(Event):
    """A customer gave a subcontractor rights on his account; `source` is the id of this giving (BP-31)."""

    subcontractor: OrganisationId
    account: AccountId
    application: str
    elements: tuple[Element, ...]
    source: str

    @property
    def about(self) -> str:
        return self.subcontractor

    def evolve(self, directory: Directory) -> Directory:
        key = DelegationTo(self.account, self.application, self.subcontractor)
        held = directory.get(key)
        given = Given(self.by, self.at, self.source)
        elements = {**dict.fromkeys(self.elements, given), **(held.elements if held else {})}
        return directory.put(
            Delegation(
                account=self.account,
                application=self.application,
                organisation=self.subcontractor,
                elements=MappingProxyType(elements),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsPassedOn(OfUser):
    """A subcontractor's administrator passed on what a customer gave: element and the giving it lives from."""

    account: AccountId
    application: str
    elements: tuple[tuple[Element, str], ...]

    def evolve(self, directory: Directory) -> Directory:
        return give(directory, self, SelectionOf(self.user, self.account, self.application), dict(self.elements))


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsWithdrawn(Event):
    """What was delegated to a subcontractor, or passed on to a user of it, was withdrawn (BP-31, BP-32)."""

    account: AccountId
    application: str
    elements: tuple[Element, ...]
    subcontractor: OrganisationId = OrganisationId("")
    user: UserId = UserId("")

    @property
    def about(self) -> str:
        return self.user or self.subcontractor

    def evolve(self, directory: Directory) -> Directory:
        if self.user:
            return take(directory, SelectionOf(self.user, self.account, self.application), self.elements)
        held = directory.the(DelegationTo(self.account, self.application, self.subcontractor))
        return directory.put(replace(held, elements=_without(held.elements, self.elements)))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeactivated(OfUser):
    """A user was deactivated; what he was given stays on record and none of it counts (BP-09, BP-10)."""

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        before = user.deactivated_from if user.state is State.DEACTIVATED else user.state
        return directory.put(replace(user, state=State.DEACTIVATED, deactivated_by=self.by, deactivated_from=before))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserReactivated(OfUser):
    """A deactivated user became active again (GX-02)."""

    state: State = State.ACTIVE

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        return directory.put(replace(user, state=self.state, deactivated_by="", deactivated_from=State.ACTIVE))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(OfUser):
    """What is known of a deactivated user as a person was erased, here and from so many `records` (GDPR, article 17).

    He stays on record under his id, deactivated for good; his names belong to nobody from now on.
    """

    records: int

    def evolve(self, directory: Directory) -> Directory:
        user = directory.the(UserById(self.user))
        nobody = EmailAddress("erased", self.user, ERASED_DOMAIN)
        erased = replace(user, email=nobody, username="", details=MappingProxyType({}))
        return directory.put(erased).without([LoginNameByKey(name.key) for name in login_names(user)])


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewTaken(Event):
    """Somebody read or exported an overview of an organisation's users or rights, or the record itself (KP-13).

    `overview` is what he took, and `form` in which form: `screen`, or that of a file.
    """

    overview: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCase(Event):
    """Something that happened to one case."""

    case: CaseId

    @property
    def about(self) -> str:
        return self.case


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSubmitted(OfCase):
    """A user submitted a request, which is a case from now on (DP-09); `informs` where he ticked, or unticked."""

    user: UserId
    kind: str
    fields: Mapping[str, str]
    informs: bool | None

    def evolve(self, directory: Directory) -> Directory:
        case = Case(
            id=self.case,
            organisation=self.organisation,
            reporter=self.user,
            kind=self.kind,
            fields=self.fields,
            informs=MappingProxyType({} if self.informs is None else {self.user: self.informs}),
        )
        return directory.put(case)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUpdated(OfCase):
    """There is news about a case (DP-07)."""

    status: str

    def evolve(self, directory: Directory) -> Directory:
        return directory.put(replace(directory.the(CaseById(self.case)), status=self.status))


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsSet(OfUser):
    """A user ticked, or unticked, to be mailed: about one case, or where it names none, as his default (DP-07)."""

    enabled: bool
    case: CaseId | None = None

    def evolve(self, directory: Directory) -> Directory:
        if self.case is None:
            return directory.put(replace(directory.the(UserById(self.user)), notifications=self.enabled))
        case = directory.the(CaseById(self.case))
        return directory.put(replace(case, informs=MappingProxyType({**case.informs, self.user: self.enabled})))


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRefused(Event):
    """A command was refused, or was accepted in words only because the truth is nobody's to know (GX-03)."""

    command: str
    codes: tuple[str, ...]
    subject: str

    @property
    def about(self) -> str:
        return self.subject


def give(directory: Directory, event: Event, key: SelectionOf, elements: Mapping[Element, str]) -> Directory:
    """Add elements, each with its source, to a selection: who gave first what still counts stays on record."""
    held = directory.get(key)
    before: Mapping[Element, Given] = held.elements if held else {}
    added = {
        element: Given(event.by, event.at, source)
        for element, source in elements.items()
        if element not in before or before[element].source != source
    }
    elements_now = MappingProxyType({**before, **added})
    return directory.put(
        Selection(user=key.user, account=key.account, application=key.application, elements=elements_now)
    )


def take(directory: Directory, key: SelectionOf, elements: Iterable[Element]) -> Directory:
    """Take elements out of a selection."""
    held = directory.the(key)
    return directory.put(replace(held, elements=_without(held.elements, elements)))


def _without(held: Mapping[Element, Given], elements: Iterable[Element]) -> Mapping[Element, Given]:
    gone = set(elements)
    return MappingProxyType({element: given for element, given in held.items() if element not in gone})
