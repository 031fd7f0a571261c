"""Who comes in under a name: whose it is by now, whose claim to it lapses, and how somebody starts anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from partnerauth.addresses import EmailAddress
from partnerauth.decision import Reason
from partnerauth.directory import (
    AccessRequestOf,
    CredentialOf,
    Directory,
    Key,
    LoginNameByKey,
    SelectionOf,
    SelectionsOf,
    UserById,
    key_of,
)
from partnerauth.entities import Credential, Mail, OrganisationId, State, User, UserId
from partnerauth.events import ClaimLapsed, Event, login_names
from partnerauth.flow import DrawId, Needs, Situation, credential_of, mail, refusal
from partnerauth.policy import enrolment

NEW_USER = DrawId("user")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who becomes a user, perhaps for the second time.

    `credential` is what he had before, or one without a password; `gone` is what he was given before and does
    not bring along: whoever was turned down starts with nothing (LC-09, DG-25).  `lapsed` says whose claim to the
    address ends with his coming.
    """

    id: UserId
    credential: Credential
    gone: tuple[Key[Any], ...] = ()
    lapsed: tuple[Event, ...] = ()


def needs(directory: Directory, address: EmailAddress | None) -> Needs:
    """Whose the address is, and what he would leave behind by starting anew."""
    if address is None:
        return
    yield from claims(directory, [address.key])
    if claim := directory.find(LoginNameByKey(address.key)):
        yield SelectionsOf(claim.user)
        for selection in directory.find(SelectionsOf(claim.user)) or ():
            yield SelectionOf(selection.user, selection.account, selection.application)


def claims(directory: Directory, names: Iterable[str]) -> Needs:
    """Whose these names are, and what a claim rests on (GX-12)."""
    for name in names:
        yield LoginNameByKey(name)
        if claim := directory.find(LoginNameByKey(name)):
            yield UserById(claim.user)
            yield CredentialOf(claim.user)
            yield AccessRequestOf(claim.user)


def holders(s: Situation[Any], names: Iterable[str]) -> tuple[User, ...]:
    """Return the users to whom these names belong: a claim that nobody has proved is none (GX-12)."""
    return tuple(user for user in claimants(s, names) if _is_proved(s, user))


def lapsed(s: Situation[Any], names: Iterable[str], *, but: User | None = None) -> tuple[ClaimLapsed, ...]:
    """Return what happens to the claims that stand in the way of somebody who is let in under these names.

    `but` is one whose claim stays.  It stands on record of an organisation only where the actor is of it, or of
    none (TN-13).
    """
    wanted = set(names)
    return tuple(
        ClaimLapsed(
            organisation=user.organisation if s.tenant in {None, user.organisation} else OrganisationId(""),
            by=s.by,
            at=s.now,
            user=user.id,
            names=tuple(name for name in keys if name in wanted or user.email.key in wanted),
        )
        for user in claimants(s, wanted)
        if (user.state is State.REJECTED or not _is_proved(s, user)) and user != but
        for keys in [[name.key for name in login_names(user)]]
    )


def holder(s: Situation[Any], address: EmailAddress) -> User | None:
    """Return the user whose address it is (GX-12); that of somebody who was turned down is free again (DP-04)."""
    user = _known(s.directory, address)
    return None if user is None or user.state is State.REJECTED or not _is_proved(s, user) else user


def newcomer(s: Situation[Any], address: EmailAddress) -> Newcomer:
    """Return who becomes a user under an address that nobody holds.

    Whoever was turned down comes as the same user; but no administrator takes one of another organisation (GX-01).
    """
    former = _known(s.directory, address)
    if former is None or former.state is not State.REJECTED or s.tenant not in {None, former.organisation}:
        user = UserId(s.answers[NEW_USER])
        return Newcomer(user, Credential(user=user), lapsed=lapsed(s, [address.key]))
    credential = credential_of(s, former.id)
    return Newcomer(former.id, credential, tuple(map(key_of, s.directory.the(SelectionsOf(former.id)))))


def already_registered(s: Situation[Any], user: User) -> Mail:
    """Return the mail that tells whom an address belongs to that somebody tried to register it (GX-03)."""
    return mail(s, "already-registered", user.email.original, user.details)


def refusal_about(s: Situation[Any], reasons: tuple[Reason, ...], address: EmailAddress | None) -> Event:
    """Put a refusal on record under the address that was named."""
    return refusal(s, reasons, address.key if address else "")


def claimants(s: Situation[Any], names: Iterable[str]) -> tuple[User, ...]:
    """Return the users who have these names, whether or not they have proved that they are theirs."""
    found = (s.directory.get(LoginNameByKey(name)) for name in names)
    return tuple(s.directory.the(UserById(each)) for each in dict.fromkeys(claim.user for claim in found if claim))


def _is_proved(s: Situation[Any], user: User) -> bool:
    return enrolment.is_proved(user, s.directory.get(CredentialOf(user.id)), s.directory.get(AccessRequestOf(user.id)))


def _known(directory: Directory, address: EmailAddress) -> User | None:
    claim = directory.get(LoginNameByKey(address.key))
    return directory.get(UserById(claim.user)) if claim else None
