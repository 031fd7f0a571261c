"""Lets the tests here import each other by their paths, and gives each a town of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.flows.portals import Customers, Dealers
from tests.flows.town import Town


@pytest.fixture
def town() -> Town:
    """A portal `bpost` with nobody in it."""
    return Town()


@pytest.fixture
def acme(town: Town) -> Town:
    """A town with one company: two accounts, every kind of resource, and three people.

    Anna manages everybody, Mia ordinary users, and Ben is one.  Anna and Mia hold enough to give something away.
    """
    town.company(
        "acme",
        {
            "hq": {
                "billing-addresses": ["B1", "B2"],
                "contracts": {
                    "BPI-1": {},
                    "BPI-2": {"active": False},
                    "CS-9": {"kind": "cs-master"},
                    "C-1": {},
                },
            },
            "depot": {"applications": ["distriplanner"], "billing-addresses": ["B3"]},
        },
        options=["ftp", "agreement-router", "etoe-partner"],
    )
    town.person(
        "anna",
        management=["manage-administrators", "manage-users", "reset-password", "ftp"],
        password="Winter-Tram-61",
        rights={
            ("emasspost", "hq"): "administrator-role creation view-prices senders-management "
            "product:letter product:prior billing-address:B1",
            ("distriplanner", "hq"): "quick-view order-entry billing-address:B1 billing-address:B2",
            ("eshipper-international", "hq"): "eshipper-light eshipper-pro-2 etoe-handling general-access view-prices "
            "borderel-10 borderel-21 borderel-31 contract:BPI-1 contract:BPI-2",
            ("collect-stamp", "hq"): "search-invoices contract:CS-9",
        },
    )
    town.person(
        "mia",
        management=["manage-users", "reset-password"],
        password="Winter-Tram-63",
        rights={("distriplanner", "hq"): "quick-view"},
    )
    town.person("ben", password="Winter-Tram-62")
    return town


@pytest.fixture
def customers() -> Customers:
    """The portal `kundenportal` with two companies."""
    return Customers()


@pytest.fixture
def dealers() -> Dealers:
    """The portal `dealerportal` with two dealers."""
    return Dealers()
