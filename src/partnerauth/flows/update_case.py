"""Flow: the system that handles cases reports news about one.

Refuses: unknown-name, other-organisation.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import CaseById, UserById
from partnerauth.entities import Case, CaseId, State, User, UserId
from partnerauth.events import CaseUpdated
from partnerauth.flow import Command, Flow, Needs, Situation, found, mail, refuse
from partnerauth.policy import offers, sights


class UpdateCase(Command):
    """Note what has become of a case."""

    case: CaseId
    status: str


def needs(s: Situation[UpdateCase]) -> Needs:
    """The case, and everybody who may want to hear of it."""
    yield CaseById(s.command.case)
    if case := s.directory.find(CaseById(s.command.case)):
        yield from (UserById(each) for each in _concerned(case))


def decide(s: Situation[UpdateCase]) -> Answer:
    """Note it, and at a main update mail whoever wants to be informed and still sees the case (DP-07, LC-07)."""
    command, rules = s.command, s.portal.case_rules
    if refused := refuse(offers.known("status", (command.status,), rules.statuses)):
        return refused
    case = found(s, CaseById(command.case), command.case, within=None)
    if isinstance(case, Refused):
        return case
    kind = rules.kinds.get(case.kind)
    is_main = kind is not None and command.status in kind.main_updates
    readers = [user for each in _concerned(case) if _is_told(s, case, user := s.directory.the(UserById(each)))]
    event = CaseUpdated(organisation=case.organisation, by=s.by, at=s.now, case=case.id, status=command.status)
    return Accepted(
        events=(event,),
        mails=tuple(
            mail(s, "case-update", user.email.original, user.details, case=case.id, status=command.status)
            for user in readers
            if is_main
        ),
    )


def _concerned(case: Case) -> tuple[UserId, ...]:
    return tuple(dict.fromkeys((case.reporter, *map(UserId, case.informs))))


def _is_told(s: Situation[UpdateCase], case: Case, user: User) -> bool:
    wants = case.informs.get(user.id, user.notifications)
    return wants and user.state is State.ACTIVE and sights.sees_case(s.portal, user, case)


FLOW = Flow(command=UpdateCase, needs=needs, decide=decide)
