"""Rules: how organisations and their first users come in."""

from __future__ import annotations

from partnerauth.decision import Rule

ADMINISTRATOR_EXISTS = Rule(
    code="administrator-exists",
    holds="Only the first person of an organisation asks the operator for access; "
    "the administrator creates the others.",
    because="Once a company has an administrator, the company itself decides who comes in.",
    says="Your organisation already has an administrator. Ask your administrator to create a user for you.",
    sources=("BP-01", "GX-03"),
)

ALREADY_EXISTS = Rule(
    code="already-exists",
    holds="A user name or address belongs to one user, as people see it.",
    because="Two names that look the same let one person pass for another.",
    says="{name} already exists. Please choose another name, or use the user that is already there.",
    sources=("GX-03", "GX-12"),
)

ORGANISATION_EXISTS = Rule(
    code="organisation-exists",
    holds="An organisation is there once, by name and town.",
    because="A second one beside the first would get round the approval by its administrator.",
    says="This organisation already exists: {match}. Please join it instead.",
    sources=("DP-02",),
)
