"""Rules: which fields a form needs, and what may stand in them."""

from __future__ import annotations

from partnerauth.decision import Rule

FIELD_REQUIRED = Rule(
    code="field-required",
    holds="Every mandatory field of a form is filled in.",
    because="The portal needs these data to reach the person, or to handle the request.",
    says="Please fill in: {fields}.",
    sources=("BP-11", "KP-06", "KP-07", "DP-05", "DP-09"),
)

FIELD_MALFORMED = Rule(
    code="field-malformed",
    holds="A field holds ordinary text of a sensible length, or one of its listed values.",
    because="Hidden characters and endless texts end up in mails, lists and files, where they do harm.",
    says="Please correct: {fields}. The text is too long, holds characters that are not allowed, "
    "or is not one of the possible answers.",
    sources=("BP-11", "KP-06", "DP-05", "DP-09"),
)
