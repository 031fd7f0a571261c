"""Rules: how a user's time on the portal ends."""

from __future__ import annotations

from partnerauth.decision import Reason, Rule

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
