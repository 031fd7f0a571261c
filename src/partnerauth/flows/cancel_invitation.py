"""Flow: an invitation is taken back.

Refuses: other-organisation, invitation-unknown, invitation-used, management-right-missing.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import InvitationOf, UserById
from partnerauth.entities import Member, UserId
from partnerauth.events import InvitationCancelled
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import management, tokens


class CancelInvitation(Command):
    """Take an invitation back: its link is worth nothing, and the address can be invited anew (TK-26)."""

    user: UserId


def needs(s: Situation[CancelInvitation]) -> Needs:
    """The user and what stands behind his invitation."""
    yield UserById(s.command.user)
    yield InvitationOf(s.command.user)


def decide(s: Situation[CancelInvitation]) -> Answer:
    """Cancel it: the user stays on record as rejected, for nobody is deleted (BP-09)."""
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
    return Accepted(events=(InvitationCancelled(organisation=user.organisation, by=s.by, at=s.now, user=user.id),))


FLOW = Flow(command=CancelInvitation, needs=needs, decide=decide)
