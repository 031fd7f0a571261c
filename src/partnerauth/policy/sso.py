"""Rules: signing in with another provider's account."""

from __future__ import annotations

from partnerauth.decision import Rule

SSO_REFUSED = Rule(
    code="sso-refused",
    holds="A provider's word lets in only a user whom the portal knows, by a verified address or an earlier link.",
    because="An account elsewhere proves who somebody is there, not that he belongs here.",
    says="Signing in with this account did not work. Sign in with your password, or ask the service desk.",
    sources=("ED-07",),
)
