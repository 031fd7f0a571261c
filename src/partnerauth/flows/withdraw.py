"""Flow: a customer withdraws what it gave to a subcontractor, or a subcontractor's administrator what he passed on.

Refuses: unknown-name, not-offered, other-organisation, field-required, unknown-subcontractor,
management-right-missing, right-missing, revocation-forbidden.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountById, DelegationTo, SelectionOf, UserById
from partnerauth.entities import Element, Given, OrganisationId, UserId, account_id
from partnerauth.events import RightsWithdrawn
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import delegation, forms, isolation, management, offers, rights, subcontracting


class Withdraw(Command):
    """Withdraw from an organisation or from a user; where nothing is named, everything (BP-31, BP-32).

    `account` is the name of one's own account, or the id of a customer's: `organisation/account`.
    """

    organisation: OrganisationId | None = None
    user: UserId | None = None
    application: str
    account: str
    rights: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


def needs(s: Situation[Withdraw]) -> Needs:
    """What was given there, and what the actor holds."""
    account = account_id(s.me.organisation, s.command.account)
    yield AccountById(account)
    if s.command.organisation is not None:
        yield DelegationTo(account, s.command.application, s.command.organisation)
        yield SelectionOf(s.me.id, account, s.command.application)
    if s.command.user is not None:
        yield UserById(s.command.user)
        yield SelectionOf(s.command.user, account, s.command.application)
        yield DelegationTo(account, s.command.application, s.me.organisation)


def decide(s: Situation[Withdraw]) -> Answer:
    """Withdraw it: all that was passed on from it stops counting at once, for everyone (BP-32)."""
    command = s.command
    if refused := refuse(offers.known_application(s.portal, command.application)):
        return refused
    application = s.portal.applications[command.application]
    if (subcontracted := application.subcontracting) is None:
        return Refused((offers.NOT_OFFERED.broken(name=command.application),))
    if refused := refuse(offers.known_choice(application, command.rights, command.resources)):
        return refused
    if command.user is not None and command.organisation is None:
        return _from_user(s, command.user)
    if command.organisation is not None and command.user is None:
        return _from_organisation(s, command.organisation, subcontracted.administrator)
    return Refused((forms.FIELD_REQUIRED.broken(fields=("organisation or user",)),))


def _from_organisation(s: Situation[Withdraw], organisation: OrganisationId, role: str) -> Answer:
    account = found(
        s, AccountById(account_id(s.me.organisation, s.command.account)), s.command.account, within=s.tenant
    )
    if isinstance(account, Refused):
        return account
    own = s.directory.get(SelectionOf(s.me.id, account.id, s.command.application))
    mine = rights.of_account(s.portal, s.command.application, account, s.mine, own)
    given = s.directory.get(DelegationTo(account.id, s.command.application, organisation))
    if refused := refuse(
        subcontracting.delegated(given),
        management.may(s.portal, s.me, s.command.word(), s.me.organisation),
        rights.held(s.command.application, role, mine),
    ):
        return refused
    gone = _named(s, given.elements if given else {})
    event = RightsWithdrawn(
        organisation=s.me.organisation,
        by=s.by,
        at=s.now,
        account=account.id,
        application=s.command.application,
        elements=gone,
        subcontractor=organisation,
    )
    return Accepted(events=(event,)) if gone else Accepted()


def _from_user(s: Situation[Withdraw], identity: UserId) -> Answer:
    user = found(s, UserById(identity), identity, within=s.tenant)
    if isinstance(user, Refused):
        return user
    account = account_id(s.me.organisation, s.command.account)
    held = s.directory.get(SelectionOf(user.id, account, s.command.application))
    own = s.directory.get(AccountById(account))
    if s.directory.get(DelegationTo(account, s.command.application, s.me.organisation)) is None and (
        refused := refuse(isolation.own(s.tenant, own, s.command.account))
    ):
        return refused
    if refused := refuse(
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management]),
        delegation.passed_on(own, user.organisation, s.command.rights),
    ):
        return refused
    gone = _named(s, held.elements if held else {})
    event = RightsWithdrawn(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        account=account,
        application=s.command.application,
        elements=gone,
        user=user.id,
    )
    return Accepted(events=(event,)) if gone else Accepted()


def _named(s: Situation[Withdraw], held: Mapping[Element, Given]) -> tuple[Element, ...]:
    named = rights.elements(s.command.rights, s.command.resources)
    return tuple(element for element in held if not named or element in named)


FLOW = Flow(command=Withdraw, needs=needs, decide=decide)
