"""Flow: the operator opens an organisation.

Refuses: unknown-name, not-offered, field-malformed, already-exists, free-mail-domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field

from partnerauth.addresses import parse_domain
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import AccountById, OrganisationById
from partnerauth.entities import IMPLIED_ACCOUNT, Contract, OrganisationId, account_id
from partnerauth.events import AccountSet, OrganisationOpened
from partnerauth.flow import Asks, Command, Flow, IsFreeMail, Needs, Situation, refuse
from partnerauth.policy import enrolment, forms, offers
from partnerauth.steps import linked_domains


class ContractFields(BaseModel):
    """What is said of a contract."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    active: bool = True
    kind: str = ""


class AccountFields(BaseModel):
    """What is said of an account: applications that are left out are all of the portal's."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True
    )

    name: str = ""
    applications: tuple[str, ...] | None = None
    contracts: Mapping[str, ContractFields] = Field(default_factory=dict)
    billing_addresses: tuple[str, ...] = ()


class OpenOrganisation(Command):
    """Open an organisation, with its accounts; `organisation` is the id that it shall have for good."""

    organisation: OrganisationId
    name: str
    street: str = ""
    town: str = ""
    country: str = ""
    domains: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    subcontractor: bool = False
    accounts: Mapping[str, AccountFields] = Field(default_factory=dict)


def needs(s: Situation[OpenOrganisation]) -> Needs:
    """The organisation, which must not be there yet, its accounts, and what its domains stand for."""
    yield OrganisationById(s.command.organisation)
    for name in (IMPLIED_ACCOUNT, *s.command.accounts):
        yield AccountById(account_id(s.command.organisation, name))
    for domain in _linked(s):
        yield from linked_domains.needs(s.directory, domain, s.command.organisation)


def asks(s: Situation[OpenOrganisation]) -> Asks:
    """Whether anybody can have an address of its domains."""
    yield from map(IsFreeMail, _linked(s))


def decide(s: Situation[OpenOrganisation]) -> Answer:
    """Open it, unless it is open already; one that an access request speaks for is described now (BP-01)."""
    command = s.command
    applications = [code for account in command.accounts.values() for code in account.applications or ()]
    if refused := refuse(
        offers.known("option", command.options, s.portal.options),
        offers.known("application", applications, s.portal.applications),
        offers.NOT_OFFERED.broken(name="accounts") if command.accounts and not s.portal.accounts else None,
    ):
        return refused
    organisation = s.directory.get(OrganisationById(command.organisation))
    domains = {domain: parse_domain(domain) for domain in command.domains}
    words = {"name": command.name, "street": command.street, "town": command.town, "country": command.country}
    ids = [command.organisation, *command.accounts]
    if refused := refuse(
        forms.well_formed(words),
        forms.FIELD_MALFORMED.broken(fields=("domains",)) if None in domains.values() else None,
        forms.FIELD_MALFORMED.broken(fields=("id",)) if not all(map(forms.identifies, ids)) else None,
        None
        if organisation is None or organisation.requested
        else enrolment.ALREADY_EXISTS.broken(name=organisation.id),
        *(reason for domain in _linked(s) for reason in linked_domains.linkable(s, domain, command.organisation)),
    ):
        return refused
    opened = OrganisationOpened(
        organisation=command.organisation,
        by=s.by,
        at=s.now,
        title=command.name,
        street=command.street,
        town=command.town,
        country=command.country,
        domains=frozenset(domain for domain in domains.values() if domain),
        options=frozenset(command.options),
        subcontractor=command.subcontractor,
    )
    accounts = command.accounts if s.portal.accounts else {IMPLIED_ACCOUNT: AccountFields(name=command.name)}
    return Accepted(
        events=(
            opened,
            *(_account(s, name, fields) for name, fields in accounts.items()),
            *(event for domain in _linked(s) for event in linked_domains.linked(s, domain, command.organisation)),
        )
    )


def _linked(s: Situation[OpenOrganisation]) -> tuple[str, ...]:
    """Return its domains, where a domain stands for one organisation (SP-07)."""
    if s.portal.domains != "linked":
        return ()
    return tuple(dict.fromkeys(filter(None, map(parse_domain, s.command.domains))))


def _account(s: Situation[OpenOrganisation], name: str, fields: AccountFields) -> AccountSet:
    applications = s.portal.applications if fields.applications is None else fields.applications
    return AccountSet(
        organisation=s.command.organisation,
        by=s.by,
        at=s.now,
        account=account_id(s.command.organisation, name),
        title=fields.name,
        applications=frozenset(applications),
        contracts=MappingProxyType(
            {contract: Contract(active=each.active, kind=each.kind) for contract, each in fields.contracts.items()}
        ),
        billing_addresses=frozenset(fields.billing_addresses),
    )


FLOW = Flow(command=OpenOrganisation, needs=needs, asks=asks, decide=decide)
