"""Rules: giving rights to others, and taking them away."""

from __future__ import annotations

from partnerauth.decision import Rule

DELEGATION_LIMIT = Rule(
    code="delegation-limit",
    holds="Nobody gives more than he holds himself.",
    because="If rights could grow on their way from hand to hand, the operator's ceiling would mean nothing.",
    says="You can only give what you hold yourself; you do not hold {exceeding}.",
    sources=("BP-02", "BP-04", "BP-19", "BP-31", "GX-02"),
)

REVOCATION_FORBIDDEN = Rule(
    code="revocation-forbidden",
    holds="Rights once given to a user of the own organisation are not taken away one by one.",
    because="Whoever should no longer have them is deactivated as a whole, which leaves a clear record.",
    says="Rights cannot be taken away again ({rights}). You can deactivate the user, "
    "or ask the operator of the portal to take these rights away.",
    sources=("BP-10",),
)
