"""Flow: the operator refuses what somebody asked for.  Refuses: other-organisation, nothing-requested."""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import AccessRequestOf, UserById
from partnerauth.entities import UserId
from partnerauth.events import AccessRefused
from partnerauth.flow import Command, Flow, Needs, Situation, mail, refuse
from partnerauth.policy import enrolment, isolation


class RefuseAccess(Command):
    """Refuse everything that a user has asked for and that is not answered yet."""

    user: UserId


def needs(s: Situation[RefuseAccess]) -> Needs:
    """The applicant and his request."""
    yield UserById(s.command.user)
    yield AccessRequestOf(s.command.user)


def decide(s: Situation[RefuseAccess]) -> Answer:
    """Refuse it: an applicant is rejected, an administrator who asked for more stays what he is (BP-01)."""
    user = s.directory.get(UserById(s.command.user))
    if refused := refuse(isolation.own(None, user, s.command.user)) or refuse(
        enrolment.requested(s.directory.get(AccessRequestOf(s.command.user)))
    ):
        return refused
    user = s.directory.the(UserById(s.command.user))
    return Accepted(
        events=(AccessRefused(organisation=user.organisation, by=s.by, at=s.now, user=user.id),),
        mails=(mail(s, "access-refused", user.email.original, user.details),),
    )


FLOW = Flow(command=RefuseAccess, needs=needs, decide=decide)
