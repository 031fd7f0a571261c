"""Flow: a visitor asks for a code to prove that an address is his.

Refuses: too-many-attempts, email-malformed, email-not-lowercase; of an address that is known nothing is told
(GX-03).
"""

from __future__ import annotations

from collections.abc import Iterable

from partnerauth.addresses import parse
from partnerauth.decision import Accepted, Answer, Reason, Refused
from partnerauth.directory import LatestTokenOf
from partnerauth.entities import OrganisationId, Purpose
from partnerauth.events import Event, RegistrationStarted
from partnerauth.flow import Asks, Command, DrawCode, Flow, Needs, Situation, mail, refuse, untold
from partnerauth.policy import domains, enrolment, guessing, tokens
from partnerauth.steps import newcomers


class Register(Command):
    """Start a registration with an e-mail address (DP-01); `source` is the address that tries are counted by."""

    email: str
    source: str = "here"


def needs(s: Situation[Register]) -> Needs:
    """Whose the address is, and its newest code."""
    if address := parse(s.command.email):
        yield from newcomers.needs(s.directory, address)
        yield LatestTokenOf(address.key, Purpose.VERIFICATION)


def guards(s: Situation[Register]) -> Iterable[guessing.Guard]:
    """The source, and the mailbox, with whatever plus tag or dots (EM-17, FD-13, TK-30)."""
    yield guessing.against_arrivals(s.command.source, s.portal.limits)
    if address := parse(s.command.email):
        yield guessing.against_mailbox(address.mailbox, s.portal.limits)


def asks(_: Situation[Register]) -> Asks:
    """A code, whether or not it is mailed (GX-03)."""
    yield DrawCode()


def decide(s: Situation[Register]) -> Answer:
    """Mail a code, which ends the older one, and keep one that nobody learns where the address is known (GX-03)."""
    address = parse(s.command.email)
    if address is None:
        return Refused((domains.EMAIL_MALFORMED.broken(),))
    if refused := refuse(domains.written_in_lower_case(s.command.email, s.portal.email_spelling)):
        return refused
    draft = s.answers[DrawCode()]
    code = tokens.issued(
        id=draft.id,
        digest=draft.digest,
        purpose=Purpose.VERIFICATION,
        subject=address.key,
        expires_at=s.now + s.portal.lifetimes.verification,
    )
    if holder := newcomers.holder(s, address):
        return Accepted(
            events=(untold(s, enrolment.ALREADY_EXISTS.code, address.key, holder.organisation),),
            mails=(newcomers.already_registered(s, holder),),
            keeps=code,
        )
    started = RegistrationStarted(organisation=OrganisationId(""), by=s.by, at=s.now, email=address)
    told = mail(s, "verification-code", address.original, {}, token=draft.id)
    return Accepted(events=(started,), mails=(told,), keeps=code)


def recorded(s: Situation[Register], reasons: tuple[Reason, ...]) -> Event:
    """Put a refusal on record under the address."""
    return newcomers.refusal_about(s, reasons, parse(s.command.email))


FLOW = Flow(command=Register, needs=needs, guards=guards, asks=asks, decide=decide, recorded=recorded)
