"""Flow: an administrator, or the operator, turns somebody down who asked to join.

Refuses: other-organisation, nothing-requested, management-right-missing.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import OrganisationById, UserById
from partnerauth.entities import Member, UserId
from partnerauth.events import JoinRejected
from partnerauth.flow import Command, Flow, Needs, Situation, found, mail, refuse
from partnerauth.policy import enrolment, management


class Reject(Command):
    """Turn a user down who asked to join."""

    user: UserId


def needs(s: Situation[Reject]) -> Needs:
    """The user and his organisation."""
    yield UserById(s.command.user)
    if user := s.directory.find(UserById(s.command.user)):
        yield OrganisationById(user.organisation)


def decide(s: Situation[Reject]) -> Answer:
    """Turn him down, and tell him: he may ask again with a new registration (DP-04)."""
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
        events=(JoinRejected(organisation=user.organisation, by=s.by, at=s.now, user=user.id),),
        mails=(mail(s, "join-rejected", user.email.original, user.details, organisation=name),),
    )


FLOW = Flow(command=Reject, needs=needs, decide=decide)
