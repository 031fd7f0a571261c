"""Rules: the feed of addresses that may come in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from partnerauth.decision import Reason, Rule
from partnerauth.policy.portal import AllowList

NOT_ON_ALLOW_LIST = Rule(
    code="not-on-allow-list",
    holds="Only an address that the operator communicated gets in.",
    because="The operator decides from its own records who works for its partners.",
    says="This address is not known here. Check that you entered it in lower case; if that does not help, "
    "ask the service desk.",
    sources=("ED-01", "GX-03", "GX-11"),
)

FEED_SUSPICIOUS = Rule(
    code="feed-suspicious",
    holds="A feed is not empty, and does not make more users leave than the portal's share.",
    because="A feed that was cut off on its way would otherwise shut everybody out.",
    says="This feed was not used: {leaving} of {known} known users would leave, or it is empty; "
    "at most {share} percent may leave at once. Please check the feed and send it again.",
    sources=("ED-01",),
)

FEED_OUT_OF_ORDER = Rule(
    code="feed-out-of-order",
    holds="Every feed has a higher sequence number than the one before.",
    because="A feed that arrives late, or twice, would bring back people who have left.",
    says="This feed was not used: its number is {sequence}, and feed {last} is already in. "
    "Please send the newest feed.",
    sources=("ED-01",),
)

FEED_CONTRADICTORY = Rule(
    code="feed-contradictory",
    holds="A feed names each address once.",
    because="Of two lines about one person nobody can say which is true.",
    says="This feed was not used: it names an address more than once ({addresses}). "
    "Please correct the feed and send it again.",
    sources=("ED-01",),
)

FEED_MALFORMED = Rule(
    code="feed-malformed",
    holds="Every line of a feed names an address, a person and an organisation that can be used.",
    because="A feed that was damaged on its way says who belongs here no longer.",
    says="This feed was not used: these lines are not well formed: {lines}. Please correct the feed and send it again.",
    sources=("ED-01",),
)

_MOST_NAMED = 20
"""Addresses or lines that a reason names at the most."""


def listed(*, known: bool) -> Reason | None:
    """The address is one that the feed named (GX-11)."""
    return None if known else NOT_ON_ALLOW_LIST.broken()


def in_order(sequence: int, last: int | None) -> Reason | None:
    """The feed is newer than the last one that was taken in (FD-02)."""
    if last is None or sequence > last:
        return None
    return FEED_OUT_OF_ORDER.broken(sequence=sequence, last=last)


def plausible(rules: AllowList, *, entries: int, leaving: int, known: int) -> Reason | None:
    """The feed names somebody, and no more than the portal's share of its users would leave (FD-01)."""
    if entries and 100 * leaving <= rules.share * known:
        return None
    return FEED_SUSPICIOUS.broken(leaving=leaving, known=known, share=rules.share)


def unambiguous(repeated: Collection[str]) -> Reason | None:
    """No address, however it is spelled, stands in the feed twice (FD-03)."""
    return FEED_CONTRADICTORY.broken(addresses=_first(repeated)) if repeated else None


def legible(lines: Collection[int]) -> Reason | None:
    """No line, counted from 1, has anything in it that cannot be used (FD-03, FD-06)."""
    return FEED_MALFORMED.broken(lines=_first(str(line) for line in sorted(lines))) if lines else None


def _first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(names, _MOST_NAMED))
