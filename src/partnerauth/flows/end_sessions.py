"""Flow: a user ends sessions of his own.  Refuses: other-organisation."""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer, Refused
from partnerauth.entities import Member
from partnerauth.events import SignedOut
from partnerauth.flow import Command, Flow, Needs, Situation, digest
from partnerauth.policy import isolation, standing
from partnerauth.steps import sessions


class EndSessions(Command):
    """End one session of one's own, which is named as `View.sessions` lists it, or all but the one in use (SE-13)."""

    session: str = ""


def needs(s: Situation[EndSessions]) -> Needs:
    """One's own sessions."""
    yield from sessions.of(s.directory, s.me.id)


def decide(s: Situation[EndSessions]) -> Answer:
    """End them; another's session is answered like one that does not exist (GX-01)."""
    named = s.command.session
    mine = {each.digest: each for each in sessions.own(s.directory, s.me.id)}
    if named and named not in mine:
        return Refused((isolation.OTHER_ORGANISATION.broken(names=(named,)),))
    here = digest(s.actor.session) if isinstance(s.actor, Member) else ""
    chosen = [mine[named]] if named else [each for each in mine.values() if each.digest != here]
    over = [each for each in chosen if not each.ended and s.now < standing.ends_at(each)]
    events = (
        SignedOut(organisation=s.me.organisation, by=s.by, at=s.now, user=s.me.id, browser=each.browser)
        for each in over
    )
    return Accepted(
        events=tuple(events), keeps=tuple(sessions.ended(each, standing.SIGN_IN_REQUIRED.code) for each in over)
    )


FLOW = Flow(command=EndSessions, needs=needs, decide=decide)
