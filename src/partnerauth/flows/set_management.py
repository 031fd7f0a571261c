"""Flow: an administrator sets which management rights a user has.

Refuses: unknown-name, other-organisation, management-right-missing, delegation-limit, option-disabled,
revocation-forbidden, last-administrator.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Reason, Refused
from partnerauth.directory import AnotherHolder, UserById
from partnerauth.entities import User, UserId
from partnerauth.events import ManagementSet
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import delegation, management, offers, options


class SetManagement(Command):
    """Set the management rights of a user; where rights are not taken away, the set only ever grows (BP-10)."""

    user: UserId
    management: frozenset[str]


def needs(s: Situation[SetManagement]) -> Needs:
    """The user, and whether another administrator remains."""
    yield UserById(s.command.user)
    if user := s.directory.find(UserById(s.command.user)):
        yield AnotherHolder(user.organisation, s.portal.management.reaches_administrators, user.id)


def decide(s: Situation[SetManagement]) -> Answer:
    """Set them: it takes the right that reaches him, as he is now and as he will be (BP-02, BP-05)."""
    wanted = s.command.management
    if refused := refuse(offers.known("management right", wanted, s.portal.management.rights)):
        return refused
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    added, gone = wanted - user.management, user.management - wanted
    reached = management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management, wanted])
    # Whoever does not reach a user learns nothing of what he holds (DG-21).
    kept = delegation.revocable(s.portal, "revoke", s.words, () if reached else gone) if gone else None
    if refused := refuse(
        reached,
        delegation.within((), (), added, s.me.management),
        options.management_enabled(s.portal, s.mine, added),
        kept or _led_on(s, user, gone),
    ):
        return refused
    event = ManagementSet(organisation=user.organisation, by=s.by, at=s.now, user=user.id, management=wanted)
    return Accepted(events=(event,))


def _led_on(s: Situation[SetManagement], user: User, gone: frozenset[str]) -> Reason | None:
    """Where rights can be taken away, somebody is left who makes administrators (GX-07)."""
    makes_others = s.portal.management.reaches_administrators
    another = s.directory.get(AnotherHolder(user.organisation, makes_others, user.id))
    return management.another_remains(s.portal, user, another) if makes_others in gone else None


FLOW = Flow(command=SetManagement, needs=needs, decide=decide)
