"""What is measured: partnerauth, the floor below it, and the engines that a Python developer can pick.

Each engine is made of a workload, answers a question, and adds one right.  All are asked through one function with
positional strings.  An application knows whether it names a contract or a billing address: for partnerauth, which asks
by kind, the five strings are put in its order before the timed call.
"""

from __future__ import annotations

import json
import logging
import platform
import sqlite3
from collections.abc import Callable
from importlib.metadata import version
from typing import Protocol

from portal_n import Question, Workload, catalogue, kind_of

from partnerauth import __version__
from partnerauth.entities import RIGHT, AccountId, OrganisationId, UserId
from partnerauth.policy.engine.masks import Masks
from partnerauth.policy.portal import Portal, load_portal

Ask = Callable[..., bool]


class Engine(Protocol):
    """An engine with a workload in it."""

    ask: Ask

    def grant(self, user: str, account: str, application: str, right: str) -> None:
        """Give one right, so that the next question knows it."""


class Floor:
    """Bare Python: the user is active, and two look-ups in one set of tuples."""

    def __init__(self, load: Workload) -> None:
        self.active = active = {user: is_active for user, (_, is_active) in load.users.items()}
        self.held = held = {
            (*place, element) for place, both in load.selections.items() for elements in both for element in elements
        }

        def ask(user: str, account: str, application: str, right: str, resource: str) -> bool:
            return (
                active.get(user, False)
                and (user, account, application, right) in held
                and (user, account, application, resource) in held
            )

        self.ask = ask

    def grant(self, user: str, account: str, application: str, right: str) -> None:
        self.held.add((user, account, application, right))


def portal() -> Portal:
    """Return the workload's applications as a portal."""
    rights = {app: {right: {"name": right} for right in names} for app, names in catalogue().items()}
    return load_portal(
        {
            "portal": "portal-n",
            "title": "portal-N",
            "address": "https://portal.example",
            "languages": ["en"],
            "accounts": True,
            "usernames": False,
            "application-rights": "granted",
            "offers": {"delete": ["operator"]},
            "forbidden": {"delete": ["operator"]},
            "management": {"given": "never", "rights": ["manage-administrators", "manage-users"]},
            "passwords": {"minimum-length": 8},
            "forms": {"grid": "field | create-user\nemail | X"},
            "applications": {app: {"name": app, "rights": rights[app]} for app in rights},
        }
    )


class Partnerauth:
    """Our rights model over masks, of the same rule rows as every portal's."""

    def __init__(self, load: Workload) -> None:
        self.model = model = Masks(portal())
        for account in {account for _, account, _ in load.selections}:
            model.set_account(AccountId(account), options=(), active=[f"{account}/c{number}" for number in range(5)])
        for user, (organisation, is_active) in load.users.items():
            state = "state:active" if is_active else "state:deactivated"
            model.set_user(UserId(user), OrganisationId(organisation), (state,))
        for (user, account, application), (rights, resources) in load.selections.items():
            held = {
                RIGHT: rights,
                "contract": [name for name in resources if "/c" in name],
                "billing-address": [name for name in resources if "/b" in name],
            }
            model.set_selection(UserId(user), AccountId(account), application, held)
        self.ask = model.decide

    def arguments(self, question: Question) -> tuple[str, ...]:
        """Return a question as the model takes it."""
        user, account, application, right, resource = question
        named = ("-", "-", resource) if kind_of(resource) == "contract" else ("-", resource)
        return (user, application, right, account, *named)

    def grant(self, user: str, account: str, application: str, right: str) -> None:
        self.model.add(user, account, application, RIGHT, right)


class PartnerauthExplains(Partnerauth):
    """The same model, saying which rule decided."""

    def __init__(self, load: Workload) -> None:
        super().__init__(load)
        explain = self.model.explain

        def ask(*question: str) -> bool:
            return explain(*question)[0]

        self.ask = ask


class PartnerauthForUser(Partnerauth):
    """The same model through handles made once a user, as a page with many questions uses it."""

    def handle(self, user: str) -> Ask:
        """Return what answers questions about one user."""
        return self.model.for_user(user)

    def arguments(self, question: Question) -> tuple[str, ...]:
        """Return a question as the handle takes it."""
        return super().arguments(question)[1:]


class Sqlite:
    """An indexed table in memory."""

    def __init__(self, load: Workload) -> None:
        self.db = db = sqlite3.connect(":memory:", isolation_level=None)
        db.execute("create table active (user text primary key) without rowid")
        db.execute(
            "create table held (user text, account text, application text, element text,"
            " primary key (user, account, application, element)) without rowid"
        )
        db.execute("begin")
        db.executemany("insert into active values (?)", ((user,) for user, (_, on) in load.users.items() if on))
        db.executemany(
            "insert into held values (?, ?, ?, ?)",
            ((*place, element) for place, both in load.selections.items() for elements in both for element in elements),
        )
        db.execute("commit")
        execute = db.execute
        query = (
            "select 1 from active join held a using (user) join held b using (user, account, application)"
            " where user = ? and account = ? and application = ? and a.element = ? and b.element = ?"
        )

        def ask(user: str, account: str, application: str, right: str, resource: str) -> bool:
            return execute(query, (user, account, application, right, resource)).fetchone() is not None

        self.ask = ask

    def grant(self, user: str, account: str, application: str, right: str) -> None:
        self.db.execute("insert or ignore into held values (?, ?, ?, ?)", (user, account, application, right))


class DjangoRules:
    """django-rules: predicates over sets in Python."""

    def __init__(self, load: Workload) -> None:
        import rules

        floor = Floor(load)
        self.held = floor.held
        active, held = floor.active, floor.held

        @rules.predicate
        def is_active(user: str, _: object) -> bool:
            return active.get(user, False)

        @rules.predicate
        def holds_right(user: str, asked: tuple[str, str, str, str]) -> bool:
            return (user, asked[0], asked[1], asked[2]) in held

        @rules.predicate
        def holds_resource(user: str, asked: tuple[str, str, str, str]) -> bool:
            return (user, asked[0], asked[1], asked[3]) in held

        ruleset = rules.RuleSet()
        ruleset.add_rule("use", is_active & holds_right & holds_resource)
        test = ruleset.test_rule

        def ask(user: str, account: str, application: str, right: str, resource: str) -> bool:
            return bool(test("use", user, (account, application, right, resource)))

        self.ask = ask

    def grant(self, user: str, account: str, application: str, right: str) -> None:
        self.held.add((user, account, application, right))


class Cedar:
    """cedarpy with its policies and entities parsed once."""

    POLICY = """
    permit(principal, action, resource) when {
        principal.active && resource.owner == principal
        && resource.rights.contains(context.right) && resource.resources.contains(context.resource)
    };"""

    def __init__(self, load: Workload) -> None:
        import cedarpy

        policies = cedarpy.PolicySet.from_str(self.POLICY)
        users = [_entity("User", user, {"active": on}) for user, (_, on) in load.users.items()]
        cells = [_cell(place, rights, resources) for place, (rights, resources) in load.selections.items()]
        self.entities = cedarpy.Entities.from_json_str(json.dumps(users + cells))
        self.load = load
        authorize, allow = cedarpy.is_authorized, cedarpy.Decision.Allow
        action = {"type": "Action", "id": "use"}

        def ask(user: str, account: str, application: str, right: str, resource: str) -> bool:
            request = {
                "principal": {"type": "User", "id": user},
                "action": action,
                "resource": {"type": "Cell", "id": f"{user}|{account}|{application}"},
                "context": {"right": right, "resource": resource},
            }
            return bool(authorize(request, policies, self.entities).decision == allow)

        self.ask = ask

    def grant(self, user: str, account: str, application: str, right: str) -> None:
        """Cedar replaces an entity by making all entities anew: what is measured is adding one beside them."""
        new = _entity("Cell", f"{user}|{account}|{application}|{right}", {})
        self.entities = self.entities.with_added_json_str(json.dumps([new]))


def _entity(kind: str, identity: str, attributes: dict[str, object]) -> dict[str, object]:
    return {"uid": {"type": kind, "id": identity}, "attrs": attributes, "parents": []}


def _cell(place: tuple[str, str, str], rights: frozenset[str], resources: frozenset[str]) -> dict[str, object]:
    owner = {"__entity": {"type": "User", "id": place[0]}}
    return _entity("Cell", "|".join(place), {"owner": owner, "rights": sorted(rights), "resources": sorted(resources)})


_PYCASBIN = """
[request_definition]
r = sub, place, obj

[policy_definition]
p = sub, place, obj

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.sub == p.sub && r.place == p.place && r.obj == p.obj
"""


class Pycasbin:
    """pycasbin's Enforcer: one row an element, asked twice."""

    fast = False

    def __init__(self, load: Workload) -> None:
        import casbin
        from casbin.model import FastModel

        logging.disable()
        order = [0, 1, 2]
        model = FastModel(order) if self.fast else casbin.Model()
        model.load_model_from_text(_PYCASBIN)
        self.enforcer = casbin.FastEnforcer(model, cache_key_order=order) if self.fast else casbin.Enforcer(model)
        self.active = active = {user: on for user, (_, on) in load.users.items()}
        policy = self.enforcer.model["p"]["p"].policy
        # As its adapters fill a model: add_policies looks every row up in a list first, at the cost of a square.
        for (user, account, application), both in load.selections.items():
            for elements in both:
                for element in elements:
                    policy.append([user, f"{account}|{application}", element])
        enforce = self.enforcer.enforce

        def ask(user: str, account: str, application: str, right: str, resource: str) -> bool:
            place = f"{account}|{application}"
            return active.get(user, False) and enforce(user, place, right) and enforce(user, place, resource)

        self.ask = ask

    def grant(self, user: str, account: str, application: str, right: str) -> None:
        self.enforcer.add_policy(user, f"{account}|{application}", right)


class FastPycasbin(Pycasbin):
    """pycasbin's FastEnforcer with all three fields as its key."""

    fast = True


ENGINES: dict[str, tuple[type, int, str]] = {
    "floor": (Floor, 10_000_000, "CPython"),
    "partnerauth": (Partnerauth, 10_000_000, "partnerauth"),
    "partnerauth-explain": (PartnerauthExplains, 10_000_000, "partnerauth"),
    "partnerauth-for-user": (PartnerauthForUser, 10_000_000, "partnerauth"),
    "sqlite": (Sqlite, 10_000_000, "SQLite"),
    "django-rules": (DjangoRules, 10_000_000, "rules"),
    "cedarpy": (Cedar, 10_000_000, "cedarpy"),
    "pycasbin-fast": (FastPycasbin, 1_000_000, "pycasbin"),
    "pycasbin": (Pycasbin, 10_000, "pycasbin"),
}
"""Engine by name, the most elements it is measured with, and the distribution whose version counts."""


def version_of(distribution: str) -> str:
    """Return the version of what is measured."""
    ours = {"CPython": platform.python_version(), "SQLite": sqlite3.sqlite_version, "partnerauth": __version__}
    return ours.get(distribution) or version(distribution)
