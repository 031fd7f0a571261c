"""What a selection holds, and what of it still exists."""

from __future__ import annotations

import pytest

from partnerauth.entities import RIGHT, Account, AccountId, Contract, Element, Organisation, OrganisationId
from partnerauth.policy import matrix, rights
from partnerauth.portals import read_portal

PORTAL = read_portal("bpost")
WORLD = PORTAL.applications["eshipper-international"]
ACME = Organisation(id=OrganisationId("acme"), name="Acme")
HQ = Account(
    id=AccountId("acme/hq"),
    organisation=ACME.id,
    name="HQ",
    applications=frozenset(PORTAL.applications),
    contracts={"C-1": Contract(), "C-2": Contract(active=False)},
    billing_addresses=frozenset({"B1"}),
)


@pytest.mark.rule("BP-28")
@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (Element(RIGHT, "creation"), True),
        (Element(RIGHT, "order-entry"), False),
        (Element("product", "letter"), True),
        (Element("product", "parcel"), False),
        (Element("contract", "C-1"), True),
        (Element("contract", "C-9"), False),
        (Element("billing-address", "B1"), True),
        (Element("billing-address", "B9"), False),
        (Element("warehouse", "W1"), False),
    ],
)
def test_dg_17_what_file_or_account_no_longer_knows_does_not_count(element: Element, *, expected: bool) -> None:
    assert rights.exists(PORTAL.applications["emasspost"], HQ, element) is expected


@pytest.mark.rule("BP-28")
def test_dg_17_a_right_that_belongs_to_nobody_does_not_count() -> None:
    assert not rights.exists(WORLD, HQ, Element(RIGHT, "customs-access"))
    assert rights.exists(WORLD, HQ, Element(RIGHT, "eshipper-light"))


@pytest.mark.rule("BP-01")
def test_the_ceiling_of_an_application_has_only_the_kinds_that_its_rights_need() -> None:
    ceiling = rights.ceiling(PORTAL.applications["distriplanner"], HQ, ACME)
    assert ceiling == {
        Element(RIGHT, "order-entry"),
        Element(RIGHT, "quick-view"),
        Element("billing-address", "B1"),
    }


@pytest.mark.rule("BP-26")
def test_an_application_without_that_rule_takes_inactive_contracts() -> None:
    named = ("C-2",)
    assert rights.contracts_active(PORTAL.applications["eshipper-national"], HQ, named, ()) is None
    assert rights.contracts_active(WORLD, HQ, named, ()) is not None
    assert rights.contracts_active(WORLD, HQ, (), ()) is None


@pytest.mark.rule("BP-26")
def test_where_no_right_is_called_a_service_every_right_is_one() -> None:
    plain = WORLD.model_copy(update={"matrix": None})
    held = (Element(RIGHT, "view-prices"),)
    assert rights.contracts_active(plain, HQ, (), held) is not None
    assert rights.contracts_active(plain, HQ, (), (*held, Element("contract", "C-1"))) is None
    assert rights.contracts_active(WORLD, HQ, (), held) is None


@pytest.mark.rule("BP-28")
def test_a_matrix_says_for_every_profile_what_is_missing_and_what_is_barred() -> None:
    assert WORLD.matrix is not None
    chosen = frozenset({"general-access", "borderel-10"})
    assert matrix.fitting(WORLD.matrix, chosen) == ("general",)
    assert matrix.misfits(WORLD.matrix, chosen) == {
        "read-only": (("eshipper-light",), ("general-access",)),
        "pro-2": (("eshipper-pro-2",), ("borderel-10",)),
        "etoe": (("etoe-handling",), ()),
    }
    assert matrix.valid(WORLD, frozenset(), "general") == ()
    assert matrix.valid(PORTAL.applications["emasspost"], {"creation"}, None) == ()
    assert matrix.allowed(WORLD.matrix, "pro-2", ("borderel-10", "borderel-21")) == {"borderel-21"}
