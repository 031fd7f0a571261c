"""Rules: who may manage users, and that somebody always can."""

from __future__ import annotations

from collections.abc import Iterable

from partnerauth.decision import Reason, Rule
from partnerauth.entities import Organisation, OrganisationId, State, User, UserId
from partnerauth.policy.engine import rows, rules
from partnerauth.policy.portal import Portal

MANAGEMENT_RIGHT_MISSING = Rule(
    code="management-right-missing",
    holds="Whoever manages a user holds the management right that reaches that user.",
    because="A company decides itself who of its people speaks for it; everybody else only uses the portal.",
    says="This takes a right that you do not hold: {needed}. Ask an administrator of your organisation.",
    sources=("BP-02", "BP-05", "BP-30", "KP-03", "DP-04"),
)

LAST_ADMINISTRATOR = Rule(
    code="last-administrator",
    holds="An organisation keeps at least one active administrator who can make others.",
    because="Without one, nobody in the company could let anybody in or out any more.",
    says="This is the last administrator of your organisation. Make somebody else administrator first, "
    "or ask the operator of the portal.",
    sources=("KP-09", "GX-07"),
)


def is_administrator(portal: Portal, user: User) -> Reason | None:
    """The user holds one of the rights that make an administrator (rulebook, section 0)."""
    administrator = portal.management.administrator
    if administrator.isdisjoint(user.management):
        return MANAGEMENT_RIGHT_MISSING.broken(needed=tuple(sorted(administrator)))
    return None


def holds(portal: Portal, user: User, right: str) -> bool:
    """Whether a user holds a management right, given to him or to everybody."""
    return right in user.management or right in portal.management.everyone


def held(portal: Portal, user: User) -> frozenset[str]:
    """Return what a user holds: what was given to him and the portal still knows (DG-17), and what everybody holds."""
    return user.management & frozenset(portal.management.rights) | frozenset(portal.management.everyone)


def every(portal: Portal, organisation: Organisation) -> frozenset[str]:
    """Return every management right that the organisation's options allow (BP-01)."""
    options = portal.management.options
    return frozenset(
        right for right in portal.management.rights if right not in options or options[right] in organisation.options
    )


def another_remains(portal: Portal, leaving: User, another: UserId | None) -> Reason | None:
    """Without the one who leaves, or loses the right, an active holder of it remains (GX-07)."""
    counts = leaving.state is State.ACTIVE and portal.management.reaches_administrators in leaving.management
    return LAST_ADMINISTRATOR.broken() if counts and another is None else None


def may(portal: Portal, actor: User, command: str, organisation: OrganisationId) -> Reason | None:
    """The actor may give a command that concerns ordinary users, in this organisation (BP-05, BP-30)."""
    return reaches(portal, actor, command, organisation, [frozenset()])


def reaches(
    portal: Portal,
    actor: User,
    command: str,
    organisation: OrganisationId,
    targets: Iterable[frozenset[str]],
) -> Reason | None:
    """The actor's management rights reach a user as he is, and as the command would make him (BP-02, BP-05).

    `targets` are the management rights that the user has before and after.  The rule rows say which right
    reaches whom; the facts are what the actor holds in the organisation of the user.
    """
    kinds = sorted({_kind(portal, target) for target in targets})
    out_of_reach = [kind for kind in kinds if not _allowed(portal, actor, command, kind, organisation)]
    needed = dict.fromkeys(right for kind in out_of_reach for right in _needed(portal, command, kind))
    return MANAGEMENT_RIGHT_MISSING.broken(needed=tuple(needed)) if out_of_reach else None


def _kind(portal: Portal, management: frozenset[str]) -> str:
    return rows.OTHER if portal.management.administrator.isdisjoint(management) else rows.ADMINISTRATOR


def _allowed(portal: Portal, actor: User, command: str, kind: str, organisation: OrganisationId) -> bool:
    facts = {"g": {(actor.id, right, actor.organisation) for right in actor.management}}
    allowed, _ = rules.management(portal).decide(facts, actor.id, command, kind, organisation)
    return allowed


def _needed(portal: Portal, command: str, kind: str) -> Iterable[str]:
    """Return the rights that would do; where the portal has no administrators, those that nobody there holds."""
    rows_about = rules.management(portal).rows
    named = [needs for _, about, target, needs, _ in rows_about if (about, target) == (command, kind)]
    return named or (portal.management.reaches_others,)
