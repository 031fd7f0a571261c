"""Flow: a page that only asks questions says that its user is still there.  Refuses: nothing of its own."""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer
from partnerauth.flow import Command, Flow, Situation


class RenewSession(Command):
    """Keep the session that one acts in from idling, as every other command does by itself (SE-08)."""


def decide(_: Situation[RenewSession]) -> Answer:
    """Accept it: who asks has a session that lives, and to be there is all that it takes."""
    return Accepted()


FLOW = Flow(command=RenewSession, decide=decide)
