"""The laws hold on random histories of every portal that the library ships."""

from __future__ import annotations

import pytest

from partnerauth.portals import read_portal, shipped
from partnerauth.testing.machine import hold


@pytest.mark.rule("BP-02", "BP-04", "BP-05", "BP-09", "BP-10", "BP-13", "BP-28", "BP-31", "BP-32")
@pytest.mark.rule("GX-01", "GX-02", "GX-04", "GX-07", "GX-08", "GX-09", "GX-10", "GX-12")
@pytest.mark.parametrize("portal", shipped())
def test_the_laws_hold(portal: str) -> None:
    hold(read_portal(portal), histories=15, commands=25)
