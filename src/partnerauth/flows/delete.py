"""Flow: somebody asks to delete a user, which nobody ever may.

Refuses: other-organisation, management-right-missing, delete-forbidden.
"""

from __future__ import annotations

from partnerauth.decision import Answer, Refused
from partnerauth.directory import UserById
from partnerauth.entities import Member, UserId
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import lifecycle, management


class Delete(Command):
    """Delete a user: offered so that the refusal can say what to do instead (BP-09)."""

    user: UserId


def needs(s: Situation[Delete]) -> Needs:
    """The user."""
    yield UserById(s.command.user)


def decide(s: Situation[Delete]) -> Answer:
    """Refuse it, whoever asks."""
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    reaches = (
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management])
        if isinstance(s.actor, Member)
        else None
    )
    never = lifecycle.never_deleted()
    return refuse(reaches, never) or Refused((never,))


FLOW = Flow(command=Delete, needs=needs, decide=decide)
