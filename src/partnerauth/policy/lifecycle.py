"""Rules: how a user's time on the portal ends."""

from __future__ import annotations

from partnerauth.decision import Reason, Rule
from partnerauth.entities import Credential, State, User

BY_SYSTEM = "system:"
"""How the record names a feed or another machine, before its own name; no user is called so."""

DELETE_FORBIDDEN = Rule(
    code="delete-forbidden",
    holds="A user is deactivated, never deleted.",
    because="What a user did and gave stays on record, and the record must be able to name him.",
    says="Users cannot be deleted. Deactivate the user instead.",
    sources=("BP-09",),
)


def never_deleted() -> Reason:
    """Nobody is ever deleted, whoever asks (BP-09)."""
    return DELETE_FORBIDDEN.broken()


def left_by_feed(user: User) -> bool:
    """Whether a user was deactivated because a feed named him no longer, and not by hand (ED-01, FD-10)."""
    return user.state is State.DEACTIVATED and user.deactivated_by.startswith(BY_SYSTEM)


def returns_as(user: User, credential: Credential | None) -> State:
    """Return the state in which a deactivated user comes back (GX-02).

    Whoever waited for an answer waits again, and whoever was turned down stays so (BP-01, DP-04); of the others
    those who have a password are active, and those who never proved themselves are invited.
    """
    if user.deactivated_from in {State.PENDING, State.REJECTED}:
        return user.deactivated_from
    return State.ACTIVE if credential and credential.password_hash else State.INVITED
