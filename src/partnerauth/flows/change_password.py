"""Flow: a user changes his password.

Refuses: too-many-attempts, wrong-password, password-policy, confirmation-mismatch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pydantic import SecretStr

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import CredentialOf, SessionByDigest
from partnerauth.entities import Attempts, Credential, Member, Session
from partnerauth.events import PasswordChanged
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, VerifyPassword, credential_of, digest, refuse
from partnerauth.policy import guessing, passwords
from partnerauth.steps import new_passwords


class ChangePassword(Command):
    """Change one's own password: the current one, the new one, and the new one again (BP-15)."""

    current: SecretStr
    password: SecretStr
    confirm: SecretStr | None = None


def needs(s: Situation[ChangePassword]) -> Needs:
    """How the user proves himself."""
    yield CredentialOf(s.me.id)


def guards(s: Situation[ChangePassword]) -> Iterable[guessing.Guard]:
    """The user: a stolen session must not serve to guess his password (PW-16)."""
    yield guessing.against_user(s.me.id, s.portal.limits)


def asks(s: Situation[ChangePassword]) -> Asks:
    """Compare the current one, and what the new one takes."""
    yield VerifyPassword(credential_of(s, s.me.id).password_hash, new_passwords.text(s.command.current))
    yield from new_passwords.asked(s, s.command.password)


def proved(s: Situation[ChangePassword]) -> Iterable[Attempts]:
    """The right password is no guess, whether or not the new one will do (GX-05)."""
    if _is_right(s):
        yield guessing.forgotten(guessing.against_user(s.me.id, s.portal.limits).key)


def decide(s: Situation[ChangePassword]) -> Answer:
    """Change it: every other session and every link ends (GX-04, GX-06)."""
    credential, command = credential_of(s, s.me.id), s.command
    current, new = new_passwords.text(command.current), new_passwords.text(command.password)
    if refused := refuse(
        None if _is_right(s) else passwords.WRONG_PASSWORD.broken(),
        *new_passwords.acceptable(
            s,
            command.password,
            command.confirm,
            personal=new_passwords.personal_words(s.me),
            unchanged=new == current,
        ),
    ):
        return refused
    after = new_passwords.kept(s, credential, command.password)
    return Accepted(
        events=(PasswordChanged(organisation=s.me.organisation, by=s.by, at=s.now, user=s.me.id),),
        keeps=(after, *proved(s), *_this_session(s, after)),
    )


def _this_session(s: Situation[ChangePassword], after: Credential) -> tuple[Session, ...]:
    if not isinstance(s.actor, Member) or not s.actor.session:
        return ()
    return (replace(s.directory.the(SessionByDigest(digest(s.actor.session))), epoch=after.epoch),)


def _is_right(s: Situation[ChangePassword]) -> bool:
    return s.answers[VerifyPassword(credential_of(s, s.me.id).password_hash, new_passwords.text(s.command.current))]


FLOW = Flow(
    command=ChangePassword,
    needs=needs,
    guards=guards,
    proved=proved,
    asks=asks,
    decide=decide,
    with_temporary_password=True,
)
