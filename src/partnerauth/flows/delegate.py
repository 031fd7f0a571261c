"""Flow: a customer's administrator gives a subcontractor rights on his account.

Refuses: unknown-name, not-offered, other-organisation, unknown-subcontractor, management-right-missing,
right-missing, delegation-limit, option-disabled, contract-inactive.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountById, DelegationTo, OrganisationById, SelectionOf
from partnerauth.entities import IMPLIED_ACCOUNT, Account, OrganisationId, account_id
from partnerauth.events import RightsDelegated
from partnerauth.flow import Asks, Command, DrawId, Flow, Needs, Situation, found, refuse
from partnerauth.policy import delegation, management, offers, options, rights, subcontracting
from partnerauth.policy.portal import Application, Subcontracting

SOURCE = DrawId("source")


class Delegate(Command):
    """Give another organisation, from the operator's list, rights and resources on one's own account (BP-31)."""

    organisation: OrganisationId
    application: str
    account: str = IMPLIED_ACCOUNT
    rights: tuple[str, ...] = ()
    resources: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


def needs(s: Situation[Delegate]) -> Needs:
    """The account, the subcontractor, what it was given already, and what the giver holds."""
    account = account_id(s.me.organisation, s.command.account)
    yield AccountById(account)
    yield OrganisationById(s.command.organisation)
    yield DelegationTo(account, s.command.application, s.command.organisation)
    yield SelectionOf(s.me.id, account, s.command.application)


def asks(_: Situation[Delegate]) -> Asks:
    """An id for this giving, which everything passed on from it will name."""
    yield SOURCE


def decide(s: Situation[Delegate]) -> Answer:
    """Give them: what is there already keeps its own giving, and nothing that was cut before revives (BP-32)."""
    command = s.command
    if refused := refuse(offers.known_application(s.portal, command.application)):
        return refused
    application = s.portal.applications[command.application]
    if (subcontracted := application.subcontracting) is None:
        return Refused((offers.NOT_OFFERED.broken(name=command.application),))
    if refused := refuse(offers.known_choice(application, command.rights, command.resources)):
        return refused
    account = found(s, AccountById(account_id(s.me.organisation, command.account)), command.account, within=s.tenant)
    if isinstance(account, Refused):
        return account
    return refuse(offers.on_account(account, command.application)) or _delegated(s, application, subcontracted, account)


def _delegated(
    s: Situation[Delegate], application: Application, subcontracted: Subcontracting, account: Account
) -> Answer:
    command = s.command
    own = s.directory.get(SelectionOf(s.me.id, account.id, command.application))
    mine = rights.of_account(s.portal, command.application, account, s.mine, own)
    given = rights.elements(command.rights, command.resources)
    contracts = rights.resources_among(given, "contract")
    if refused := refuse(
        subcontracting.listed(s.directory.get(OrganisationById(command.organisation)), s.me.organisation),
        management.may(s.portal, s.me, command.word(), s.me.organisation),
        rights.held(command.application, subcontracted.administrator, mine),
        delegation.within(given, mine),
        options.enabled(application, s.mine, command.rights),
        rights.contracts_active(application, account, contracts, given),
    ):
        return refused
    event = RightsDelegated(
        organisation=s.me.organisation,
        by=s.by,
        at=s.now,
        subcontractor=command.organisation,
        account=account.id,
        application=command.application,
        elements=given,
        source=s.answers[SOURCE],
    )
    return Accepted(events=(event,))


FLOW = Flow(command=Delegate, needs=needs, asks=asks, decide=decide)
