"""Rules: how often somebody may be wrong."""

from __future__ import annotations

from partnerauth.decision import Rule

TOO_MANY_ATTEMPTS = Rule(
    code="too-many-attempts",
    holds="Whoever was wrong too often waits before the next try.",
    because="A password or a code falls to whoever may try without end.",
    says="There were too many wrong attempts. Please wait {seconds} and try again.",
    sources=("DP-01", "GX-05"),
)
