"""Flow: an administrator, or the operator, lets somebody join the organisation.

Refuses: other-organisation, nothing-requested, management-right-missing.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import OrganisationById, UserById
from partnerauth.entities import Member, UserId
from partnerauth.events import JoinApproved
from partnerauth.flow import Command, Flow, Needs, Situation, found, mail, refuse
from partnerauth.policy import enrolment, management


class Approve(Command):
    """Let a user join who asked to."""

    user: UserId


def needs(s: Situation[Approve]) -> Needs:
    """The user and his organisation."""
    yield UserById(s.command.user)
    if user := s.directory.find(UserById(s.command.user)):
        yield OrganisationById(user.organisation)


def decide(s: Situation[Approve]) -> Answer:
    """Make him active, and tell him (DP-04)."""
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    if refused := refuse(
        enrolment.waits(user),
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management])
        if isinstance(s.actor, Member)
        else None,
    ):
        return refused
    name = s.directory.the(OrganisationById(user.organisation)).name
    return Accepted(
        events=(JoinApproved(organisation=user.organisation, by=s.by, at=s.now, user=user.id),),
        mails=(mail(s, "join-approved", user.email.original, user.details, organisation=name),),
    )


FLOW = Flow(command=Approve, needs=needs, decide=decide)
