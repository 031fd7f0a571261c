"""The chain of records: what a link covers, what an examination finds, and what a seal kept elsewhere adds to that.

`python tests/test_chain.py` writes the golden file where there is none.  One that no longer fits means a new number of
the form, and a way to read the old one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerauth import chain, verification
from partnerauth.addresses import EmailAddress
from partnerauth.chain import Head, Link, Personal, Spot
from partnerauth.entities import AccountId, OrganisationId, UserId
from partnerauth.events import (
    CommandRefused,
    Event,
    RegistrationStarted,
    RightsDelegated,
    SignedIn,
    SignInFailed,
    UserCreated,
    UserDeactivated,
    UserErased,
)
from partnerauth.records import ERASED, OPEN, RecordError, personal_fields, plain, recorded_events
from partnerauth.verification import Examination, Finding, Sealed, SealError

ACME, PRINT, NONE = OrganisationId("acme"), OrganisationId("print"), OrganisationId("")
ANNA, BEN = UserId("u-anna"), UserId("u-ben")
NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=UTC)
CHANCE, KEY = b"sixteen bytes...", b"k" * 32
GOLDEN = Path(__file__).parent / "golden_chain.json"


def created(user: UserId = ANNA, organisation: OrganisationId = ACME) -> UserCreated:
    name = user.removeprefix("u-")
    return UserCreated(
        organisation=organisation,
        by="operator:olga",
        at=NOON,
        user=user,
        email=EmailAddress(f"{name}@acme.example", name, "acme.example"),
        username=f"{name}.é\ud800",
        details=MappingProxyType({"last-name": "Łoë\n", "phone": "02 123"}),
        management=frozenset({"manage-users"}),
    )


DAY: Sequence[tuple[Event, ...]] = (
    (created(), created(BEN)),
    (SignedIn(organisation=ACME, by=ANNA, at=NOON, user=ANNA, browser="firefox"),),
    (SignInFailed(organisation=NONE, by="visitor", at=NOON, subject="anna@acme.example", codes=("x",), source="::1"),),
    (
        RightsDelegated(
            organisation=ACME,
            by=ANNA,
            at=NOON - timedelta(hours=2),
            subcontractor=PRINT,
            account=AccountId("acme/hq"),
            application="post",
            elements=(),
            source="g-1",
        ),
        CommandRefused(organisation=PRINT, by="u-pia", at=NOON, command="grant", codes=("a", "b"), subject="u-pia"),
    ),
    (UserDeactivated(organisation=ACME, by=BEN, at=NOON, user=ANNA),),
    (CommandRefused(organisation=ACME, by="visitor", at=NOON, command="sign-in", codes=("x",), subject="visitor"),),
)


@dataclass
class Kept:
    """A record as a store keeps it."""

    links: list[Link]
    heads: dict[str, Head]

    def commit(self, *events: Event) -> None:
        heads = {each: self.heads.get(each, Head(organisation=each)) for each in chain.named(events)}
        position = max((link.spot.position for link in self.links), default=0) + 1
        links, after = chain.appended(heads, events, position, CHANCE + bytes([position]))
        self.links += links
        self.heads |= after

    def erase(self, user: UserId, spots: Iterable[Spot], records: int | None = None) -> None:
        gone = [*spots]
        told = len(gone) if records is None else records
        self.commit(UserErased(organisation=ACME, by="operator:olga", at=NOON, user=user, records=told))
        by = self.links[-1].spot
        self.links = [chain.erased(link, user, by) if link.spot in gone else link for link in self.links]

    def told_of(self, *subjects: str) -> list[Spot]:
        return [link.spot for link in self.links if link.personal and link.personal.subject in subjects]

    def findings(self, *seals: Sealed) -> list[Finding]:
        ordered = sorted(self.links, key=lambda link: (link.organisation, link.place))
        return [*Examination(self.heads.values(), seals).of(ordered)]

    def sealed(self) -> Sealed:
        return Sealed(at=NOON, heads=dict(self.heads))

    def copy(self) -> Kept:
        return Kept([*self.links], dict(self.heads))


def a_day(*, erased: bool = False) -> Kept:
    kept = Kept([], {})
    for events in DAY:
        kept.commit(*events)
    if erased:
        kept.erase(ANNA, kept.told_of(ANNA, "anna@acme.example"))
        kept.commit(SignedIn(organisation=ACME, by=BEN, at=NOON, user=BEN, browser="w3m"))
    return kept


# What is personal.


def texts(kind: type[Event]) -> set[str]:
    """Return the fields of an event whose annotation mentions anything that is written as text."""
    spelled = {name: str(getattr(hint, "__supertype__", hint)) for name, hint in get_type_hints(kind).items()}
    return {name for name, hint in spelled.items() if any(each in hint for each in ("str", "Id", "Address", "Element"))}


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("kind", recorded_events().values(), ids=recorded_events())
def test_every_field_with_text_is_open_or_personal(kind: type[Event]) -> None:
    named = {name for name in texts(kind) if {name, f"{kind.__name__}.{name}"} & OPEN}
    assert texts(kind) - named == personal_fields(kind.__name__)
    assert {field.name for field in dataclasses.fields(kind)} >= personal_fields(kind.__name__)


def test_no_open_field_is_named_that_no_event_has() -> None:
    kinds = recorded_events()
    fields = {field.name for kind in kinds.values() for field in dataclasses.fields(kind)}
    fields |= {f"{name}.{field.name}" for name, kind in kinds.items() for field in dataclasses.fields(kind)}
    assert fields >= OPEN


def test_these_are_the_personal_fields() -> None:
    """Whoever adds one sees it here: the list is what a privacy notice repeats (docs/record.md)."""
    assert {f"{name}.{field}" for name in recorded_events() for field in personal_fields(name)} == {
        *(
            f"{name}.{field}"
            for name in (
                *("AccessRequested", "JoinRequested", "OrganisationCreated"),
                *("UserCreated", "UserInvited", "UserProvisioned"),
            )
            for field in ("email", "username", "details")
        ),
        *("ClaimLapsed.names", "DetailsUpdated.details", "InvitationAccepted.details", "RequestSubmitted.fields"),
        *("EmailChangeRequested.email", "EmailChanged.email", "EmailVerified.email", "RegistrationStarted.email"),
        *("SignedIn.browser", "SignedOut.browser", "SessionReplaced.browser"),
        *("SignInFailed.source", "SignInFailed.subject", "CommandRefused.subject"),
        *("OrganisationOpened.title", "OrganisationOpened.street", "OrganisationOpened.town", "AccountSet.title"),
    }


@pytest.mark.rule("GX-08")
def test_what_is_personal_stands_in_the_chain_as_a_keyed_digest_alone() -> None:
    for link in a_day().links:
        written = chain.canonical([link.data, link.about, link.hidden]).decode()
        assert "anna@acme" not in written
        assert "last-name" not in written
        assert "firefox" not in written
        assert "::1" not in written


def test_a_short_value_cannot_be_found_by_trying_without_its_salt() -> None:
    one, other = (chain.appended({ACME: Head(organisation=ACME)}, [created()], 1, each)[0][0] for each in (b"1", b"2"))
    assert one.data == other.data
    assert {*one.hidden.values()}.isdisjoint(other.hidden.values())
    assert len({each.personal.salt for each in a_day().links if each.personal}) == 6


@pytest.mark.rule("GX-08")
def test_whom_a_record_is_about_is_open_where_that_is_an_id_and_else_hidden() -> None:
    links = a_day().links
    about = [(link.name, link.about) for link in links]
    assert ("UserCreated", ANNA) in about
    assert ("SignInFailed", None) in about
    assert ("CommandRefused", "u-pia") in about
    for typed in ("anna@acme.example", " Anna@ACME.example"):
        assert [link.name for link in links if chain.is_about(link, typed)] == ["SignInFailed"]
    started = RegistrationStarted(organisation=NONE, by="visitor", at=NOON, email=created().email)
    (link,), _ = chain.appended({NONE: Head(organisation=NONE)}, [started], 1, CHANCE)
    assert link.about is None
    assert chain.is_about(link, "anna@acme.example")


# The form.


@pytest.mark.rule("GX-10")
def test_the_same_history_has_the_same_digests() -> None:
    assert a_day(erased=True) == a_day(erased=True)


def test_a_digest_is_that_of_a_text_that_anybody_can_write() -> None:
    first, second = a_day().links[:2]
    hidden = json.dumps(second.hidden, separators=(",", ":"))
    text = (
        '{"about":"u-ben","at":"2026-03-29T12:00:00.123456+00:00","before":"' + first.digest + '","by":"operator:olga",'
        '"data":{"at":"2026-03-29T12:00:00.123456+00:00","by":"operator:olga","management":["manage-users"],'
        '"organisation":"acme","user":"u-ben"},"form":1,"hidden":' + hidden + ","
        '"name":"UserCreated","number":2,"organisation":"acme","place":2,"position":1,"schema":1}'
    )
    assert second.digest == hashlib.sha256(text.encode()).hexdigest()


def golden() -> str:
    kept = a_day(erased=True)
    return json.dumps(plain({"links": kept.links, "heads": kept.heads}), indent=1) + "\n"


@pytest.mark.rule("GX-08")
def test_the_form_of_a_chain_does_not_change_unseen() -> None:
    assert json.loads(GOLDEN.read_text()) == json.loads(golden())


def test_a_chain_that_was_written_earlier_still_holds() -> None:
    read = json.loads(GOLDEN.read_text())
    links = [_read(row) for row in read["links"]]
    kept = Kept(links, {name: Head(**head) for name, head in read["heads"].items()})
    assert kept.findings() == []
    assert [chain.event_of(link).name for link in kept.links] == [link.name for link in links]


def _read(row: dict[str, Any]) -> Link:
    personal = row.pop("personal")
    beside = None
    if personal:
        erased = personal.pop("erased")
        beside = Personal(**personal, erased=Spot(**erased) if erased else None)
    at, spot = datetime.fromisoformat(row.pop("at")), Spot(**row.pop("spot"))
    return Link(**row, at=at, spot=spot, personal=beside)


@pytest.mark.rule("GX-08")
def test_events_come_back_the_same() -> None:
    assert [chain.event_of(link) for link in a_day().links] == [event for events in DAY for event in events]


# What an examination finds.


@pytest.mark.rule("GX-08")
def test_a_whole_record_has_nothing_to_find() -> None:
    for kept in (Kept([], {}), a_day(), a_day(erased=True)):
        assert kept.findings() == []
        assert kept.findings(kept.sealed()) == []
        assert kept.findings(a_day().sealed() if kept.links else Sealed(at=NOON, heads={})) == []


def test_an_examination_counts_what_it_read() -> None:
    kept = a_day()
    examination = Examination(kept.heads.values())
    assert [*examination.of(sorted(kept.links, key=lambda link: (link.organisation, link.place)))] == []
    assert (examination.chains, examination.records) == (3, 8)


@st.composite
def mutated(draw: st.DrawFn, erased: bool) -> Kept:
    """Draw a record in which one value of one row is another."""
    kept = a_day(erased=erased)
    number = draw(st.integers(0, len(kept.links) + len(kept.heads) - 1))
    if number >= len(kept.links):
        head = [*kept.heads.values()][number - len(kept.links)]
        del kept.heads[head.organisation]
        length = head.length + draw(st.sampled_from([-1, 1, 99]))
        others = replace(head, organisation="x"), replace(head, length=length), replace(head, digest="0" * 64)
        other = draw(st.sampled_from(others))
        kept.heads[other.organisation] = other
        return kept
    link = kept.links[number]
    names = [field.name for field in dataclasses.fields(link)]
    name = draw(st.sampled_from([each for each in names if each != "personal" or link.personal]))
    kept.links[number] = replace(link, **{name: draw(other_than(name, getattr(link, name), kept))})
    return kept


def other_than(name: str, value: Any, kept: Kept) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any field
    """Return what draws another value of a field."""
    match value:
        case Personal():
            return other_personal(value, kept)
        case Spot():
            return st.builds(Spot, st.integers(1, 9), st.integers(1, 3)).filter(lambda each: each != value)
        case datetime():
            return st.timedeltas(timedelta(days=-9), timedelta(days=9)).filter(bool).map(lambda each: value + each)
        case int():
            return st.integers(-1, 99).filter(lambda each: each != value)
        case None | str():
            nothing = st.none() if name == "about" else st.nothing()
            return (nothing | st.text(max_size=3)).filter(lambda each: each != value)
        case _:
            other = st.dictionaries(st.sampled_from([*value, "z"]), st.text(max_size=2), max_size=3)
            return other.filter(lambda each: each != value)


def other_personal(value: Personal, kept: Kept) -> st.SearchStrategy[Personal | None]:
    """Return what draws other values, another salt, another subject, another erasing, or nothing at all."""
    spots = st.sampled_from([link.spot for link in kept.links])
    blank = st.builds(replace, st.just(value), subject=st.sampled_from([ANNA, BEN]), salt=st.just(""), erased=spots)
    values = st.dictionaries(st.sampled_from([*value.values, "z"]), st.text(max_size=2))
    return st.one_of(
        st.none(),
        st.sampled_from(["", "00" * 32, "zz"]).map(lambda salt: replace(value, salt=salt)),
        st.sampled_from([ANNA, BEN, "x"]).map(lambda subject: replace(value, subject=subject)),
        values.map(lambda each: replace(value, values=each)),
        blank.map(lambda each: replace(each, values={})),
        st.just(replace(value, erased=None)),
    ).filter(lambda each: each != value)


@pytest.mark.rule("GX-08")
@settings(max_examples=400, deadline=None)
@given(st.data(), st.booleans())
def test_au_03_whatever_is_changed_in_one_row_is_found(data: st.DataObject, erased: bool) -> None:
    assert data.draw(mutated(erased)).findings() != []


@pytest.mark.rule("GX-08")
@given(st.data())
def test_au_03_a_removed_or_inserted_or_reordered_record_is_found(data: st.DataObject) -> None:
    kept = a_day(erased=True)
    number = data.draw(st.integers(0, len(kept.links) - 1))
    link = kept.links[number]
    match data.draw(st.sampled_from(["removed", "twice", "swapped"])):
        case "removed":
            kept.links.remove(link)
        case "twice":
            kept.links.append(replace(link, spot=Spot(99, 1)))
        case _:
            chained = [each for each in kept.links if each.organisation == link.organisation and each != link]
            if not chained:
                return
            other = data.draw(st.sampled_from(chained))
            kept.links.remove(other)
            kept.links[kept.links.index(link)] = replace(link, place=other.place)
            kept.links.append(replace(other, place=link.place))
    assert kept.findings() != []


def said(findings: Iterable[Finding]) -> list[tuple[str, int, str]]:
    return [(each.organisation, each.place, each.says) for each in findings]


@pytest.mark.rule("GX-08")
def test_a_finding_names_the_place() -> None:
    kept = a_day()
    changed = kept.copy()
    changed.links[2] = replace(changed.links[2], by="u-ben")
    fits = "it was changed: its digest does not fit what stands here, after the one before it"
    assert said(changed.findings()) == [("acme", 3, fits)]
    removed = kept.copy()
    del removed.links[2]
    assert said(removed.findings()) == [("acme", 4, "missing before it: 3"), ("acme", 4, fits)]
    values = kept.copy()
    link = values.links[0]
    assert link.personal
    changes = {**link.personal.values, "username": "x"}
    values.links[0] = replace(link, personal=replace(link.personal, values=changes))
    assert said(values.findings()) == [("acme", 1, "username: the values beside it were changed, or their salt")]


@pytest.mark.rule("GX-08")
def test_au_04_newest_rows_cut_off_are_found_by_the_head_and_with_the_head_by_a_seal() -> None:
    kept = a_day()
    seal = kept.sealed()
    cut = kept.copy()
    del cut.links[-2:]
    cut_off = "the newest are cut off: 5 to 6"
    assert said(cut.findings()) == [("acme", 4, f"{cut_off}: its head counts 6")]
    cut.heads[ACME] = Head(organisation=ACME, length=4, digest=cut.links[4].digest)
    assert cut.links[4].place == 4
    assert said(cut.findings()) == []
    assert said(cut.findings(seal)) == [("acme", 4, f"{cut_off}: 6 were sealed at {NOON.isoformat()}")]


@pytest.mark.rule("GX-08")
@given(st.integers(1, 6))
def test_au_04_of_a_sealed_chain_no_tail_can_be_cut(length: int) -> None:
    kept = a_day()
    seal = kept.sealed()
    links = [link for link in kept.links if link.organisation == ACME][-length:]
    kept.links = [link for link in kept.links if link not in links]
    left = [link for link in kept.links if link.organisation == ACME]
    if left:
        kept.heads[ACME] = Head(organisation=ACME, length=left[-1].place, digest=left[-1].digest)
    else:
        del kept.heads[ACME]
    assert kept.findings() == []
    assert kept.findings(seal) != []


@pytest.mark.rule("GX-08")
@given(st.data())
def test_au_05_a_chain_that_was_recomputed_is_found_by_a_seal_kept_elsewhere_alone(data: st.DataObject) -> None:
    seal = a_day().sealed()
    number = data.draw(st.integers(0, len(DAY) - 1))
    kept = Kept([], {})
    for place, events in enumerate(DAY):
        kept.commit(*(replace(each, by="u-mallory") if place == number else each for each in events))
    kept.commit(*DAY[1])
    assert kept.findings() == []
    (found, *_) = kept.findings(seal)
    assert found.says == f"another record stood here when it was sealed at {NOON.isoformat()}"


def test_a_whole_chain_that_is_gone_is_found_by_a_seal() -> None:
    kept = a_day()
    seal = kept.sealed()
    kept.links = [link for link in kept.links if link.organisation != PRINT]
    assert said(kept.findings()) == [("print", 0, "the newest are cut off: 1: its head counts 1")]
    del kept.heads[PRINT]
    assert said(kept.findings()) == []
    gone = ("print", 0, "the chain is gone, with its head")
    assert said(kept.findings(seal))[0] == gone


# Erasing.


@pytest.mark.rule("GX-08")
def test_an_erased_person_is_gone_and_every_link_still_holds() -> None:
    kept = a_day(erased=True)
    assert kept.findings(a_day().sealed()) == []
    left = json.dumps(plain(kept.links))
    assert "anna@" not in left
    assert "firefox" not in left
    assert "ben@acme.example" in left


def test_what_was_erased_is_blank() -> None:
    events = {link.name: chain.event_of(link) for link in a_day(erased=True).links[:4] if chain.is_erased(link)}
    entered = events["UserCreated"]
    assert isinstance(entered, UserCreated)
    assert (entered.user, entered.email, entered.username, dict(entered.details)) == (ANNA, ERASED, "", {})
    failed = events["SignInFailed"]
    assert isinstance(failed, SignInFailed)
    assert (failed.subject, failed.about, failed.source) == (ANNA, ANNA, "")


@pytest.mark.rule("GX-08")
def test_values_that_vanish_without_an_erasing_on_record_are_found() -> None:
    kept = a_day()
    kept.links[0] = replace(kept.links[0], personal=None)
    assert said(kept.findings()) == [("acme", 1, "what it tells of a person is gone, and no erasing is on record")]
    kept = a_day()
    kept.links[0] = chain.erased(kept.links[0], ANNA, Spot(7, 1))
    assert said(kept.findings()) == [
        ("acme", 1, "u-anna was erased from 1 records, and what is on record of it is: nobody, 0")
    ]


def test_an_erasing_that_took_more_than_it_says_is_found() -> None:
    kept = a_day()
    kept.erase(ANNA, kept.told_of(ANNA, "anna@acme.example"), records=2)
    (found,) = kept.findings()
    assert found.says == "u-anna was erased from 3 records, and what is on record of it is: u-anna, 2"


def test_an_erasing_that_took_nothing_of_what_it_says_is_found() -> None:
    kept = a_day()
    kept.erase(ANNA, [], records=2)
    assert said(kept.findings()) == [("", 0, "u-anna was erased from 2 records at position 7, and none is erased")]


# Seals.


def test_a_seal_is_read_again() -> None:
    kept = a_day()
    text = verification.seal(kept.heads.values(), NOON, KEY)
    assert verification.unsealed(text, KEY) == kept.sealed()
    assert text == verification.seal(reversed(kept.heads.values()), NOON, KEY)
    assert "anna" not in text


@pytest.mark.rule("GX-08")
@given(st.data())
def test_au_05_nobody_makes_or_changes_a_seal_without_the_key(data: st.DataObject) -> None:
    text = verification.seal(a_day().heads.values(), NOON, KEY)
    with pytest.raises(SealError, match="another key"):
        verification.unsealed(text, b"x" * 32)
    at = data.draw(st.integers(0, len(text) - 2))
    other = data.draw(st.sampled_from('0a9f"]}').filter(lambda char: char != text[at]))
    changed = text[:at] + other + text[at + 1 :]
    if changed.split() != text.split():
        with pytest.raises(SealError):
            verification.unsealed(changed, KEY)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"mac": ""}', '{"partnerauth-seal": 1, "mac": "x"}'])
def test_what_is_no_seal_says_so(text: str) -> None:
    with pytest.raises(SealError, match="it is no seal"):
        verification.unsealed(text, KEY)


def test_a_seal_of_another_form_is_not_read() -> None:
    text = verification.seal([], NOON, KEY).replace('"partnerauth-seal": 1', '"partnerauth-seal": 2')
    with pytest.raises(SealError, match="form 2"):
        verification.unsealed(text, KEY)


def test_an_unknown_event_is_not_read_but_its_link_is_examined() -> None:
    kept = a_day()
    kept.links[0] = replace(kept.links[0], name="UserVanished")
    with pytest.raises(RecordError, match="UserVanished, schema 1: this version of partnerauth reads"):
        chain.event_of(kept.links[0])
    assert kept.findings() != []


if __name__ == "__main__" and not GOLDEN.exists():
    GOLDEN.write_text(golden())
