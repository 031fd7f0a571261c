"""Rules: e-mail addresses and the domains after their @."""

from __future__ import annotations

from typing import Literal

from partnerauth.addresses import EmailAddress
from partnerauth.decision import Reason, Rule

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
    sources=("SP-07",),
)

DOMAIN_MISMATCH = Rule(
    code="domain-mismatch",
    holds="A new user's address has the same domain as that of the user who invites.",
    because="The company's own mail system then vouches that the person works there.",
    says="The address ends in {domain}, but it must end in {expected}. "
    "Please use an address of your own company, or ask the operator of the portal.",
    sources=("KP-05", "GX-11"),
)


def well_formed(address: EmailAddress | None) -> Reason | None:
    """The text was one plain address: None is what `addresses.parse` makes of any other (GX-12)."""
    return EMAIL_MALFORMED.broken() if address is None else None


def written_in_lower_case(text: str, spelling: Literal["lowercase-only", "fold"]) -> Reason | None:
    """The address was typed without a capital letter, or the portal folds it by itself (ED-03)."""
    return EMAIL_NOT_LOWERCASE.broken() if spelling == "lowercase-only" and text != text.lower() else None


def same_domain(email: EmailAddress, expected: frozenset[str]) -> Reason | None:
    """The whole domain of the address is one of the expected A-labels; a sub-domain is another (KP-05)."""
    if email.domain in expected:
        return None
    return DOMAIN_MISMATCH.broken(domain=email.domain, expected=tuple(sorted(expected)))


def not_free_mail(domain: str, free_mail: frozenset[str]) -> Reason | None:
    """The domain stands for one organisation: not a free-mail domain, not a public suffix (KP-05, SP-07).

    `domain` is an A-label.  `free_mail` holds domains, and rules of the Public Suffix List as they stand
    there: `co.uk`, `*.ck` (whatever is one label below `ck`, and `ck` itself), `!www.ck` (an exception).
    """
    _, _, parent = domain.partition(".")
    if f"!{domain}" in free_mail or free_mail.isdisjoint((domain, f"*.{parent}", f"*.{domain}")):
        return None
    return FREE_MAIL_DOMAIN.broken(domain=domain)


def kept(within: Literal["anywhere", "same-domain"], old: EmailAddress, new: EmailAddress) -> Reason | None:
    """A changed address keeps to the domain of the old one, where the portal asks for that (GX-11)."""
    return same_domain(new, frozenset({old.domain})) if within == "same-domain" else None
