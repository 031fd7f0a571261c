"""Flow: an administrator has a reset link mailed to a user.

Refuses: other-organisation, management-right-missing, user-inactive, approval-pending, approval-rejected,
too-many-attempts.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import CredentialOf, LatestTokenOf, UserById
from partnerauth.entities import Purpose, UserId
from partnerauth.events import ResetRequested
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, credential_of, found, mail, refuse
from partnerauth.policy import management, standing
from partnerauth.steps import links, mail_limits


class TriggerReset(Command):
    """Have a link to set a new password mailed to a user: whoever triggers it never sees it (KP-03, TK-09)."""

    user: UserId


def needs(s: Situation[TriggerReset]) -> Needs:
    """The user, his epoch, the link that he was sent last, and his mails."""
    yield UserById(s.command.user)
    yield CredentialOf(s.command.user)
    yield LatestTokenOf(s.command.user, Purpose.RESET)
    if user := s.directory.find(UserById(s.command.user)):
        yield from mail_limits.needs(s, user.email)


def asks(_: Situation[TriggerReset]) -> Asks:
    """A link."""
    yield links.NEW_LINK


def decide(s: Situation[TriggerReset]) -> Answer:
    """Mail it to the address on record; his present password stays good until he sets another (TK-23)."""
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    if refused := refuse(
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management]),
        standing.acts(user),
    ):
        return refused
    token, link = links.drawn(s, credential_of(s, user.id), Purpose.RESET, s.portal.lifetimes.reset)
    name = user.username or user.email.original
    answer = Accepted(
        events=(ResetRequested(organisation=user.organisation, by=s.by, at=s.now, user=user.id),),
        mails=(mail(s, "password-reset", user.email.original, user.details, token=token, username=name),),
        keeps=link,
    )
    return mail_limits.unless_too_often(s, user.email, answer)


FLOW = Flow(command=TriggerReset, needs=needs, asks=asks, decide=decide)
