"""Who holds what and who may do what, once more: section 0 of the rulebook in plain code, slow and short.

It is written from the rulebook's sentences, which stand above the lines, and shares no line with the library's
decisions; it reads the portal file and what is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from partnerauth.entities import RIGHT, Account, Element, User
from partnerauth.entities import State as Life
from partnerauth.policy.grid import Cell
from partnerauth.policy.portal import Application, Portal
from partnerauth.testing.history import State, home_of

ALLOWED = ""
"""What `can` answers where nothing fails."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something to ask: `application` is None for a management right; `account` an id, or None for the implied one."""

    user: str
    application: str | None
    right: str
    account: str | None = None
    resources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        where = f" in {self.application} on {self.account or 'the implied account'}" if self.application else ""
        named = "".join(f", {kind} {value}" for kind, value in self.resources.items())
        return f"may {self.user} use {self.right}{where}{named}?"


def can(portal: Portal, state: State, question: Question) -> str:  # noqa: PLR0911 - the rulebook's order, a line each
    """Return ALLOWED, or the code of the first condition that fails."""
    application, right, resources = question.application, question.right, question.resources
    # Gate c: what is another's or does not exist is other-organisation.
    person = state.user(question.user)
    if person is None:
        return "other-organisation"
    # In this order: the user's state allows it …
    if (code := barred(state, person)) is not None:
        return code
    # … the account is his organisation's, or one on which something was given to it …
    where = question.account or f"{person.organisation}/-"
    implied = application is None or question.account is None
    if not implied and not is_open(state, person, application or "", where):
        return "other-organisation"
    # … the right is held on that account …
    mine = management(portal, person) if application is None else held(portal, state, person, application, where)
    if Element(RIGHT, right) not in mine:
        return "right-missing"
    # … it stops when the operator switches its option off (BP-06, BP-20) …
    option, needs = _terms(portal, application, right)
    owner = state.organisation(home_of(where))
    if option and (owner is None or option not in owner.options):
        return "option-disabled"
    # … and works only after the user has once signed in through the portal (BP-06) …
    credential = state.credential(person.id)
    waits = application is None and right in portal.management.after_portal_sign_in
    if waits and not (credential and credential.signed_in):
        return "portal-sign-in-first"
    # … each named resource is held; each needed kind that was not named has at least one resource held …
    if any(Element(kind, value) not in mine for kind, value in resources.items()):
        return "resource-not-granted"
    if any(kind not in resources and kind not in {each.kind for each in mine} for kind in needs):
        return "resource-not-granted"
    # … a named contract is active.
    found = state.account(where)
    contract = found.contracts.get(resources["contract"]) if found and "contract" in resources else None
    return "contract-inactive" if "contract" in resources and not (contract and contract.active) else ALLOWED


def barred(state: State, person: User) -> str | None:
    """Return the code of a state in which nobody does anything, or None."""
    credential = state.credential(person.id)
    if person.state is Life.PENDING:
        return "approval-pending"
    if person.state is Life.REJECTED:
        return "approval-rejected"
    if person.state in {Life.INVITED, Life.DEACTIVATED}:
        return "user-inactive"
    # Whoever has a temporary password changes it, and until then can do nothing else (BP-13).
    return "password-change-required" if credential and credential.temporary_until else None


def is_open(state: State, person: User, application: str, account: str) -> bool:
    """Whether a user can have anything there: it is his organisation's, or was given to it (BP-31)."""
    found = state.account(account)
    if found is None or found.organisation == person.organisation:
        return found is not None
    delegation = state.delegation(account, application, person.organisation)
    return delegation is not None and bool(delegation.elements)


def management(portal: Portal, person: User) -> frozenset[Element]:
    """Return the management rights of a user: his own, and those of everybody."""
    return frozenset(Element(RIGHT, each) for each in (*person.management, *portal.management.everyone))


def held(portal: Portal, state: State, person: User, application: str, account: str) -> frozenset[Element]:
    """Return what a user holds in an application on an account, provided that his state allows anything."""
    found, catalogue = state.account(account), portal.applications.get(application)
    if found is None or catalogue is None or application not in found.applications:
        return frozenset()
    selection = state.selection(person.id, account, application)
    if found.organisation != person.organisation:
        mine = _given_by_another(portal, state, person, application, account)
    elif selection is not None:
        mine = frozenset(selection.elements)
    elif portal.application_rights == "membership":
        mine = by_membership(state, catalogue, found)
    else:
        mine = frozenset()
    nobodys = _nobodys(catalogue) if mine else frozenset()
    return frozenset(
        element
        for element in mine
        if _is_there(catalogue, found, element) and not (element.kind == RIGHT and element.name in nobodys)
    )


def by_membership(state: State, catalogue: Application, account: Account) -> frozenset[Element]:
    """Return what a member holds: "every active user holds his portal's rights", as far as they can be given."""
    owner = state.organisation(account.organisation)
    country, options = (owner.country, owner.options) if owner else ("", frozenset())
    rights = [
        code
        for code, right in catalogue.rights.items()
        if (not right.countries or country in right.countries) and (right.option is None or right.option in options)
    ]
    needed = {kind for right in catalogue.rights.values() for kind in right.needs}
    takes = catalogue.eligible_contracts
    contracts = [name for name, contract in account.contracts.items() if not takes or contract.kind in takes]
    values = {"product": catalogue.products, "billing-address": account.billing_addresses, "contract": contracts}
    resources = [Element(kind, value) for kind, each in values.items() if kind in needed for value in each]
    return frozenset([*(Element(RIGHT, right) for right in rights), *resources])


def administers(portal: Portal, state: State, person: User, application: str) -> bool:
    """Whether rights given to a subcontractor reach this user of it.

    "only the administrators of the subcontractor's own e-MassPost account (active, holding administrator-role)"
    """
    subcontracting = portal.applications[application].subcontracting
    return (
        subcontracting is not None
        and not portal.management.administrator.isdisjoint(person.management)
        and any(
            each.organisation == person.organisation
            and application in each.applications
            and (given := state.selection(person.id, each.id, application)) is not None
            and Element(RIGHT, subcontracting.administrator) in given.elements
            for each in state.accounts
        )
    )


def _given_by_another(portal: Portal, state: State, person: User, application: str, account: str) -> frozenset[Element]:
    delegation = state.delegation(account, application, person.organisation)
    if delegation is None:
        return frozenset()
    if administers(portal, state, person, application):
        return frozenset(delegation.elements)
    # "a right passed on counts only while what it was passed on from counts"
    selection = state.selection(person.id, account, application)
    return frozenset(
        element
        for element, mine in (selection.elements if selection else {}).items()
        if element in delegation.elements and delegation.elements[element].source == mine.source
    )


def _is_there(catalogue: Application, account: Account, element: Element) -> bool:
    """Whether the portal file or the account has it."""
    there: Mapping[str, Collection[str]] = {
        RIGHT: catalogue.rights,
        "product": catalogue.products,
        "billing-address": account.billing_addresses,
        "contract": account.contracts,
    }
    return element.name in there.get(element.kind, ())


def _nobodys(catalogue: Application) -> frozenset[str]:
    """Return the rights of a matrix that nobody can have: "rights that are NA in every profile belong to nobody"."""
    profiles = [*columns(catalogue).values()]
    possible = {right for cells in profiles for right, cell in cells.items() if cell in {Cell.MANDATORY, Cell.OPTIONAL}}
    return frozenset(catalogue.rights) - possible if profiles else frozenset()


def columns(catalogue: Application) -> Mapping[str, Mapping[str, Cell]]:
    """Return the cell of each right by profile: a group row stands for each of its members (BP-28)."""
    matrix = catalogue.matrix
    if matrix is None:
        return {}
    return {
        profile: {
            right: cells[profile] for row, cells in matrix.grid.rows.items() for right in matrix.groups.get(row, (row,))
        }
        for profile in matrix.grid.columns
    }


def _terms(portal: Portal, application: str | None, right: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the option that a right depends on, and the kinds of resources that it needs."""
    if application is None:
        return portal.management.options.get(right), ()
    terms = portal.applications[application].rights[right]
    return terms.option, terms.needs
