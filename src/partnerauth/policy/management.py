"""Rules: who may manage users, and that somebody always can."""

from __future__ import annotations

from partnerauth.decision import Rule

MANAGEMENT_RIGHT_MISSING = Rule(
    code="management-right-missing",
    holds="Whoever manages a user holds the management right that reaches that user.",
    because="A company decides itself who of its people speaks for it; everybody else only uses the portal.",
    says="This takes a right that you do not hold: {needed}. Ask an administrator of your organisation.",
    sources=("BP-02", "BP-05", "BP-30", "KP-03", "DP-04"),
)

LAST_ADMINISTRATOR = Rule(
    code="last-administrator",
    holds="An organisation keeps at least one active administrator who can make others.",
    because="Without one, nobody in the company could let anybody in or out any more.",
    says="This is the last administrator of your organisation. Make somebody else administrator first, "
    "or ask the operator of the portal.",
    sources=("KP-09", "GX-07"),
)
