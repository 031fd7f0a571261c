"""Events become rows of the log and come back the same, and the form in which they are written does not change unseen.

`python tests/adapters/test_records.py` writes the golden file of an event that has none yet; it changes no other.
A golden file that no longer fits means a new schema number, and a way to read the old one.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerauth import events
from partnerauth.addresses import EmailAddress, parse
from partnerauth.entities import OrganisationId, State, UserId
from partnerauth.events import Event, UserReactivated
from partnerauth.records import SCHEMA, RecordError, from_row, plain, recorded_events, to_row

A, U = OrganisationId("acme"), UserId("u-anna")
GOLDEN = Path(__file__).parent / "golden"
NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=UTC)
KINDS = pytest.mark.parametrize("kind", recorded_events().values(), ids=recorded_events())
ADDRESSES = [parse("Ann.O'Dor+x@B\u00fccher.example"), parse("a@b.example")]

TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
TIMES = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))]))
LEAVES: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(),
    bool: st.booleans(),
    datetime: TIMES,
    EmailAddress: st.sampled_from(ADDRESSES),
}


def values(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401, PLR0911 - annotations have no type; one line each
    """Return what draws values of an annotation."""
    hint = getattr(hint, "__supertype__", hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in LEAVES:
        return LEAVES[hint]
    if origin in {Union, UnionType}:
        return st.none() | values(arguments[0])
    if origin is frozenset:
        return st.frozensets(values(arguments[0]), max_size=4)
    if origin is tuple and arguments[-1] is ...:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=3).map(MappingProxyType)
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    return st.builds(hint, **{name: values(each) for name, each in get_type_hints(hint).items()})


def example(hint: Any, name: str) -> Any:  # noqa: ANN401, PLR0911 - as above
    """Return one value of an annotation, always the same, that no default has."""
    hint = getattr(hint, "__supertype__", hint)
    origin, arguments = get_origin(hint), get_args(hint)
    leaves = {str: f"{name} \u00e9", int: 7, bool: True, datetime: NOON, EmailAddress: ADDRESSES[0]}
    if hint in leaves:
        return leaves[hint]
    if origin in {Union, UnionType}:
        return example(arguments[0], name)
    if origin is frozenset:
        return frozenset(example(arguments[0], f"{name}-{number}") for number in "21")
    if origin is tuple and arguments[-1] is ...:
        return tuple(example(arguments[0], f"{name}-{number}") for number in "21")
    if origin is tuple:
        return tuple(example(each, f"{name}-{number}") for number, each in enumerate(arguments))
    if origin is not None and issubclass(origin, Mapping):
        return MappingProxyType({f"{name}-{number}": example(arguments[1], f"{name}-{number}") for number in "21"})
    if issubclass(hint, Enum):
        return list(hint)[1]
    return hint(**{part: example(each, part) for part, each in get_type_hints(hint).items()})


def golden(kind: type[Event]) -> str:
    row = to_row(example(kind, kind.__name__))
    return json.dumps({**row, "at": row["at"].isoformat()}, indent=2) + "\n"


@KINDS
@pytest.mark.rule("GX-08")
def test_the_form_of_an_event_does_not_change_unseen(kind: type[Event]) -> None:
    file = GOLDEN / f"{kind.__name__}.json"
    assert file.exists(), f"new event: run python {Path(__file__).name}, and look at what it wrote"
    assert file.read_text() == golden(kind)


@KINDS
def test_what_was_written_earlier_is_read(kind: type[Event]) -> None:
    row = json.loads((GOLDEN / f"{kind.__name__}.json").read_text())
    event = from_row(row["name"], row["schema"], row["data"])
    assert event == example(kind, kind.__name__)
    assert type(event) is kind


def test_no_golden_file_is_of_an_event_that_is_gone() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(recorded_events())


@pytest.mark.rule("GX-08")
@given(st.data())
@KINDS
def test_every_event_comes_back_the_same(kind: type[Event], data: st.DataObject) -> None:
    event: Event = data.draw(values(kind))
    row = to_row(event)
    again = from_row(row["name"], row["schema"], json.loads(json.dumps(row["data"])))
    assert again == event
    assert (row["organisation"], row["at"], row["by"], row["about"]) == (
        event.organisation,
        event.at,
        event.by,
        event.about,
    )
    assert again.at.utcoffset() == timedelta(0)


@KINDS
def test_nobody_can_change_an_event_that_was_read(kind: type[Event]) -> None:
    row = to_row(example(kind, "x"))
    event = from_row(row["name"], row["schema"], row["data"])
    mutable = [
        field.name for field in dataclasses.fields(event) if isinstance(getattr(event, field.name), (dict, list))
    ]
    assert mutable == []


def test_every_event_can_be_recorded() -> None:
    named = {each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event)}
    bases = {base for each in named for base in each.__mro__[1:]}
    assert set(recorded_events().values()) == named - bases
    assert all(name == kind.__name__ and not name.startswith("_") for name, kind in recorded_events().items())


def test_equal_events_are_written_alike_whatever_the_order_of_their_sets() -> None:
    one, other = frozenset(["a", "b", "c", "d"]), frozenset(["d", "c", "b", "a"])
    assert plain(one) == plain(other) == ["a", "b", "c", "d"]


def test_cc_15_a_time_without_a_zone_is_not_recorded() -> None:
    event = UserReactivated(organisation=A, by="b", at=datetime(2026, 1, 1), user=U)  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match=r"2026-01-01T00:00:00 has no time zone: say which one is meant"):
        to_row(event)


def test_a_value_that_json_has_no_form_for_is_not_recorded() -> None:
    with pytest.raises(TypeError, match="bytes"):
        plain({"secret": b"x"})


@pytest.mark.parametrize(
    ("name", "schema", "change", "says"),
    [
        ("UserVanished", SCHEMA, {}, "UserVanished, schema 1: this version of partnerauth reads"),
        ("Event", SCHEMA, {}, "Event, schema 1"),
        ("_Entered", SCHEMA, {}, "_Entered, schema 1"),
        ("UserReactivated", SCHEMA + 1, {}, "UserReactivated, schema 2: .* or a newer one"),
        ("UserReactivated", SCHEMA, {"reason": ""}, "UserReactivated: unknown fields reason"),
        ("UserReactivated", SCHEMA, {"at": "yesterday", "state": "gone"}, "UserReactivated: at, state: not as it was"),
        ("UserReactivated", SCHEMA, {"user": 7}, "UserReactivated: user: not as it was written"),
    ],
)
def test_what_cannot_be_read_says_so(name: str, schema: int, change: dict[str, object], says: str) -> None:
    event = UserReactivated(organisation=A, by="b", at=NOON, user=U, state=State.INVITED)
    with pytest.raises(RecordError, match=says):
        from_row(name, schema, {**to_row(event)["data"], **change})


def test_a_missing_field_is_told() -> None:
    data = to_row(UserReactivated(organisation=A, by="b", at=NOON, user=U))["data"]
    del data["user"]
    with pytest.raises(RecordError, match="UserReactivated: user: not as it was written"):
        from_row("UserReactivated", SCHEMA, data)


if __name__ == "__main__":
    for each in recorded_events().values():
        path = GOLDEN / f"{each.__name__}.json"
        if not path.exists():
            path.write_text(golden(each))
