"""Rules: what a user must hold to do something in an application."""

from __future__ import annotations

from partnerauth.decision import Rule

RIGHT_MISSING = Rule(
    code="right-missing",
    holds="A user does only what he holds the right for, on that account.",
    because="A new user holds nothing, and a right on one account says nothing about another.",
    says="You do not hold the right {right} in {application} on this account. Ask your administrator.",
    sources=("BP-07", "BP-12", "BP-21", "BP-22", "BP-23", "KP-12", "DP-08"),
)

RESOURCE_NOT_GRANTED = Rule(
    code="resource-not-granted",
    holds="A right works only for the products, billing addresses and contracts that the user holds.",
    because="A company wants to say not only what somebody does, but also for what.",
    says="You have no access to {kind} {resources}. Ask your administrator.",
    sources=("BP-07", "BP-21", "BP-23", "BP-24", "BP-25", "BP-27"),
)

RESOURCE_NOT_ELIGIBLE = Rule(
    code="resource-not-eligible",
    holds="An application takes only contracts of the kind that it is made for.",
    because="A contract of another kind does not cover what the application does.",
    says="These contracts cannot be used in this application: {contracts}. Please choose others.",
    sources=("BP-24",),
)

CONTRACT_INACTIVE = Rule(
    code="contract-inactive",
    holds="A contract that is named is active.",
    because="Nothing may be sent, or promised, on a contract that has ended.",
    says="An active contract is needed; not active: {contracts}. "
    "Choose an active contract, or ask the operator of the portal.",
    sources=("BP-26",),
)
