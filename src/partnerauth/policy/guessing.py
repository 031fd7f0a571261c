"""Rules: how often somebody may be wrong, and how many mails he may have sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from partnerauth.decision import Reason, Rule
from partnerauth.entities import Attempts
from partnerauth.policy.portal import Limits

TOO_MANY_ATTEMPTS = Rule(
    code="too-many-attempts",
    holds="Whoever was wrong too often, or had too many mails sent, waits before the next try.",
    because="A password or a code falls to whoever may try without end, and a mailbox drowns in mails.",
    says="This was tried too often. Please wait {seconds} and try again.",
    sources=("DP-01", "GX-05"),
)

_LONGEST_SOURCE = 254
"""Characters that tell sources apart: more than an address of any kind has."""

OF_PERSONS = ("user", "name", "mailbox", "mails", "letters")
"""What the keys of counters begin with that are named after a user, a name or a mailbox."""

_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Guard:
    """A counter that a try is held against before it is looked at: `limit` wrong ones, then a pause."""

    key: str
    limit: int
    until: datetime | None = None
    """When the pause ends, where that is fixed beforehand."""


def against_user(user: str, limits: Limits) -> Guard:
    """Guard one user, by whichever of his names he was called (PW-13)."""
    return Guard(f"user:{user}", limits.wrong_per_user)


def against_name(key: str, limits: Limits) -> Guard:
    """Guard a name that nobody has, so that it answers like one that somebody has (GX-03)."""
    return Guard(f"name:{key}", limits.wrong_per_user)


def against_source(source: str, limits: Limits) -> Guard:
    """Guard everybody against one source of guesses."""
    return Guard(f"source:{source[:_LONGEST_SOURCE]}", limits.wrong_per_source)


def against_code(token: str, expires_at: datetime, limits: Limits) -> Guard:
    """Guard one mailed code: after too many wrong tries it is dead for as long as it would have lived (DP-01)."""
    return Guard(f"code:{token}", limits.wrong_per_code, expires_at)


def against_mailbox(mailbox: str, limits: Limits) -> Guard:
    """Guard a mailbox against being mailed codes without end (TK-30): here every try counts, right or wrong."""
    return Guard(f"mailbox:{mailbox}", limits.codes_per_mailbox)


def against_arrivals(source: str, limits: Limits) -> Guard:
    """Guard the store against strangers who fill it from one source: here every try counts (FD-13, DS-14)."""
    return Guard(f"arrivals:{source[:_LONGEST_SOURCE]}", limits.arrivals_per_source)


def against_mails(user: str, limits: Limits) -> Guard:
    """Guard a user against being mailed links without end by whoever knows his name (TK-30)."""
    return Guard(f"mails:{user}", limits.codes_per_mailbox)


def against_letters(mailbox: str, limits: Limits) -> Guard:
    """Guard a mailbox against whoever manages users (TK-30): no stranger's doing keeps an invitation from it."""
    return Guard(f"letters:{mailbox}", limits.codes_per_mailbox)


def count(before: Attempts | None, guard: Guard, limits: Limits, now: datetime) -> tuple[Attempts, int]:
    """Count one more try as wrong until it proves right; return the counter and the seconds to wait, or 0.

    The try that fills the counter is still looked at; those after it wait: for the window the first time,
    twice as long each further time, and never longer than the longest delay, so that no stranger can lock
    a user out for good (GX-05).
    """
    held = before or Attempts(key=guard.key)
    if held.blocked_until and now < held.blocked_until:
        return held, -int((now - held.blocked_until) // timedelta(seconds=1))
    if held.since is None or now >= held.since + _FORGOTTEN_AFTER:
        held = Attempts(key=guard.key, since=now)
    elif held.blocked_until or now >= held.since + limits.window:
        held = replace(held, wrong=0, since=now, blocked_until=None)
    wrong = held.wrong + 1
    if wrong < guard.limit:
        return replace(held, wrong=wrong), 0
    pause = min(limits.window * 2 ** min(held.blocks, 16), limits.longest_delay)
    return replace(held, wrong=wrong, blocked_until=guard.until or now + pause, blocks=held.blocks + 1), 0


def proved_right(counted: Attempts) -> Attempts:
    """Take one try back that proved right: for a source, whose other tries stay counted (PW-15)."""
    blocks = counted.blocks - 1 if counted.blocked_until else counted.blocks
    return replace(counted, wrong=counted.wrong - 1, blocked_until=None, blocks=blocks)


def forgotten(key: str) -> Attempts:
    """Start a counter anew: the user has proved who he is."""
    return Attempts(key=key)


def says_something(counted: Attempts) -> bool:
    """Whether a counter is worth a row: one that counts nothing is like none at all (DS-14)."""
    return bool(counted.wrong or counted.blocks)


def too_many(seconds: int) -> Reason:
    """Say how long to wait."""
    return TOO_MANY_ATTEMPTS.broken(seconds=seconds)
