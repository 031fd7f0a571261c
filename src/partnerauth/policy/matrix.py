"""Rules: which rights go together in one profile of a rights matrix."""

from __future__ import annotations

from partnerauth.decision import Rule

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
    says="This does not apply to the profile {profile}: {rights}. "
    "Please leave it out, or choose another profile.",
    sources=("BP-28",),
)

MATRIX_NOT_ALLOWED = Rule(
    code="matrix-not-allowed",
    holds="A set of rights holds no right that its profile does not allow.",
    because="The profile is meant to keep such a user from doing this.",
    says="This is not allowed in the profile {profile}: {rights}. "
    "Please leave it out, or choose another profile.",
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
