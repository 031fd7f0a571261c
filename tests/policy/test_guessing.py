"""Rules about guessing: how tries are counted, for how long one waits, and when all is forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from partnerauth.entities import Attempts
from partnerauth.policy.guessing import Guard, count, proved_right
from partnerauth.portals import read_portal
from partnerauth.testing.clockwork import START

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
