"""Flow: whoever has proved his address asks to join an organisation, and waits for an answer.

Refuses: unknown-name, email-malformed, link-unknown, link-used, link-expired, other-organisation, field-required,
field-malformed, password-policy, confirmation-mismatch.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AdministratorsOf, OrganisationById, UserById
from partnerauth.entities import Mail, Organisation, OrganisationId, State
from partnerauth.events import JoinRequested
from partnerauth.flow import Flow, Needs, Situation, full_name, mail, refuse
from partnerauth.policy import isolation
from partnerauth.steps import newcomers, registrations
from partnerauth.steps.registrations import Registration


class JoinOrganisation(Registration):
    """Ask to join an organisation that was offered, or found by a search (DP-02, DP-04)."""

    organisation: OrganisationId


def needs(s: Situation[JoinOrganisation]) -> Needs:
    """What every registration needs, the organisation, and its administrators."""
    yield from registrations.needs(s)
    yield OrganisationById(s.command.organisation)
    administrators = AdministratorsOf(s.command.organisation, s.portal.management.administrator)
    yield administrators
    yield from map(UserById, s.directory.find(administrators) or ())


def decide(s: Situation[JoinOrganisation]) -> Answer:
    """Let him wait, and tell every administrator by mail (DP-04); of a known address nothing is told (GX-03)."""
    address = registrations.proved(s)
    if isinstance(address, Refused):
        return address
    organisation = s.directory.get(OrganisationById(s.command.organisation))
    if organisation is None:
        return Refused((isolation.OTHER_ORGANISATION.broken(names=(s.command.organisation,)),))
    if refused := refuse(*registrations.acceptable(s)):
        return refused
    if holder := newcomers.holder(s, address):
        return registrations.taken(s, holder)
    who = newcomers.newcomer(s, address)
    event = JoinRequested(
        organisation=organisation.id,
        by=who.id,
        at=s.now,
        user=who.id,
        email=address,
        details=registrations.details(s),
    )
    return Accepted(
        events=(*who.lapsed, event),
        mails=_to_administrators(s, event, organisation),
        keeps=registrations.kept(s, who),
        drops=who.gone,
        created=who.id,
    )


def _to_administrators(
    s: Situation[JoinOrganisation], event: JoinRequested, organisation: Organisation
) -> tuple[Mail, ...]:
    administrators = AdministratorsOf(organisation.id, s.portal.management.administrator)
    users = [s.directory.the(UserById(each)) for each in s.directory.the(administrators)]
    return tuple(
        mail(
            s,
            "join-request",
            each.email.original,
            each.details,
            name=full_name(event.details),
            address=event.email.original,
            organisation=organisation.name,
        )
        for each in users
        if each.state is State.ACTIVE
    )


FLOW = Flow(
    command=JoinOrganisation,
    needs=needs,
    asks=registrations.asks,
    decide=decide,
    recorded=registrations.recorded,
)
