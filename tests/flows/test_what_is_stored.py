"""Whatever a scenario of any portal stores is of the type that it says, and says who did it, when, and where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Self, get_type_hints

import pytest
from pydantic import ConfigDict, TypeAdapter

from partnerauth.adapters.memory import MemoryStore
from partnerauth.directory import AccountById, Key, OrganisationById, UserById
from partnerauth.entities import Delegation, Mail, Selection
from partnerauth.events import CommandRefused, Event, OfUser, SignInFailed
from partnerauth.messages import MAILS, languages
from partnerauth.portals import shipped
from partnerauth.ports import Unit
from partnerauth.scenarios import Scenario, find, read, run

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def scenarios(portal: str) -> Iterator[Scenario]:
    for file in find([SCENARIOS / portal]):
        yield from read(file)


@cache
def types(kind: Any) -> dict[str, TypeAdapter[Any]]:  # noqa: ANN401 - any class of entities or events
    """Return what each field of a dataclass may be."""
    strict = ConfigDict(strict=True, arbitrary_types_allowed=True)
    hints = get_type_hints(kind)
    return {
        field.name: TypeAdapter(hints[field.name], config=_config(hints[field.name], strict)) for field in fields(kind)
    }


def _config(hint: object, config: ConfigDict) -> ConfigDict | None:
    """Return how to check a type: dataclasses are asked field by field, and take no configuration."""
    return None if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__") else config


def typed(thing: Any) -> None:  # noqa: ANN401 - any entity or event
    kind: Any = type(thing)
    for name, adapter in types(kind).items():
        adapter.validate_python(getattr(thing, name))


class Reader(MemoryStore):
    """A store that reads what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.read_through = 0
        self.acted = {"operator:operator"}

    def opened(self) -> nullcontext[Self]:
        return nullcontext(self)

    def commit(self, unit: Unit) -> int:
        position = super().commit(unit)
        for thing in (*unit.events, *filter(None, unit.changes.values())):
            typed(thing)
            self.read_through += 1
        for event in unit.events:
            self._told(event)
        self._given(unit)
        for mail in unit.mails:
            self._mailed(mail)
        return position

    def _told(self, event: Event) -> None:
        """Every event says who did it, when, and in which organisation."""
        assert event.by
        assert not event.organisation or self._found(OrganisationById(event.organisation)), event
        assert event.about or isinstance(event, CommandRefused | SignInFailed) or not event.organisation
        user = self._found(UserById(event.user)) if isinstance(event, OfUser) else None
        if user:
            assert event.organisation == user.organisation, event
        by = self._found(UserById(event.by))  # type: ignore[arg-type]
        if by and isinstance(event, CommandRefused):
            assert event.organisation in {by.organisation, ""}, event

    def _given(self, unit: Unit) -> None:
        """What is given says who gave it: somebody who has acted here."""
        self.acted |= {event.by for event in unit.events}
        for thing in unit.changes.values():
            if isinstance(thing, Selection | Delegation):
                assert self._found(AccountById(thing.account))
                assert {given.by for given in thing.elements.values()} <= self.acted, thing

    def _mailed(self, mail: Mail) -> None:
        """A mail goes to an address, in a language there is, and says all that its template needs."""
        typed(mail)
        assert "@" in mail.to
        assert mail.language in languages()
        assert set(MAILS[mail.template].needs) <= {*mail.facts, "link", "code", "password", "token"}, mail
        assert all(isinstance(fact, str) for fact in mail.facts.values()), mail
        assert "None" not in mail.facts.values(), mail

    def _found(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        return self.read([key]).values[key]


@pytest.mark.rule("GX-08", "GX-01")
@pytest.mark.parametrize("portal", shipped())
def test_what_is_stored_says_who_and_where_and_is_what_it_says(portal: str) -> None:
    read_through = 0
    for scenario in scenarios(portal):
        reader = Reader()
        outcome = run(scenario, reader.opened)
        assert outcome.holds, "\n".join(outcome.lines())
        read_through += reader.read_through
    assert read_through > 100
