"""Rules: how a user's time on the portal ends."""

from __future__ import annotations

from partnerauth.decision import Reason, Rule
from partnerauth.directory import KnownUser
from partnerauth.entities import Credential, State, User
from partnerauth.events import ERASED_DOMAIN

BY_SYSTEM = "system:"
"""How the record names a feed or another machine, before its own name; no user is called so."""

DELETE_FORBIDDEN = Rule(
    code="delete-forbidden",
    holds="A user is deactivated, never deleted.",
    because="What a user did and gave stays on record, and the record must be able to name him.",
    says="Users cannot be deleted. Deactivate the user instead.",
    sources=("BP-09",),
)

USER_ERASED = Rule(
    code="user-erased",
    holds="A user whose personal data were erased stays deactivated.",
    because="Nobody is behind his id any more: whoever comes back comes as a new user, with nothing of the old one's.",
    says="This user's personal data were erased, so that the user cannot become active again. Add a new user instead.",
    sources=("GX-02", "GX-08"),
)

ENDED = frozenset({State.DEACTIVATED, State.REJECTED})
"""The states of users who can be erased: nothing of theirs goes on."""


def never_deleted() -> Reason:
    """Nobody is ever deleted, whoever asks (BP-09)."""
    return DELETE_FORBIDDEN.broken()


def is_erased(user: User) -> bool:
    """Whether what is known of a user as a person was erased."""
    return user.email.domain == ERASED_DOMAIN


def not_erased(user: User) -> Reason | None:
    """Nobody comes back as a user who was erased (GX-02)."""
    return USER_ERASED.broken() if is_erased(user) else None


def left_by_feed(user: User | KnownUser) -> bool:
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
