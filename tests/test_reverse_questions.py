"""Who, what and where: the reverse questions say what `can` says one by one, and so does the filter of a listing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, MetaData, String, Table, create_engine, insert, select
from tests.histories import APP, BEN, BOLT, HQ, NOW, PEOPLE, PLACES, History, company, place, user

from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql_filter import sql_filter
from partnerauth.directory import Key
from partnerauth.entities import (
    RIGHT,
    AccountId,
    Credential,
    Delegation,
    Element,
    Given,
    Member,
    Selection,
    UserId,
)
from partnerauth.flows.set_management import SetManagement
from partnerauth.policy.engine import rows
from partnerauth.policy.portal import RESOURCE_KINDS
from partnerauth.portals import read_portal
from partnerauth.ports import Loaded
from partnerauth.testing.clockwork import START, World, world
from partnerauth.view import Evidence, Scope, View

ITEMS = Table(
    "items",
    MetaData(),
    Column("account", String),
    *(Column(kind, String) for kind in RESOURCE_KINDS),
)
COLUMNS: dict[str, Any] = {kind: ITEMS.c[kind] for kind in RESOURCE_KINDS}
NAMES = {"product": ("letter", "gone"), "billing-address": ("B", "D", "X"), "contract": ("C1", "C2", "-", "gone")}


@pytest.fixture
def ours() -> World:
    made = world("bpost", MemoryStore())
    company(made.store)
    return made


def history(seed: int, steps: int = 25) -> tuple[World, History]:
    there = world(read_portal("bpost"), MemoryStore())
    made = History(there.portal, there.store, seed)
    for _ in range(steps):
        made.goes_on()
    return there, made


def selected(connection: Connection, scope: Scope) -> set[Any]:
    return {tuple(row) for row in connection.execute(select(ITEMS).where(sql_filter(scope, ITEMS.c.account, COLUMNS)))}


@given(seed=st.integers(0, 10_000), chosen=st.lists(st.integers(0, 10_000), min_size=2, max_size=4))
@settings(max_examples=25)
def test_rows_selected_by_sql_are_the_rows_allowed_one_by_one(seed: int, chosen: list[int]) -> None:
    there, made = history(seed, 10)
    view = there.view()
    every: list[Sequence[str | None]] = [
        (account, *named)
        for account in (*PLACES, "nobody/there", "-", None)
        for named in product(*((None, *NAMES[kind]) for kind in RESOURCE_KINDS))
    ]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        ITEMS.create(connection)
        names = [column.name for column in ITEMS.columns]
        connection.execute(insert(ITEMS), [dict(zip(names, row, strict=True)) for row in every])
        for number in chosen:
            made.chance.seed(number)
            who, code, right, *_ = made.question()
            allowed = {
                tuple(row) for row in every if code and row[0] and "/" in row[0] and _may(view, who, code, right, row)
            }
            assert selected(connection, view.scope(who, code or "", right)) == allowed
    engine.dispose()


def _may(view: View, who: str, code: str, right: str, row: Sequence[str | None]) -> bool:
    named = {kind: name for kind, name in zip(RESOURCE_KINDS, row[1:], strict=True) if name is not None}
    return view.can(who, code, right, account=row[0], resources=named)


def test_a_listing_of_thousands_of_accounts_is_not_cut_short() -> None:
    scope = {AccountId(f"o/{number}"): {"contract": frozenset({f"C{number}", "C"})} for number in range(5000)}
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        ITEMS.create(connection)
        found = [{"account": account, "contract": name} for account in scope for name in ("C", "x", None)]
        connection.execute(insert(ITEMS), found)
        query = select(ITEMS).where(sql_filter(scope, ITEMS.c.account, {"contract": ITEMS.c.contract}))
        assert len(connection.execute(query).all()) == 10_000
    engine.dispose()


def test_nobody_who_may_nothing_is_shown_anything(ours: World) -> None:
    scope = ours.view().scope("u-nobody", APP, "user")
    assert scope == {}
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        ITEMS.create(connection)
        connection.execute(insert(ITEMS), [{"account": HQ}])
        assert selected(connection, scope) == set()
        assert selected(connection, ours.view().scope(BEN, APP, "user")) == {(HQ, None, None, None)}
    engine.dispose()


def test_a_column_for_a_kind_that_there_is_not_is_an_error(ours: World) -> None:
    with pytest.raises(ValueError, match="vehicle"):
        sql_filter(ours.view().scope(BEN, APP, "user"), ITEMS.c.account, {"vehicle": ITEMS.c.contract})


@pytest.mark.rule("BP-33")
@pytest.mark.parametrize("seed", range(100, 104))
def test_everything_that_somebody_holds_is_what_each_question_says_he_holds(seed: int) -> None:
    there, _ = history(seed)
    view = there.view()
    some = 0
    for who in (*PEOPLE, "u-nobody"):
        everything = view.rights_of(who)
        some += len(everything)
        for account in PLACES:
            for code in there.portal.applications:
                said = view.rights(who, code, account=account)
                held = everything.get((account, code))
                assert held == said if held else not said.rights | set(said.resources)
    assert some > 10


@pytest.mark.rule("BP-31", "BP-33")
@pytest.mark.parametrize("seed", range(200, 204))
def test_who_can_is_everybody_who_can(seed: int) -> None:
    there, made = history(seed)
    view = there.view()
    some = 0
    for _ in range(150):
        _, code, right, where, named = made.question()
        if code is None or where is None or "/" not in where:
            continue
        everybody = {who for who in PEOPLE if view.can(who, code, right, account=where, resources=named)}
        listed = view.who_can(code, right, account=where, resources=named)
        assert set(listed) == everybody
        assert len(listed) == len(everybody)
        some += len(listed)
    assert some > 2


def test_who_can_asks_about_an_accounts_people_however_many_others_there_are() -> None:
    asked: list[Key[Any]] = []

    class Watched(MemoryStore):
        def read(self, keys: Sequence[Key[Any]]) -> Loaded:
            asked.extend(keys)
            return super().read(keys)

    counts = []
    for others in (3, 300):
        there = world("bpost", Watched())
        company(there.store)
        place(there.store, *(user(UserId(f"u-{number}")) for number in range(others)))
        asked.clear()
        assert there.view().who_can(APP, "user", account=HQ) == (BEN,)
        counts.append(len(asked))
    assert counts[0] == counts[1]


# Evidence.


@pytest.mark.rule("GX-08", "BP-21")
def test_an_explanation_says_who_gave_the_right_and_the_resource_and_when(ours: World) -> None:
    given_by_anna, given_by_post = Given("u-anna", START), Given("operator:post", NOW)
    held = {Element(RIGHT, "user"): given_by_anna, Element("contract", "C1"): given_by_post}
    place(ours.store, Selection(user=BEN, account=HQ, application=APP, elements=held))
    view = ours.view()
    decision = view.explain(BEN, APP, "user", account="hq", resources={"contract": "C1"})
    assert decision.evidence == (
        Evidence(Element(RIGHT, "user"), "u-anna", START),
        Evidence(Element("contract", "C1"), "operator:post", NOW),
    )
    assert decision.position == view.position == ours.store.position()
    assert view.explain(BEN, APP, "user", account="hq").evidence == decision.evidence[:1]
    assert view.explain(BEN, APP, "administrator", account="hq").evidence == ()


@pytest.mark.rule("BP-32")
def test_what_was_passed_on_names_the_delegation_and_the_passing_on(ours: World) -> None:
    carl, right = UserId("u-carl"), Element(RIGHT, "view-prices")
    place(ours.store, user(carl, BOLT))
    delegated, passed_on = Given("u-anna", START, "1"), Given("u-bolt", NOW, "1")
    place(
        ours.store,
        Delegation(account=HQ, application="emasspost", organisation=BOLT, elements={right: delegated}),
        Selection(user=carl, account=HQ, application="emasspost", elements={right: passed_on}),
    )
    decision = ours.view().explain(carl, "emasspost", "view-prices", account=HQ)
    assert decision.evidence == (Evidence(right, "u-anna", START), Evidence(right, "u-bolt", NOW))


@pytest.mark.rule("BP-03")
def test_a_management_right_names_the_event_since_which_it_is_held(ours: World) -> None:
    anna = UserId("u-anna")
    everything = frozenset(ours.portal.management.rights)
    place(ours.store, user(anna, management=everything), Credential(user=anna, signed_in=True))
    assert ours.view().explain(anna, None, "ftp").evidence == (), "nothing is on record"
    for rights in (("ftp",), ("ftp", "reset-password")):
        ours.execute(Member(user=anna), SetManagement(user=BEN, management=frozenset(rights)))
    place(ours.store, user(BEN, management=frozenset({"reset-password"})))
    ours.execute(Member(user=anna), SetManagement(user=BEN, management=frozenset({"reset-password", "ftp"})))
    given = [each for each in ours.store.records(about=BEN) if "ftp" in getattr(each.event, "management", ())]
    decision = ours.view().explain(BEN, None, "ftp")
    assert decision.allowed
    assert decision.evidence == (Evidence(Element(RIGHT, "ftp"), given[0].event.by, given[0].event.at),)
    assert rows.MANAGEMENT not in {code for _, code in ours.view().rights_of(BEN)}
