"""Flow: a support request arrives by e-mail; the first one makes an account for its sender.

Refuses: too-many-attempts, email-malformed, automatic-mail, own-address, sender-unproved.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import LinkedDomainByName, LoginNameByKey, OrganisationById
from partnerauth.entities import OrganisationId, UserId
from partnerauth.events import DomainLinked, Event, UserProvisioned
from partnerauth.flow import Asks, Command, DrawId, Flow, IsFreeMail, Needs, Situation, refuse
from partnerauth.policy import domains, forms, guessing, senders
from partnerauth.policy.portal import MailedRequests
from partnerauth.steps import new_organisations

NEW_USER = DrawId("user")
NEW_ORGANISATION = DrawId("organisation")


class ReceiveRequest(Command):
    """Say who sent a request: `sender` is the one address of its From field, without a display name (FD-15).

    The other fields are those of the mail, as far as the caller knows them: `return_path` is the envelope's
    sender, empty for a bounce, and `authenticated` says whether SPF or DKIM vouches for the sender.  A caller
    who does not check that loses little: the account sees nothing before its mailbox is proved (FD-11, FD-12).
    """

    sender: str
    auto_submitted: str = ""
    precedence: str = ""
    list_id: str = ""
    return_path: str | None = None
    authenticated: bool = True


def needs(s: Situation[ReceiveRequest]) -> Needs:
    """Whose the address is, and the organisation that its domain stands for."""
    if address := parse(s.command.sender):
        yield LoginNameByKey(address.key)
        yield LinkedDomainByName(address.domain)
        yield from new_organisations.needs(OrganisationId(address.domain))
        if link := s.directory.find(LinkedDomainByName(address.domain)):
            yield OrganisationById(link.organisation)


def guards(s: Situation[ReceiveRequest]) -> Iterable[guessing.Guard]:
    """The domain, where the sender is new: a storm of invented senders makes no storm of accounts (FD-13)."""
    address = parse(s.command.sender)
    if address and s.directory.find(LoginNameByKey(address.key)) is None:
        yield guessing.against_arrivals(address.domain, s.portal.limits)


def asks(s: Situation[ReceiveRequest]) -> Asks:
    """Whether anybody can have an address of the domain, and ids, should they be needed."""
    if address := parse(s.command.sender):
        yield IsFreeMail(address.domain)
        yield NEW_USER
        yield NEW_ORGANISATION


def decide(s: Situation[ReceiveRequest]) -> Answer:
    """Let the sender in as somebody who has yet to prove his mailbox; whoever is known stays what he is (SP-01)."""
    command = s.command
    rules = s.portal.mailed_requests or MailedRequests()
    address = parse(command.sender)
    if address is None:
        return refuse(domains.well_formed(address)) or Accepted()
    if refused := refuse(
        senders.personal(
            auto_submitted=command.auto_submitted,
            precedence=command.precedence,
            list_id=command.list_id,
            return_path=command.return_path,
        ),
        senders.no_machine(rules, address),
        senders.not_own(rules, address),
        senders.vouched(authenticated=command.authenticated),
    ):
        return refused
    if s.directory.get(LoginNameByKey(address.key)):
        return Accepted()
    organisation, opens = _organisation(s, address)
    user = UserId(s.answers[NEW_USER])
    enters = UserProvisioned(
        organisation=organisation, by=s.by, at=s.now, user=user, email=address, details=MappingProxyType({})
    )
    return Accepted(events=(*opens, enters), created=user)


def _organisation(s: Situation[ReceiveRequest], address: EmailAddress) -> tuple[OrganisationId, tuple[Event, ...]]:
    """Return where the sender belongs, and the events that open it where it is new (SP-07)."""
    drawn = OrganisationId(s.answers[NEW_ORGANISATION])
    if s.answers[IsFreeMail(address.domain)]:
        return drawn, new_organisations.opened(s, drawn, address.addr_spec)
    if link := s.directory.get(LinkedDomainByName(address.domain)):
        return link.organisation, ()
    named = OrganisationId(address.domain)
    free = forms.identifies(named) and s.directory.get(OrganisationById(named)) is None
    organisation = named if free else drawn
    links = DomainLinked(organisation=organisation, by=s.by, at=s.now, domain=address.domain, opened=True)
    return organisation, (*new_organisations.opened(s, organisation, address.domain), links)


FLOW = Flow(command=ReceiveRequest, needs=needs, guards=guards, asks=asks, decide=decide)
