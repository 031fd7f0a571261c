"""Flow: the operator switches an option of an organisation on or off.  Refuses: unknown-name, other-organisation."""

from __future__ import annotations

from partnerauth.decision import Accepted, Answer
from partnerauth.directory import OrganisationById
from partnerauth.entities import OrganisationId
from partnerauth.events import OptionSet
from partnerauth.flow import Command, Flow, Needs, Situation, refuse
from partnerauth.policy import isolation, offers


class SetOption(Command):
    """Switch an option on or off: what depends on it works, or stops, from the next question on (BP-06)."""

    organisation: OrganisationId
    option: str
    enabled: bool


def needs(s: Situation[SetOption]) -> Needs:
    """The organisation."""
    yield OrganisationById(s.command.organisation)


def decide(s: Situation[SetOption]) -> Answer:
    """Switch it."""
    command = s.command
    if refused := refuse(offers.known("option", (command.option,), s.portal.options)) or refuse(
        isolation.exists(s.directory.get(OrganisationById(command.organisation)), command.organisation)
    ):
        return refused
    return Accepted(
        events=(
            OptionSet(
                organisation=command.organisation, by=s.by, at=s.now, option=command.option, enabled=command.enabled
            ),
        )
    )


FLOW = Flow(command=SetOption, needs=needs, decide=decide)
