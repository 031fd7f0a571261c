"""Rules: letting another organisation work on an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from partnerauth.decision import Reason, Rule
from partnerauth.entities import (
    RIGHT,
    Account,
    AccountId,
    Delegation,
    Element,
    Given,
    Organisation,
    OrganisationId,
    Selection,
    User,
)
from partnerauth.policy import rights
from partnerauth.policy.portal import Application, Portal

UNKNOWN_SUBCONTRACTOR = Rule(
    code="unknown-subcontractor",
    holds="A subcontractor is chosen from the operator's list.",
    because="The operator knows which companies can take such work, and two may share a name.",
    says="This organisation is not on the list of subcontractors. Ask the operator of the portal to add it.",
    sources=("BP-30",),
)


def listed(organisation: Organisation | None, customer: OrganisationId) -> Reason | None:
    """The organisation is another one, on the operator's list of subcontractors (BP-30)."""
    if organisation is None or not organisation.subcontractor or organisation.id == customer:
        return UNKNOWN_SUBCONTRACTOR.broken()
    return None


def delegated(delegation: Delegation | None) -> Reason | None:
    """Something was given to the subcontractor on this account (BP-32)."""
    return None if delegation is not None else UNKNOWN_SUBCONTRACTOR.broken()


def administers(
    portal: Portal,
    code: str,
    user: User,
    selections: Iterable[Selection],
    account: Callable[[AccountId], Account | None],
) -> bool:
    """Whether a user is an administrator of his organisation's own account of the application (BP-31).

    `account` returns an account by its id: one that has lost the application has no administrator of it (LC-04).
    """
    subcontracting = portal.applications[code].subcontracting
    if subcontracting is None or portal.management.administrator.isdisjoint(user.management):
        return False
    role = Element(RIGHT, subcontracting.administrator)
    return any(
        selection.application == code
        and selection.account.startswith(f"{user.organisation}/")
        and role in selection.elements
        and (own := account(selection.account)) is not None
        and code in own.applications
        for selection in selections
    )


def held_of_another(
    application: Application,
    account: Account,
    delegation: Delegation | None,
    selection: Selection | None,
    *,
    administers: bool,
) -> frozenset[Element]:
    """Return what a subcontractor's user holds on a customer's account (BP-31, BP-32).

    An administrator holds all that was delegated; another user what was passed on to him, as long as the
    very giving it was passed on from stands.  What the account has lost, both have lost (LC-04).
    """
    stands = delegation is not None and delegation.application in account.applications
    given: Mapping[Element, Given] = delegation.elements if delegation and stands else {}
    passed_on: Mapping[Element, Given] = selection.elements if selection else {}
    lives = {
        element for element, mine in passed_on.items() if element in given and given[element].source == mine.source
    }
    held = lives | set(given) if administers else lives
    return frozenset(element for element in held if rights.exists(application, account, element))
