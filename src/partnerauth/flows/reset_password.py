"""Flow: whoever holds the link from the mail sets a password; the first time makes an invited user active.

Refuses: link-unknown, link-used, link-expired, password-policy, confirmation-mismatch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pydantic import SecretStr

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import (
    AttemptsAgainst,
    CredentialOf,
    InvitationOf,
    LatestTokenOf,
    OrganisationById,
    UserById,
)
from partnerauth.entities import Credential, Purpose, State, UserId
from partnerauth.events import PasswordReset
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, VerifyPassword, present, refuse
from partnerauth.policy import guessing, standing, tokens
from partnerauth.steps import links, new_passwords, sessions


class ResetPassword(Command):
    """Set a new password with the secret of a mailed link; `confirm` left out equals the password."""

    token: SecretStr
    password: SecretStr
    confirm: SecretStr | None = None
    browser: str = ""


def needs(s: Situation[ResetPassword]) -> Needs:
    """The link, whose it is, and whether it is his newest."""
    yield from links.needs(s.directory, s.command.token)
    if token := links.shown(s.directory, s.command.token):
        user = UserId(token.subject)
        yield UserById(user)
        yield CredentialOf(user)
        yield AttemptsAgainst(guessing.against_user(user, s.portal.limits).key)
        yield LatestTokenOf(token.subject, Purpose.RESET)
        yield InvitationOf(user)
        if found := s.directory.find(UserById(user)):
            yield OrganisationById(found.organisation)
        yield from sessions.of(s.directory, user)
    yield from sessions.needs(s.directory, s.command.browser)


def asks(s: Situation[ResetPassword]) -> Asks:
    """What the password takes, also where the link is worth nothing (GX-03), and whether it is the temporary one."""
    yield from new_passwords.asked(s, s.command.password)
    yield from _is_temporary(s)
    yield sessions.NEW_SESSION


def decide(s: Situation[ResetPassword]) -> Answer:
    """Set it: the link is used up, and every session and other link ends (GX-04, GX-06)."""
    token = links.shown(s.directory, s.command.token)
    user = s.directory.get(UserById(UserId(token.subject))) if token else None
    latest = s.directory.get(LatestTokenOf(token.subject, Purpose.RESET)) if token else None
    before = s.directory.get(CredentialOf(user.id)) if user else None
    if refused := refuse(tokens.stands(token if user else None, Purpose.RESET, latest, before, s.now)):
        return refused
    token, user = present(token), present(user)
    if refused := refuse(None if user.state is State.INVITED else standing.acts(user)) or refuse(
        *new_passwords.acceptable(
            s,
            s.command.password,
            s.command.confirm,
            personal=new_passwords.personal_words(user),
            unchanged=any(s.answers[ask] for ask in _is_temporary(s)),
        )
    ):
        return refused
    after = new_passwords.kept(s, before or Credential(user=user.id), s.command.password)
    reset = PasswordReset(organisation=user.organisation, by=user.id, at=s.now, user=user.id)
    used = replace(token, used=True)
    counter = guessing.forgotten(guessing.against_user(user.id, s.portal.limits).key)
    if not s.portal.sign_in.after_reset:
        return Accepted(events=(reset,), keeps=(used, after, counter))
    after = replace(after, signed_in=True)
    begun = sessions.begun(s, user, after, s.command.browser)
    return Accepted(
        events=(reset, *begun.events),
        keeps=(used, after, counter, *begun.keeps),
        drops=begun.drops,
        session=begun.secret,
    )


def _is_temporary(s: Situation[ResetPassword]) -> Iterable[VerifyPassword]:
    """Yield the question whether the new password is the temporary one, which nobody keeps (BP-13, PW-06)."""
    token = links.shown(s.directory, s.command.token)
    credential = s.directory.get(CredentialOf(UserId(token.subject))) if token else None
    if credential and credential.temporary_until:
        yield VerifyPassword(credential.password_hash, new_passwords.text(s.command.password))


FLOW = Flow(command=ResetPassword, needs=needs, asks=asks, decide=decide)
