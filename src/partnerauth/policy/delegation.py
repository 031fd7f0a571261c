"""Rules: giving rights to others, and taking them away."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from partnerauth.decision import Reason, Rule
from partnerauth.entities import RIGHT, Account, Element, OrganisationId
from partnerauth.policy.portal import Portal

DELEGATION_LIMIT = Rule(
    code="delegation-limit",
    holds="Nobody gives more than he holds himself.",
    because="If rights could grow on their way from hand to hand, the operator's ceiling would mean nothing.",
    says="You can only give what you hold yourself; you do not hold {exceeding}.",
    sources=("BP-02", "BP-04", "BP-19", "BP-31", "GX-02"),
)

REVOCATION_FORBIDDEN = Rule(
    code="revocation-forbidden",
    holds="Rights once given to a user of the own organisation are not taken away one by one.",
    because="Whoever should no longer have them is deactivated as a whole, which leaves a clear record.",
    says="Rights cannot be taken away again ({rights}). You can deactivate the user, "
    "or ask the operator of the portal to take these rights away.",
    sources=("BP-10",),
)


def worded(elements: Iterable[Element]) -> tuple[str, ...]:
    """Return how elements are named to people: a right by its code, a resource with its kind."""
    return tuple(sorted(each.name if each.kind == RIGHT else f"{each.kind} {each.name}" for each in elements))


def within(
    wanted: Iterable[Element], held: Collection[Element], management: Iterable[str] = (), own: Collection[str] = ()
) -> Reason | None:
    """Nobody gives what he does not hold himself: the one rule on every path that gives (BP-04, BP-31, GX-02)."""
    exceeding = (
        *worded(element for element in wanted if element not in held),
        *sorted(right for right in management if right not in own),
    )
    return DELEGATION_LIMIT.broken(exceeding=exceeding) if exceeding else None


def revocable(portal: Portal, command: str, actor_words: frozenset[str], rights: Iterable[str]) -> Reason | None:
    """Where the portal forbids it, nobody of the organisation takes rights away again (BP-10)."""
    if actor_words.isdisjoint(portal.forbidden.get(command, ())):
        return None
    return REVOCATION_FORBIDDEN.broken(rights=tuple(sorted(rights)))


def passed_on(account: Account | None, own: OrganisationId, rights: Iterable[str]) -> Reason | None:
    """What is withdrawn was passed on from another's account: on one's own, rights are not taken away (BP-10)."""
    if account is not None and account.organisation == own:
        return REVOCATION_FORBIDDEN.broken(rights=tuple(sorted(rights)))
    return None
