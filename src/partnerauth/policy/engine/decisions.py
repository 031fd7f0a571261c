"""Decisions: a question about one user, and the facts it is decided on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from partnerauth.entities import RIGHT, Account, AccountId, Credential, Element, Organisation, User, UserId
from partnerauth.policy.engine import rows
from partnerauth.policy.engine.rules import Facts
from partnerauth.policy.portal import RESOURCE_KINDS, Portal

UNNAMED = "-"
"""Stands for a resource that a question does not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May this user use this right, on this account, with at most one resource of each kind?

    `application` is `-` for a management right, which is asked on the organisation's implied account.
    """

    user: UserId
    application: str
    right: str
    account: AccountId
    resources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a decision has to know of a user and an account, besides what the user holds."""

    user: User
    credential: Credential | None
    account: Account | None
    owner: Organisation | None
    is_open: bool


def facts(portal: Portal, standing: Standing, application: str, held: Iterable[Element]) -> Facts:
    """Return the facts of a question: what the user holds in the application on the account, and what he is."""
    user, account = standing.user, standing.account
    where = account.id if account else ""
    links = {(user.id, "account", where)} if standing.is_open else set()
    for element in held:
        if element.kind == RIGHT:
            links.add((user.id, f"{application}/{element.name}", where))
        else:
            links.add((user.id, f"{application}@{element.kind}:{element.name}", where))
            links.add((user.id, f"{application}@{element.kind}", where))
    return {"g": links, "g2": {*_of_user(standing), *_of_account(standing), *rows.right_facts(portal)}}


def named_once(resources: Mapping[str, str]) -> bool:
    """Whether every named resource is of a known kind, and none is called like the sign for "not named"."""
    return all(kind in RESOURCE_KINDS and value != UNNAMED for kind, value in resources.items())


def user_facts(user: User, credential: Credential | None) -> frozenset[str]:
    """Return what is so of a user: his state, a temporary password, having signed in through the portal once."""
    facts = {f"state:{user.state}"}
    if credential and credential.temporary_until is not None:
        facts.add("temporary-password")
    if credential and credential.signed_in:
        facts.add("signed-in")
    return frozenset(facts)


def _of_user(standing: Standing) -> Iterable[tuple[str, str]]:
    return ((standing.user.id, fact) for fact in user_facts(standing.user, standing.credential))


def _of_account(standing: Standing) -> Iterable[tuple[str, str]]:
    account, owner = standing.account, standing.owner
    if account and owner:
        yield from ((account.id, f"option:{option}") for option in owner.options)
        yield from ((account.id, f"contract:{name}") for name, each in account.contracts.items() if each.active)
