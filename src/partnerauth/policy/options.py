"""Rules: what the operator switches on for an organisation."""

from __future__ import annotations

from partnerauth.decision import Rule

OPTION_DISABLED = Rule(
    code="option-disabled",
    holds="A right that depends on an option is given and works only while the operator has the option on.",
    because="Some rights rest on an agreement with the company, and end with it.",
    says="Not available to your organisation: {rights}. "
    "This needs an option that is not switched on: {options}. Ask the operator of the portal.",
    sources=("BP-06", "BP-20", "BP-28"),
)

PORTAL_SIGN_IN_FIRST = Rule(
    code="portal-sign-in-first",
    holds="File exchange works once the user has signed in through the portal.",
    because="The first sign-in proves that the user received the account and chose his own password.",
    says="Please sign in on the portal once; after that, file exchange will work.",
    sources=("BP-06",),
)
