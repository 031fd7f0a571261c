"""Rules: what a portal offers, and the names that its portal file knows."""

from __future__ import annotations

from partnerauth.decision import Rule

NOT_OFFERED = Rule(
    code="not-offered",
    holds="A command, an application or a right exists only where the portal file offers it.",
    because="The portals share one engine, and none may answer to what only another one promises.",
    says="This portal does not offer {name}.",
    sources=("BP-30", "BP-31", "BP-32", "DP-08"),
)

UNKNOWN_NAME = Rule(
    code="unknown-name",
    holds="Every name in a command is one that the portal file knows.",
    because="A misspelt right that is accepted in silence is a right that nobody checks.",
    says="Unknown to this portal ({kind}): {names}. Please check the spelling.",
    sources=("BP-17", "KP-12", "DP-08"),
)
