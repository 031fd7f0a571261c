"""The rights model over masks answers like the model it was made of, whatever is set and asked in whatever order."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pytest

from partnerauth.entities import RIGHT, AccountId, Element, OrganisationId, UserId
from partnerauth.policy.engine import rows, rules
from partnerauth.policy.engine.gate import enforcer, role_manager
from partnerauth.policy.engine.masks import Masks, NotSeparableError
from partnerauth.policy.engine.rules import Facts
from partnerauth.policy.portal import RESOURCE_KINDS, Portal
from partnerauth.portals import read_portal

USERS = [UserId(f"u{number}") for number in range(4)]
ACCOUNTS = [AccountId("acme/hq"), AccountId("acme/depot"), AccountId("bolt/hq")]
STATES = [*["active"] * 8, "invited", "pending-approval", "deactivated", "rejected"]


def by_kind(held: Iterable[Element]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for kind, name in held:
        kinds.setdefault(kind, []).append(name)
    return kinds


class World:
    """The same facts, once as links for the model and once set in the masks."""

    def __init__(self, portal: Portal, model: Masks, chance: random.Random) -> None:
        self.portal, self.model, self.chance = portal, model, chance
        self.of_user: dict[str, frozenset[str]] = {}
        self.of_account: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self.held: dict[tuple[str, str, str], frozenset[Element]] = {}

    def values(self, kind: str, application: str) -> list[str]:
        if kind == "product":
            return list(self.portal.applications[application].products) or ["letter"]
        return [f"{kind[0]}{number}" for number in range(4)]

    def set_user(self, user: UserId) -> None:
        facts = {f"state:{self.chance.choice(STATES)}"}
        facts |= {fact for fact in ("temporary-password", "signed-in") if self.chance.random() < 0.2}
        self.of_user[user] = frozenset(facts)
        self.model.set_user(user, OrganisationId(("acme", "bolt")[int(user[1]) % 2]), facts)

    def set_account(self, account: AccountId) -> None:
        options = frozenset(each for each in self.portal.options if self.chance.random() < 0.5)
        active = frozenset(each for each in self.values("contract", "emasspost") if self.chance.random() < 0.6)
        self.of_account[account] = (options, active)
        self.model.set_account(account, options=options, active=active)
        for (user, where, application), held in list(self.held.items()):
            if where == account:
                self.model.set_selection(UserId(user), account, application, by_kind(held))

    def set_selection(self, user: UserId, account: AccountId, application: str) -> None:
        catalogue = self.portal.applications[application]
        held = {Element(RIGHT, right) for right in catalogue.rights if self.chance.random() < 0.4}
        for kind in RESOURCE_KINDS:
            held |= {Element(kind, value) for value in self.values(kind, application) if self.chance.random() < 0.3}
        if self.chance.random() < 0.15:
            self.model.drop_selection(user, account, application)
            self.held.pop((user, account, application), None)
            return
        self.model.set_selection(user, account, application, by_kind(held))
        self.held[user, account, application] = frozenset(held)

    def question(self) -> tuple[str, ...]:
        user, account = self.chance.choice([*USERS, "nobody"]), self.chance.choice([*ACCOUNTS, "none/hq"])
        application = self.chance.choice([*self.portal.applications, "unknown"])
        if self.held and self.chance.random() < 0.7:
            user, account, application = self.chance.choice(list(self.held))
        catalogue = application if application in self.portal.applications else "emasspost"
        mine = self.held.get((user, account, application), frozenset())
        rights = [*self.portal.applications[catalogue].rights, "no-such-right"]
        named = {kind: self.values(kind, catalogue) for kind in RESOURCE_KINDS}
        if mine and self.chance.random() < 0.6:
            rights = sorted(each.name for each in mine if each.kind == RIGHT) or rights
            named = {kind: sorted(each.name for each in mine if each.kind == kind) or ["x"] for kind in RESOURCE_KINDS}
        picked = [self.chance.choice(values) if self.chance.random() < 0.3 else "-" for values in named.values()]
        return (user, application, self.chance.choice(rights), account, *picked)

    def facts(self) -> Facts:
        g: set[tuple[str, ...]] = set()
        for user in self.of_user:
            home = ("acme", "bolt")[int(user[1]) % 2]
            g |= {(user, "account", account) for account in (*ACCOUNTS, "none/hq") if account.startswith(f"{home}/")}
        for (user, account, application), held in self.held.items():
            g.add((user, "account", account))
            for kind, name in held:
                at = f"{application}/{name}" if kind == RIGHT else f"{application}@{kind}:{name}"
                g |= {(user, at, account)} | ({(user, f"{application}@{kind}", account)} if kind != RIGHT else set())
        g2: set[tuple[str, ...]] = set(rows.right_facts(self.portal))
        g2 |= {(user, fact) for user, facts in self.of_user.items() for fact in facts}
        for account, (options, active) in self.of_account.items():
            g2 |= {(account, f"option:{option}") for option in options}
            g2 |= {(account, f"contract:{contract}") for contract in active}
        return {"g": g, "g2": g2}

    def elsewhere(self, question: tuple[str, ...]) -> bool:
        """Whether a subcontractor's account is open to the user in another application only."""
        user, application, _, account, *_ = question
        return (user, account, application) not in self.held and any(
            (user, account) == (who, where) for who, where, _ in self.held
        )


def played(portal: Portal, seed: int, steps: int) -> Iterator[tuple[World, tuple[str, ...]]]:
    chance = random.Random(seed)  # noqa: S311 - examples, not secrets
    world = World(portal, Masks(portal), chance)
    for account in ACCOUNTS:
        world.set_account(account)
    for user in USERS:
        world.set_user(user)
    for _ in range(steps):
        act = chance.random()
        if act < 0.15:
            world.set_user(chance.choice(USERS))
        elif act < 0.25:
            world.set_account(chance.choice(ACCOUNTS))
        else:
            world.set_selection(chance.choice(USERS), chance.choice(ACCOUNTS), chance.choice(list(portal.applications)))
        for _ in range(40):
            yield world, world.question()


@pytest.mark.rule("BP-06", "BP-12", "BP-21", "BP-24", "BP-26", "GX-02")
@pytest.mark.parametrize("seed", range(6))
def test_masks_answer_like_the_specialised_model(seed: int) -> None:
    portal = read_portal("bpost")
    model = rules.rights(portal)
    allowed = 0
    for world, question in played(portal, seed, 40):
        if world.elsewhere(question):
            continue
        said = world.model.explain(*question)
        allowed_by_model, row = model.decide(world.facts(), *question)
        assert said[0] is allowed_by_model is world.model.decide(*question), question
        assert world.model.for_user(question[0])(*question[1:]) is allowed_by_model
        if not allowed_by_model and question[0] != "nobody":
            assert said[1] == row, question
        allowed += allowed_by_model
    assert allowed > 50


def test_masks_answer_like_interpreted_pycasbin() -> None:
    portal = read_portal("bpost")
    facts: dict[str, set[tuple[str, ...]]] = {"g": set(), "g2": set()}
    interpreted = enforcer(
        rules.conf_text("rights"),
        [("p", *row) for row in rows.rights_rows(portal)],
        role_managers={role: role_manager(lambda *link, role=role: link in facts[role]) for role in facts},
    )
    for asked, (world, question) in enumerate(played(portal, 99, 20)):
        if asked % 4 or world.elsewhere(question):
            continue
        facts.update({role: set(links) for role, links in world.facts().items()})
        assert world.model.decide(*question) is interpreted.enforce(*question), question


def test_what_was_given_can_be_read_back_whether_or_not_it_counts() -> None:
    portal = read_portal("bpost")
    for world, _ in played(portal, 7, 30):
        for user in USERS:
            mine = {(account, application): held for account, application, held in world.model.selections(user)}
            known = {
                (account, application): frozenset(
                    each for each in held if each.kind != "product" or portal.applications[application].products
                )
                for (who, account, application), held in world.held.items()
                if who == user
            }
            assert {where: held - set(mine[where]) for where, held in known.items()} == {
                where: frozenset(each for each in held if each.kind == "product" and each not in mine[where])
                for where, held in known.items()
            }


def test_changing_one_rule_row_changes_the_answers() -> None:
    portal = read_portal("bpost")
    without = tuple(row for row in rows.rights_rows(portal) if row[0] != "contract-inactive")
    for rule_rows, expected in ((None, False), (without, True)):
        model = Masks(portal, rule_rows)
        model.set_account(ACCOUNTS[0], options=(), active=())
        model.set_user(USERS[0], OrganisationId("acme"), ["state:active"])
        held = {RIGHT: ["user"], "contract": ["C1"]}
        model.set_selection(USERS[0], ACCOUNTS[0], "eshipper-national", held)
        answer = model.decide(USERS[0], "eshipper-national", "user", ACCOUNTS[0], "-", "-", "C1")
        assert answer is expected


def test_a_row_without_the_right_held_lets_nobody_name_what_he_was_not_given() -> None:
    portal = read_portal("bpost")
    without = tuple(row for row in rows.rights_rows(portal) if row[0] != "resource-not-granted:contract")
    with pytest.raises(NotSeparableError, match="contract"):
        Masks(portal, without)


def test_churn_leaves_nothing_behind() -> None:
    portal = read_portal("bpost")
    model = Masks(portal)
    model.set_account(ACCOUNTS[0], options=(), active=["C1"])
    held = {RIGHT: ["user"], "contract": ["C1"]}
    sizes = set()
    for _ in range(3):
        for number in range(50):
            user = UserId(f"churn-{number}")
            model.set_user(user, OrganisationId("acme"), ["state:active"])
            model.set_selection(user, ACCOUNTS[0], "eshipper-national", held)
            model.set_user(user, OrganisationId("acme"), ["state:deactivated"])
            model.drop_user(user)
        sizes.add(tuple(len(getattr(model, name)) for name in ("_open", "_shut", "_held", "_pairs", "_alike")))
    assert len(sizes) == 1


@pytest.mark.parametrize("seed", range(3))
def test_adding_elements_one_by_one_is_setting_them_at_once(seed: int) -> None:
    portal = read_portal("bpost")
    asked = 0
    for world, _ in played(portal, 50 + seed, 12):
        asked += 1
        if asked % 40 != 1:
            continue
        model = Masks(portal)
        for account, (options, active) in world.of_account.items():
            model.set_account(AccountId(account), options=options, active=active)
        for user, facts in world.of_user.items():
            model.set_user(UserId(user), OrganisationId(("acme", "bolt")[int(user[1]) % 2]), facts)
        for (user, account, application), held in world.held.items():
            for kind, name in sorted(held):
                model.add(user, account, application, kind, name)
        for _ in range(100):
            question = world.question()
            if not world.elsewhere(question):
                assert model.decide(*question) is world.model.decide(*question), question


def test_nothing_is_said_of_a_user_whom_nobody_set() -> None:
    model = Masks(read_portal("bpost"))
    with pytest.raises(LookupError, match="u0"):
        model.set_selection(USERS[0], ACCOUNTS[0], "emasspost", {RIGHT: ["view-prices"]})
    with pytest.raises(LookupError, match="u0"):
        model.add(USERS[0], ACCOUNTS[0], "emasspost", RIGHT, "view-prices")
    model.drop_selection(USERS[0], ACCOUNTS[0], "emasspost")
    model.drop_user(USERS[0])
    assert not model.decide(USERS[0], "emasspost", "view-prices", ACCOUNTS[0])


def test_a_right_that_does_not_count_yet_is_kept_until_it_does() -> None:
    model = Masks(read_portal("bpost"))
    user, account = USERS[0], ACCOUNTS[0]
    model.set_account(account, options=(), active=["C1"])
    model.set_user(user, OrganisationId("acme"), ["state:active"])
    for right in ("search-invoices", "order-proof-of-deposit"):
        model.add(user, account, "collect-stamp", RIGHT, right)
        assert not model.decide(user, "collect-stamp", right, account)
    model.add(user, account, "collect-stamp", "contract", "C1")
    for right in ("search-invoices", "order-proof-of-deposit"):
        assert model.decide(user, "collect-stamp", right, account)
    model.drop_user(user)
    model.set_user(user, OrganisationId("acme"), ["state:active"])
    assert list(model.selections(user)) == []


def test_a_row_that_lets_somebody_in_by_a_resource_is_refused() -> None:
    portal = read_portal("bpost")
    with pytest.raises(NotSeparableError, match="together"):
        Masks(portal, (*rows.rights_rows(portal), ("by-contract", "contract", "", "allow")))


def test_what_no_row_decides_is_denied_as_missing() -> None:
    portal = read_portal("bpost")
    model = Masks(portal, tuple(row for row in rows.rights_rows(portal) if row[0] != "right-missing"))
    model.set_account(ACCOUNTS[0], options=(), active=())
    model.set_user(USERS[0], OrganisationId("acme"), ["state:active"])
    model.set_selection(USERS[0], ACCOUNTS[0], "emasspost", {RIGHT: ["view-prices"]})
    assert model.explain(USERS[0], "emasspost", "view-prices", ACCOUNTS[0]) == (True, "held")
    assert model.explain(USERS[0], "emasspost", "check-mailing-list", ACCOUNTS[0]) == (False, "right-missing")
