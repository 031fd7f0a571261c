"""Flow: an administrator gives a user rights and resources in one application on one account.

Refuses: unknown-name, other-organisation, not-offered, management-right-missing, delegation-limit,
option-disabled, resource-not-eligible, contract-inactive, matrix-mandatory-missing, matrix-not-applicable,
matrix-not-allowed, matrix-service-missing, matrix-no-profile.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from partnerauth.decision import Accepted, Answer, Reason, Refused
from partnerauth.directory import AccountById, OrganisationById, SelectionOf, UserById
from partnerauth.entities import IMPLIED_ACCOUNT, Account, Element, Member, User, UserId, account_id
from partnerauth.events import RightsGranted
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import delegation, management, offers, rights, selections


class Grant(Command):
    """Add rights and resources to what a user holds; with a matrix the whole must fit `profile`, or some profile."""

    user: UserId
    application: str
    account: str = IMPLIED_ACCOUNT
    profile: str | None = None
    rights: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


def needs(s: Situation[Grant]) -> Needs:
    """The user, his organisation and the account, what he holds there, and what the giver holds there."""
    yield UserById(s.command.user)
    if user := s.directory.find(UserById(s.command.user)):
        account = account_id(user.organisation, s.command.account)
        yield OrganisationById(user.organisation)
        yield AccountById(account)
        yield SelectionOf(user.id, account, s.command.application)
        if s.user:
            yield SelectionOf(s.user.id, account, s.command.application)


def decide(s: Situation[Grant]) -> Answer:
    """Give them: never more than the giver holds himself (BP-04), and only what is possible together (BP-28)."""
    command = s.command
    if refused := refuse(offers.known_application(s.portal, command.application)):
        return refused
    application = s.portal.applications[command.application]
    if refused := refuse(offers.known_choice(application, command.rights, command.resources, command.profile)):
        return refused
    user = found(s, UserById(command.user), command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    identity = account_id(user.organisation, command.account)
    account = found(s, AccountById(identity), command.account, within=user.organisation)
    return account if isinstance(account, Refused) else _given(s, user, account)


def _given(s: Situation[Grant], user: User, account: Account) -> Answer:
    command = s.command
    application = s.portal.applications[command.application]
    organisation = s.directory.the(OrganisationById(user.organisation))
    if refused := (
        refuse(offers.on_account(account, command.application))
        or refuse(offers.in_country(application, organisation, command.rights))
        or refuse(None if isinstance(s.actor, Member) else offers.known_resources(account, command.resources))
    ):
        return refused
    added = rights.elements(command.rights, command.resources)
    selection = s.directory.get(SelectionOf(user.id, account.id, command.application))
    held = rights.of_account(s.portal, command.application, account, organisation, selection)
    reached, limit = _by_administrator(s, user, account, added)
    # Whoever does not reach a user learns nothing of what he holds (DG-21).
    shown = frozenset[Element]() if reached else held
    if refused := refuse(
        reached,
        limit,
        *selections.may_become(application, account, organisation, held=shown, added=added, profile=command.profile),
    ):
        return refused
    granted = RightsGranted(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        account=account.id,
        application=command.application,
        # What was held by membership becomes a selection of the user's own, lest the grant takes the rest away.
        elements=added if selection else tuple(sorted({*held, *added})),
    )
    return Accepted(events=(granted,))


def _by_administrator(
    s: Situation[Grant], user: User, account: Account, added: tuple[Element, ...]
) -> tuple[Reason | None, Reason | None]:
    """Return whether the giver does not reach the user, and whether he gives more than he holds."""
    if not isinstance(s.actor, Member):
        return None, None
    own = s.directory.get(SelectionOf(s.me.id, account.id, s.command.application))
    mine = rights.of_account(s.portal, s.command.application, account, s.mine, own)
    return (
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management]),
        delegation.within(added, mine),
    )


FLOW = Flow(command=Grant, needs=needs, decide=decide)
