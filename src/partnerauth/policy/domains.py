"""Rules: e-mail addresses and the domains after their @."""

from __future__ import annotations

from partnerauth.decision import Rule

EMAIL_NOT_LOWERCASE = Rule(
    code="email-not-lowercase",
    holds="Where the portal asks for lower case, an address holds no capital letter.",
    because="The list of known addresses is kept in lower case, and the portal compares letter by letter.",
    says="Please enter your e-mail address in lower case, without capital letters. "
    "The list of known addresses is kept that way.",
    sources=("ED-03",),
)

EMAIL_MALFORMED = Rule(
    code="email-malformed",
    holds="An e-mail address is one that mail can be sent to.",
    because="The address proves who somebody is, so it must mean one mailbox and nothing else.",
    says="This is not a valid e-mail address. Please check it for typing errors.",
    sources=("BP-11", "KP-06", "DP-01", "GX-12"),
)

FREE_MAIL_DOMAIN = Rule(
    code="free-mail-domain",
    holds="The domain of a free-mail provider stands for no organisation.",
    because="Everybody can get an address there, so strangers would count as colleagues.",
    says="{domain} belongs to a free-mail provider, so it cannot stand for an organisation. "
    "Please use an address of the company itself.",
    sources=("KP-05", "SP-07"),
)

DOMAIN_MISMATCH = Rule(
    code="domain-mismatch",
    holds="A new user's address has the same domain as that of the user who invites.",
    because="The company's own mail system then vouches that the person works there.",
    says="The address ends in {domain}, but it must end in {expected}. "
    "Please use an address of your own company, or ask the operator of the portal.",
    sources=("KP-05", "GX-11"),
)
