"""Flow: a subcontractor's administrator passes on to a colleague what a customer gave to their organisation.

Refuses: unknown-name, not-offered, other-organisation, management-right-missing, delegation-limit.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountById, DelegationTo, SelectionOf, SelectionsOf, UserById
from partnerauth.entities import AccountId, Delegation, User, UserId
from partnerauth.events import RightsPassedOn
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import delegation, isolation, management, offers, rights, subcontracting


class PassOn(Command):
    """Give a colleague rights on a customer's account; `account` is its id, `organisation/account` (BP-31)."""

    user: UserId
    application: str
    account: AccountId
    rights: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


def needs(s: Situation[PassOn]) -> Needs:
    """The colleague, the customer's account, what it gave, and what each of the two has of it."""
    command = s.command
    yield UserById(command.user)
    yield AccountById(command.account)
    yield DelegationTo(command.account, command.application, s.me.organisation)
    yield SelectionOf(command.user, command.account, command.application)
    yield SelectionOf(s.me.id, command.account, command.application)
    yield SelectionsOf(s.me.id)
    yield from (AccountById(each.account) for each in s.directory.find(SelectionsOf(s.me.id)) or ())


def decide(s: Situation[PassOn]) -> Answer:
    """Pass it on: it counts only while the very giving that it was passed on from stands (BP-31, BP-32)."""
    command = s.command
    if refused := refuse(offers.known_application(s.portal, command.application)):
        return refused
    application = s.portal.applications[command.application]
    if refused := refuse(
        None if application.subcontracting else offers.NOT_OFFERED.broken(name=command.application)
    ) or refuse(offers.known_choice(application, command.rights, command.resources)):
        return refused
    user = found(s, UserById(command.user), command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    given = s.directory.get(DelegationTo(command.account, command.application, s.me.organisation))
    if given is None or not given.elements:
        return Refused((isolation.OTHER_ORGANISATION.broken(names=(command.account,)),))
    return _passed_on(s, user, given)


def _passed_on(s: Situation[PassOn], user: User, given: Delegation) -> Answer:
    command = s.command
    account = s.directory.the(AccountById(command.account))
    mine = subcontracting.held_of_another(
        s.portal.applications[command.application],
        account,
        given,
        None,
        administers=subcontracting.administers(
            s.portal,
            command.application,
            s.me,
            s.directory.the(SelectionsOf(s.me.id)),
            lambda each: s.directory.get(AccountById(each)),
        ),
    )
    wanted = rights.elements(command.rights, command.resources)
    if refused := refuse(
        management.reaches(s.portal, s.me, command.word(), user.organisation, [user.management]),
        delegation.within(wanted, mine),
    ):
        return refused
    event = RightsPassedOn(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        account=account.id,
        application=command.application,
        elements=tuple((element, given.elements[element].source) for element in wanted),
    )
    return Accepted(events=(event,))


FLOW = Flow(command=PassOn, needs=needs, decide=decide)
