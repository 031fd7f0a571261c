"""Rules: letting another organisation work on an account."""

from __future__ import annotations

from partnerauth.decision import Rule

UNKNOWN_SUBCONTRACTOR = Rule(
    code="unknown-subcontractor",
    holds="A subcontractor is chosen from the operator's list.",
    because="The operator knows which companies can take such work, and two may share a name.",
    says="This organisation is not on the list of subcontractors. Ask the operator of the portal to add it.",
    sources=("BP-30",),
)
