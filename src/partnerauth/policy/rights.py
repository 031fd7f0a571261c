"""Rules: what a user must hold to do something in an application."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from partnerauth.decision import Reason, Rule
from partnerauth.entities import RIGHT, Account, Element, Organisation, Selection
from partnerauth.policy.portal import Application, Portal

RIGHT_MISSING = Rule(
    code="right-missing",
    holds="A user does only what he holds the right for, on that account.",
    because="A new user holds nothing, and a right on one account says nothing about another.",
    says="You do not hold the right {right} in {application} on this account. Ask your administrator.",
    sources=("BP-07", "BP-12", "BP-21", "BP-22", "BP-23", "KP-12", "DP-08"),
)

RESOURCE_NOT_GRANTED = Rule(
    code="resource-not-granted",
    holds="A right works only for the products, billing addresses and contracts that the user holds.",
    because="A company wants to say not only what somebody does, but also for what.",
    says="You have no access to {kind} {resources}. Ask your administrator.",
    sources=("BP-07", "BP-21", "BP-23", "BP-24", "BP-25", "BP-27"),
)

RESOURCE_NOT_ELIGIBLE = Rule(
    code="resource-not-eligible",
    holds="An application takes only contracts of the kind that it is made for.",
    because="A contract of another kind does not cover what the application does.",
    says="These contracts cannot be used in this application: {contracts}. Please choose others.",
    sources=("BP-24",),
)

CONTRACT_INACTIVE = Rule(
    code="contract-inactive",
    holds="A contract that is named is active.",
    because="Nothing may be sent, or promised, on a contract that has ended.",
    says="An active contract is needed; not active: {contracts}. "
    "Choose an active contract, or ask the operator of the portal.",
    sources=("BP-26",),
)


def elements(rights: Iterable[str], resources: Mapping[str, Iterable[str]]) -> tuple[Element, ...]:
    """Return the elements of a selection that a command names, each once, rights first."""
    named = [Element(RIGHT, right) for right in rights]
    named += [Element(kind, value) for kind, values in resources.items() for value in values]
    return tuple(dict.fromkeys(named))


def rights_among(held: Iterable[Element]) -> frozenset[str]:
    """Return the rights among elements."""
    return frozenset(element.name for element in held if element.kind == RIGHT)


def resources_among(held: Iterable[Element], kind: str) -> frozenset[str]:
    """Return the resources of one kind among elements."""
    return frozenset(element.name for element in held if element.kind == kind)


def ceiling(application: Application, account: Account, organisation: Organisation) -> frozenset[Element]:
    """Return all that can be held in an application on an account (BP-01): what belongs to nobody is not in it."""
    rights = (
        code
        for code, right in application.rights.items()
        if code not in application.belongs_to_nobody
        and (right.option is None or right.option in organisation.options)
        and (not right.countries or organisation.country in right.countries)
    )
    values = {
        "product": application.products,
        "billing-address": account.billing_addresses,
        "contract": [name for name in account.contracts if eligible(application, account, (name,)) is None],
    }
    return frozenset(elements(rights, {kind: sorted(values[kind]) for kind in application.kinds}))


def held(application: str, right: str, among: Collection[Element]) -> Reason | None:
    """The right is among what is held (BP-30)."""
    return None if Element(RIGHT, right) in among else RIGHT_MISSING.broken(right=right, application=application)


def eligible(application: Application, account: Account, contracts: Iterable[str]) -> Reason | None:
    """The application takes contracts of this kind (BP-24)."""
    kinds = application.eligible_contracts
    if not kinds:
        return None
    wrong = [name for name in contracts if name in account.contracts and account.contracts[name].kind not in kinds]
    return RESOURCE_NOT_ELIGIBLE.broken(contracts=tuple(sorted(wrong))) if wrong else None


def contracts_active(
    application: Application, account: Account, named: Iterable[str], resulting: Iterable[Element]
) -> Reason | None:
    """Where the application asks for it, named contracts are active, and services have an active one (BP-26)."""
    if not application.active_contracts_only:
        return None
    after = tuple(resulting)
    services = rights_among(after) & set(application.matrix.services if application.matrix else application.rights)
    unserved = services and not any(is_active(account, name) for name in resources_among(after, "contract"))
    inactive = tuple(sorted(name for name in named if not is_active(account, name)))
    return CONTRACT_INACTIVE.broken(contracts=inactive) if inactive or unserved else None


def is_active(account: Account, contract: str) -> bool:
    """Whether the account has the contract and it is active."""
    return contract in account.contracts and account.contracts[contract].active


def of_account(
    portal: Portal, code: str, account: Account, organisation: Organisation, selection: Selection | None
) -> frozenset[Element]:
    """Return what a user holds in an application on an account of his own organisation.

    What the portal file no longer knows, and what belongs to nobody, does not count (DG-17); where rights
    come by membership a user holds all of them, unless the operator has set his (rulebook, section 0).
    """
    if code not in account.applications:
        return frozenset()
    application = portal.applications[code]
    if selection is None:
        by_membership = portal.application_rights == "membership"
        return ceiling(application, account, organisation) if by_membership else frozenset()
    return frozenset(element for element in selection.elements if exists(application, account, element))


def exists(application: Application, account: Account, element: Element) -> bool:
    """Whether the application's catalogue, or the account, still has an element that was given once."""
    match element.kind:
        case "right":
            return element.name in application.rights and element.name not in application.belongs_to_nobody
        case "product":
            return element.name in application.products
        case "contract":
            return element.name in account.contracts
        case "billing-address":
            return element.name in account.billing_addresses
        case _:
            return False
