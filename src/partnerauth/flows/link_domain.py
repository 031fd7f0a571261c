"""Flow: the operator links an e-mail domain to an organisation.

Refuses: other-organisation, field-malformed, free-mail-domain, already-exists.
"""

from __future__ import annotations

from partnerauth.addresses import parse_domain
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import OrganisationById
from partnerauth.entities import OrganisationId
from partnerauth.flow import Asks, Command, Flow, IsFreeMail, Needs, Situation, refuse
from partnerauth.policy import forms, isolation
from partnerauth.steps import linked_domains


class LinkDomain(Command):
    """Let whoever sends from a domain be of an organisation, colleagues of all who are (SP-07)."""

    organisation: OrganisationId
    domain: str


def needs(s: Situation[LinkDomain]) -> Needs:
    """The organisation, and what the domain stands for now."""
    yield OrganisationById(s.command.organisation)
    if domain := parse_domain(s.command.domain):
        yield from linked_domains.needs(s.directory, domain, s.command.organisation)


def asks(s: Situation[LinkDomain]) -> Asks:
    """Whether anybody can have an address of the domain."""
    if domain := parse_domain(s.command.domain):
        yield IsFreeMail(domain)


def decide(s: Situation[LinkDomain]) -> Answer:
    """Link it; one that stands for another organisation has to be unlinked there first."""
    command = s.command
    if refused := refuse(
        isolation.exists(s.directory.get(OrganisationById(command.organisation)), command.organisation)
    ):
        return refused
    domain = parse_domain(command.domain)
    if domain is None:
        return refuse(forms.FIELD_MALFORMED.broken(fields=("domain",))) or Accepted()
    if refused := refuse(*linked_domains.linkable(s, domain, command.organisation)):
        return refused
    return Accepted(events=linked_domains.linked(s, domain, command.organisation))


FLOW = Flow(command=LinkDomain, needs=needs, asks=asks, decide=decide)
