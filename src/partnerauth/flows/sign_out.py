"""Flow: a user signs out of a browser.  Refuses: nothing of its own."""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import SessionByDigest, SessionsIn
from partnerauth.entities import Member
from partnerauth.events import SignedOut
from partnerauth.flow import Command, Flow, Needs, Situation, digest
from partnerauth.policy import standing
from partnerauth.steps import sessions


class SignOut(Command):
    """End the session that one acts in, and one's own in a browser where it is named (SE-06)."""

    browser: str = ""


def needs(s: Situation[SignOut]) -> Needs:
    """The sessions in the browser."""
    yield from sessions.needs(s.directory, s.command.browser)


def decide(s: Situation[SignOut]) -> Answer:
    """End them; to be signed out already is no mistake."""
    there = s.directory.the(SessionsIn(s.command.browser)) if s.command.browser else ()
    here = (digest(s.actor.session),) if isinstance(s.actor, Member) and s.actor.session else ()
    found = [s.directory.the(SessionByDigest(each)) for each in dict.fromkeys((*there, *here))]
    mine = [sessions.ended(each, standing.SIGN_IN_REQUIRED.code) for each in found if each.user == s.me.id]
    event = SignedOut(organisation=s.me.organisation, by=s.by, at=s.now, user=s.me.id, browser=s.command.browser)
    return Accepted(events=(event,), keeps=tuple(mine))


FLOW = Flow(command=SignOut, needs=needs, decide=decide, with_temporary_password=True)
