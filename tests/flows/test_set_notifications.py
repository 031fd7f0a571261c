"""Flows: a user ticks, or unticks, to be mailed about cases; and who sees which case."""

from __future__ import annotations

import pytest
from tests.flows.portals import MASTER, Customers, Dealers
from tests.flows.test_submit_request import REPAIR, case

from partnerauth.entities import OrganisationId, UserId
from partnerauth.flows.set_notifications import SetNotifications
from partnerauth.flows.submit_request import SubmitRequest
from partnerauth.view import Record


@pytest.fixture
def cases(dealers: Dealers) -> Dealers:
    """A portal with a case of each of two dealers, and a second member of the first."""
    dealers.person("cas", "fixit", username="")
    for user, identity in (("bob", "c-1"), ("rik", "c-2"), ("ann", "c-3")):
        dealers.accepts(user, SubmitRequest, case=identity, kind="repair", fields=REPAIR)
    return dealers


@pytest.mark.rule("DP-07")
def test_the_default_is_off_and_is_the_users_own(cases: Dealers) -> None:
    assert not cases.user("bob").notifications
    cases.accepts("bob", SetNotifications, enabled=True)
    assert (cases.user("bob").notifications, cases.user("ann").notifications) == (True, False)
    cases.accepts("bob", SetNotifications, enabled=False)
    assert not cases.user("bob").notifications
    assert cases.recorded("bob") == ["NotificationsSet", "NotificationsSet"]


@pytest.mark.rule("DP-07")
def test_a_tick_is_one_cases(cases: Dealers) -> None:
    cases.accepts("bob", SetNotifications, case="c-1", enabled=True)
    assert case(cases, "c-1").informs == {"bob": True}
    cases.accepts("bob", SetNotifications, case="c-1", enabled=False)
    assert case(cases, "c-1").informs == {"bob": False}
    assert not cases.user("bob").notifications


@pytest.mark.rule("DP-06", "DP-07", "GX-01")
@pytest.mark.parametrize(
    ("user", "identity"), [("bob", "c-2"), ("bob", "c-3"), ("cas", "c-1"), ("ann", "c-2"), ("bob", "c-9"), ("bob", "")]
)
def test_a_case_that_the_user_does_not_see_is_answered_like_none(cases: Dealers, user: str, identity: str) -> None:
    told = cases.refuses(user, SetNotifications, case=identity, enabled=True)
    assert told == {"other-organisation": {"names": (identity,)}}


@pytest.mark.rule("DP-06")
@pytest.mark.parametrize(("user", "seen"), [("ann", ["c-1", "c-3"]), ("bob", ["c-1"]), ("cas", []), ("rik", ["c-2"])])
def test_a_member_sees_the_cases_he_reported_and_an_administrator_all(
    cases: Dealers, user: str, seen: list[str]
) -> None:
    assert [each.id for each in cases.view().cases(user)] == seen


@pytest.mark.rule("DP-06", "GX-01")
def test_an_administrator_sees_no_other_organisations_cases(cases: Dealers) -> None:
    cases.person("rob", "repair", management=MASTER, username="")
    record = Record(type="case", owner=UserId("bob"), organisation=OrganisationId("fixit"))
    assert cases.view().sees("ann", record)
    assert cases.view().sees("bob", record)
    for user, code in (("cas", "right-missing"), ("rob", "other-organisation"), ("rik", "other-organisation")):
        decision = cases.view().sees(user, record)
        assert decision.reason is not None
        assert decision.reason.code == code


@pytest.mark.rule("DP-10", "GX-01")
def test_every_member_sees_the_organisations_credits_and_nobody_elses(cases: Dealers) -> None:
    credit = Record(type="credit", organisation=OrganisationId("fixit"))
    assert [bool(cases.view().sees(user, credit)) for user in ("ann", "bob", "cas", "rik")] == [True, True, True, False]


def test_who_is_nobody_has_no_cases_and_neither_has_a_portal_without_requests(cases: Dealers) -> None:
    assert cases.view().cases("nobody") == ()
    assert Customers().view().cases("eva") == ()
