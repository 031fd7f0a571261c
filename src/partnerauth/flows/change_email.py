"""Flow: a user asks to be known by another address, which he has to confirm.

Refuses: email-malformed, email-not-lowercase, domain-mismatch, not-on-allow-list.
"""

from __future__ import annotations

from dataclasses import replace

from partnerauth import newcomers
from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import AttemptsAgainst, CredentialOf, LatestTokenOf
from partnerauth.entities import Credential, Purpose
from partnerauth.events import EmailChangeRequested
from partnerauth.flow import Asks, Command, DrawLink, Flow, Needs, Situation, mail, refuse, untold
from partnerauth.policy import allow_list, domains, enrolment, guessing, lifecycle, tokens


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
    yield DrawLink()


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
    if owner is None or owner.id == s.me.id:
        return _unless_too_often(s, address, _requested(s, address))
    told = mail(s, "already-registered", owner.email.original, owner.details)
    event = untold(s, enrolment.ALREADY_EXISTS.code, s.me.id)
    return _unless_too_often(s, address, Accepted(events=(event,), mails=(told,)))


def _unless_too_often(s: Situation[ChangeEmail], address: EmailAddress, answer: Accepted) -> Accepted:
    """Count the mail; one too many to a mailbox is on record and not sent, and ends no older link (TK-30)."""
    guard = guessing.against_mailbox(address.mailbox, s.portal.limits)
    counted, wait = guessing.count(s.directory.get(AttemptsAgainst(guard.key)), guard, s.portal.limits, s.now)
    return Accepted(events=answer.events) if wait else replace(answer, keeps=(*answer.keeps, counted))


def _requested(s: Situation[ChangeEmail], address: EmailAddress) -> Accepted:
    draft = s.answers[DrawLink()]
    credential = s.directory.get(CredentialOf(s.me.id)) or Credential(user=s.me.id)
    link = tokens.issued(
        id=draft.id,
        digest=draft.digest,
        purpose=Purpose.EMAIL_CHANGE,
        subject=s.me.id,
        expires_at=s.now + s.portal.lifetimes.email_change,
        epoch=credential.epoch,
        facts={"email": address.original},
    )
    event = EmailChangeRequested(organisation=s.me.organisation, by=s.by, at=s.now, user=s.me.id, email=address)
    return Accepted(
        events=(event,),
        mails=(mail(s, "confirm-email", address.original, s.me.details, token=draft.id),),
        keeps=link,
    )


FLOW = Flow(command=ChangeEmail, needs=needs, asks=asks, decide=decide)
