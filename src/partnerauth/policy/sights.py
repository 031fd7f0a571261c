"""Rules: whose records a user sees."""

from __future__ import annotations

from partnerauth.entities import Case, User
from partnerauth.policy.portal import Portal, Sight


def shows(sight: Sight, *, is_own: bool, is_administrator: bool) -> bool:
    """Whether a rule of visibility lets somebody see a record of his organisation (BP-22, DP-06)."""
    return (is_own or sight.whose == "organisation") and (is_administrator or not sight.administrators_only)


def sees_case(portal: Portal, user: User, case: Case) -> bool:
    """Whether a case is among those that a user sees, as far as it is about whose it is (DP-06)."""
    is_administrator = not portal.management.administrator.isdisjoint(user.management)
    return user.organisation == case.organisation and any(
        shows(sight, is_own=case.reporter == user.id, is_administrator=is_administrator)
        for sight in portal.records[portal.case_rules.record].seen_by
    )
