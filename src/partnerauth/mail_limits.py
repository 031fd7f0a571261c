"""How often those who manage users may have mails sent to one mailbox."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from partnerauth.addresses import EmailAddress
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AttemptsAgainst
from partnerauth.flow import Needs, Situation
from partnerauth.policy import guessing


def needs(s: Situation[Any], reader: EmailAddress | None) -> Needs:
    """How many mails somebody was sent."""
    if reader:
        yield AttemptsAgainst(guessing.against_letters(reader.mailbox, s.portal.limits).key)


def unless_too_often(s: Situation[Any], reader: EmailAddress, answer: Accepted) -> Answer:
    """Count the mails of an answer as one; where it is one too many, nothing happens at all (TK-30).

    Whether the address is known makes no difference to how often it may be named (GX-03).
    """
    guard = guessing.against_letters(reader.mailbox, s.portal.limits)
    counted, wait = guessing.count(s.directory.get(AttemptsAgainst(guard.key)), guard, s.portal.limits, s.now)
    return Refused((guessing.too_many(wait),)) if wait else replace(answer, keeps=(*answer.keeps, counted))
