"""Rules: which rights go together in one profile of a rights matrix."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from partnerauth.decision import Reason, Rule
from partnerauth.policy.grid import Cell
from partnerauth.policy.portal import Application, Matrix

MATRIX_MANDATORY_MISSING = Rule(
    code="matrix-mandatory-missing",
    holds="A set of rights holds every right that its profile makes mandatory.",
    because="Without it the application does not work for such a user.",
    says="The profile {profile} also needs: {rights}. Please add this.",
    sources=("BP-28",),
)

MATRIX_NOT_APPLICABLE = Rule(
    code="matrix-not-applicable",
    holds="A set of rights holds no right that does not apply to its profile.",
    because="The right has no meaning for such a user.",
    says="This does not apply to the profile {profile}: {rights}. Please leave it out, or choose another profile.",
    sources=("BP-28",),
)

MATRIX_NOT_ALLOWED = Rule(
    code="matrix-not-allowed",
    holds="A set of rights holds no right that its profile does not allow.",
    because="The profile is meant to keep such a user from doing this.",
    says="This is not allowed in the profile {profile}: {rights}. Please leave it out, or choose another profile.",
    sources=("BP-28",),
)

MATRIX_SERVICE_MISSING = Rule(
    code="matrix-service-missing",
    holds="Access rights come with at least one service (borderel type).",
    because="Access without a service opens an application in which nothing can be done.",
    says="Please choose at least one service in {application} as well.",
    sources=("BP-26",),
)

MATRIX_NO_PROFILE = Rule(
    code="matrix-no-profile",
    holds="A set of rights fits at least one profile of the matrix.",
    because="A mix of profiles is a user whom the application does not know.",
    says="These rights together fit no profile. To fit one, add (+) or leave out (-): {changes}.",
    sources=("BP-18", "BP-28"),
)
"""Each of `changes` is a profile and its changes, in no language: "general +general-access -borderel-10"."""


def missing(matrix: Matrix, profile: str, rights: Collection[str]) -> tuple[str, ...]:
    """Return the mandatory rights of a profile that are not among these."""
    return tuple(
        right for right, cells in matrix.cells.items() if cells[profile] is Cell.MANDATORY and right not in rights
    )


def barred(matrix: Matrix, profile: str, rights: Collection[str], cell: Cell) -> tuple[str, ...]:
    """Return those of the rights that the profile bars with this cell: not applicable, or not allowed."""
    return tuple(right for right, cells in matrix.cells.items() if cells[profile] is cell and right in rights)


def forbidden(matrix: Matrix, profile: str, rights: Collection[str]) -> tuple[str, ...]:
    """Return those of the rights that the profile bars, for either reason."""
    return (
        *barred(matrix, profile, rights, Cell.NOT_APPLICABLE),
        *barred(matrix, profile, rights, Cell.NOT_ALLOWED),
    )


def fitting(matrix: Matrix, rights: Collection[str]) -> tuple[str, ...]:
    """Return the profiles that a set of rights fits."""
    return tuple(
        profile
        for profile in matrix.profiles
        if not missing(matrix, profile, rights) and not forbidden(matrix, profile, rights)
    )


def misfits(matrix: Matrix, rights: Collection[str]) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return for each profile that the rights do not fit what is missing and what is barred."""
    return {
        profile: (missing(matrix, profile, rights), forbidden(matrix, profile, rights))
        for profile in matrix.profiles
        if missing(matrix, profile, rights) or forbidden(matrix, profile, rights)
    }


def valid(application: Application, rights: Collection[str], profile: str | None) -> tuple[Reason | None, ...]:
    """A set of rights, what is held and what is added together, fits the profile, or some profile (BP-26, BP-28)."""
    matrix = application.matrix
    if matrix is None or not rights:
        return ()
    accesses = [right for right in rights if right not in matrix.services]
    services = [right for right in rights if right in matrix.services]
    asks_for_services = bool(matrix.services) and bool(accesses)
    unserved = (
        MATRIX_SERVICE_MISSING.broken(application=application.name) if asks_for_services and not services else None
    )
    if profile is not None:
        return (*_in_profile(matrix, profile, rights), unserved)
    fits = bool(fitting(matrix, rights))
    return (None if fits else MATRIX_NO_PROFILE.broken(changes=_changes(matrix, rights)), unserved)


def allowed(matrix: Matrix, profile: str, rights: Collection[str]) -> frozenset[str]:
    """Return those of the rights that the profile's cells allow (BP-18)."""
    barred_rights = forbidden(matrix, profile, rights)
    return frozenset(right for right in rights if right not in barred_rights)


def _in_profile(matrix: Matrix, profile: str, rights: Collection[str]) -> tuple[Reason | None, ...]:
    lacking = missing(matrix, profile, rights)
    not_applicable = barred(matrix, profile, rights, Cell.NOT_APPLICABLE)
    not_allowed = barred(matrix, profile, rights, Cell.NOT_ALLOWED)
    return (
        MATRIX_MANDATORY_MISSING.broken(profile=profile, rights=lacking) if lacking else None,
        MATRIX_NOT_APPLICABLE.broken(profile=profile, rights=not_applicable) if not_applicable else None,
        MATRIX_NOT_ALLOWED.broken(profile=profile, rights=not_allowed) if not_allowed else None,
    )


def _changes(matrix: Matrix, rights: Collection[str]) -> tuple[str, ...]:
    return tuple(
        f"{profile}: " + " ".join([*(f"+{right}" for right in lacking), *(f"-{right}" for right in excess)])
        for profile, (lacking, excess) in misfits(matrix, rights).items()
    )
