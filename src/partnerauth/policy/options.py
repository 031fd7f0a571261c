"""Rules: what the operator switches on for an organisation."""

from __future__ import annotations

from collections.abc import Iterable

from partnerauth.decision import Reason, Rule
from partnerauth.entities import Organisation
from partnerauth.policy.portal import Application, Portal

OPTION_DISABLED = Rule(
    code="option-disabled",
    holds="A right that depends on an option is given and works only while the operator has the option on.",
    because="Some rights rest on an agreement with the company, and end with it.",
    says="Not available to your organisation: {rights}. "
    "This needs an option that is not switched on: {options}. Ask the operator of the portal.",
    sources=("BP-06", "BP-20", "BP-28"),
)

PORTAL_SIGN_IN_FIRST = Rule(
    code="portal-sign-in-first",
    holds="File exchange works once the user has signed in through the portal.",
    because="The first sign-in proves that the user received the account and chose his own password.",
    says="Please sign in on the portal once; after that, file exchange will work.",
    sources=("BP-06",),
)


def enabled(application: Application, organisation: Organisation, rights: Iterable[str]) -> Reason | None:
    """The options that the rights depend on are switched on for the organisation (BP-20, BP-28)."""
    needed = {right: application.rights[right].option for right in rights}
    return _off({right: option for right, option in needed.items() if option}, organisation)


def management_enabled(portal: Portal, organisation: Organisation, rights: Iterable[str]) -> Reason | None:
    """The options that the management rights depend on are switched on for the organisation (BP-06)."""
    options = portal.management.options
    return _off({right: options[right] for right in rights if right in options}, organisation)


def _off(needed: dict[str, str], organisation: Organisation) -> Reason | None:
    off = {right: option for right, option in needed.items() if option not in organisation.options}
    if not off:
        return None
    return OPTION_DISABLED.broken(options=tuple(sorted(set(off.values()))), rights=tuple(sorted(off)))
