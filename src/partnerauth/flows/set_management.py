"""Flow: an administrator sets which management rights a user has.

Refuses: unknown-name, other-organisation, management-right-missing, delegation-limit, option-disabled,
revocation-forbidden.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import UserById
from partnerauth.entities import UserId
from partnerauth.events import ManagementSet
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import delegation, management, offers, options


class SetManagement(Command):
    """Set the management rights of a user; where rights are not taken away, the set only ever grows (BP-10)."""

    user: UserId
    management: frozenset[str]


def needs(s: Situation[SetManagement]) -> Needs:
    """The user."""
    yield UserById(s.command.user)


def decide(s: Situation[SetManagement]) -> Answer:
    """Set them: it takes the right that reaches him, as he is now and as he will be (BP-02, BP-05)."""
    wanted = s.command.management
    if refused := refuse(offers.known("management right", wanted, s.portal.management.rights)):
        return refused
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    added, gone = wanted - user.management, user.management - wanted
    if refused := refuse(
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management, wanted]),
        delegation.within((), (), added, s.me.management),
        options.management_enabled(s.portal, s.mine, added),
        delegation.revocable(s.portal, "revoke", s.words, gone) if gone else None,
    ):
        return refused
    event = ManagementSet(organisation=user.organisation, by=s.by, at=s.now, user=user.id, management=wanted)
    return Accepted(events=(event,))


FLOW = Flow(command=SetManagement, needs=needs, decide=decide)
