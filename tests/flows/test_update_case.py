"""Flows: there is news about a case."""

from __future__ import annotations

import pytest
from tests.flows.portals import MASTER, OPERATOR, Dealers, changed
from tests.flows.test_submit_request import REPAIR, RETURN, case

from partnerauth.entities import System
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.set_administrator import SetAdministrator
from partnerauth.flows.set_notifications import SetNotifications
from partnerauth.flows.submit_request import SubmitRequest
from partnerauth.flows.update_case import UpdateCase

MAIN = ("order-received", "appointment-planned", "order-finished", "order-cancelled")
SYSTEM = System()
BOB = "bob@fixit.example"


@pytest.fixture
def repair(dealers: Dealers) -> Dealers:
    """A portal where Bob reported a repair and said nothing about mails."""
    dealers.accepts("bob", SubmitRequest, case="c-1", kind="repair", fields=REPAIR)
    return dealers


@pytest.mark.rule("DP-07")
def test_nobody_is_mailed_who_did_not_ask_for_it(repair: Dealers) -> None:
    for status in MAIN:
        assert repair.accepts(SYSTEM, UpdateCase, case="c-1", status=status).mails == ()
    assert case(repair, "c-1").status == "order-cancelled"
    assert repair.recorded("c-1") == ["RequestSubmitted", *["CaseUpdated"] * 4]


@pytest.mark.rule("DP-07")
@pytest.mark.parametrize("status", MAIN)
def test_who_ticked_is_mailed_at_every_main_update(repair: Dealers, status: str) -> None:
    repair.accepts("bob", SetNotifications, case="c-1", enabled=True)
    repair.accepts(SYSTEM, UpdateCase, case="c-1", status=status)
    (mail,) = repair.mails(BOB)
    assert (mail.template, mail.facts["case"], mail.facts["status"]) == ("case-update", "c-1", status)


@pytest.mark.rule("DP-07")
def test_other_updates_are_noted_and_not_mailed(repair: Dealers) -> None:
    repair.accepts("bob", SetNotifications, case="c-1", enabled=True)
    repair.accepts(SYSTEM, UpdateCase, case="c-1", status="waiting-for-parts")
    assert (case(repair, "c-1").status, repair.mails(BOB)) == ("waiting-for-parts", [])


@pytest.mark.rule("DP-07")
@pytest.mark.parametrize(
    ("kind", "fields"), [("pick-up-repair", {**REPAIR, "location": "dealer"}), ("damage-return", RETURN)]
)
def test_only_an_in_home_repair_has_main_updates(dealers: Dealers, kind: str, fields: dict[str, str]) -> None:
    dealers.accepts("bob", SetNotifications, enabled=True)
    dealers.accepts("bob", SubmitRequest, case="c-2", kind=kind, fields=fields)
    assert dealers.accepts(SYSTEM, UpdateCase, case="c-2", status="order-received").mails == ()


@pytest.mark.rule("DP-07")
@pytest.mark.parametrize(
    ("default", "tick", "mails"),
    [(False, None, 0), (True, None, 1), (False, "yes", 1), (True, "no", 0)],
)
def test_the_tick_in_the_form_goes_before_the_default(
    dealers: Dealers,
    default: bool,
    tick: str | None,
    mails: int,
) -> None:
    dealers.accepts("bob", SetNotifications, enabled=default)
    fields = REPAIR if tick is None else {**REPAIR, "keep-informed": tick}
    dealers.accepts("bob", SubmitRequest, case="c-1", kind="repair", fields=fields)
    assert len(dealers.accepts(SYSTEM, UpdateCase, case="c-1", status="order-received").mails) == mails


@pytest.mark.rule("DP-06", "DP-07")
def test_an_administrator_may_follow_a_case_for_as_long_as_he_sees_it(repair: Dealers) -> None:
    repair.person("mia", "fixit", management=MASTER, username="")
    repair.accepts("mia", SetNotifications, case="c-1", enabled=True)
    assert [mail.to for mail in repair.accepts(SYSTEM, UpdateCase, case="c-1", status="order-received").mails] == [
        "mia@fixit.example"
    ]
    repair.accepts("ann", SetAdministrator, user="mia", administrator=False)
    assert repair.accepts(SYSTEM, UpdateCase, case="c-1", status="order-received").mails == ()


@pytest.mark.rule("DP-07", "GX-02")
def test_lc_07_who_was_deactivated_is_mailed_no_more(repair: Dealers) -> None:
    repair.accepts("bob", SetNotifications, case="c-1", enabled=True)
    repair.accepts("ann", Deactivate, user="bob")
    assert repair.accepts(SYSTEM, UpdateCase, case="c-1", status="order-received").mails == ()


@pytest.mark.rule("DP-07")
def test_an_unknown_status_or_case_is_refused(repair: Dealers) -> None:
    assert repair.refuses(SYSTEM, UpdateCase, case="c-1", status="order-recieved") == {
        "unknown-name": {"kind": "status", "names": ("order-recieved",)}
    }
    assert repair.refuses(SYSTEM, UpdateCase, case="c-2", status="order-received") == {
        "other-organisation": {"names": ("c-2",)}
    }


@pytest.mark.rule("DP-07")
def test_only_the_system_reports_news(repair: Dealers) -> None:
    for who in ("bob", "ann", OPERATOR):
        assert repair.codes(who, UpdateCase, case="c-1", status="order-received") == ("not-offered",)


@pytest.mark.rule("DP-07")
def test_a_kind_that_left_the_portal_file_has_no_main_updates(repair: Dealers) -> None:
    repair.accepts("bob", SetNotifications, case="c-1", enabled=True)
    shipped = changed("dealerportal")
    assert shipped.requests is not None
    kinds = {code: kind for code, kind in shipped.requests.kinds.items() if code != "repair"}
    repair.portal = changed("dealerportal", requests=shipped.requests.model_copy(update={"kinds": kinds}))
    assert repair.accepts(SYSTEM, UpdateCase, case="c-1", status="order-received").mails == ()
