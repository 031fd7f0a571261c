"""Flow: the operator refuses what somebody asked for.  Refuses: other-organisation, nothing-requested."""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccessRequestOf, UserById
from partnerauth.entities import UserId
from partnerauth.events import AccessRefused
from partnerauth.flow import Command, Flow, Needs, Situation, found, mail, refuse
from partnerauth.policy import enrolment


class RefuseAccess(Command):
    """Refuse everything that a user has asked for and that is not answered yet."""

    user: UserId


def needs(s: Situation[RefuseAccess]) -> Needs:
    """The applicant and his request."""
    yield UserById(s.command.user)
    yield AccessRequestOf(s.command.user)


def decide(s: Situation[RefuseAccess]) -> Answer:
    """Refuse it: an applicant is rejected, an administrator who asked for more stays what he is (BP-01)."""
    user = found(s, UserById(s.command.user), s.command.user, within=None)
    if isinstance(user, Refused):
        return user
    if refused := refuse(enrolment.requested(s.directory.get(AccessRequestOf(user.id)))):
        return refused
    return Accepted(
        events=(AccessRefused(organisation=user.organisation, by=s.by, at=s.now, user=user.id),),
        mails=(mail(s, "access-refused", user.email.original, user.details),),
    )


FLOW = Flow(command=RefuseAccess, needs=needs, decide=decide)
