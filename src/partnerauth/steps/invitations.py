"""How an invitation is sent, and how it ends with the power of whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from partnerauth.directory import Directory, InvitationOf, InvitationsBy, UserById
from partnerauth.entities import Credential, LatestToken, Mail, Purpose, Token, User
from partnerauth.events import InvitationCancelled
from partnerauth.flow import Needs, Situation, mail
from partnerauth.steps import links


def sent(
    s: Situation[Any], credential: Credential, to: str, details: Mapping[str, str], organisation: str
) -> tuple[Mail, tuple[Token, LatestToken]]:
    """Return the mail with a new link, and the link, which ends the older ones (KP-01, TK-26)."""
    token, link = links.drawn(s, credential, Purpose.INVITATION, s.portal.lifetimes.invitation)
    return mail(s, "invitation", to, details, token=token, organisation=organisation), link


def needs(directory: Directory, inviter: User) -> Needs:
    """Whoever a user has invited and who has not come in yet."""
    pending = InvitationsBy(inviter.id)
    yield pending
    for user in directory.find(pending) or ():
        yield UserById(user)
        yield InvitationOf(user)


def ended(s: Situation[Any], inviter: User) -> tuple[InvitationCancelled, ...]:
    """Return the end of every invitation that waits: its inviter may invite nobody any more (TK-06, LC-05)."""
    return tuple(
        InvitationCancelled(organisation=inviter.organisation, by=s.by, at=s.now, user=user)
        for user in s.directory.the(InvitationsBy(inviter.id))
    )
