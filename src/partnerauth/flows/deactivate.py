"""Flow: a user leaves: he is deactivated, never deleted.

Refuses: other-organisation, management-right-missing, last-administrator.
"""

from __future__ import annotations

from dataclasses import replace

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AnotherHolder, CredentialOf, UserById
from partnerauth.entities import Member, State, User, UserId
from partnerauth.events import UserDeactivated
from partnerauth.flow import Command, Flow, Needs, Reasons, Situation, credential_of, found, refuse
from partnerauth.policy import lifecycle, management
from partnerauth.steps import invitations


class Deactivate(Command):
    """Deactivate a user together with all his rights, which stay on record (BP-09, BP-10)."""

    user: UserId


def needs(s: Situation[Deactivate]) -> Needs:
    """The user, his credential, whether another administrator remains, and whom he has invited."""
    yield UserById(s.command.user)
    yield CredentialOf(s.command.user)
    if user := s.directory.find(UserById(s.command.user)):
        yield AnotherHolder(user.organisation, s.portal.management.reaches_administrators, user.id)
        yield from invitations.needs(s.directory, user)


def decide(s: Situation[Deactivate]) -> Answer:
    """Deactivate him: his sessions, links and invitations end at once (GX-02), and no feed brings him back (FD-10)."""
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    if refused := refuse(*_by_administrator(s, user)):
        return refused
    if user.state is State.DEACTIVATED and not lifecycle.left_by_feed(user):
        return Accepted()
    credential = credential_of(s, user.id)
    event = UserDeactivated(organisation=user.organisation, by=s.by, at=s.now, user=user.id)
    return Accepted(
        events=(event, *invitations.ended(s, user)),
        keeps=(replace(credential, epoch=credential.epoch + 1),),
    )


def _by_administrator(s: Situation[Deactivate], user: User) -> Reasons:
    if not isinstance(s.actor, Member):
        return ()
    another = s.directory.get(AnotherHolder(user.organisation, s.portal.management.reaches_administrators, user.id))
    return (
        management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management]),
        management.another_remains(s.portal, user, another),
    )


FLOW = Flow(command=Deactivate, needs=needs, decide=decide)
