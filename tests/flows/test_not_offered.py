"""Every portal crossed with every command and everybody who could give it: what is not offered is never half done."""

from __future__ import annotations

import pytest
from tests.flows.town import Town, about_nothing

from partnerauth.decision import Refused
from partnerauth.entities import Actor, Operator, System, Visitor
from partnerauth.flows import FLOWS
from partnerauth.policy.portal import COMMANDS
from partnerauth.portals import shipped

ACTORS: dict[str, Actor] = {"visitor": Visitor(), "operator": Operator(), "system": System()}


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize("word", COMMANDS)
@pytest.mark.parametrize("portal", shipped())
def test_what_a_portal_does_not_offer_is_refused_alone_and_changes_nothing(portal: str, word: str) -> None:
    town = Town(portal)
    offered = set(town.portal.offers.get(word, ()))
    members_only = "visitor" not in offered and bool(offered & {"user", "administrator"})
    command = about_nothing(FLOWS[word].command)
    for name, actor in ACTORS.items():
        if name in offered:
            continue
        units = len(town.watched.units)
        answer = town.execute(actor, command)
        assert isinstance(answer, Refused)
        assert answer.codes == (("sign-in-required",) if name == "visitor" and members_only else ("not-offered",))
        (unit,) = town.watched.units[units:]
        assert not unit.changes
        assert not unit.mails
        assert [event.name for event in unit.events] in (["CommandRefused"], ["SignInFailed"])
