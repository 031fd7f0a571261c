"""Rules: signing in with another provider's account."""

from __future__ import annotations

from collections.abc import Iterable

from partnerauth.decision import Reason, Rule
from partnerauth.entities import SsoLink

SSO_REFUSED = Rule(
    code="sso-refused",
    holds="A provider's word lets in only a user whom the portal knows, by a verified address or an earlier link.",
    because="An account elsewhere proves who somebody is there, not that he belongs here.",
    says="Signing in with this account did not work. Sign in with your password, or ask the service desk.",
    sources=("ED-07",),
)


def first_link(links: Iterable[SsoLink], provider: str) -> Reason | None:
    """The user is not known by another account of the provider: a mailbox may have a new owner (EM-22, SO-01)."""
    return SSO_REFUSED.broken() if any(link.provider == provider for link in links) else None
