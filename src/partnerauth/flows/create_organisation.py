"""Flow: whoever has proved his address creates his organisation and becomes its administrator.

Refuses: unknown-name, email-malformed, link-unknown, link-used, link-expired, field-required, field-malformed,
organisation-exists, password-policy, confirmation-mismatch.
"""

from __future__ import annotations

from collections.abc import Iterator

from partnerauth.addresses import EmailAddress, title_key
from partnerauth.decision import Accepted, Answer, Reason, Refused
from partnerauth.directory import OrganisationById, OrganisationNameByKey, OrganisationsNamed
from partnerauth.entities import OrganisationId
from partnerauth.events import OrganisationCreated
from partnerauth.flow import Asks, DrawId, Flow, Needs, Situation, refuse
from partnerauth.policy import enrolment, forms
from partnerauth.steps import new_organisations, newcomers, registrations
from partnerauth.steps.registrations import Registration

NEW_ORGANISATION = DrawId("organisation")


class CreateOrganisation(Registration):
    """Create an organisation that is not there yet; `organisation` is the id that it shall have, or else is drawn."""

    organisation: OrganisationId = OrganisationId("")
    name: str = ""
    street: str = ""
    town: str = ""
    country: str = ""


def needs(s: Situation[CreateOrganisation]) -> Needs:
    """What every registration needs, and the organisations of that name, or id, with what is claimed by them."""
    yield from registrations.needs(s)
    yield from new_organisations.needs(s.command.organisation)
    yield OrganisationNameByKey(title_key(s.command.name), title_key(s.command.town))
    named = OrganisationsNamed(title_key(s.command.name))
    yield named
    yield from map(OrganisationById, s.directory.find(named) or ())


def asks(s: Situation[CreateOrganisation]) -> Asks:
    """What every registration asks for, and an id for the organisation."""
    yield from registrations.asks(s)
    yield NEW_ORGANISATION


def decide(s: Situation[CreateOrganisation]) -> Answer:
    """Create both, unless the organisation is there already: then he joins it, and it decides (DP-02, DP-03)."""
    address = registrations.proved(s)
    if isinstance(address, Refused):
        return address
    if refused := refuse(*_describable(s), *registrations.acceptable(s), *_new(s)):
        return refused
    if holder := newcomers.holder(s, address):
        return registrations.taken(s, holder)
    return _created(s, address)


def _describable(s: Situation[CreateOrganisation]) -> Iterator[Reason | None]:
    command = s.command
    words = {"name": command.name, "street": command.street, "town": command.town, "country": command.country}
    yield None if command.name.strip() else forms.FIELD_REQUIRED.broken(fields=("name",))
    yield forms.well_formed(words)
    yield (
        None if title_key(command.name) or not command.name.strip() else forms.FIELD_MALFORMED.broken(fields=("name",))
    )
    yield None if forms.identifies(command.organisation or "-") else forms.FIELD_MALFORMED.broken(fields=("id",))


def _new(s: Situation[CreateOrganisation]) -> Iterator[Reason | None]:
    command = s.command
    alike = [
        s.directory.the(OrganisationById(each)) for each in s.directory.the(OrganisationsNamed(title_key(command.name)))
    ]
    yield enrolment.is_new(command.name, command.town, alike)
    is_taken = bool(command.organisation) and s.directory.get(OrganisationById(command.organisation)) is not None
    yield enrolment.ORGANISATION_EXISTS.broken(match=command.organisation) if is_taken else None


def _created(s: Situation[CreateOrganisation], address: EmailAddress) -> Accepted:
    command, who = s.command, newcomers.newcomer(s, address)
    identity = command.organisation or OrganisationId(s.answers[NEW_ORGANISATION])
    created = OrganisationCreated(
        organisation=identity,
        by=who.id,
        at=s.now,
        user=who.id,
        email=address,
        details=registrations.details(s),
        management=s.portal.management.administrator,
        title=command.name.strip(),
        street=command.street.strip(),
        town=command.town.strip(),
        country=command.country.strip().upper(),
    )
    account = new_organisations.implied_account(s, identity, created.title, by=who.id)
    events = (*who.lapsed, created, *account)
    return Accepted(events=events, keeps=registrations.kept(s, who), drops=who.gone, created=who.id)


FLOW = Flow(
    command=CreateOrganisation,
    needs=needs,
    asks=asks,
    decide=decide,
    recorded=registrations.recorded,
)
