"""Flow: a user is made an administrator, or is none any more.

Refuses: other-organisation, management-right-missing, delegation-limit, revocation-forbidden, last-administrator,
user-inactive, approval-pending, approval-rejected.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AnotherHolder, UserById
from partnerauth.entities import Member, User, UserId
from partnerauth.events import AdministratorSet
from partnerauth.flow import Command, Flow, Needs, Reasons, Situation, found, refuse
from partnerauth.policy import delegation, management, standing
from partnerauth.steps import invitations


class SetAdministrator(Command):
    """Make a user an administrator: any number may be one (KP-04).

    Or an ordinary user again, where the portal lets rights be taken away (BP-10).
    """

    user: UserId
    administrator: bool


def needs(s: Situation[SetAdministrator]) -> Needs:
    """The user, whether another administrator remains, and whom he has invited."""
    yield UserById(s.command.user)
    if user := s.directory.find(UserById(s.command.user)):
        yield AnotherHolder(user.organisation, s.portal.management.reaches_administrators, user.id)
        yield from invitations.needs(s.directory, user)


def decide(s: Situation[SetAdministrator]) -> Answer:
    """Set it; what he has invited as an administrator ends with his being one (TK-06)."""
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    administrator = s.portal.management.administrator
    wanted = user.management | administrator if s.command.administrator else user.management - administrator
    if refused := refuse(*_by_administrator(s, user, wanted), standing.acts(user)):
        return refused
    event = AdministratorSet(
        organisation=user.organisation,
        by=s.by,
        at=s.now,
        user=user.id,
        administrator=s.command.administrator,
        management=wanted,
    )
    return Accepted(events=(event, *(() if s.command.administrator else invitations.ended(s, user))))


def _by_administrator(s: Situation[SetAdministrator], user: User, wanted: frozenset[str]) -> Reasons:
    if not isinstance(s.actor, Member):
        return ()
    another = s.directory.get(AnotherHolder(user.organisation, s.portal.management.reaches_administrators, user.id))
    reached = management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management, wanted])
    added, gone = wanted - user.management, user.management - wanted
    # Whoever does not reach a user learns nothing of what he holds (DG-21).
    kept = delegation.revocable(s.portal, "revoke", s.words, () if reached else gone) if gone else None
    led_on = None if s.command.administrator else management.another_remains(s.portal, user, another)
    return (reached, delegation.within((), (), added, s.me.management), kept or led_on)


FLOW = Flow(command=SetAdministrator, needs=needs, decide=decide)
