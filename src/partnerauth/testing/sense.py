"""Which commands make sense at the moment, who could give them, and what there is to give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from partnerauth.entities import RIGHT, AccessRequest, Case, Element, Purpose, User
from partnerauth.entities import State as Life
from partnerauth.policy.portal import Portal
from partnerauth.testing import oracle
from partnerauth.testing.history import State, home_of
from partnerauth.testing.scene import ADDRESSES, CONTRACTS, ORGANISATIONS, Scene

Place: TypeAlias = tuple[str, str]
"""The id of an account, and an application."""

STATES: Final[Mapping[str, frozenset[Life]]] = MappingProxyType(
    {
        "approve": frozenset({Life.PENDING}),
        "reject": frozenset({Life.PENDING}),
        "reactivate": frozenset({Life.DEACTIVATED}),
        "resend-invitation": frozenset({Life.INVITED}),
        "cancel-invitation": frozenset({Life.INVITED}),
    }
)
"""The commands that make sense for users in some states only."""

PURPOSES: Final[Mapping[str, Purpose]] = MappingProxyType(
    {
        "reset-password": Purpose.RESET,
        "confirm-email": Purpose.EMAIL_CHANGE,
        "accept-invitation": Purpose.INVITATION,
        "verify-email": Purpose.VERIFICATION,
        "join-organisation": Purpose.REGISTRATION,
        "create-organisation": Purpose.REGISTRATION,
    }
)
"""Which links commands are made for."""

GIVING: Final = frozenset({"grant", "copy-rights", "delegate", "pass-on", "invite", "reactivate"})
"""The commands by which somebody could try to give rights and resources that he does not hold."""

GIVING_MANAGEMENT: Final = frozenset({"create-user", "set-management", "reactivate"})
"""The commands by which somebody could try to give management rights that he does not hold."""


def makes_sense(scene: Scene, word: str) -> bool:  # noqa: PLR0911 - one answer for each kind of command
    """Whether there is anything at the moment that a command could be about."""
    state = scene.state
    match word:
        case "open-organisation":
            return len(state.organisations) < len(ORGANISATIONS)
        case "grant-access" | "refuse-access":
            return bool(state.all(AccessRequest))
        case "pass-on" | "withdraw":
            return bool(state.delegations)
        case "delegate":
            return any(each.subcontractor for each in state.organisations) and bool(delegable(scene.portal, state))
        case "update-case":
            return bool(state.all(Case))
        case _ if word in PURPOSES:
            return any(each.purpose == PURPOSES[word] for each in scene.links)
        case _ if word in STATES:
            return any(user.state in STATES[word] for user in state.users)
        case _:
            return True


def could(  # noqa: PLR0911 - one answer for each kind of command
    scene: Scene, word: str, user: User, *, administrators: bool
) -> bool:
    """Whether a command makes sense for a user to give."""
    barred = oracle.barred(scene.state, user)
    if word == "change-password":
        return barred in {None, "password-change-required"}
    if barred or (administrators and scene.portal.management.administrator.isdisjoint(user.management)):
        return False
    near = [each for each in scene.state.users if each.organisation == user.organisation and each != user]
    if states := STATES.get(word):
        return any(each.state in states for each in near)
    if word in {"grant", "copy-rights"} and scene.portal.application_rights == "granted":
        return any(each.user == user.id and each.elements for each in scene.state.selections)
    if word == "delegate":
        others = [each for each in scene.state.organisations if each.subcontractor and each.id != user.organisation]
        return bool(others) and any(each == user for each, _ in delegable(scene.portal, scene.state))
    concerned = [each for each in scene.state.delegations if each.organisation == user.organisation]
    if word == "pass-on":
        return bool(concerned)
    if word == "withdraw":
        given = [each for each in scene.state.delegations if home_of(each.account) == user.organisation]
        return bool(given or concerned)
    return True


def delegable(portal: Portal, state: State) -> tuple[tuple[User, Place], ...]:
    """Return who can delegate where: with the subcontracting application's administrator right there (BP-30)."""
    roles = {
        code: Element(RIGHT, application.subcontracting.administrator)
        for code, application in portal.applications.items()
        if application.subcontracting
    }
    found = []
    for each in state.selections:
        user = state.user(each.user)
        if user and roles.get(each.application) in each.elements and home_of(each.account) == user.organisation:
            found.append((user, (each.account, each.application)))
    return tuple(found)


def lacks_something(scene: Scene, word: str, user: User) -> bool:
    """Whether there is something that a user could try to give by a command, and does not hold."""
    portal, state = scene.portal, scene.state
    if word in GIVING_MANAGEMENT and not user.management.issuperset(givable_management(portal, state, user)):
        return True
    places: list[Place] = []
    if word == "pass-on":
        there = [each for each in state.delegations if each.organisation == user.organisation]
        return any(not oracle.administers(portal, state, user, each.application) for each in there)
    if word == "delegate":
        places = [place for each, place in delegable(portal, state) if each == user]
    elif word in GIVING:
        places = [(each.account, each.application) for each in state.selections if each.user == user.id]
    return any(givable(portal, state, place) - oracle.held(portal, state, user, place[1], place[0]) for place in places)


def givable_management(portal: Portal, state: State, user: User) -> frozenset[str]:
    """Return the management rights that the options of a user's organisation allow."""
    home, options = state.organisation(user.organisation), portal.management.options
    enabled = home.options if home else frozenset()
    return frozenset(right for right in portal.management.rights if options.get(right) in {None, *enabled})


def givable(portal: Portal, state: State, place: Place) -> frozenset[Element]:
    """Return what the options of the owner allow of all that can be named somewhere."""
    account, catalogue = state.account(place[0]), portal.applications.get(place[1])
    if catalogue is None:
        return frozenset()
    owner = state.organisation(account.organisation) if account else None
    enabled = owner.options if owner else frozenset()
    off = {code for code, right in catalogue.rights.items() if right.option not in {None, *enabled}}
    return frozenset(each for each in everything(portal, state, place) if each.kind != RIGHT or each.name not in off)


def everything(portal: Portal, state: State, place: Place) -> frozenset[Element]:
    """Return the rights and resources that can be named somewhere."""
    account, catalogue = state.account(place[0]), portal.applications.get(place[1])
    if catalogue is None:
        return frozenset()
    resources: Mapping[str, Iterable[str]] = {
        "product": catalogue.products,
        "billing-address": account.billing_addresses if account else ADDRESSES,
        "contract": account.contracts if account else CONTRACTS,
    }
    rights = [Element(RIGHT, right) for right in catalogue.rights]
    return frozenset([*rights, *(Element(kind, name) for kind in catalogue.kinds for name in resources[kind])])
