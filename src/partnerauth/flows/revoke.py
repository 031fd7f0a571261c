"""Flow: rights and resources are taken from a user, where the portal allows it.

Refuses: unknown-name, other-organisation, management-right-missing, revocation-forbidden.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountById, OrganisationById, SelectionOf, UserById
from partnerauth.entities import IMPLIED_ACCOUNT, Account, Member, User, UserId, account_id
from partnerauth.events import Event, RightsGranted, RightsRevoked
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import delegation, management, offers, rights


class Revoke(Command):
    """Take rights and resources from a user; what he does not hold is passed over."""

    user: UserId
    application: str
    account: str = IMPLIED_ACCOUNT
    rights: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


def needs(s: Situation[Revoke]) -> Needs:
    """The user, the account, and what he holds there."""
    yield UserById(s.command.user)
    if user := s.directory.find(UserById(s.command.user)):
        account = account_id(user.organisation, s.command.account)
        yield OrganisationById(user.organisation)
        yield AccountById(account)
        yield SelectionOf(user.id, account, s.command.application)


def decide(s: Situation[Revoke]) -> Answer:
    """Take them, unless the portal says that rights are not taken away (BP-10)."""
    command = s.command
    if refused := refuse(offers.known_application(s.portal, command.application)):
        return refused
    application = s.portal.applications[command.application]
    if refused := refuse(offers.known_choice(application, command.rights, command.resources)):
        return refused
    user = found(s, UserById(command.user), command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    identity = account_id(user.organisation, command.account)
    account = found(s, AccountById(identity), command.account, within=user.organisation)
    if isinstance(account, Refused):
        return account
    named = rights.elements(command.rights, command.resources)
    if refused := refuse(
        management.reaches(s.portal, s.me, command.word(), user.organisation, [user.management])
        if isinstance(s.actor, Member)
        else None,
        delegation.revocable(s.portal, command.word(), s.words, delegation.worded(named)),
    ):
        return refused
    return Accepted(events=_revoked(s, user, account))


def _revoked(s: Situation[Revoke], user: User, account: Account) -> tuple[Event, ...]:
    command = s.command
    organisation = s.directory.the(OrganisationById(user.organisation))
    selection = s.directory.get(SelectionOf(user.id, account.id, command.application))
    held = rights.of_account(s.portal, command.application, account, organisation, selection)
    gone = tuple(each for each in rights.elements(command.rights, command.resources) if each in held)
    if not gone:
        return ()
    revoked = RightsRevoked(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        account=account.id,
        application=command.application,
        elements=gone,
    )
    if selection is not None:
        return (revoked,)
    # What was held by membership becomes a selection of the user's own before something is taken out of it.
    granted = RightsGranted(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        account=account.id,
        application=command.application,
        elements=tuple(sorted(held)),
    )
    return (granted, revoked)


FLOW = Flow(command=Revoke, needs=needs, decide=decide)
