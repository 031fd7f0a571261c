"""Who comes in under an address: whose it is by now, and how somebody who was turned down starts anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from partnerauth.addresses import EmailAddress
from partnerauth.decision import Reason
from partnerauth.directory import (
    CredentialOf,
    Directory,
    Key,
    LoginNameByKey,
    SelectionOf,
    SelectionsOf,
    UserById,
    key_of,
)
from partnerauth.entities import Credential, Mail, State, User, UserId
from partnerauth.events import Event
from partnerauth.flow import DrawId, Needs, Situation, mail, refusal

NEW_USER = DrawId("user")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who becomes a user, perhaps for the second time.

    `credential` is what he had before, or one without a password; `gone` is what he was given before and does
    not bring along: whoever was turned down starts with nothing (LC-09, DG-25).
    """

    id: UserId
    credential: Credential
    gone: tuple[Key[Any], ...] = ()


def needs(directory: Directory, address: EmailAddress | None) -> Needs:
    """Whose the address is, and what he would leave behind by starting anew."""
    if address is None:
        return
    yield LoginNameByKey(address.key)
    if claim := directory.find(LoginNameByKey(address.key)):
        yield UserById(claim.user)
        yield CredentialOf(claim.user)
        yield SelectionsOf(claim.user)
        for selection in directory.find(SelectionsOf(claim.user)) or ():
            yield SelectionOf(selection.user, selection.account, selection.application)


def holder(s: Situation[Any], address: EmailAddress) -> User | None:
    """Return the user whose address it is (GX-12); that of somebody who was turned down is free again (DP-04)."""
    user = _known(s.directory, address)
    return None if user is None or user.state is State.REJECTED else user


def newcomer(s: Situation[Any], address: EmailAddress) -> Newcomer:
    """Return who becomes a user under an address that nobody holds."""
    former = _known(s.directory, address)
    if former is None:
        user = UserId(s.answers[NEW_USER])
        return Newcomer(user, Credential(user=user))
    credential = s.directory.get(CredentialOf(former.id)) or Credential(user=former.id)
    return Newcomer(former.id, credential, tuple(map(key_of, s.directory.the(SelectionsOf(former.id)))))


def already_registered(s: Situation[Any], user: User) -> Mail:
    """Return the mail that tells whom an address belongs to that somebody tried to register it (GX-03)."""
    return mail(s, "already-registered", user.email.original, user.details)


def refusal_about(s: Situation[Any], reasons: tuple[Reason, ...], address: EmailAddress | None) -> Event:
    """Put a refusal on record under the address that was named."""
    return refusal(s, reasons, address.key if address else "")


def _known(directory: Directory, address: EmailAddress) -> User | None:
    claim = directory.get(LoginNameByKey(address.key))
    return directory.get(UserById(claim.user)) if claim else None
