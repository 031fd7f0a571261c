"""Flow: an administrator gives a user all that he holds himself in one application on one account.

Refuses: unknown-name, other-organisation, not-offered, management-right-missing, option-disabled,
contract-inactive, matrix-mandatory-missing, matrix-not-applicable, matrix-not-allowed, matrix-service-missing,
matrix-no-profile.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountById, OrganisationById, SelectionOf, UserById
from partnerauth.entities import IMPLIED_ACCOUNT, RIGHT, Account, Element, User, UserId, account_id
from partnerauth.events import RightsGranted
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import delegation, management, matrix, offers, rights, selections
from partnerauth.policy.portal import Application


class CopyRights(Command):
    """Give all of one's own rights and resources; with a matrix only what the cells of `profile` allow (BP-18)."""

    user: UserId
    application: str
    account: str = IMPLIED_ACCOUNT
    profile: str | None = None


def needs(s: Situation[CopyRights]) -> Needs:
    """The user, the account, and what the two hold there."""
    account = account_id(s.me.organisation, s.command.account)
    yield UserById(s.command.user)
    yield OrganisationById(s.me.organisation)
    yield AccountById(account)
    yield SelectionOf(s.command.user, account, s.command.application)
    yield SelectionOf(s.me.id, account, s.command.application)


def decide(s: Situation[CopyRights]) -> Answer:
    """Copy them: never more than the giver holds, and only ever adding (BP-18)."""
    command = s.command
    if refused := refuse(offers.known_application(s.portal, command.application)):
        return refused
    application = s.portal.applications[command.application]
    if refused := refuse(offers.known_choice(application, (), {}, command.profile)):
        return refused
    user = found(s, UserById(command.user), command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    identity = account_id(s.me.organisation, command.account)
    account = found(s, AccountById(identity), command.account, within=s.tenant)
    if isinstance(account, Refused):
        return account
    return refuse(offers.on_account(account, command.application)) or _copied(s, application, user, account)


def _copied(s: Situation[CopyRights], application: Application, user: User, account: Account) -> Answer:
    code, profile = s.command.application, s.command.profile
    mine, held = (
        rights.of_account(s.portal, code, account, s.mine, s.directory.get(SelectionOf(each, account.id, code)))
        for each in (s.me.id, user.id)
    )
    added = tuple(sorted(element for element in mine if _copies(application, account, element, profile)))
    reached = management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management])
    # Whoever does not reach a user learns nothing of what he holds (DG-21).
    shown = frozenset[Element]() if reached else held
    if refused := refuse(
        reached,
        delegation.within(added, mine),
        *selections.may_become(application, account, s.mine, held=shown, added=added, profile=profile),
    ):
        return refused
    granted = RightsGranted(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        account=account.id,
        application=code,
        elements=added,
    )
    return Accepted(events=(granted,))


def _copies(application: Application, account: Account, element: Element, profile: str | None) -> bool:
    """Whether an element is copied: contracts that cannot be given are skipped, rights as the profile allows."""
    if element.kind == "contract":
        unusable = application.active_contracts_only and not rights.is_active(account, element.name)
        return not unusable and rights.eligible(application, account, (element.name,)) is None
    if element.kind == RIGHT and application.matrix and profile:
        return element.name in matrix.allowed(application.matrix, profile, (element.name,))
    return True


FLOW = Flow(command=CopyRights, needs=needs, decide=decide)
