"""Flow: a user ticks, or unticks, to be mailed about a case, or about his cases from now on.

Refuses: other-organisation.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import CaseById
from partnerauth.entities import CaseId
from partnerauth.events import NotificationsSet
from partnerauth.flow import Command, Flow, Needs, Situation, found
from partnerauth.policy import isolation, sights


class SetNotifications(Command):
    """Be mailed, or not, at the main updates of a case; where none is named, of all that one reports (DP-07)."""

    enabled: bool
    case: CaseId | None = None


def needs(s: Situation[SetNotifications]) -> Needs:
    """The case, where one is named."""
    if s.command.case is not None:
        yield CaseById(s.command.case)


def decide(s: Situation[SetNotifications]) -> Answer:
    """Set it: a case that the user does not see is answered like one that is not there (GX-01)."""
    named = s.command.case
    if named is not None:
        case = found(s, CaseById(named), named, within=s.tenant)
        if isinstance(case, Refused):
            return case
        if not sights.sees_case(s.portal, s.me, case):
            return Refused((isolation.OTHER_ORGANISATION.broken(names=(named,)),))
    event = NotificationsSet(
        organisation=s.me.organisation, by=s.by, at=s.now, user=s.me.id, enabled=s.command.enabled, case=named
    )
    return Accepted(events=(event,))


FLOW = Flow(command=SetNotifications, needs=needs, decide=decide)
