"""Every portal crossed with every command and everybody who could give it: what is not offered is never half done."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel
from tests.flows.town import Town

from partnerauth.decision import Refused
from partnerauth.entities import Actor, Operator, System, Visitor
from partnerauth.flows import FLOWS
from partnerauth.policy.portal import COMMANDS
from partnerauth.portals import shipped

ACTORS: dict[str, Actor] = {"visitor": Visitor(), "operator": Operator(), "system": System()}


def example(kind: type[BaseModel]) -> dict[str, Any]:
    """Return a value for each field that a command must have."""
    required = {name: field.annotation for name, field in kind.model_fields.items() if field.is_required()}
    return {name: _value(annotation) for name, annotation in required.items()}


def _value(annotation: Any) -> Any:  # noqa: ANN401 - whatever a field is declared as
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"issuer": "i", "subject": "s"}
    if annotation is bool:
        return True
    if annotation is int:
        return 1
    if get_args(annotation):
        return {} if "Mapping" in repr(annotation) else ()
    return "x"


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize("word", COMMANDS)
@pytest.mark.parametrize("portal", shipped())
def test_what_a_portal_does_not_offer_is_refused_alone_and_changes_nothing(portal: str, word: str) -> None:
    town = Town(portal)
    offered = set(town.portal.offers.get(word, ()))
    members_only = "visitor" not in offered and bool(offered & {"user", "administrator"})
    command = FLOWS[word].command
    for name, actor in ACTORS.items():
        if name in offered:
            continue
        units = len(town.watched.units)
        answer = town.execute(actor, command.model_validate(example(command)))
        assert isinstance(answer, Refused)
        assert answer.codes == (("sign-in-required",) if name == "visitor" and members_only else ("not-offered",))
        (unit,) = town.watched.units[units:]
        assert not unit.changes
        assert not unit.mails
        assert [event.name for event in unit.events] in (["CommandRefused"], ["SignInFailed"])
