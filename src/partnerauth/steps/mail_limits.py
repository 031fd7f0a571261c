"""How often mails go to one mailbox, or to one user, whoever has them sent (TK-30)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from partnerauth.addresses import EmailAddress
from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.directory import AttemptsAgainst
from partnerauth.flow import Needs, Situation, counted
from partnerauth.policy import guessing


def needs(s: Situation[Any], reader: EmailAddress | None) -> Needs:
    """How many mails somebody was sent by those who manage users."""
    if reader:
        yield AttemptsAgainst(guessing.against_letters(reader.mailbox, s.portal.limits).key)


def unless_too_often(s: Situation[Any], reader: EmailAddress, answer: Accepted) -> Answer:
    """Count the mails of whoever manages users as one; where it is one too many, nothing happens at all.

    Whether the address is known makes no difference to how often it may be named (GX-03).
    """
    after, wait = counted(s, guessing.against_letters(reader.mailbox, s.portal.limits))
    return Refused((guessing.too_many(wait),)) if wait else replace(answer, keeps=(*answer.keeps, after))


def unsent_if_too_often(s: Situation[Any], guard: guessing.Guard, answer: Accepted) -> Accepted:
    """Count the mails of whoever asks for himself as one; one too many is on record and not sent, and ends no link."""
    after, wait = counted(s, guard)
    return Accepted(events=answer.events) if wait else replace(answer, keeps=(*answer.keeps, after))
