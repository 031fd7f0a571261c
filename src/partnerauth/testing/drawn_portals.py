"""Portals that nobody wrote: drawn from the schema of portal files, small enough to be read when one breaks a law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from partnerauth.policy.portal import RESOURCE_KINDS, Portal, load_portal
from partnerauth.testing.scene import happens, parts

MANAGEMENT: Final = ("manage-administrators", "manage-users", "reset-password", "ftp")
OPTIONS: Final = ("ftp", "agreement")
RIGHTS: Final = ("read", "write", "manage", "export")
PRODUCTS: Final = ("letter", "parcel")
PROFILES: Final = ("reader", "writer")
CELLS: Final = ("O", "X", "NA", "no")

_COMMON: Final[Mapping[str, tuple[str, ...]]] = {
    "open-organisation": ("operator",),
    "delete": ("administrator", "operator"),
    "sign-in": ("visitor",),
    "sign-out": ("user",),
    "change-password": ("user",),
    "request-reset": ("visitor",),
    "reset-password": ("visitor",),
    "change-email": ("user",),
    "confirm-email": ("visitor",),
    "update-details": ("user", "administrator"),
    "deactivate": ("administrator", "operator"),
    "reactivate": ("administrator", "operator"),
    "grant": ("administrator", "operator"),
    "revoke": ("administrator", "operator"),
    "copy-rights": ("administrator",),
    "delegate": ("administrator",),
    "pass-on": ("administrator",),
    "withdraw": ("administrator",),
    "set-option": ("operator",),
}
_BY_REQUEST: Final[Mapping[str, tuple[str, ...]]] = {
    "set-account": ("operator",),
    "set-contract": ("operator",),
    "request-access": ("visitor", "administrator"),
    "grant-access": ("operator",),
    "refuse-access": ("operator",),
    "create-user": ("administrator",),
    "set-temporary-password": ("administrator",),
    "set-management": ("administrator",),
}
_BY_INVITATION: Final[Mapping[str, tuple[str, ...]]] = {
    "invite": ("administrator", "operator"),
    "resend-invitation": ("administrator", "operator"),
    "cancel-invitation": ("administrator", "operator"),
    "accept-invitation": ("visitor",),
    "set-administrator": ("administrator", "operator"),
    "trigger-reset": ("administrator",),
}

_FORMS: Final = """
field      | create-user | request-access | invite | accept-invitation | update-details
email      | X           | X              | X      | NA                | NA
password   | O           | NA             | NA     | X                 | NA
first-name | X           | O              | O      | O                 | O
"""
_USERNAME: Final = """\
username   | O           | O              | NA     | NA                | NA
"""


@st.composite
def portals(draw: DrawFn) -> Portal:
    """Draw a portal whose people ask for access, or are invited."""
    requested = draw(st.booleans())
    offers = {**_COMMON, **(_BY_REQUEST if requested else _BY_INVITATION)}
    accounts = requested
    applications = {f"application-{number}": draw(_application()) for number in range(draw(st.integers(1, 2)))}
    taken_back = draw(st.booleans())
    return load_portal(
        {
            "portal": "drawn",
            "title": "Drawn",
            "address": "https://portal.drawn.example",
            "languages": ["en"],
            "accounts": accounts,
            "usernames": requested,
            "application-rights": "granted" if draw(st.booleans()) else "membership",
            "options": OPTIONS,
            "offers": offers,
            "forbidden": {
                "delete": ["administrator", "operator"],
                **({} if taken_back else {"revoke": ["administrator"]}),
            },
            "management": {
                "given": "one-by-one" if requested else "together",
                "rights": MANAGEMENT,
                "everyone": draw(parts(["reset-password"])),
                "options": draw(st.sampled_from(({}, {"ftp": "ftp"}))),
                "after-portal-sign-in": draw(parts(["ftp"])),
            },
            "invitation": {"same-domain": draw(st.booleans()), "first-is-administrator": True},
            "sign-in": {
                "one-user-per-browser": draw(st.booleans()),
                "after-reset": draw(st.booleans()),
                "after-acceptance": draw(st.booleans()),
            },
            "passwords": {"minimum-length": draw(st.integers(7, 24))},
            "forms": {"grid": _FORMS + _USERNAME if requested else _FORMS},
            "email-change": "same-domain" if draw(st.booleans()) else "anywhere",
            "applications": applications,
        },
        source="drawn",
    )


@st.composite
def _application(draw: DrawFn) -> Mapping[str, Any]:
    rights = draw(parts(RIGHTS, least=1))
    described = {right: draw(_right(right)) for right in rights}
    needed = {kind for right in described.values() for kind in right["needs"]}
    application: dict[str, Any] = {"name": "Drawn", "rights": described}
    if "product" in needed:
        application["products"] = PRODUCTS
    if "contract" in needed:
        application["eligible-contracts"] = draw(parts(["master"]))
        application["active-contracts-only"] = draw(st.booleans())
    if draw(st.booleans()):
        application["subcontracting"] = {"administrator": rights[0]}
    if happens(draw, 3):
        application["matrix"] = draw(_matrix(rights))
    return application


@st.composite
def _right(draw: DrawFn, name: str) -> Mapping[str, Any]:
    described: dict[str, Any] = {"name": name, "needs": draw(parts(RESOURCE_KINDS, most=2))}
    if happens(draw, 4):
        described["option"] = "agreement"
    if happens(draw, 8):
        described["countries"] = ["BE"]
    return described


@st.composite
def _matrix(draw: DrawFn, rights: Sequence[str]) -> Mapping[str, Any]:
    """Draw a matrix: the last two rights are at times the members of one group."""
    grouped = tuple(rights[-2:]) if len(rights) > 2 and draw(st.booleans()) else ()  # noqa: PLR2004 - a pair
    rows = [right for right in rights if right not in grouped] + (["group"] if grouped else [])
    lines = [f"right | {' | '.join(PROFILES)}"]
    lines += [f"{row} | {' | '.join(draw(st.sampled_from(CELLS)) for _ in PROFILES)}" for row in rows]
    services = draw(parts(rights[1:]))
    return {"grid": "\n".join(lines), "groups": {"group": grouped} if grouped else {}, "services": services}
