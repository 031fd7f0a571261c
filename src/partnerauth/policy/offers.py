"""Rules: what a portal offers, and the names that its portal file knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from partnerauth.decision import Reason, Rule
from partnerauth.entities import Account, Organisation
from partnerauth.policy.portal import RESOURCE_KINDS, Application, Portal

NOT_OFFERED = Rule(
    code="not-offered",
    holds="A command, an application or a right exists only where the portal file offers it.",
    because="The portals share one engine, and none may answer to what only another one promises.",
    says="This portal does not offer {name}.",
    sources=("BP-12", "BP-13", "BP-30", "BP-31", "BP-32", "SP-05", "DP-08"),
)

UNKNOWN_NAME = Rule(
    code="unknown-name",
    holds="Every name in a command is one that the portal file knows.",
    because="A misspelt right that is accepted in silence is a right that nobody checks.",
    says="Unknown to this portal ({kind}): {names}. Please check the spelling.",
    sources=("BP-17", "KP-12", "DP-08", "DP-09"),
)


def offered(portal: Portal, command: str, actor_words: frozenset[str]) -> Reason | None:
    """The portal offers the command to this kind of actor."""
    if actor_words.isdisjoint(portal.offers.get(command, ())):
        return NOT_OFFERED.broken(name=command)
    return None


def known(kind: str, names: Iterable[str], catalogue: Collection[str]) -> Reason | None:
    """Each of the names is one that the portal file knows."""
    strange = tuple(sorted({name for name in names if name not in catalogue}))
    return UNKNOWN_NAME.broken(kind=kind, names=strange) if strange else None


def known_application(portal: Portal, application: str) -> Reason | None:
    """The portal has such an application."""
    return known("application", (application,), portal.applications)


def known_choice(
    application: Application,
    rights: Iterable[str],
    resources: Mapping[str, Iterable[str]],
    profile: str | None = None,
) -> Reason | None:
    """Each right, kind of resource, product and profile is one of the application's catalogue."""
    kinds = [kind for kind in RESOURCE_KINDS if kind in application.kinds]
    profiles = application.matrix.profiles if application.matrix else ()
    return (
        known("right", rights, application.rights)
        or known("resource", resources, kinds)
        or known("product", resources.get("product", ()), application.products)
        or known("profile", () if profile is None else (profile,), profiles)
    )


def known_resources(account: Account, resources: Mapping[str, Iterable[str]]) -> Reason | None:
    """Each billing address and contract is one of the account's: what is not there yet is given to nobody."""
    return known("billing-address", resources.get("billing-address", ()), account.billing_addresses) or known(
        "contract", resources.get("contract", ()), account.contracts
    )


def on_account(account: Account, application: str) -> Reason | None:
    """The account has the application."""
    return None if application in account.applications else NOT_OFFERED.broken(name=application)


def in_country(application: Application, organisation: Organisation, rights: Iterable[str]) -> Reason | None:
    """The rights exist in the organisation's country (DP-08)."""
    for right in sorted(rights):
        countries = application.rights[right].countries
        if countries and organisation.country not in countries:
            return NOT_OFFERED.broken(name=right)
    return None
