"""Answers from memory are those of what is committed, whatever was known before and whoever committed it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from tests.histories import (
    ACME,
    APP,
    BEN,
    BOLT,
    HQ,
    NOW,
    History,
    account,
    company,
    elements,
    place,
    user,
)

from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore
from partnerauth.directory import CredentialOf, DelegationTo, Key, SelectionOf, UserById
from partnerauth.entities import (
    RIGHT,
    AccountId,
    Contract,
    Credential,
    Delegation,
    Member,
    Organisation,
    OrganisationId,
    Selection,
    State,
    UserId,
)
from partnerauth.flows.grant import Grant
from partnerauth.index import Index
from partnerauth.policy.engine.masks import Masks
from partnerauth.policy.portal import Portal
from partnerauth.portals import read_portal
from partnerauth.ports import ConflictError, Loaded, Store, Unit
from partnerauth.testing.clockwork import World, world
from partnerauth.view import View


@pytest.fixture
def portal() -> Portal:
    return read_portal("bpost")


@pytest.fixture
def ours() -> World:
    """A portal where Ben has been asked about already."""
    made = world("bpost", MemoryStore())
    company(made.store)
    assert may(made.view())
    return made


def may(view: View, named: str = "C1") -> bool:
    """Ask what Ben may, in each way that there is; they agree."""
    question: dict[str, Any] = {"account": "hq", "resources": {"contract": named}}
    answers = {
        view.can(BEN, APP, "user", **question),
        view.for_user(BEN).can(APP, "user", **question),
        view.explain(BEN, APP, "user", **question).allowed,
        BEN in view.who_can(APP, "user", account=HQ, resources=question["resources"]),
    }
    assert len(answers) == 1, answers
    return answers.pop()


def closed(store: Store) -> None:
    assert isinstance(store, SqlStore)
    store.close()


CHANGES: dict[str, Callable[[Store], None]] = {
    "he is deactivated": lambda store: place(store, user(BEN, state=State.DEACTIVATED)),
    "he is rejected": lambda store: place(store, user(BEN, state=State.REJECTED)),
    "he gets a temporary password": lambda store: place(
        store, Credential(user=BEN, signed_in=True, temporary_until=NOW + timedelta(days=9))
    ),
    "the right is taken away": lambda store: place(
        store, Selection(user=BEN, account=HQ, application=APP, elements=elements("contract:C1"))
    ),
    "the contract is taken away": lambda store: place(
        store, Selection(user=BEN, account=HQ, application=APP, elements=elements("user", "contract:C2"))
    ),
    "all of it is taken away": lambda store: place(store, without=(SelectionOf(BEN, HQ, APP),)),
    "the contract ends": lambda store: place(
        store, account(HQ, APP, contracts={"C1": Contract(active=False), "C2": Contract()})
    ),
    "the account loses the contract": lambda store: place(store, account(HQ, APP, contracts={"C2": Contract()})),
    "the account loses the application": lambda store: place(
        store, account(HQ, "emasspost", contracts={"C1": Contract()})
    ),
    "he goes to another company": lambda store: place(store, user(BEN, organisation=BOLT)),
}


@pytest.mark.rule("BP-06", "BP-09", "BP-13", "BP-24", "BP-26", "GX-02")
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_takes_a_right_away_holds_from_the_next_view_on(change: str, ours: World) -> None:
    CHANGES[change](ours.store)
    assert not may(ours.view())
    company_again = (user(BEN, management=frozenset({"ftp"})), Credential(user=BEN, signed_in=True))
    place(ours.store, *company_again, account(HQ, APP, contracts={"C1": Contract(), "C2": Contract()}))
    place(ours.store, Selection(user=BEN, account=HQ, application=APP, elements=elements("user", "contract:C1")))
    assert may(ours.view())


@pytest.mark.rule("BP-06")
def test_an_option_that_is_switched_off_and_on_counts_at_once(ours: World) -> None:
    assert ours.view().can(BEN, None, "ftp")
    for options, expected in ((frozenset[str](), False), (frozenset({"ftp"}), True)):
        place(ours.store, Organisation(id=ACME, name="Acme", options=options))
        view = ours.view()
        assert view.can(BEN, None, "ftp") is view.explain(BEN, None, "ftp").allowed is expected


@pytest.mark.rule("BP-03", "BP-06")
def test_a_management_right_counts_from_the_next_view_on(ours: World) -> None:
    for management in (frozenset[str](), frozenset({"ftp"})):
        place(ours.store, user(BEN, management=management))
        view = ours.view()
        assert view.can(BEN, None, "ftp") is view.explain(BEN, None, "ftp").allowed is ("ftp" in management)
    place(ours.store, Credential(user=BEN, signed_in=False))
    view = ours.view()
    assert view.can(BEN, None, "ftp") is view.explain(BEN, None, "ftp").allowed is False


@pytest.mark.rule("DG-17")
def test_a_management_right_that_the_portal_no_longer_knows_is_nobodys(ours: World) -> None:
    place(ours.store, user(BEN, management=frozenset({"user", "ftp"})))
    view = ours.view()
    assert view.management(BEN) == {"ftp"}
    assert not view.can(BEN, None, "user")
    assert not view.explain(BEN, None, "user")


@pytest.mark.rule("BP-31", "BP-32")
def test_a_withdrawal_cuts_whatever_was_passed_on(ours: World) -> None:
    view = ours.view
    carl = UserId("u-carl")
    question: dict[str, Any] = {"account": HQ}
    given = Delegation(
        account=HQ, application="emasspost", organisation=BOLT, elements=elements("check-mailing-list", source="1")
    )
    passed_on = Selection(
        user=carl, account=HQ, application="emasspost", elements=elements("check-mailing-list", source="1")
    )
    place(ours.store, user(carl, BOLT), account(HQ, "emasspost"))
    place(ours.store, passed_on)

    def may_create() -> bool:
        now = view()
        answer = now.can(carl, "emasspost", "check-mailing-list", **question)
        assert answer is now.explain(carl, "emasspost", "check-mailing-list", **question).allowed
        assert answer is (carl in now.who_can("emasspost", "check-mailing-list", account=HQ))
        return answer

    assert not may_create()
    place(ours.store, given)
    assert may_create()
    place(ours.store, without=(DelegationTo(HQ, "emasspost", BOLT),))
    assert not may_create()
    place(ours.store, replace(given, elements=elements("check-mailing-list", source="2")))
    assert not may_create(), "a new giving revives nothing"


@pytest.mark.rule("BP-06", "BP-20", "BP-31")
def test_on_a_customers_account_the_options_of_the_customer_count(ours: World) -> None:
    carl = UserId("u-carl")
    right = "senders-management"
    given = elements(right, source="1")
    place(ours.store, user(carl, BOLT), Selection(user=carl, account=HQ, application="emasspost", elements=given))
    place(ours.store, Delegation(account=HQ, application="emasspost", organisation=BOLT, elements=given))
    place(ours.store, Selection(user=BEN, account=HQ, application="emasspost", elements=elements(right)))
    for options in (frozenset({"agreement-router"}), frozenset[str]()):
        place(ours.store, Organisation(id=ACME, name="Acme", options=options))
        for first, then in ((BEN, carl), (carl, BEN)):
            view = ours.view()
            for each in (first, then):
                answer = view.can(each, "emasspost", right, account=HQ)
                assert answer is view.explain(each, "emasspost", right, account=HQ).allowed is bool(options), each


def test_what_was_rolled_back_was_never_here(ours: World) -> None:
    gone = user(BEN, state=State.DEACTIVATED)
    position = ours.view().position
    with pytest.raises(ConflictError):
        ours.store.commit(Unit(changes={UserById(BEN): gone}, revisions={UserById(BEN): 999}))
    view = ours.view()
    assert may(view)
    assert view.position == position


def test_what_is_refused_changes_no_answer(ours: World) -> None:
    before = ours.view().position
    ours.execute(Member(user=BEN), Grant(user=BEN, application=APP, account="hq", rights=("administrator",)))
    assert ours.view().position > before
    assert may(ours.view())


def test_an_older_view_may_learn_what_is_newer_but_a_newer_one_never_what_is_older(ours: World) -> None:
    older = ours.view()
    place(ours.store, user(BEN, state=State.DEACTIVATED))
    newer = ours.view()
    assert newer.position >= older.position
    assert not newer.can(BEN, APP, "user", account="hq")
    assert not older.can(BEN, APP, "user", account="hq")


@pytest.mark.rule("GX-02")
@pytest.mark.parametrize("change", CHANGES)
def test_what_another_process_committed_holds_from_the_next_view_on(change: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    here, there = world("bpost", SqlStore(url)), world("bpost", SqlStore(url))
    company(there.store)
    assert may(here.view())
    assert may(there.view())
    CHANGES[change](there.store)
    assert not may(here.view())
    assert not may(there.view())
    for each in (here, there):
        closed(each.store)


def test_a_database_that_was_put_back_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "portal.db"
    store = SqlStore(f"sqlite:///{file}")
    company(store)
    place(store, user(BEN, state=State.DEACTIVATED))
    store.close()
    copy = file.read_bytes()
    here = world("bpost", SqlStore(f"sqlite:///{file}"))
    place(here.store, user(BEN))
    assert may(here.view())
    closed(here.store)
    for each in tmp_path.iterdir():
        each.unlink()
    file.write_bytes(copy)
    assert not may(here.view())
    closed(here.store)


def test_for_user_is_of_its_moment_and_the_next_one_of_the_next(ours: World) -> None:
    handle = ours.view().for_user(BEN)
    assert handle.can(APP, "user", account="hq")
    place(ours.store, user(BEN, state=State.DEACTIVATED))
    assert not ours.view().for_user(BEN).can(APP, "user", account="hq")


def test_nobody_knows_an_unknown_user_until_he_is_there(ours: World) -> None:
    nina = UserId("u-nina")
    view = ours.view()
    assert not view.can(nina, APP, "user", account=HQ)
    assert not view.for_user(nina).can(APP, "user", account=HQ)
    assert view.explain(nina, APP, "user", account=HQ).rule == "other-organisation"
    place(
        ours.store,
        user(nina),
        Selection(user=nina, account=HQ, application=APP, elements=elements("user", "contract:C1")),
    )
    assert ours.view().can(nina, APP, "user", account=HQ)


@pytest.mark.parametrize(
    ("application", "right", "resources"),
    [
        (APP, "user", {"contract": "-"}),
        (APP, "user", {"contract": ""}),
        (APP, "user", {"vehicle": "C1"}),
        (APP, "", {}),
        (APP, "ftp", {}),
        ("-", "ftp", {}),
        ("", "ftp", {}),
        ("-", "reset-password", {}),
        ("unknown", "user", {}),
    ],
)
def test_strange_names_are_refused(application: str, right: str, resources: dict[str, str], ours: World) -> None:
    view = ours.view()
    for where in ("hq", None, "-", "unknown", "bolt/yard", "/", "unknown/hq"):
        assert not view.can(BEN, application, right, account=where, resources=resources)
        assert not view.for_user(BEN).can(application, right, account=where, resources=resources)
        assert not view.explain(BEN, application, right, account=where, resources=resources)


def test_a_resource_called_like_the_sign_for_none_is_nobodys(ours: World) -> None:
    place(ours.store, account(HQ, APP, contracts={"-": Contract(), "C1": Contract()}))
    place(ours.store, Selection(user=BEN, account=HQ, application=APP, elements=elements("user", "contract:-")))
    view = ours.view()
    assert not may(view, "-")
    assert view.can(BEN, APP, "user", account=HQ)


def test_a_company_called_like_an_application_makes_nothing_so_of_its_rights() -> None:
    there = world("bpost", MemoryStore())
    named, place_of_it = OrganisationId("emasspost"), AccountId("emasspost/check-mailing-list")
    place(
        there.store,
        Organisation(id=named, name="Emasspost", options=frozenset({"agreement-router"})),
        Organisation(id=ACME, name="Acme"),
        account(place_of_it, "emasspost"),
        account(HQ, "emasspost"),
        user(BEN, named),
        Selection(user=BEN, account=place_of_it, application="emasspost", elements=elements("check-mailing-list")),
    )
    view = there.view()
    assert view.can(BEN, "emasspost", "check-mailing-list", account=place_of_it)
    assert view.explain(BEN, "emasspost", "check-mailing-list", account=place_of_it)


def test_a_management_right_is_asked_about_without_an_account(ours: World) -> None:
    view = ours.view()
    assert view.can(BEN, None, "ftp")
    assert view.explain(BEN, None, "ftp")
    for where in (HQ, "depot", "bolt/yard"):
        assert not view.can(BEN, None, "ftp", account=where)
        assert not view.explain(BEN, None, "ftp", account=where)


def test_with_more_users_than_are_kept_the_answers_stay_right(portal: Portal) -> None:
    store = MemoryStore()
    company(store)
    people = [UserId(f"u-{number}") for number in range(30)]
    for each in people:
        place(
            store,
            user(each),
            Selection(user=each, account=HQ, application=APP, elements=elements("user", "contract:C1")),
        )
    index = Index(portal, store, most_users=7)
    for each in (*people, *people, UserId("u-nobody")):
        assert index.can(each, APP, "user", "hq", {}) is (each in people)
        assert index.can(each, APP, "user", "depot", {}) is False


def test_what_is_known_is_not_read_again(portal: Portal) -> None:
    reads = 0

    class Counting(MemoryStore):
        def read(self, keys: Sequence[Key[Any]]) -> Loaded:
            nonlocal reads
            reads += 1
            return super().read(keys)

    store = Counting()
    company(store)
    index = Index(portal, store)
    assert index.can(BEN, APP, "user", "hq", {})
    before = reads
    for _ in range(100):
        index.catch_up()
        assert index.can(BEN, APP, "user", "hq", {})
    assert reads == before
    place(store, user(UserId("u-other"), BOLT))
    reads = 0
    index.catch_up()
    assert index.can(BEN, APP, "user", "hq", {})
    assert reads == 0, "what concerns somebody else makes nobody stale"


# Random histories.


@pytest.mark.rule("BP-06", "BP-12", "BP-21", "BP-26", "BP-31", "BP-32", "GX-02")
@pytest.mark.parametrize("seed", range(8))
def test_can_is_explain_and_what_is_remembered_is_what_a_fresh_index_reads(seed: int, portal: Portal) -> None:
    there = world(portal, MemoryStore())
    history = History(portal, there.store, seed)
    allowed = 0
    for _ in range(60):
        history.goes_on()
        view, fresh = there.view(), Index(portal, there.store)
        for _ in range(40):
            who, code, right, where, named = question = history.question()
            answer = view.can(who, code, right, account=where, resources=named)
            assert answer is view.explain(who, code, right, account=where, resources=named).allowed, question
            assert answer is view.for_user(who).can(code, right, account=where, resources=named), question
            assert answer is fresh.can(who, code, right, where, named), question
            allowed += answer
    assert allowed > 10


def test_histories_on_sql_are_answered_like_those_in_memory(tmp_path: Path, portal: Portal) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    asked, told = world(portal, SqlStore(url)), SqlStore(url)
    history = History(portal, told, 5)
    for _ in range(25):
        history.goes_on()
        view = asked.view()
        for _ in range(12):
            who, code, right, where, named = question = history.question()
            answer = view.can(who, code, right, account=where, resources=named)
            assert answer is view.explain(who, code, right, account=where, resources=named).allowed, question
    closed(asked.store)
    closed(told)


# Threads.

READERS, ROUNDS = 3, 60


def rounds(store: Store) -> Iterator[None]:
    """Commit changes around Ben that change no answer about him, and turn Mia on and off."""
    mia = UserId("u-mia")
    for turn in range(ROUNDS):
        is_on = turn % 2 == 0
        place(store, user(mia, state=State.ACTIVE if is_on else State.DEACTIVATED))
        place(store, Credential(user=BEN, signed_in=True, epoch=turn))
        more = elements("user", "contract:C1", *(["contract:C2"] if is_on else ()))
        place(store, Selection(user=BEN, account=HQ, application=APP, elements=more))
        contracts = {"C1": Contract(), "C2": Contract(active=is_on), **({} if is_on else {"C3": Contract()})}
        place(store, account(HQ, APP, contracts=contracts))
        place(store, Organisation(id=ACME, name="Acme", options=frozenset({"ftp"} if is_on else ())))
        yield


@pytest.mark.parametrize("most_users", [1_000_000, 2])
def test_threads_that_ask_while_one_commits_are_never_told_anything_wrong(most_users: int, portal: Portal) -> None:
    store = MemoryStore()
    company(store)
    others = [UserId(f"u-{number}") for number in range(4)]
    place(store, *(user(each) for each in others))
    index, stop = Index(portal, store, most_users=most_users), threading.Event()
    wrong: list[object] = []
    asked: list[int] = []

    def reads() -> None:
        number = 0
        try:
            while number < 400 or not stop.is_set():
                number += 1
                index.catch_up()
                answers = (
                    index.can(BEN, APP, "user", "hq", {"contract": "C1"}),
                    index.for_user(BEN)[1](APP, "user", HQ, "-", "-", "C1"),
                    not index.can(BEN, APP, "user", "depot", {}),
                    not index.can(BEN, APP, "administrator", "hq", {}),
                    not index.can(others[number % 4], APP, "user", "hq", {}),
                )
                if not all(answers):
                    wrong.append(answers)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
            wrong.append(error)
        asked.append(number)

    readers = [threading.Thread(target=reads) for _ in range(READERS)]
    for each in readers:
        each.start()
    for _ in rounds(store):
        sleep(0)
    stop.set()
    for each in readers:
        each.join()
    assert not wrong, wrong[:3]
    assert sum(asked) * 5 > 5000


@pytest.mark.rule("GX-02")
def test_a_thread_that_has_seen_a_revocation_committed_is_never_allowed_again(portal: Portal) -> None:
    store = MemoryStore()
    company(store)
    index, gone = Index(portal, store), threading.Event()
    wrong: list[object] = []

    def reads() -> None:
        for _ in range(200_000):
            is_gone = gone.is_set()
            index.catch_up()
            if index.can(BEN, APP, "user", "hq", {}) and is_gone:
                wrong.append("allowed after the revocation")
            if is_gone:
                return

    readers = [threading.Thread(target=reads) for _ in range(READERS)]
    for each in readers:
        each.start()
    place(store, user(BEN, state=State.DEACTIVATED))
    gone.set()
    for each in readers:
        each.join()
    assert not wrong


def test_facts_that_are_read_while_others_commit_are_of_one_state(portal: Portal) -> None:
    class Hasty(MemoryStore):
        """Between two reads, somebody takes the right from Ben and gives him the account's contract, at once."""

        def __init__(self) -> None:
            super().__init__()
            self.hurry: list[Callable[[], None]] = []

        def read(self, keys: Sequence[Key[Any]]) -> Loaded:
            found = super().read(keys)
            while self.hurry:
                self.hurry.pop()()
            return found

    store = Hasty()
    company(store)
    place(store, account(HQ, APP, contracts={"C1": Contract(active=False)}))
    index = Index(portal, store)

    def swap() -> None:
        place(
            store,
            Selection(user=BEN, account=HQ, application=APP, elements=elements("contract:C1")),
            account(HQ, APP, contracts={"C1": Contract()}),
        )

    store.hurry.append(swap)
    index.catch_up()
    assert not index.can(BEN, APP, "user", "hq", {"contract": "C1"}), "allowed in neither of the two states"


def test_the_model_forgets_a_user_who_is_dropped(portal: Portal) -> None:
    model = Masks(portal)
    model.set_account(HQ, options=(), active=())
    model.load_user(BEN, ACME, ["state:active"], [(HQ, APP, {RIGHT: ["user"], "contract": ["C1"]})])
    assert model.decide(BEN, APP, "user", HQ)
    model.drop_user(BEN)
    assert not model.decide(BEN, APP, "user", HQ)
    assert list(model.selections(BEN)) == []


def test_a_credential_that_goes_away_is_noticed(ours: World) -> None:
    assert ours.view().can(BEN, None, "ftp")
    place(ours.store, without=(CredentialOf(BEN),))
    assert not ours.view().can(BEN, None, "ftp")
