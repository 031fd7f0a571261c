"""Flow: whoever holds the link that was mailed to a new address confirms it.

Refuses: link-unknown, link-used, link-expired, user-inactive, already-exists.
"""

from __future__ import annotations

from dataclasses import replace

from pydantic import SecretStr

from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import CredentialOf, LatestTokenOf, LoginNameByKey, UserById
from partnerauth.entities import Credential, Purpose, Token, User, UserId
from partnerauth.events import EmailChanged, login_names
from partnerauth.flow import Command, Flow, Needs, Situation, mail, present, refuse
from partnerauth.policy import enrolment, standing, tokens
from partnerauth.steps import links, newcomers


class ConfirmEmail(Command):
    """Confirm a new address with the secret of the mailed link (GX-11)."""

    token: SecretStr


def needs(s: Situation[ConfirmEmail]) -> Needs:
    """The link, whose it is, and whose the new address is by now."""
    yield from links.needs(s.directory, s.command.token)
    if token := links.shown(s.directory, s.command.token):
        user = UserId(token.subject)
        yield UserById(user)
        yield CredentialOf(user)
        yield LatestTokenOf(token.subject, Purpose.EMAIL_CHANGE)
        if address := _address(token):
            yield from newcomers.claims(s.directory, [address.key])
        if found := s.directory.find(UserById(user)):
            yield from (LoginNameByKey(name.key) for name in login_names(found))


def decide(s: Situation[ConfirmEmail]) -> Answer:
    """Change it, tell the old address, and end every session and other link (GX-04, GX-11)."""
    token = links.shown(s.directory, s.command.token)
    user = s.directory.get(UserById(UserId(token.subject))) if token else None
    latest = s.directory.get(LatestTokenOf(token.subject, Purpose.EMAIL_CHANGE)) if token else None
    credential = s.directory.get(CredentialOf(user.id)) if user else None
    if refused := refuse(tokens.stands(token if user else None, Purpose.EMAIL_CHANGE, latest, credential, s.now)):
        return refused
    token, user = present(token), present(user)
    address = present(_address(token))
    is_held = bool(newcomers.holders(s, [address.key]))
    claim = s.directory.get(LoginNameByKey(address.key)) if is_held else None
    if refused := refuse(standing.acts(user), enrolment.unclaimed(claim, by=user.id)):
        return refused
    return _changed(s, token, user, address, credential or Credential(user=user.id))


def _changed(
    s: Situation[ConfirmEmail], token: Token, user: User, address: EmailAddress, credential: Credential
) -> Accepted:
    changed = EmailChanged(organisation=user.organisation, by=user.id, at=s.now, user=user.id, email=address)
    return Accepted(
        events=(*newcomers.lapsed(s, [address.key]), changed),
        mails=(mail(s, "email-changed", user.email.original, user.details),),
        keeps=(replace(token, used=True), replace(credential, epoch=credential.epoch + 1)),
    )


def _address(token: Token) -> EmailAddress | None:
    return parse(token.facts.get("email", ""))


FLOW = Flow(command=ConfirmEmail, needs=needs, decide=decide)
