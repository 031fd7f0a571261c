"""Flow: an invited user is sent a new link, which ends the older one.

Refuses: other-organisation, invitation-unknown, invitation-used, management-right-missing, too-many-attempts.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import CredentialOf, InvitationOf, LatestTokenOf, OrganisationById, UserById
from partnerauth.entities import Member, Operator, Purpose, UserId
from partnerauth.events import InvitationResent
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, credential_of, found, refuse
from partnerauth.policy import management, tokens
from partnerauth.steps import invitations, links, mail_limits


class ResendInvitation(Command):
    """Send the invitation again: 90 more days for the same invitation (KP-01, TK-26)."""

    user: UserId


def needs(s: Situation[ResendInvitation]) -> Needs:
    """The user, his organisation, what stands behind his invitation, its newest link, and his mails."""
    yield UserById(s.command.user)
    yield CredentialOf(s.command.user)
    yield InvitationOf(s.command.user)
    yield LatestTokenOf(s.command.user, Purpose.INVITATION)
    if user := s.directory.find(UserById(s.command.user)):
        yield OrganisationById(user.organisation)
        yield from mail_limits.needs(s, user.email)


def asks(_: Situation[ResendInvitation]) -> Asks:
    """A link."""
    yield links.NEW_LINK


def decide(s: Situation[ResendInvitation]) -> Answer:
    """Send it: whoever invited first stays the inviter, within whose rights the user comes in (TK-06)."""
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    if refused := refuse(
        tokens.invited(user),
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management])
        if isinstance(s.actor, Member)
        else None,
    ):
        return refused
    organisation = s.directory.the(OrganisationById(user.organisation))
    credential = credential_of(s, user.id)
    told, link = invitations.sent(s, credential, user.email.original, user.details, organisation.name)
    event = InvitationResent(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        from_operator=isinstance(s.actor, Operator),
    )
    return mail_limits.unless_too_often(s, user.email, Accepted(events=(event,), mails=(told,), keeps=link))


FLOW = Flow(command=ResendInvitation, needs=needs, asks=asks, decide=decide)
