"""What every store has to do: subclass `StoreConformance` to try an adapter of your own, and run it with pytest.

    class TestOurStore(StoreConformance):
        def new_store(self) -> Store:
            return OurStore()

`Twins` is two stores that have to agree, for random histories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from types import MappingProxyType
from typing import Any, get_args

import pytest

from partnerauth import chain, directory
from partnerauth.chain import Head, Spot
from partnerauth.directory import (
    AccessRequestOf,
    AccountById,
    AccountsOf,
    AdministratorsOf,
    AnotherHolder,
    AttemptsAgainst,
    CredentialOf,
    DelegationsTo,
    DelegationTo,
    Entity,
    EveryUser,
    FirstComer,
    HoldersOn,
    Key,
    LoginNameByKey,
    OrganisationById,
    OrganisationsNamed,
    OrganisationsWithDomain,
    SelectionOf,
    SelectionsOf,
    SessionByDigest,
    SessionsIn,
    SsoLinkOf,
    SsoLinksOf,
    UserById,
    UsersOf,
    key_of,
)
from partnerauth.entities import (
    RIGHT,
    AccountId,
    Attempts,
    Contract,
    Element,
    Given,
    LoginName,
    Organisation,
    OrganisationId,
    SsoLink,
    State,
    User,
    UserId,
)
from partnerauth.events import SignedOut, UserErased
from partnerauth.ports import ConflictError, MailState, Posted, Store, Unit
from partnerauth.records import ERASED
from partnerauth.testing.examples import (
    ACME,
    ANNA,
    ANSWERS,
    APPLICATION,
    BEN,
    BOTH,
    CARL,
    CREATION,
    DEPOT,
    DORA,
    HQ,
    KEPT,
    LETTER,
    NOON,
    PIA,
    PRINT,
    WORLD,
    address_of,
    mail,
    person,
    refused,
    unit_of,
)
from partnerauth.testing.twins import Twins, same
from partnerauth.verification import Examination, Finding, Sealed

__all__ = [
    "ANNA",
    "ANSWERS",
    "DORA",
    "NOON",
    "PIA",
    "PRINT",
    "WORLD",
    "StoreConformance",
    "Twins",
    "mail",
    "refused",
    "together",
    "unit_of",
]


class StoreConformance:
    """The tests.  `new_store` is called for a new and empty store; one that has `close` is closed again."""

    store: Store
    """The store of this test."""
    folder: Path
    """An empty folder, for a store that needs one."""

    def new_store(self) -> Store:
        """Return a new and empty store."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def open_store(self, tmp_path: Path) -> Iterator[None]:
        """Open a store, and close it after the test."""
        self.folder = tmp_path
        self.store = self.new_store()
        yield
        if close := getattr(self.store, "close", None):
            close()

    def put(self, *entities: Entity) -> int:
        """Store entities, in one commit."""
        return self.store.commit(unit_of(self.store, *entities))

    def settle(self) -> None:
        """Store the whole world, one entity a commit, so that what came first is known."""
        for entity in WORLD:
            self.put(entity)

    def get(self, key: Key[Any]) -> Any:  # noqa: ANN401 - the key says of which type
        """Return what a store answers."""
        return self.store.read([key]).values[key]

    def test_every_noun_and_every_question_is_tried_here(self) -> None:
        """Whoever adds one adds an example of it."""
        nouns = set(get_args(Entity))
        same(nouns - {type(entity) for entity in WORLD}, set())
        questions = {each for each in vars(directory).values() if isinstance(each, type) and issubclass(each, Key)}
        same(questions - {type(key) for key in (*KEPT, *ANSWERS)} - {Key}, set())

    def test_everything_is_answered_as_it_was_put(self) -> None:
        """Every noun, with every field, comes back equal."""
        self.settle()
        same(dict(self.store.read(list(KEPT)).values), dict(KEPT))

    def test_everything_can_be_put_at_once(self) -> None:
        """The order within a unit is the store's business."""
        self.put(*reversed(WORLD))
        same(dict(self.store.read(list(KEPT)).values), dict(KEPT))

    def test_every_question_is_answered(self) -> None:
        """Alone, and together with all the others."""
        self.settle()
        same(dict(self.store.read(list(ANSWERS)).values), dict(ANSWERS))
        for question, answer in ANSWERS.items():
            same(self.get(question), answer)

    def test_an_empty_store_answers_every_question(self) -> None:
        """With None, or with nothing."""
        loaded = self.store.read([*KEPT, *ANSWERS])
        same({value for value in loaded.values.values() if value}, set())
        same({key: value for key, value in loaded.values.items() if key in KEPT}, dict.fromkeys(KEPT))
        same(set(loaded.revisions.values()) | set(loaded.versions.values()), {0})

    def test_several_are_in_the_order_in_which_they_came(self) -> None:
        """Those of one commit are in the order of their keys."""
        self.settle()
        pia = self.get(UserById(PIA))
        people = [replace(pia, id=UserId(f"u-{name}")) for name in ("b", "C", "a", "\u00e9", "B")]
        self.put(*people[:3])
        self.put(*people[3:])
        self.put(replace(people[0], username="changed later"))
        same(self.get(UsersOf(PRINT)), (PIA, "u-C", "u-a", "u-b", "u-B", "u-\u00e9"))

    def test_what_is_held_is_in_the_order_of_kind_and_name(self) -> None:
        """So that what is recorded of it is the same whatever the store."""
        self.settle()
        key = SelectionOf(DORA, HQ, APPLICATION)
        same(list(self.get(key).elements), [LETTER, CREATION])
        grown = {Element(RIGHT, "b"): Given(BEN, NOON), **self.get(key).elements, Element(RIGHT, "a"): Given(BEN, NOON)}
        self.put(replace(self.get(key), elements=MappingProxyType(grown)))
        same(list(self.get(key).elements), sorted(grown))
        same(list(self.get(SelectionsOf(DORA))[0].elements), sorted(grown))

    def test_what_is_put_again_replaces_what_was_there(self) -> None:
        """Sets and mappings too, where things are added, changed and taken away at once."""
        self.settle()
        organisation, account, user = (
            self.get(key) for key in (OrganisationById(ACME), AccountById(HQ), UserById(BEN))
        )
        selection = self.get(SelectionOf(DORA, HQ, APPLICATION))
        changed: tuple[Entity, ...] = (
            replace(organisation, name="Acme II", domains=frozenset({"acme.example", "b.example"}), requested=False),
            replace(
                account, contracts=MappingProxyType({"C-1": Contract(active=False)}), applications=frozenset({"x"})
            ),
            replace(
                user, state=State.ACTIVE, management=BOTH, email=address_of("Ben.New"), details=MappingProxyType({})
            ),
            replace(
                selection, elements=MappingProxyType({LETTER: Given(BEN, NOON), Element("c", ""): Given(BEN, NOON)})
            ),
            replace(self.get(CredentialOf(DORA)), temporary_until=None, epoch=1),
            replace(self.get(SessionByDigest("s-2")), ended="signed-out"),
        )
        self.put(*changed)
        same({key: self.get(key) for key in map(key_of, changed)}, {key_of(each): each for each in changed})
        same(self.get(SessionsIn("firefox")), ())
        same(self.get(AnotherHolder(ACME, "manage-administrators", ANNA)), BEN)
        same(self.get(OrganisationsNamed("acmenv")), (PRINT,))
        same(self.get(OrganisationsWithDomain("xn--bcher-kva.example")), ())

    def test_what_is_dropped_is_gone_from_every_answer(self) -> None:
        """And comes back as something new."""
        self.settle()
        link, selection = SsoLinkOf("https://issuer.example", "anna-2"), SelectionOf(BEN, HQ, APPLICATION)
        gone = [link, selection, AccessRequestOf(PIA), LoginNameByKey("u-zanna"), SelectionOf(BEN, DEPOT, "stamp")]
        self.store.commit(unit_of(self.store, drops=gone))
        loaded = self.store.read(gone)
        same(dict(loaded.values), dict.fromkeys(gone))
        same(dict(loaded.revisions), dict.fromkeys(gone, 0))
        same(self.get(SelectionsOf(BEN)), ())
        same(self.get(HoldersOn(HQ, APPLICATION)), (DORA,))
        self.put(KEPT[link], KEPT[selection])
        same([each.subject for each in self.get(SsoLinksOf(ANNA))], ["anna-1", "anna-2"])
        same(self.get(SelectionsOf(BEN)), (KEPT[selection],))

    def test_a_user_who_moves_is_where_he_is(self) -> None:
        """His old organisation no longer lists him, and his management rights go with him."""
        self.settle()
        moved = replace(self.get(UserById(ANNA)), organisation=PRINT)
        self.put(moved)
        same(self.get(UsersOf(ACME)), (BEN, CARL, DORA))
        same(self.get(UsersOf(PRINT)), (ANNA, PIA))
        same(self.get(AdministratorsOf(ACME, BOTH)), (BEN,))
        same(self.get(AdministratorsOf(PRINT, BOTH)), (ANNA,))
        same(self.get(AnotherHolder(PRINT, "manage-users", PIA)), ANNA)
        self.put(replace(moved, management=frozenset()))
        same(self.get(AdministratorsOf(PRINT, BOTH)), ())

    def test_only_who_is_in_counts_as_an_administrator(self) -> None:
        """A holder who is no longer active is no other holder (GX-07), and is one again when he is back."""
        self.settle()
        question = AnotherHolder(ACME, "manage-administrators", DORA)
        anna, carl = self.get(UserById(ANNA)), self.get(UserById(CARL))
        self.put(replace(anna, state=State.DEACTIVATED))
        same(self.get(question), None)
        same(self.get(AdministratorsOf(ACME, BOTH)), (BEN,))
        self.put(replace(carl, state=State.ACTIVE))
        same(self.get(question), CARL)

    def test_the_first_comer_may_have_left(self) -> None:
        """Somebody who was deactivated came in if he has a password; whoever was turned away did not (KP-02)."""
        self.settle()
        self.put(replace(self.get(UserById(ANNA)), state=State.DEACTIVATED))
        same(self.get(FirstComer(ACME)), CARL)
        self.put(replace(self.get(CredentialOf(CARL)), password_hash=""))
        same(self.get(FirstComer(ACME)), DORA)

    def test_text_is_kept_exactly(self) -> None:
        """Whatever somebody types, and what no database can keep is looked for and not found."""
        texts = [
            "'; DROP TABLE x; --",
            '"',
            "%",
            "_",
            "\\",
            "\\u0000",
            "\x00",
            "a\nb",
            "e\u0301",
            "\u00e9",
            "\U0001f4ee",
        ]
        for text in (*texts, "\ud800"):
            same(self.get(UserById(UserId(text))), None)
            same(self.get(SessionsIn(text)), ())
            same(self.get(SsoLinkOf(text, text)), None)
        self.put(*(Attempts(key=f"name:{text}", wrong=number) for number, text in enumerate(texts)))
        keys = [AttemptsAgainst(f"name:{text}") for text in texts]
        same([self.get(key).wrong for key in keys], list(range(len(texts))))
        same([self.get(key).key for key in keys], [key.key for key in keys])
        self.settle()
        links = [SsoLink(issuer=f"x{text}", subject=f"{text}x", provider=text, user=ANNA) for text in texts]
        self.put(*links)
        same({self.get(key_of(link)) for link in links}, set(links))
        same(set(links) - set(self.get(SsoLinksOf(ANNA))), set())

    def test_moments_are_kept_exactly(self) -> None:
        """In whichever zone they were meant (CC-15)."""
        self.settle()
        here = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
        self.put(replace(self.get(CredentialOf(DORA)), temporary_until=here))
        found = self.get(CredentialOf(DORA)).temporary_until
        same(found, NOON)
        same({found.utcoffset()} & {None}, set())

    def test_a_commit_raises_the_version_of_what_it_touches(self) -> None:
        """By one, however much it changes, and of no other organisation."""
        self.settle()
        before = self.store.read([OrganisationById(ACME), OrganisationById(PRINT)]).versions
        anna, ben = self.get(UserById(ANNA)), self.get(UserById(BEN))
        changed = [replace(user, notifications=False) for user in (anna, ben)]
        self.store.commit(unit_of(self.store, *changed, reads=[OrganisationById(PRINT)]))
        after = self.store.read([OrganisationById(ACME), OrganisationById(PRINT)]).versions
        same(dict(after), {ACME: before[ACME] + 1, PRINT: before[PRINT]})

    def test_an_answer_comes_with_the_versions_of_its_organisations(self) -> None:
        """Also where there was nothing, so that what is missing is a precondition too."""
        self.settle()
        expected: Mapping[Key[Any], set[str]] = {
            UserById(ANNA): {ACME},
            UserById(UserId("nobody")): set(),
            SelectionOf(DORA, HQ, APPLICATION): {ACME},
            SelectionsOf(BEN): {ACME},
            SelectionsOf(ANNA): set(),
            DelegationTo(HQ, APPLICATION, PRINT): {ACME},
            DelegationsTo(PRINT): {ACME, PRINT},
            AccountById(AccountId("acme/new")): {ACME},
            AccountsOf(PRINT): {PRINT},
            AnotherHolder(PRINT, "x", ANNA): {PRINT},
            FirstComer(PRINT): {PRINT},
            UsersOf(OrganisationId("new")): {OrganisationId("new")},
            EveryUser(): set(),
            CredentialOf(DORA): set(),
        }
        for key, organisations in expected.items():
            same(set(self.store.read([key]).versions), organisations)

    def test_who_comes_second_is_in_conflict(self) -> None:
        """A row that somebody else changed since it was read."""
        self.settle()
        attempts = self.get(AttemptsAgainst("source:here"))
        first, second = (unit_of(self.store, replace(attempts, wrong=number)) for number in (1, 2))
        self.store.commit(first)
        self.conflicts(second)
        same(self.get(AttemptsAgainst("source:here")).wrong, 1)

    def test_two_cannot_become_the_same(self) -> None:
        """What was not there when it was read must not be there now (CC-04)."""
        self.settle()
        first, second = (unit_of(self.store, LoginName(key="anna", user=user)) for user in (BEN, DORA))
        self.store.commit(first)
        self.conflicts(second)
        self.conflicts(Unit(changes={LoginNameByKey("anna"): LoginName(key="anna", user=DORA)}))
        same(self.get(LoginNameByKey("anna")).user, BEN)

    def test_a_row_that_was_only_read_is_a_precondition(self) -> None:
        """So that nobody decides on what is no longer so."""
        self.settle()
        attempts = self.get(AttemptsAgainst("source:here"))
        late = unit_of(self.store, replace(attempts, wrong=7), reads=[CredentialOf(DORA), AttemptsAgainst("new")])
        self.put(replace(self.get(CredentialOf(DORA)), epoch=9))
        self.conflicts(late)
        late = unit_of(self.store, replace(attempts, wrong=7), reads=[AttemptsAgainst("new")])
        self.put(Attempts(key="new"))
        self.conflicts(late)
        same(self.get(AttemptsAgainst("source:here")).wrong, 0)

    def test_what_went_and_came_back_is_not_what_it_was(self) -> None:
        """An address that changed hands and was claimed anew is somebody else's."""
        self.settle()
        key = LoginNameByKey("u-zanna")
        late = unit_of(self.store, Attempts(key="x"), reads=[key])
        self.store.commit(unit_of(self.store, drops=[key]))
        self.conflicts(late)
        self.put(LoginName(key="u-zanna", user=ANNA))
        self.conflicts(late)
        self.conflicts(replace(late, changes={key: None}, before={key: KEPT[key]}))

    def test_a_dropped_row_cannot_be_changed_or_dropped_again(self) -> None:
        """Whoever read it before is too late."""
        self.settle()
        request = KEPT[AccessRequestOf(PIA)]
        change = unit_of(self.store, replace(request, wanted=()))
        drop = unit_of(self.store, drops=[AccessRequestOf(PIA)])
        self.store.commit(drop)
        self.conflicts(change)
        self.conflicts(drop)

    def test_an_answer_of_several_is_a_precondition_of_a_change(self) -> None:
        """Two administrators who deactivate each other both saw that the other remains: one is too late (GX-07)."""
        self.settle()
        self.put(replace(self.get(UserById(BEN)), state=State.ACTIVE, management=BOTH))
        units = [
            unit_of(
                self.store,
                replace(self.get(UserById(gone)), state=State.DEACTIVATED),
                reads=[AnotherHolder(ACME, "manage-administrators", gone)],
            )
            for gone in (ANNA, BEN)
        ]
        self.store.commit(units[0])
        self.conflicts(units[1])
        same(self.get(AnotherHolder(ACME, "manage-administrators", DORA)), BEN)

    def test_versions_are_no_precondition_of_what_touches_no_organisation(self) -> None:
        """A sign-in never waits for an administrator."""
        self.settle()
        sign_in = unit_of(self.store, Attempts(key="x"), reads=[UsersOf(ACME), CredentialOf(DORA)])
        self.put(person(UserId("u-new"), ACME, State.ACTIVE))
        self.store.commit(sign_in)
        same(self.get(AttemptsAgainst("x")), Attempts(key="x"))

    def test_a_conflict_stores_nothing(self) -> None:
        """No entity, no event, no mail, and no position (CC-08, CC-10)."""
        self.settle()
        stale = unit_of(self.store, replace(self.get(AttemptsAgainst("source:here")), wrong=1))
        self.store.commit(stale)
        before, mark = self.everything(), self.store.changes_since(None).mark
        anna = replace(self.get(UserById(ANNA)), management=frozenset(), state=State.REJECTED)
        unit = unit_of(self.store, anna, Attempts(key="new"), drops=[AccessRequestOf(PIA)])
        revisions = {**unit.revisions, AttemptsAgainst("source:here"): 1}
        self.conflicts(replace(unit, revisions=revisions, events=(refused(),), mails=(mail(),)))
        versions = {**unit.versions, PRINT: 99}
        self.conflicts(replace(unit, versions=versions, events=(refused(),), mails=(mail(),)))
        same(self.everything(), before)
        same(self.store.changes_since(mark).keys, ())

    def test_a_mail_is_stored_with_the_event_that_it_tells_of(self) -> None:
        """Or it is no unit at all."""
        with suppress(ValueError):
            self.store.commit(Unit(mails=(mail(),)))
            raise AssertionError
        same(self.store.outbox(), ())

    def test_the_record_is_in_the_order_of_commits(self) -> None:
        """The events of one commit share its position, whatever a clock said (AU-12)."""
        signed_out = SignedOut(organisation=PRINT, by=PIA, at=NOON, user=PIA, browser="b")
        earlier = refused("visitor", at=NOON - timedelta(days=1))
        first = self.store.commit(Unit(events=(refused(), signed_out)))
        second = self.store.commit(Unit(events=(earlier,)))
        found = [(each.position, each.event) for each in self.store.records()]
        same(found, [(first, refused()), (first, signed_out), (second, earlier)])
        same([each.event for each in self.store.records(about=PIA)], [signed_out])
        same([each.event for each in self.store.records(organisation=ACME)], [refused(), earlier])
        same([each.event for each in self.store.records(about="visitor", organisation=ACME)], [earlier])
        same([*self.store.records(about="visitor", organisation=PRINT), *self.store.records(organisation="")], [])

    def test_every_commit_has_a_higher_position(self) -> None:
        """Also one without an event."""
        start = self.store.position()
        first = self.put(Attempts(key="a"))
        second = self.store.commit(Unit(events=(refused(),)))
        same(sorted({start, first, second}), [start, first, second])
        same(self.store.position(), second)

    def test_the_changes_of_facts_are_told(self) -> None:
        """Of those that decisions depend on, dropped ones included (CC-20)."""
        self.settle()
        start = self.store.changes_since(None).mark
        self.put(replace(self.get(UserById(ANNA)), notifications=False))
        first = self.store.changes_since(start)
        same(first.keys, (UserById(ANNA),))
        self.put(replace(self.get(UserById(DORA)), notifications=False), Attempts(key="untold"))
        self.store.commit(unit_of(self.store, drops=[SelectionOf(BEN, HQ, APPLICATION)], events=(refused(),)))
        later = (UserById(DORA), SelectionOf(BEN, HQ, APPLICATION))
        told = self.store.changes_since(first.mark)
        same((told.keys, told.position), (later, self.store.position()))
        same(self.store.changes_since(told.mark).keys, ())
        same(self.store.changes_since(start).keys, (UserById(ANNA), *later))

    def test_every_fact_is_told_from_an_empty_store_on(self) -> None:
        """All of them, and nothing else."""
        start = self.store.changes_since(None)
        same((start.position, start.keys), (0, ()))
        self.settle()
        facts = {key for key in KEPT if isinstance(key, directory.FACTS)}
        same(set(self.store.changes_since(start.mark).keys or ()), facts)

    def test_no_change_is_left_out_while_others_store_at_once(self) -> None:
        """In whichever order their commits come to an end: whoever follows the marks hears of each (CC-20)."""
        users = [
            [person(UserId(f"u-{name}-{number}"), name, State.ACTIVE) for number in range(8)] for name in (ACME, PRINT)
        ]
        self.put(*(each for each in WORLD if isinstance(each, Organisation)))
        heard: set[Key[Any]] = set()
        start = self.store.changes_since(None).mark

        def write(people: Sequence[User]) -> None:
            for user in people:
                self.store.commit(unit_of(self.store, user))

        def follow() -> None:
            mark = start
            while len(heard) < sum(map(len, users)):
                changes = self.store.changes_since(mark)
                keys = set(changes.keys or ())
                same(keys & heard, set())
                heard.update(keys)
                mark = changes.mark

        together([*(partial(write, people) for people in users), follow])
        same(heard, {UserById(user.id) for people in users for user in people})

    def found(self, *seals: Sealed) -> list[Finding]:
        """Return what an examination finds in the record."""
        return self.store.examine(lambda heads, links: [*Examination(heads, seals).of(links)])

    def test_every_record_is_linked_to_the_one_before_it(self) -> None:
        """Per organisation, in the order of commits, and whole (GX-08)."""
        same(self.found(), [])
        out = SignedOut(organisation=PRINT, by=PIA, at=NOON, user=PIA, browser="b")
        self.store.commit(Unit(events=(refused(), out, refused("\ud800\0\\"))))
        self.store.commit(Unit(events=(refused(organisation=OrganisationId("")),)))
        self.store.commit(Unit(events=(out,)))
        heads, links = self.store.examine(lambda heads, links: (tuple(heads), tuple(links)))
        places = [("", 1), (ACME, 1), (ACME, 2), (PRINT, 1), (PRINT, 2)]
        same([(link.organisation, link.place) for link in links], places)
        same([(head.organisation, head.length) for head in heads], [("", 1), (ACME, 2), (PRINT, 2)])
        same([chain.event_of(link) for link in links if link.organisation == PRINT], [out, out])
        same([(each.place, each.is_erased) for each in self.store.records(about=PIA)], [(1, False), (2, False)])
        same(self.found(Sealed(at=NOON, heads={head.organisation: head for head in heads})), [])

    def test_of_one_history_the_digests_are_always_the_same(self) -> None:
        """Given the same chance, which hides what is personal (GX-10)."""
        other: Mapping[str, Head] = {each: Head(organisation=each) for each in (PRINT, ACME)}
        events = (refused(), SignedOut(organisation=PRINT, by=PIA, at=NOON, user=PIA, browser="b"), refused(DORA))
        here = self.store.commit(Unit(events=events, chance=bytes(32)))
        links, heads = chain.appended(other, events, here, bytes(32))
        kept = self.store.examine(lambda heads, links: (tuple(heads), tuple(links)))
        same(kept, ((heads[ACME], heads[PRINT]), (links[0], links[2], links[1])))

    def test_a_name_that_was_typed_is_found_in_whichever_way(self) -> None:
        """Upper case and spaces tell no two people apart (GX-12)."""
        typed = refused(" Anna@ACME.example")
        self.store.commit(Unit(events=(typed, refused())))
        for name in ("anna@acme.example", "ANNA@acme.example ", typed.subject):
            same([each.event for each in self.store.records(about=name)], [typed])
        same(len(self.store.told_of(["anna@acme.example"])), 1)

    def test_a_person_is_erased_and_the_record_stays_whole(self) -> None:
        """Values and mails go, who did what stays, and who was erased by whom is on record (GX-08)."""
        self.settle()
        out = SignedOut(organisation=ACME, by=CARL, at=NOON, user=CARL, browser="firefox")
        typed = refused("carl@acme.example", organisation=OrganisationId(""))
        to_carl, to_anna = mail("carl@acme.example"), mail()
        self.store.commit(Unit(events=(out, typed, refused(DORA)), mails=(to_carl, to_anna)))
        spots = self.store.told_of([CARL, "carl@acme.example", "nobody"])
        same(len(spots), 2)
        erasing = UserErased(organisation=ACME, by="operator:olga", at=NOON, user=CARL, records=2)
        unit = unit_of(self.store, KEPT[UserById(CARL)], events=(erasing,))
        unit = replace(unit, erases=tuple(spots), forgets=frozenset({"carl@acme.example"}))
        here = self.store.commit(unit)
        same(self.found(), [])
        same(self.store.told_of([CARL, "carl@acme.example"]), ())
        blank = (replace(out, browser=""), replace(typed, subject=CARL))
        told = [(each.event, each.is_erased) for each in self.store.records(about=CARL)]
        same(told, [(blank[0], True), (blank[1], True), (erasing, False)])
        same([*self.store.records(about="carl@acme.example")], [])
        same([each.event for each in self.store.records(about=DORA)], [refused(DORA)])
        gone, kept = self.store.outbox()
        same((gone.mail.to, dict(gone.mail.facts), gone.mail.token), (ERASED.addr_spec, {}, ""))
        same((gone.state, gone.problem), (MailState.DEAD, "erased"))
        same((kept.mail, kept.state), (to_anna, MailState.WAITING))
        links = self.store.examine(lambda _, links: tuple(links))
        marks = {link.personal.erased for link in links if link.personal and link.spot in spots}
        same(marks, {Spot(here, 1)})
        self.conflicts(replace(unit, revisions=unit_of(self.store, KEPT[UserById(CARL)]).revisions))

    def test_nobody_is_erased_without_a_word_of_it(self) -> None:
        """Nor with two words: the event that says so is one."""
        self.store.commit(Unit(events=(refused(),)))
        erasing = UserErased(organisation=ACME, by="operator:olga", at=NOON, user=CARL, records=1)
        spots = tuple(self.store.told_of([ANNA]))
        for events in ((), (refused(),), (erasing, erasing)):
            with suppress(ValueError):
                Unit(events=events, erases=spots)
                raise AssertionError

    def test_mails_wait_until_they_are_sent(self) -> None:
        """In the order in which they were posted, each until it is marked, once or twice."""
        to_anna, to_ben = mail(), mail("ben@acme.example")
        self.store.commit(Unit(events=(refused(),), mails=(to_anna, to_ben)))
        self.store.commit(Unit(events=(refused(at=NOON + timedelta(hours=1)),), mails=(to_anna,)))
        posted = self.store.outbox()
        same([each.mail for each in posted], [to_anna, to_ben, to_anna])
        same([each.at for each in posted], [NOON, NOON, NOON + timedelta(hours=1)])
        same(len({each.id for each in posted}), 3)
        for _ in range(2):
            self.store.mark_sent([posted[0].id, 10**9])
        self.store.mark_sent([])
        waiting = MailState.WAITING
        same([each.state for each in self.store.outbox()], [MailState.SENT, waiting, waiting])
        same([each.id for each in self.store.outbox(state=waiting)], [posted[1].id, posted[2].id])
        same([each.id for each in self.store.outbox(after=posted[0].id, limit=1)], [posted[1].id])
        same([each.id for each in self.store.outbox(to="anna@acme.example", state=waiting)], [posted[2].id])
        same(self.store.outbox(to="nobody@acme.example"), ())

    def test_a_mail_that_somebody_tries_is_nobody_elses_until_his_time_is_up(self) -> None:
        """What has been due for longest comes first; what is not due yet does not come at all."""
        first, second, third = self.posted(3)
        soon, later = NOON + timedelta(minutes=1), NOON + timedelta(hours=1)
        same(self.store.claim_mail(NOON - timedelta(seconds=1), soon), None)
        taken = self.store.claim_mail(NOON, later)
        same(taken, replace(self.mailed(first), attempts=1, next_try_at=later))
        same(self.mailed(first), taken)
        same([self.claimed(NOON, soon), self.claimed(NOON, soon), self.claimed(NOON, soon)], [second, third, None])
        same([self.claimed(soon, later), self.claimed(soon, later), self.claimed(soon, later)], [second, third, None])
        same(self.mailed(second).attempts, 2)
        same(self.claimed(later, later + timedelta(hours=1)), first)

    def test_a_failed_try_says_why_and_when_the_next_one_is_due(self) -> None:
        """Behind whatever has been due for longer; a mail that failed for good is dead."""
        first, second = self.posted(2)
        soon, later = NOON + timedelta(minutes=1), NOON + timedelta(hours=1)
        same(self.claimed(NOON, later), first)
        same([self.store.mark_failed(first, attempt=1, problem="cut off", next_try_at=soon)], [True])
        same((self.mailed(first).problem, self.mailed(first).next_try_at), ("cut off", soon))
        same([self.claimed(soon, later), self.claimed(soon, later)], [second, first])
        same(self.mailed(first).problem, "")
        same([self.store.mark_failed(first, attempt=2, problem="no such mailbox", next_try_at=None)], [True])
        same((self.mailed(first).state, self.mailed(first).problem), (MailState.DEAD, "no such mailbox"))
        same([each.id for each in self.store.outbox(state=MailState.DEAD)], [first])
        same([self.claimed(later, later), self.claimed(later, later + timedelta(1))], [second, second])

    def test_who_comes_too_late_notes_nothing(self) -> None:
        """But for a mail that he did send: that is so, whatever others made of it."""
        first, second = self.posted(2)
        soon = NOON + timedelta(minutes=1)
        same([self.claimed(NOON, soon), self.claimed(NOON, soon)], [first, second])
        same(self.claimed(soon, soon + timedelta(hours=1)), first)
        same([self.store.mark_failed(first, attempt=1, problem="late", next_try_at=None)], [False])
        same(self.mailed(first).state, MailState.WAITING)
        self.store.mark_sent([second])
        same([self.store.mark_failed(second, attempt=1, problem="late", next_try_at=None)], [False])
        same(self.mailed(second).state, MailState.SENT)
        same([self.store.mark_failed(first, attempt=2, problem="gone", next_try_at=None)], [True])
        self.store.mark_sent([first])
        same((self.mailed(first).state, self.mailed(first).problem), (MailState.SENT, ""))
        same([self.store.mark_failed(10**9, attempt=1, problem="no such mail", next_try_at=None)], [False])

    def test_dead_mails_and_those_put_off_can_be_made_due(self) -> None:
        """Not those that were sent, nor those that somebody tries just now, lest they are sent twice."""
        dead, put_off, sent, tried, new = self.posted(5)
        later = NOON + timedelta(hours=1)
        same([self.claimed(NOON, later) for _ in range(4)], [dead, put_off, sent, tried])
        self.store.mark_failed(dead, attempt=1, problem="no such mailbox", next_try_at=None)
        self.store.mark_failed(put_off, attempt=1, problem="cut off", next_try_at=later)
        self.store.mark_sent([sent])
        now = NOON + timedelta(minutes=1)
        again = self.store.retry_mails([10**9, put_off, tried, sent, dead, dead, new], now)
        same(again, (dead, put_off))
        same(self.mailed(dead), replace(self.mailed(new), id=dead, next_try_at=now))
        same([self.claimed(now, later) for _ in range(4)], [new, dead, put_off, None])

    def test_of_many_who_ask_at_once_no_two_get_the_same_mail(self) -> None:
        """And together they get them all."""
        ids = self.posted(12)
        found: list[int] = []

        def work() -> None:
            start.wait()
            while (mail := self.claimed(NOON, NOON + timedelta(hours=1))) is not None:
                found.append(mail)

        start = Barrier(4)
        workers = [Thread(target=work) for _ in range(4)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        same(sorted(found), ids)

    def posted(self, count: int) -> list[int]:
        """Post mails, and return their ids."""
        self.store.commit(Unit(events=(refused(),), mails=(mail(),) * count))
        return [each.id for each in self.store.outbox()]

    def mailed(self, number: int) -> Posted:
        """Return one mail of the outbox."""
        (found,) = (each for each in self.store.outbox() if each.id == number)
        return found

    def claimed(self, now: datetime, until: datetime) -> int | None:
        """Take a mail, and return its id."""
        taken = self.store.claim_mail(now, until)
        return taken.id if taken else None

    def test_of_many_who_claim_one_name_one_gets_it(self) -> None:
        """At the same moment (CC-01, CC-04)."""
        self.settle()
        for name in ("a", "b", "c"):
            claims = [unit_of(self.store, LoginName(key=name, user=user)) for user in (ANNA, BEN, CARL, DORA)]
            won = [claim for claim, is_won in zip(claims, self.at_once(claims), strict=True) if is_won]
            same(len(won), 1)
            same(self.get(LoginNameByKey(name)), won[0].changes[LoginNameByKey(name)])

    def test_of_two_who_deactivate_each_other_one_remains(self) -> None:
        """At the same moment, again and again (CC-02)."""
        self.settle()
        ben = self.get(UserById(BEN))
        for _ in range(5):
            anna = replace(KEPT[UserById(ANNA)], state=State.ACTIVE)
            self.put(anna, replace(ben, state=State.ACTIVE, management=BOTH))
            units = [
                unit_of(
                    self.store,
                    replace(self.get(UserById(gone)), state=State.DEACTIVATED),
                    reads=[AnotherHolder(ACME, "manage-administrators", gone)],
                )
                for gone in (ANNA, BEN)
            ]
            same(sorted(self.at_once(units)), [False, True])
            same({self.get(AnotherHolder(ACME, "manage-administrators", DORA))} - {ANNA, BEN}, set())

    def test_nothing_is_lost_when_many_count_at_once(self) -> None:
        """Whoever is in conflict reads again; each commit has a position of its own (CC-09, AU-06)."""
        key, times = AttemptsAgainst("source:busy"), 10
        positions: list[int] = []

        def count() -> None:
            for _ in range(times):
                while True:
                    read = unit_of(self.store, Attempts(key=key.key), events=(refused(),))
                    before: Any = read.before[key] or Attempts(key=key.key)
                    with suppress(ConflictError):
                        counted = replace(before, wrong=before.wrong + 1)
                        positions.append(self.store.commit(replace(read, changes={key: counted})))
                        break

        together([count] * 3)
        same(self.get(key).wrong, 3 * times)
        same(sorted(each.position for each in self.store.records()), sorted(positions))
        same([each.place for each in self.store.records(organisation=ACME)], [*range(1, 3 * times + 1)])
        same(self.found(), [])
        same(len(set(positions)), 3 * times)

    def test_a_reader_sees_one_state(self) -> None:
        """Two rows that are only ever changed together are never seen apart."""
        left, right = AttemptsAgainst("left"), AttemptsAgainst("right")
        self.put(Attempts(key="left"), Attempts(key="right"))
        seen: list[bool] = []

        def write() -> None:
            for wrong in range(1, 20):
                self.put(Attempts(key="left", wrong=wrong), Attempts(key="right", wrong=wrong))

        def look() -> None:
            for _ in range(40):
                values = self.store.read([left, AccountsOf(ACME), right]).values
                seen.append(values[left].wrong == values[right].wrong)

        together([write, look])
        same(set(seen), {True})

    def everything(self) -> object:
        """Return all that the store answers."""
        loaded = self.store.read([*KEPT, *ANSWERS])
        return loaded, self.store.position(), self.store.records(), self.store.outbox()

    def conflicts(self, unit: Unit) -> None:
        """Insist that a unit is refused because of what others changed."""
        with suppress(ConflictError):
            self.store.commit(unit)
            message = "the unit was stored, although what it depends on had changed"
            raise AssertionError(message)

    def at_once(self, units: Sequence[Unit]) -> list[bool]:
        """Commit units in as many threads at the same moment, and return which were stored."""
        stored = [False] * len(units)

        def commit(number: int) -> None:
            with suppress(ConflictError):
                self.store.commit(units[number])
                stored[number] = True

        together([partial(commit, number) for number in range(len(units))])
        return stored


def together(works: Sequence[Callable[[], object]]) -> None:
    """Do several things in threads that start at the same moment.  Raises what the first of them raised."""
    barrier = Barrier(len(works))
    problems: list[Exception] = []

    def start(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except Exception as problem:  # noqa: BLE001 - a thread has nobody else to tell
            problems.append(problem)

    threads = [Thread(target=start, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for problem in problems:
        raise problem
