"""Facts to ask questions about: put in place straight away, by hand or as chance has it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from partnerauth.addresses import parse
from partnerauth.directory import DelegationTo, Entity, Key, SelectionOf, SelectionsOf, UserById, key_of
from partnerauth.entities import (
    RIGHT,
    Account,
    AccountId,
    Contract,
    Credential,
    Delegation,
    Element,
    Given,
    Organisation,
    OrganisationId,
    Selection,
    State,
    User,
    UserId,
)
from partnerauth.policy.portal import RESOURCE_KINDS, Portal
from partnerauth.ports import Store, Unit

T = TypeVar("T")

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACME, BOLT = OrganisationId("acme"), OrganisationId("bolt")
HQ, DEPOT, YARD = AccountId("acme/hq"), AccountId("acme/depot"), AccountId("bolt/yard")
BEN = UserId("u-ben")
APP = "eshipper-national"
CONTRACT = Element("contract", "C1")


def elements(*words: str, source: str = "") -> dict[Element, Given]:
    """`user contract:C1` as what a selection holds."""
    found = (word.rpartition(":") for word in words)
    return {Element(kind or RIGHT, name): Given("operator:operator", NOW, source) for kind, _, name in found}


def user(name: UserId, organisation: OrganisationId = ACME, **fields: Any) -> User:  # noqa: ANN401 - fields of the entity
    address = parse(f"{name}@{organisation}.example")
    assert address is not None
    return User(**{"id": name, "organisation": organisation, "state": State.ACTIVE, "email": address, **fields})


def account(identity: AccountId, *applications: str, **fields: Any) -> Account:  # noqa: ANN401 - fields of the entity
    owner, _, name = identity.partition("/")
    return Account(
        id=identity, organisation=OrganisationId(owner), name=name, applications=frozenset(applications), **fields
    )


def place(store: Store, *entities: Entity, without: tuple[Key[Any], ...] = ()) -> None:
    """Commit facts straight away."""
    changes: dict[Key[Any], Entity | None] = {key_of(entity): entity for entity in entities}
    changes |= dict.fromkeys(without)
    loaded = store.read(tuple(changes))
    before = {key: loaded.values[key] for key in changes}
    store.commit(Unit(changes=changes, before=before, revisions=loaded.revisions))


def company(store: Store) -> None:
    """Acme with two accounts, Bolt as its subcontractor, and Ben who may use one contract."""
    place(
        store,
        Organisation(id=ACME, name="Acme", options=frozenset({"ftp", "agreement-router", "etoe-partner"})),
        Organisation(id=BOLT, name="Bolt", subcontractor=True),
        account(HQ, APP, "emasspost", contracts={"C1": Contract(), "C2": Contract()}, billing_addresses=frozenset("B")),
        account(DEPOT, APP, contracts={"C1": Contract()}),
        account(YARD, "emasspost"),
    )
    place(store, user(BEN, management=frozenset({"ftp"})), Credential(user=BEN, signed_in=True))
    place(store, Selection(user=BEN, account=HQ, application=APP, elements=elements("user", "contract:C1")))


OPTIONS = ("ftp", "agreement-router", "etoe-partner")
PEOPLE = [UserId(f"u-{number}") for number in range(6)]
PLACES = [HQ, DEPOT, YARD]


class History:
    """Commits of whatever can change an answer, one after another, as chance has it."""

    def __init__(self, portal: Portal, store: Store, seed: int) -> None:
        self.portal, self.store = portal, store
        self.chance = random.Random(seed)  # noqa: S311 - examples, not secrets
        self.codes = sorted(portal.applications)
        for step in (self.organisation, self.account):
            for _ in range(12):
                step()
        for each in PEOPLE:
            self.person(each)
        for _ in range(30):
            self.selection()

    def some(self, of: Iterable[T], likely: float = 0.6) -> frozenset[T]:
        return frozenset(each for each in of if self.chance.random() < likely)

    def organisation(self) -> None:
        which = self.chance.choice([ACME, BOLT])
        place(self.store, Organisation(id=which, name=which, options=self.some(OPTIONS), subcontractor=which == BOLT))

    def account(self) -> None:
        contracts = {name: Contract(active=self.chance.random() < 0.7) for name in self.some(["C1", "C2", "-"], 0.8)}
        which = self.chance.choice(PLACES)
        found = account(which, *self.some(self.codes, 0.9), contracts=contracts, billing_addresses=self.some("BD", 0.8))
        place(self.store, found)

    def person(self, who: UserId | None = None) -> None:
        which = who or self.chance.choice(PEOPLE)
        home = self.chance.choice([ACME, ACME, BOLT])
        state = self.chance.choice([*[State.ACTIVE] * 8, *State])
        management = self.some(self.portal.management.rights, 0.4)
        place(self.store, user(which, home, state=state, management=management))

    def credential(self) -> None:
        until = NOW if self.chance.random() < 0.2 else None
        place(
            self.store,
            Credential(user=self.chance.choice(PEOPLE), temporary_until=until, signed_in=self.chance.random() < 0.7),
        )

    def given(self, code: str) -> dict[Element, Given]:
        application = self.portal.applications[code]
        values = {"product": application.products, "billing-address": "BDX", "contract": ("C1", "C2", "-", "gone")}
        held = [Element(RIGHT, right) for right in self.some(application.rights)]
        held += [Element(kind, value) for kind in RESOURCE_KINDS for value in self.some(values[kind])]
        return {each: Given("operator:x", NOW, self.chance.choice("12")) for each in held}

    def selection(self) -> None:
        which, where, code = self.chance.choice(PEOPLE), self.chance.choice(PLACES), self.chance.choice(self.codes)
        found = self.store.read([UserById(which)]).values[UserById(which)]
        if found is None:
            return
        if self.chance.random() < 0.1:
            place(self.store, without=(SelectionOf(which, where, code),))
        else:
            place(self.store, Selection(user=which, account=where, application=code, elements=self.given(code)))

    def delegation(self) -> None:
        where, code = self.chance.choice([HQ, DEPOT]), self.chance.choice(self.codes)
        if self.chance.random() < 0.2:
            place(self.store, without=(DelegationTo(where, code, BOLT),))
        else:
            given = self.given(code)
            place(self.store, Delegation(account=where, application=code, organisation=BOLT, elements=given))

    def goes_on(self) -> None:
        """Commit something."""
        acts = [self.selection] * 8 + [self.delegation] * 4 + [self.account, self.organisation, self.credential] * 2
        self.chance.choice([*acts, self.person])()

    def question(self) -> tuple[UserId, str | None, str, str | None, dict[str, str]]:
        who = self.chance.choice([*PEOPLE, UserId("u-nobody")])
        if self.chance.random() < 0.1:
            return who, None, self.chance.choice([*self.portal.management.rights, "no-such"]), None, {}
        code, where = self.chance.choice(self.codes), self.chance.choice([*PLACES, "hq", None])
        selections = self.store.read([SelectionsOf(who)]).values[SelectionsOf(who)]
        if selections and self.chance.random() < 0.8:
            mine = self.chance.choice(selections)
            code, where = mine.application, mine.account
        application = self.portal.applications[code]
        right = self.chance.choice([*application.rights, *self.portal.management.rights[:1]])
        values = {"product": [*application.products, "gone"], "billing-address": "BDX", "contract": ("C1", "C2", "-")}
        named = {kind: self.chance.choice(values[kind]) for kind in self.some(RESOURCE_KINDS, 0.25)}
        return who, code, right, where, named
