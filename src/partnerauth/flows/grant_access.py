"""Flow: the operator grants what somebody asked for: a ceiling, and the organisation's first administrator.

Refuses: other-organisation, nothing-requested, administrator-exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import (
    AccessRequestOf,
    AccountById,
    AdministratorsOf,
    CredentialOf,
    LatestTokenOf,
    OrganisationById,
    SelectionOf,
    UserById,
)
from partnerauth.entities import (
    AccessRequest,
    Account,
    AccountId,
    Organisation,
    Purpose,
    State,
    User,
    UserId,
)
from partnerauth.events import AccessGranted, AccountSet
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, credential_of, found, mail, refuse
from partnerauth.policy import enrolment, management, rights
from partnerauth.steps import links


class GrantAccess(Command):
    """Grant everything that a user has asked for and that is not answered yet."""

    user: UserId


def needs(s: Situation[GrantAccess]) -> Needs:
    """The applicant, his request, his organisation and its administrators, and what he holds there already."""
    yield UserById(s.command.user)
    yield AccessRequestOf(s.command.user)
    yield CredentialOf(s.command.user)
    yield LatestTokenOf(s.command.user, Purpose.RESET)
    if user := s.directory.find(UserById(s.command.user)):
        yield OrganisationById(user.organisation)
        yield AdministratorsOf(user.organisation, s.portal.management.administrator)
    if request := s.directory.find(AccessRequestOf(s.command.user)):
        for account, application in request.wanted:
            yield AccountById(account)
            yield SelectionOf(s.command.user, account, application)


def asks(_: Situation[GrantAccess]) -> Asks:
    """A link to set the password."""
    yield links.NEW_LINK


def decide(s: Situation[GrantAccess]) -> Answer:
    """Give all rights and resources of what was asked for, and every management right the options allow (BP-01)."""
    user = found(s, UserById(s.command.user), s.command.user, within=None)
    if isinstance(user, Refused):
        return user
    # What somebody asked for who has been deactivated since waits until he is back (GX-02, LC-05).
    request = None if user.state is State.DEACTIVATED else s.directory.get(AccessRequestOf(user.id))
    if refused := refuse(enrolment.requested(request)):
        return refused
    administrators = s.directory.the(AdministratorsOf(user.organisation, s.portal.management.administrator))
    becomes_administrator = management.is_administrator(s.portal, user) is not None
    if refused := refuse(enrolment.first_administrator(administrators, user.id) if becomes_administrator else None):
        return refused
    return _granted(s, user, s.directory.the(AccessRequestOf(user.id)))


def _granted(s: Situation[GrantAccess], user: User, request: AccessRequest) -> Accepted:
    organisation = s.directory.the(OrganisationById(user.organisation))
    accounts = _accounts(s, user, request)
    opened = tuple(
        AccountSet(
            organisation=user.organisation,
            by=s.by,
            at=s.now,
            account=account.id,
            title=account.name,
            applications=account.applications,
            contracts=account.contracts,
            billing_addresses=account.billing_addresses,
        )
        for account in accounts.values()
        if account != s.directory.get(AccountById(account.id))
    )
    ceilings = tuple(
        (account, code, tuple(sorted(rights.ceiling(s.portal.applications[code], accounts[account], organisation))))
        for account, code in request.wanted
    )
    granted = AccessGranted(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        ceilings=ceilings,
        management=_management(s, user, organisation),
    )
    if user.state not in {State.PENDING, State.INVITED}:
        return Accepted(
            events=(*opened, granted), mails=(mail(s, "access-granted", user.email.original, user.details),)
        )
    credential = credential_of(s, user.id)
    token, link = links.drawn(s, credential, Purpose.RESET, s.portal.lifetimes.reset)
    return Accepted(
        events=(*opened, granted),
        mails=(mail(s, "access-granted", user.email.original, user.details, token=token),),
        keeps=(credential, *link),
    )


def _management(s: Situation[GrantAccess], user: User, organisation: Organisation) -> frozenset[str]:
    """Return what the first of a company gets, and whoever makes administrators (BP-01).

    One who manages ordinary users alone was given that by a colleague: asking for an application is no way to
    more (BP-02, BP-04).
    """
    is_limited = s.portal.management.reaches_administrators not in user.management
    if is_limited and management.is_administrator(s.portal, user) is None:
        return frozenset()
    return management.every(s.portal, organisation)


def _accounts(s: Situation[GrantAccess], user: User, request: AccessRequest) -> Mapping[AccountId, Account]:
    """Return the accounts asked for, each with the applications asked for, opened where there is none yet."""
    accounts: dict[AccountId, Account] = {}
    for identity, code in request.wanted:
        account = accounts.get(identity) or s.directory.get(AccountById(identity))
        if account is None:
            name = identity.partition("/")[2]
            account = Account(id=identity, organisation=user.organisation, name=name, applications=frozenset())
        accounts[identity] = replace(account, applications=account.applications | {code})
    return accounts


FLOW = Flow(command=GrantAccess, needs=needs, asks=asks, decide=decide)
