"""The rights matrix of eShipper International, cell by cell: the portal file against a table that was typed anew.

Every cell is asked with real `grant` commands, once with the right and once without it, on the shipped portal and
on one whose matrix is made from the table here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

import pytest
from tests.flows.town import OPERATOR, Facts, Town, bpost, elements

from partnerauth.decision import Accepted
from partnerauth.entities import RIGHT, Member, UserId
from partnerauth.flows.grant import Grant
from partnerauth.flows.set_option import SetOption
from partnerauth.policy.portal import Portal
from partnerauth.portals import portal_text, read_portal

PROFILES = ("read-only", "general", "pro-2", "etoe")

BY_HAND: Mapping[str, tuple[str, str, str, str]] = {
    # right           read-only general pro-2  etoe
    "customs-access": ("NA", "NA", "NA", "NA"),
    "eshipper-light": ("X", "NA", "NA", "NA"),
    "eshipper-pro-2": ("NA", "NA", "X", "O"),
    "eshipper-pro": ("NA", "NA", "NA", "NA"),
    "etoe-handling": ("NA", "NA", "NA", "X"),
    "general-access": ("NA", "X", "X", "X"),
    "view-prices": ("O", "O", "O", "O"),
    "borderel-10": ("O", "O", "NA", "O"),
    "borderel-12": ("O", "O", "NA", "O"),
    "borderel-13": ("O", "O", "NA", "O"),
    "borderel-14": ("O", "O", "NA", "O"),
    "borderel-16": ("O", "O", "NA", "O"),
    "borderel-17": ("O", "O", "NA", "O"),
    "borderel-20": ("O", "O", "NA", "O"),
    "borderel-21": ("no", "O", "O", "O"),
    "borderel-23": ("no", "O", "NA", "O"),
    "borderel-31": ("O", "O", "O", "O"),
    "borderel-33": ("O", "O", "O", "O"),
    "borderel-35": ("O", "O", "O", "O"),
    "borderel-36": ("O", "O", "O", "O"),
    "borderel-37": ("O", "O", "O", "O"),
    "borderel-50": ("no", "O", "O", "O"),
}

CELLS = [
    (right, profile, cell) for right, cells in BY_HAND.items() for profile, cell in zip(PROFILES, cells, strict=True)
]

SERVICES = tuple(right for right in BY_HAND if right.startswith("borderel-"))

APPLICATION = "eshipper-international"


def by_hand() -> Portal:
    """Return the portal with its matrix made from the table here: no groups, every member a row."""
    header = " | ".join(("right", *PROFILES))
    rows = [" | ".join((right, *cells)) for right, cells in BY_HAND.items()]
    application = tomllib.loads(portal_text("bpost"))["applications"][APPLICATION]
    matrix = {"grid": "\n".join((header, *rows)), "services": SERVICES}
    return bpost(applications={APPLICATION: {**application, "matrix": matrix}})


PORTALS = {"file": lambda: read_portal("bpost"), "hand": by_hand}


@cache
def town(portal: str) -> Town:
    """Return a company whose administrator holds every right that anybody can hold."""
    made = Town(PORTALS[portal]())
    made.company("acme", {"hq": {"contracts": {"C-1": {}}}}, options=["etoe-partner"])
    nobodys = {right for right, cells in BY_HAND.items() if set(cells) <= {"NA", "no"}}
    held = " ".join((*(right for right in BY_HAND if right not in nobodys), "contract:C-1"))
    made.person("anna", management=["manage-users"], rights={(APPLICATION, "hq"): held})
    return made


def verdict(portal: str, profile: str | None, rights: frozenset[str]) -> Mapping[str, Facts]:
    """Grant rights to somebody new; return what the matrix has against it, by code."""
    made = town(portal)
    user = made.person(f"user-{len(made.watched.units)}")
    command = Grant.model_validate(
        {
            "user": user,
            "application": APPLICATION,
            "account": "hq",
            "profile": profile,
            "rights": tuple(sorted(rights)),
            "resources": {"contract": ("C-1",)},
        }
    )
    answer = made.execute(Member(user=UserId("anna")), command)
    if isinstance(answer, Accepted):
        return {}
    return {reason.code: dict(reason.facts) for reason in answer.reasons if reason.code.startswith("matrix-")}


def mandatory(profile: str) -> frozenset[str]:
    column = PROFILES.index(profile)
    return frozenset(right for right, cells in BY_HAND.items() if cells[column] == "X")


def valid(profile: str) -> frozenset[str]:
    """Return the smallest set that fits a profile: what is mandatory, and one service."""
    return mandatory(profile) | {"borderel-31"}


@pytest.mark.rule("BP-28")
def test_the_table_has_every_right_of_the_application_and_every_profile() -> None:
    application = read_portal("bpost").applications[APPLICATION]
    assert set(BY_HAND) == set(application.rights)
    assert len(CELLS) == 22 * 4
    assert application.matrix is not None
    assert application.matrix.profiles == PROFILES
    assert set(application.matrix.services) == set(SERVICES)


@pytest.mark.rule("BP-28")
def test_the_file_says_what_the_table_says() -> None:
    matrix = read_portal("bpost").applications[APPLICATION].matrix
    assert matrix is not None
    assert [(right, profile, matrix.cells[right][profile].value) for right in BY_HAND for profile in PROFILES] == CELLS


@pytest.mark.rule("BP-28")
@pytest.mark.parametrize("portal", PORTALS)
@pytest.mark.parametrize(("right", "profile", "cell"), CELLS)
def test_a_cell_decides_with_the_right(portal: str, right: str, profile: str, cell: str) -> None:
    expected = {
        "X": {},
        "O": {},
        "NA": {"matrix-not-applicable": {"profile": profile, "rights": (right,)}},
        "no": {"matrix-not-allowed": {"profile": profile, "rights": (right,)}},
    }
    assert verdict(portal, profile, valid(profile) | {right}) == expected[cell]


@pytest.mark.rule("BP-28")
@pytest.mark.parametrize("portal", PORTALS)
@pytest.mark.parametrize(("right", "profile", "cell"), CELLS)
def test_a_cell_decides_without_the_right(portal: str, right: str, profile: str, cell: str) -> None:
    others = (valid(profile) | {"borderel-33"}) - {right}
    missing = {"matrix-mandatory-missing": {"profile": profile, "rights": (right,)}}
    assert verdict(portal, profile, others) == (missing if cell == "X" else {})


@pytest.mark.rule("BP-28")
@pytest.mark.parametrize("portal", PORTALS)
@pytest.mark.parametrize(("right", "profile", "cell"), CELLS)
def test_without_a_named_profile_a_set_is_valid_where_it_fits_some_column(
    portal: str, right: str, profile: str, cell: str
) -> None:
    rights = valid(profile) | {right}
    fits = {
        name
        for column, name in enumerate(PROFILES)
        if mandatory(name) <= rights and {BY_HAND[each][column] for each in rights} <= {"X", "O"}
    }
    assert (profile in fits) == (cell in {"X", "O"})
    assert set(verdict(portal, None, rights)) == (set() if fits else {"matrix-no-profile"})
    found = town(portal).view().profiles(APPLICATION, rights)
    assert set(getattr(found, "fits")) == fits  # noqa: B009 - a refusal has none


@pytest.mark.rule("BP-26", "BP-28")
@pytest.mark.parametrize("profile", PROFILES)
def test_access_rights_alone_lack_a_service(profile: str) -> None:
    assert verdict("file", profile, mandatory(profile)) == {
        "matrix-service-missing": {"application": "eShipper International"}
    }


@pytest.mark.rule("BP-28")
def test_etoe_handling_needs_its_option() -> None:
    made = Town()
    made.company("acme", {"hq": {"contracts": {"C-1": {}}}}, options=["etoe-partner"])
    held = "etoe-handling general-access borderel-31 contract:C-1"
    made.person("anna", management=["manage-users"], rights={(APPLICATION, "hq"): held})
    made.person("ben")
    made.accepts(OPERATOR, SetOption, organisation="acme", option="etoe-partner", enabled=False)
    named = {
        "rights": [element.name for element in elements(held) if element.kind == RIGHT],
        "resources": {"contract": ["C-1"]},
    }
    where = {"user": "ben", "application": APPLICATION, "account": "hq", "profile": "etoe"}
    assert made.codes("anna", Grant, **where, **named) == ("option-disabled",)
