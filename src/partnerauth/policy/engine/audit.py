"""What a portal decides, as one document to audit: the very code that runs, below what it was made of."""

from __future__ import annotations

from partnerauth.policy.engine import rules
from partnerauth.policy.engine.rules import Rules
from partnerauth.policy.portal import Portal

_INTRODUCTION = """\
# Decisions of the portal {portal}: {title}
# Fingerprint of the portal file: {fingerprint}
#
# Generated from the Casbin models rights.conf and management.conf and the rule rows below, and run as it stands
# here.  Each row is one commented condition, named by the row's id; the first one that holds decides.  G and G2 are
# the facts: what is held, and what is so of users, accounts and rights."""


def document(portal: Portal) -> str:
    """Return a portal's two decisions as Python to read, with the fingerprint and the ids of their rule rows.

    The same portal file gives the same text, so that two versions can be compared line by line.
    """
    introduction = _INTRODUCTION.format(portal=portal.portal, title=portal.title, fingerprint=portal.fingerprint)
    rights, management = rules.rights(portal), rules.management(portal)
    parts = (
        introduction,
        _part("Who may use which right", rights),
        _part("Whose management rights reach whom", management),
    )
    return "\n\n\n".join(parts) + "\n"


def _part(heading: str, decided: Rules) -> str:
    ids = "\n".join(f"#   {row[0]}" for row in decided.rows)
    return f"# {heading}: {len(decided.rows)} rows\n{ids}\n\n{decided.listing.strip()}"
