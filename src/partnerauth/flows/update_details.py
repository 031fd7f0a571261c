"""Flow: a user changes his own details, or an administrator a colleague's.

Refuses: unknown-name, other-organisation, management-right-missing, field-required, field-malformed.
"""

from __future__ import annotations

from collections.abc import Mapping

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import UserById
from partnerauth.entities import UserId
from partnerauth.events import DetailsUpdated
from partnerauth.flow import Command, Flow, Needs, Situation, found, refuse
from partnerauth.policy import forms, management


class UpdateDetails(Command):
    """Change some details of oneself, or of `user`; an empty text takes an optional one away."""

    user: UserId | None = None
    details: Mapping[str, str]


def needs(s: Situation[UpdateDetails]) -> Needs:
    """The user."""
    yield UserById(s.command.user or s.me.id)


def decide(s: Situation[UpdateDetails]) -> Answer:
    """Change them (BP-33, KP-10)."""
    details = s.command.details
    if refused := refuse(forms.known_fields(s.portal, "update-details", details)):
        return refused
    identity = s.command.user or s.me.id
    user = found(s, UserById(identity), identity, within=s.tenant)
    if isinstance(user, Refused):
        return user
    if refused := refuse(
        None
        if user == s.me
        else management.reaches(s.portal, s.me, s.command.word(), user.organisation, [user.management]),
        forms.not_emptied(s.portal, details, user.details),
        forms.well_formed(details),
    ):
        return refused
    stripped = {field: value.strip() for field, value in details.items()}
    event = DetailsUpdated(organisation=user.organisation, by=s.by, at=s.now, user=user.id, details=stripped)
    return Accepted(events=(event,))


FLOW = Flow(command=UpdateDetails, needs=needs, decide=decide)
