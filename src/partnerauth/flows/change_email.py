"""Flow: a user asks to be known by another address, which he has to confirm.

Refuses: email-malformed, email-not-lowercase, domain-mismatch, not-on-allow-list.
"""

from __future__ import annotations

from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import AttemptsAgainst, CredentialOf, LatestTokenOf
from partnerauth.entities import Purpose, User
from partnerauth.events import EmailChangeRequested
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, credential_of, mail, refuse, untold
from partnerauth.policy import allow_list, domains, enrolment, guessing, lifecycle
from partnerauth.steps import links, mail_limits, newcomers


class ChangeEmail(Command):
    """Ask to change one's own address; nothing changes before the new one is confirmed (GX-11)."""

    email: str


def needs(s: Situation[ChangeEmail]) -> Needs:
    """Whose the new address is, the user's epoch, and the link that he was sent last."""
    yield CredentialOf(s.me.id)
    yield LatestTokenOf(s.me.id, Purpose.EMAIL_CHANGE)
    if address := parse(s.command.email):
        yield AttemptsAgainst(guessing.against_mailbox(address.mailbox, s.portal.limits).key)
        yield from newcomers.claims(s.directory, [address.key])


def asks(_: Situation[ChangeEmail]) -> Asks:
    """A link to confirm the address."""
    yield links.NEW_LINK


def decide(s: Situation[ChangeEmail]) -> Answer:
    """Mail a link to the new address; of an address that is somebody else's nothing is told (GX-03)."""
    address = parse(s.command.email)
    if address is None:
        return refuse(domains.well_formed(address)) or Accepted()
    owner = next(iter(newcomers.holders(s, [address.key])), None)
    if refused := refuse(
        domains.written_in_lower_case(s.command.email, s.portal.email_spelling),
        domains.kept(s.portal.email_change, s.me.email, address),
        allow_list.listed(known=owner is not None and not lifecycle.left_by_feed(owner))
        if s.portal.allow_list
        else None,
    ):
        return refused
    answer = _requested(s, address) if owner is None or owner.id == s.me.id else _taken(s, owner)
    return mail_limits.unsent_if_too_often(s, guessing.against_mailbox(address.mailbox, s.portal.limits), answer)


def _requested(s: Situation[ChangeEmail], address: EmailAddress) -> Accepted:
    credential, lives = credential_of(s, s.me.id), s.portal.lifetimes.email_change
    token, link = links.drawn(s, credential, Purpose.EMAIL_CHANGE, lives, email=address.original)
    event = EmailChangeRequested(organisation=s.me.organisation, by=s.by, at=s.now, user=s.me.id, email=address)
    told = mail(s, "confirm-email", address.original, s.me.details, token=token)
    return Accepted(events=(event,), mails=(told,), keeps=link)


def _taken(s: Situation[ChangeEmail], owner: User) -> Accepted:
    event = untold(s, enrolment.ALREADY_EXISTS.code, s.me.id)
    return Accepted(events=(event,), mails=(newcomers.already_registered(s, owner),))


FLOW = Flow(command=ChangeEmail, needs=needs, asks=asks, decide=decide)
