"""Flow: the operator takes an e-mail domain from an organisation.  Refuses: other-organisation, field-malformed."""

from __future__ import annotations

from partnerauth.addresses import parse_domain
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import LinkedDomainByName, OrganisationById
from partnerauth.entities import OrganisationId
from partnerauth.events import DomainUnlinked
from partnerauth.flow import Command, Flow, Needs, Situation, refuse
from partnerauth.policy import forms, isolation


class UnlinkDomain(Command):
    """Let a domain stand for an organisation no longer: who is there stays, who sends next is not (SP-07)."""

    organisation: OrganisationId
    domain: str


def needs(s: Situation[UnlinkDomain]) -> Needs:
    """The organisation, and what the domain stands for."""
    yield OrganisationById(s.command.organisation)
    if domain := parse_domain(s.command.domain):
        yield LinkedDomainByName(domain)


def decide(s: Situation[UnlinkDomain]) -> Answer:
    """Unlink it; what is not linked there is no mistake."""
    command = s.command
    if refused := refuse(
        isolation.exists(s.directory.get(OrganisationById(command.organisation)), command.organisation)
    ):
        return refused
    domain = parse_domain(command.domain)
    if domain is None:
        return refuse(forms.FIELD_MALFORMED.broken(fields=("domain",))) or Accepted()
    link = s.directory.get(LinkedDomainByName(domain))
    if link is None or link.organisation != command.organisation:
        return Accepted()
    return Accepted(events=(DomainUnlinked(organisation=command.organisation, by=s.by, at=s.now, domain=domain),))


FLOW = Flow(command=UnlinkDomain, needs=needs, decide=decide)
