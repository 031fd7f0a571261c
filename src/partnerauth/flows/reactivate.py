"""Flow: whoever may deactivate a user makes him active again.

Refuses: other-organisation, user-erased, management-right-missing, delegation-limit.
"""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AccountById, CredentialOf, DelegationTo, SelectionsOf, UserById
from partnerauth.entities import Element, Member, Selection, State, User, UserId
from partnerauth.events import UserReactivated
from partnerauth.flow import Command, Flow, Needs, Reasons, Situation, found, refuse
from partnerauth.policy import delegation, lifecycle, management, rights, subcontracting


class Reactivate(Command):
    """Make a deactivated user active again: what he was given counts again (GX-02)."""

    user: UserId


def needs(s: Situation[Reactivate]) -> Needs:
    """The user, all that he and the actor were given, and what that depends on."""
    yield UserById(s.command.user)
    yield CredentialOf(s.command.user)
    yield SelectionsOf(s.command.user)
    if s.user is None:
        return
    yield SelectionsOf(s.user.id)
    yield from (AccountById(each.account) for each in s.directory.find(SelectionsOf(s.user.id)) or ())
    for selection in s.directory.find(SelectionsOf(s.command.user)) or ():
        yield AccountById(selection.account)
        yield DelegationTo(selection.account, selection.application, s.user.organisation)


def decide(s: Situation[Reactivate]) -> Answer:
    """Reactivate him, within the actor's own delegation limit; he comes back as what he was."""
    user = found(s, UserById(s.command.user), s.command.user, within=s.tenant)
    if isinstance(user, Refused):
        return user
    if refused := refuse(lifecycle.not_erased(user), *_by_administrator(s, user)):
        return refused
    if user.state is not State.DEACTIVATED:
        return Accepted()
    state = lifecycle.returns_as(user, s.directory.get(CredentialOf(user.id)))
    event = UserReactivated(organisation=user.organisation, by=s.by, at=s.now, user=user.id, state=state)
    return Accepted(events=(event,))


def _by_administrator(s: Situation[Reactivate], user: User) -> Reasons:
    if not isinstance(s.actor, Member):
        return ()
    exceeding = [
        element
        for selection in s.directory.the(SelectionsOf(user.id))
        for element in _counts(s, user, selection) - _mine(s, selection)
    ]
    reached = management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management])
    limit = delegation.within(exceeding, (), user.management, s.me.management)
    # Whoever does not reach a user learns nothing of what he holds (DG-21).
    return (reached, delegation.DELEGATION_LIMIT.broken(exceeding=()) if reached and limit else limit)


def _mine(s: Situation[Reactivate], other: Selection) -> frozenset[Element]:
    """Return what the actor holds where the other selection is."""
    own = s.directory.the(SelectionsOf(s.me.id))
    there = [each for each in own if (each.account, each.application) == (other.account, other.application)]
    nothing = Selection(user=s.me.id, account=other.account, application=other.application)
    return _counts(s, s.me, there[0] if there else nothing)


def _counts(s: Situation[Reactivate], user: User, selection: Selection) -> frozenset[Element]:
    """Return what of a selection counts while its user is active."""
    code = selection.application
    account = s.directory.get(AccountById(selection.account))
    if account is None or code not in s.portal.applications:
        return frozenset()
    if account.organisation == user.organisation:
        return rights.of_account(s.portal, code, account, s.mine, selection)
    return subcontracting.held_of_another(
        s.portal.applications[code],
        account,
        s.directory.get(DelegationTo(account.id, code, user.organisation)),
        selection,
        administers=subcontracting.administers(
            s.portal,
            code,
            user,
            s.directory.the(SelectionsOf(user.id)),
            lambda each: s.directory.get(AccountById(each)),
        ),
    )


FLOW = Flow(command=Reactivate, needs=needs, decide=decide)
