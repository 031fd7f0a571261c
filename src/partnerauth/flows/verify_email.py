"""Flow: a visitor pastes the code from the mail, which proves that the address is his.

Refuses: too-many-attempts, email-malformed, code-wrong, code-used, code-expired.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pydantic import SecretStr

from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Answer, Reason, Refused
from partnerauth.directory import LatestTokenOf, TokenById
from partnerauth.entities import OrganisationId, Purpose, Token
from partnerauth.events import EmailVerified, Event
from partnerauth.flow import Asks, Command, DrawId, DrawSecret, Flow, Needs, Situation, present, refuse
from partnerauth.policy import domains, guessing, tokens
from partnerauth.steps import links, newcomers

TOKEN = DrawId("token")


class VerifyEmail(Command):
    """Prove an address with its newest code, pasted as it stands in the mail (DP-01)."""

    email: str
    code: SecretStr
    source: str = "here"


def needs(s: Situation[VerifyEmail]) -> Needs:
    """The newest code of the address, and what the pasted one is."""
    yield from links.needs(s.directory, _code(s))
    if address := parse(s.command.email):
        latest = LatestTokenOf(address.key, Purpose.VERIFICATION)
        yield LatestTokenOf(address.key, Purpose.REGISTRATION)
        yield latest
        if newest := s.directory.find(latest):
            yield TokenById(newest.token)


def guards(s: Situation[VerifyEmail]) -> Iterable[guessing.Guard]:
    """The source, and the newest code of the address; one that none was mailed to answers alike (DS-14, GX-03)."""
    yield guessing.against_arrivals(s.command.source, s.portal.limits)
    if address := parse(s.command.email):
        yield _guard(s, address)


def asks(_: Situation[VerifyEmail]) -> Asks:
    """A registration token and its id."""
    yield TOKEN
    yield DrawSecret()


def decide(s: Situation[VerifyEmail]) -> Answer:
    """Use the code up, and give a registration token to the caller alone."""
    address = parse(s.command.email)
    if address is None:
        return Refused((domains.EMAIL_MALFORMED.broken(),))
    code = links.shown(s.directory, _code(s))
    presented = code if code and code.subject == address.key else None
    latest = s.directory.get(LatestTokenOf(address.key, Purpose.VERIFICATION))
    refused = refuse(tokens.stands(presented, Purpose.VERIFICATION, latest, None, s.now))
    return refused or _verified(s, address, present(presented))


def _verified(s: Situation[VerifyEmail], address: EmailAddress, code: Token) -> Accepted:
    draft = s.answers[DrawSecret()]
    registration = tokens.issued(
        id=s.answers[TOKEN],
        digest=draft.digest,
        purpose=Purpose.REGISTRATION,
        subject=address.key,
        expires_at=s.now + s.portal.lifetimes.registration,
    )
    counter = guessing.forgotten(_guard(s, address).key)
    return Accepted(
        events=(EmailVerified(organisation=OrganisationId(""), by=s.by, at=s.now, email=address),),
        keeps=(replace(code, used=True), counter, *registration),
        secret=draft.id,
    )


def recorded(s: Situation[VerifyEmail], reasons: tuple[Reason, ...]) -> Event:
    """Put a refusal on record under the address."""
    return newcomers.refusal_about(s, reasons, parse(s.command.email))


def _guard(s: Situation[VerifyEmail], address: EmailAddress) -> guessing.Guard:
    newest = s.directory.find(LatestTokenOf(address.key, Purpose.VERIFICATION))
    token = s.directory.find(TokenById(newest.token)) if newest else None
    if token is None:
        return guessing.against_name(address.key, s.portal.limits)
    return guessing.against_code(token.id, token.expires_at, s.portal.limits)


def _code(s: Situation[VerifyEmail]) -> SecretStr:
    """Return the code as it was made: pasted, it may have spaces in it, and lower case."""
    return SecretStr("".join(s.command.code.get_secret_value().split()).upper())


FLOW = Flow(command=VerifyEmail, needs=needs, guards=guards, asks=asks, decide=decide, recorded=recorded)
