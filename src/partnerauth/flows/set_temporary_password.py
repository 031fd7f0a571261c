"""Flow: whoever manages a user gives him a new temporary password.

Refuses: other-organisation, not-offered, management-right-missing, user-inactive, password-policy, too-many-attempts.
"""

from __future__ import annotations

from pydantic import SecretStr

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AttemptsAgainst, CredentialOf, UserById
from partnerauth.entities import UserId
from partnerauth.events import TemporaryPasswordSet
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, credential_of, found, mail, refuse
from partnerauth.policy import guessing, management, offers, standing
from partnerauth.steps import mail_limits, new_passwords


class SetTemporaryPassword(Command):
    """Give a user a temporary password; one that is left out is generated and mailed to him."""

    user: UserId
    password: SecretStr | None = None


def needs(s: Situation[SetTemporaryPassword]) -> Needs:
    """The user, his credential, and his mails."""
    yield UserById(s.command.user)
    yield CredentialOf(s.command.user)
    yield AttemptsAgainst(guessing.against_user(s.command.user, s.portal.limits).key)
    if user := s.directory.find(UserById(s.command.user)):
        yield from mail_limits.needs(s, user.email)


def asks(s: Situation[SetTemporaryPassword]) -> Asks:
    """What the password takes."""
    yield from new_passwords.asked(s, s.command.password)


def decide(s: Situation[SetTemporaryPassword]) -> Answer:
    """Set it: older sessions and links end, and nothing else can be done until it is changed (BP-13)."""
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    if refused := refuse(offers.NOT_OFFERED.broken(name="set-temporary-password") if user == s.me else None):
        return refused
    if refused := refuse(
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management]),
        standing.acts(user),
        *new_passwords.acceptable(s, s.command.password, None, personal=new_passwords.personal_words(user)),
    ):
        return refused
    before = credential_of(s, user.id)
    until = s.now + s.portal.lifetimes.temporary_password
    token = new_passwords.generated(s, s.command.password)
    name = user.username or user.email.original
    told = (mail(s, "temporary-password", user.email.original, user.details, token=token, username=name),)
    answer = Accepted(
        events=(TemporaryPasswordSet(organisation=user.organisation, by=s.by, at=s.now, user=user.id),),
        mails=told if token else (),
        keeps=(
            new_passwords.kept(s, before, s.command.password, temporary_until=until),
            guessing.forgotten(guessing.against_user(user.id, s.portal.limits).key),
        ),
    )
    return mail_limits.unless_too_often(s, user.email, answer) if token else answer


FLOW = Flow(command=SetTemporaryPassword, needs=needs, asks=asks, decide=decide)
