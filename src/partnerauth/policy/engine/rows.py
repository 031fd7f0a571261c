"""Casbin rows and fixed facts, made from a portal file.  Nobody writes rows by hand."""

from __future__ import annotations

from typing import TypeAlias

from partnerauth.policy.portal import RESOURCE_KINDS, Portal

Row: TypeAlias = tuple[str, ...]
Fact: TypeAlias = tuple[str, ...]

ADMINISTRATOR = "administrator"
OTHER = "other"
"""The two kinds of users whom a management right reaches (rulebook, section 0)."""

MANAGEMENT = "-"
"""Stands for the application in questions about a management right: `-/ftp` (BP-06)."""


def management_rows(portal: Portal) -> tuple[Row, ...]:
    """Return for each command of administrators which right reaches whom, with the rule's id (BP-02, BP-05)."""
    rules = portal.management
    reach = (("BP-02", ADMINISTRATOR, rules.reaches_administrators), ("BP-05", OTHER, rules.reaches_others))
    return tuple(
        (f"{rule}:{command}", command, kind, right, "allow")
        for command, words in sorted(portal.offers.items())
        if "administrator" in words
        for rule, kind, right in reach
    )


def rights_rows(portal: Portal) -> tuple[Row, ...]:
    """Return the rules of a decision: every condition that denies, in the order of the rulebook, then what allows.

    A row is named by the refusal code that a denial by it gives, and behind a colon what it is about
    (rulebook, section 0; BP-06).
    """
    state = [
        ("approval-pending", "is", "state:pending-approval", "deny"),
        ("approval-rejected", "is", "state:rejected", "deny"),
        ("user-inactive", "is-not", "state:active", "deny"),
        ("password-change-required", "is", "temporary-password", "deny"),
    ]
    held = [
        ("other-organisation", "elsewhere", "", "deny"),
        ("right-missing", "right", "", "deny"),
    ]
    options = [(f"option-disabled:{option}", "option", option, "deny") for option in portal.options]
    signed_in = [("portal-sign-in-first", "after-sign-in", "", "deny")]
    resources = [(f"resource-not-granted:{kind}", kind, "", "deny") for kind in RESOURCE_KINDS]
    resources += [(f"resource-not-granted:some-{kind}", f"some-{kind}", "", "deny") for kind in RESOURCE_KINDS]
    contract = [("contract-inactive", "active-contract", "", "deny")]
    allow = [("held", "held", "", "allow")]
    return (*state, *held, *options, *signed_in, *resources, *contract, *allow)


def right_facts(portal: Portal) -> frozenset[Fact]:
    """Return what is so of every right, whoever holds it: the kinds it needs, the option it depends on (g2).

    A right is called `application:right` here, which no account is, so that an organisation that is called like an
    application makes nothing so of its rights.
    """
    facts: set[Fact] = set()
    for code, application in portal.applications.items():
        for name, right in application.rights.items():
            facts |= {(f"{code}:{name}", f"needs:{kind}") for kind in right.needs}
            if right.option:
                facts.add((f"{code}:{name}", f"option:{right.option}"))
    facts |= {(f"{MANAGEMENT}:{right}", f"option:{option}") for right, option in portal.management.options.items()}
    facts |= {(f"{MANAGEMENT}:{right}", "after-sign-in") for right in portal.management.after_portal_sign_in}
    return frozenset(facts)
