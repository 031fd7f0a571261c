"""Rules: the feed of addresses that may come in."""

from __future__ import annotations

from partnerauth.decision import Rule

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
