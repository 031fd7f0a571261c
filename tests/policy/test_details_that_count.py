"""Details that nothing else would miss: found by mutants that survived every other test."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.engine.raw import PRIORITY, conf
from tests.flows.portals import Customers

from partnerauth.entities import Attempts, System
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.flows.set_administrator import SetAdministrator
from partnerauth.policy.engine.gate import load_model
from partnerauth.policy.engine.lint import lint, lint_rows
from partnerauth.policy.engine.specialise import specialise
from partnerauth.policy.guessing import Guard, count, proved_right
from partnerauth.portals import read_portal
from partnerauth.testing.clockwork import START, world


@pytest.fixture
def customers() -> Customers:
    """The portal `kundenportal` with two companies."""
    return Customers()


GUARD = Guard("source:10.0.0.1", 3)


@pytest.mark.rule("GX-05")
def test_pw_15_a_try_that_proves_right_takes_back_the_wait_that_it_began_and_no_earlier_one() -> None:
    limits = read_portal("bpost").limits
    counted: Attempts | None = None
    for _ in range(GUARD.limit):
        counted, wait = count(counted, GUARD, limits, START)
        assert wait == 0
    assert counted
    assert (counted.wrong, counted.blocks) == (3, 1)
    right = proved_right(counted)
    assert (right.wrong, right.blocks, right.blocked_until) == (2, 0, None)
    fewer = proved_right(Attempts(key=GUARD.key, wrong=2, since=START, blocks=4))
    assert (fewer.wrong, fewer.blocks, fewer.since) == (1, 4, START)


@pytest.mark.rule("GX-05")
def test_pw_12_waits_double_and_are_counted_down_in_whole_seconds() -> None:
    limits = read_portal("bpost").limits
    held: Attempts | None = None
    now, waits = START, []
    for _ in range(3):
        for _ in range(GUARD.limit):
            held, _ = count(held, GUARD, limits, now)
        assert held
        assert held.blocked_until
        waits.append(held.blocked_until - now)
        assert count(held, GUARD, limits, now + timedelta(milliseconds=1))[1] == waits[-1] // timedelta(seconds=1)
        now = held.blocked_until
    assert waits == [min(limits.window * factor, limits.longest_delay) for factor in (1, 2, 4)]


@pytest.mark.parametrize(("first", "second", "expected"), [("10", "9", False), ("9", "10", True), ("2", "10", True)])
def test_priorities_are_compared_as_numbers(first: str, second: str, expected: bool) -> None:
    text = conf("r.sub == p.sub", request="sub", policy="id, priority, sub, eft", effect=PRIORITY)
    rows = [("a", first, "anna", "allow"), ("b", second, "anna", "deny")]
    assert specialise(load_model(text, "rules.conf"), rows, {}).decide("anna") is expected


def test_what_a_broken_continuation_defined_belongs_to_its_section() -> None:
    text = conf("r.sub == p.sub && r.obj == p.obj && r.act == p.act")
    broken = text.replace("act == p.act", "act == p.act \\") + "\n"
    assert [finding.trap for finding in lint(broken, "model.conf")] == ["broken-continuation"]


@pytest.mark.rule("GX-05")
def test_pw_12_what_was_long_ago_is_forgotten_to_the_moment() -> None:
    limits = read_portal("bpost").limits
    long_ago = Attempts(key=GUARD.key, wrong=2, since=START, blocks=4)
    (forgotten,) = {
        after
        for after in (timedelta(hours=hours) for hours in range(1, 24 * 60))
        if count(long_ago, GUARD, limits, START + after)[0].blocks == 0
        and count(long_ago, GUARD, limits, START + after - timedelta(microseconds=1))[0].blocks == 4
    }
    assert forgotten >= limits.longest_delay


@pytest.mark.rule("GX-07", "KP-04")
def test_whoever_is_the_only_master_may_be_made_one_again(customers: Customers) -> None:
    customers.accepts("eva", SetAdministrator, user="eva", administrator=True)
    assert customers.codes("eva", SetAdministrator, user="eva", administrator=False) == ("last-administrator",)


@pytest.mark.rule("ED-01", "GX-08")
def test_whoever_leaves_the_list_and_returns_does_so_by_the_feed() -> None:
    edi = world("edi")
    lines = [
        {"email": f"{name}@north.example", "organisation": "north"} for name in ("ann", "bob", "cas", "dee", "eve")
    ]
    for sequence, entries in enumerate((lines, lines[1:], lines), 1):
        edi.execute(System(name="feed"), ImportAllowList.model_validate({"entries": entries, "sequence": sequence}))
    events = [each.event for each in edi.store.records()]
    done = [event for event in events if event.name in {"UserDeactivated", "UserReactivated"}]
    assert [(event.name, event.by, event.organisation) for event in done] == [
        ("UserDeactivated", "system:feed", "north"),
        ("UserReactivated", "system:feed", "north"),
    ]


def test_rows_are_counted_from_one() -> None:
    text = conf("r.sub == p.sub && r.obj == p.obj && r.act == p.act")
    row = ("p", "alice", "data1", "read")
    assert [finding.line for finding in lint_rows(text, [row, row], "model.conf")] == [2]
