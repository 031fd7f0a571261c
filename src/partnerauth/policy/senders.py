"""Rules: which mails make an account for their sender."""

from __future__ import annotations

from partnerauth.addresses import EmailAddress
from partnerauth.decision import Reason, Rule
from partnerauth.policy.portal import MailedRequests

AUTOMATIC_MAIL = Rule(
    code="automatic-mail",
    holds="A request was written by a person: not by a machine, and not to a mailing list.",
    because="Machines answer each other without end, and none of them ever signs in.",
    says="This mail was sent by a machine or a mailing list, so it makes no user account.",
    sources=("SP-01",),
)

OWN_ADDRESS = Rule(
    code="own-address",
    holds="An address of the portal itself is nobody's user account.",
    because="What is mailed there can be read by others than one person, links included.",
    says="This address belongs to the portal itself, so it makes no user account.",
    sources=("SP-01",),
)

SENDER_UNPROVED = Rule(
    code="sender-unproved",
    holds="The sender's own mail system vouches for a request.",
    because="Anybody can write somebody else's address on a mail.",
    says="Nothing shows that this mail comes from its sender, so it makes no user account.",
    sources=("SP-01",),
)

_OF_LISTS = frozenset({"bulk", "list", "junk"})


def personal(*, auto_submitted: str, precedence: str, list_id: str, return_path: str | None) -> Reason | None:
    """A person sent the mail: its header fields say nothing else (RFC 3834, 2 and 5; RFC 2919; FD-13).

    `return_path` is the envelope's sender, empty for a bounce (RFC 5321, 4.5.5), None where it is not known.
    """
    said = auto_submitted.partition(";")[0].strip().lower()
    machine = said not in {"", "no"} or precedence.strip().lower() in _OF_LISTS or bool(list_id.strip())
    bounce = return_path is not None and not return_path.strip(" <>")
    return AUTOMATIC_MAIL.broken() if machine or bounce else None


def no_machine(rules: MailedRequests, address: EmailAddress) -> Reason | None:
    """What stands before the @ is not the name of a machine (FD-14)."""
    name = address.local.lower().partition("+")[0]
    return AUTOMATIC_MAIL.broken() if name in rules.machines else None


def not_own(rules: MailedRequests, address: EmailAddress) -> Reason | None:
    """The address is not one of the portal's own (FD-14)."""
    return OWN_ADDRESS.broken() if address.domain in rules.own_domains else None


def vouched(*, authenticated: bool) -> Reason | None:
    """SPF or DKIM, aligned with the sender's domain, shows who sent the mail (RFC 7489, 3.1; FD-12)."""
    return None if authenticated else SENDER_UNPROVED.broken()
