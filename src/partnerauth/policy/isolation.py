"""Rules: nothing crosses organisations."""

from __future__ import annotations

from partnerauth.decision import Rule

OTHER_ORGANISATION = Rule(
    code="other-organisation",
    holds="A user reads and changes nothing outside his own organisation.",
    because="Competitors share the portal; the answer is the same for what does not exist, so that "
    "nobody can find out by trying names.",
    says="Your organisation has nothing named {names}. Please check what you entered.",
    sources=("ED-10", "DP-10", "GX-01"),
)
