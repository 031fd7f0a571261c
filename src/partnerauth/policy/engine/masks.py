"""The rights model over bit masks: one integer for each user, account and application, asked in a few look-ups.

The rule rows stay the single source of what is decided.  They are evaluated in stages, each over every case that
can occur, when facts are set, and never again for a question:

* what depends on the user alone (his state) says whether his selections are among the open ones at all;
* what depends on the right says, for everything else that can be so, which rights pass: a mask;
* what depends on one named resource says which of an account's resources pass: a table.

Rows that fit no stage are refused when the model is made, so that no question is answered by a part of them.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from partnerauth.entities import RIGHT, AccountId, Element, OrganisationId, UserId
from partnerauth.policy.engine import rows, rules
from partnerauth.policy.engine.gate import load_model
from partnerauth.policy.engine.specialise import specialise
from partnerauth.policy.portal import RESOURCE_KINDS, Portal

UNNAMED = "-"
"""Stands for a resource that a question does not name."""

_REQUEST = ("sub", "application", "right", "account", *(kind.replace("-", "_") for kind in RESOURCE_KINDS))
_USER, _ACCOUNT, _VALUE = "u", "a", "v"
"""Stand for any user, account and resource while the rows are evaluated over every case."""

Links: TypeAlias = set[tuple[str, ...]]


class Denial(NamedTuple):
    """A rule row that denies: its place among the rows, which says what is told first, and its id."""

    place: int
    row: str


class Case(NamedTuple):
    """All that the rights of a selection depend on, besides which of them are held."""

    application: str
    options: frozenset[str]
    user: frozenset[str]
    has: tuple[bool, ...]


class Passing(NamedTuple):
    """The rights that pass in a case, as masks: where they are held, and where they are not."""

    held: int
    not_held: int
    denials: Mapping[tuple[str, bool], Denial]


class NotSeparableError(ValueError):
    """A rule row asks for a right and a named resource together: questions cannot be answered in stages."""


class _Stage:
    """Some of the rule rows, to be evaluated over made-up facts."""

    def __init__(self, conf: str, portal_rows: list[tuple[int, rows.Row]]) -> None:
        self._facts: dict[str, Links] = {"g": set(), "g2": set()}
        self._places = {row[0]: place for place, row in portal_rows}
        asked = {role: _Links(self._facts, role) for role in self._facts}
        self._made = specialise(load_model(conf, "rights.conf"), [row for _, row in portal_rows], asked)

    def denial(self, g: Links, g2: Links, **request: str) -> Denial | None:
        """Return the first row that denies, or None where none does."""
        self._facts["g"], self._facts["g2"] = g, g2
        allowed, row = self._made.explain(*(request.get(name, UNNAMED) for name in _REQUEST))
        return None if allowed or row is None else Denial(self._places[row], row)

    def allows(self, g: Links, g2: Links, **request: str) -> bool:
        """Whether a row allows and none denies."""
        self._facts["g"], self._facts["g2"] = g, g2
        allowed: bool = self._made.decide(*(request.get(name, UNNAMED) for name in _REQUEST))
        return allowed


class _Links:
    def __init__(self, facts: Mapping[str, Links], role: str) -> None:
        self._facts = facts
        self._role = role

    def holds(self, *link: str) -> bool:
        return link in self._facts[self._role]


def _stage_of(conf: str, row: rows.Row) -> str:
    """Return what a row depends on: `user`, `right`, or a kind of resource."""
    listing = specialise(load_model(conf, "rights.conf"), [row], {"g": _Links({}, "g"), "g2": _Links({}, "g2")}).listing
    tree = ast.parse(listing).body[0]
    tests = [node.test for node in ast.walk(tree) if isinstance(node, ast.If)]
    assigned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    names = {node.id for part in (*tests, *assigned) for node in ast.walk(part) if isinstance(node, ast.Name)}
    kinds = [kind for kind in RESOURCE_KINDS if kind.replace("-", "_") in names]
    if names & set(_REQUEST) <= {"sub"} and row[-1] == "deny":
        return "user"
    if not kinds or all(_only_unnamed(tests, kind.replace("-", "_")) for kind in kinds):
        return "right"
    if len(kinds) == 1 and "right" not in names and row[-1] == "deny":
        return kinds[0]
    message = f"{row}: depends on the right and on a named resource together"
    raise NotSeparableError(message)


def _only_unnamed(tests: list[ast.expr], name: str) -> bool:
    """Whether a condition holds only where the resource is not named: `name == '-'` is one of its conjuncts."""
    guard = ast.dump(ast.parse(f"{name} == {UNNAMED!r}", mode="eval").body)
    conjuncts = [part for test in tests if isinstance(test, ast.BoolOp) for part in test.values]
    guarded = [part for part in conjuncts if ast.dump(part) == guard]
    uses = [node for test in tests for node in ast.walk(test) if isinstance(node, ast.Name) and node.id == name]
    is_conjunction = all(isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) for test in tests)
    return is_conjunction and len(guarded) == len(uses) == 1


class Masks:
    """Decides for one portal.  Questions take no lock; facts are set by one thread at a time."""

    decide: Callable[..., bool]
    """`decide(user, application, right, account, product="-", billing_address="-", contract="-")`."""

    def __init__(self, portal: Portal, rule_rows: tuple[rows.Row, ...] | None = None) -> None:
        """Make the model of a portal's rule rows.  Raises NotSeparableError."""
        conf = rules.conf_text("rights")
        self.rows = rows.rights_rows(portal) if rule_rows is None else rule_rows
        self.fingerprint = hashlib.sha256(repr((conf, self.rows, portal.fingerprint)).encode()).hexdigest()
        self._portal = portal
        placed: dict[str, list[tuple[int, rows.Row]]] = {}
        for place, row in enumerate(self.rows):
            placed.setdefault(_stage_of(conf, row), []).append((place, row))
        self._of_user = _Stage(conf, placed.get("user", []))
        self._of_right = _Stage(conf, placed.get("right", []))
        self._of_value = {kind: _Stage(conf, placed.get(kind, [])) for kind in RESOURCE_KINDS}
        self._value_denials = self._named_resources()
        self._right_facts: Links = set(rows.right_facts(portal))
        self._cases: dict[Case, Passing] = {}
        self._catalogue = _catalogue(portal)
        names = sorted({right for rights in self._catalogue.values() for right in rights})
        products = sorted({product for each in portal.applications.values() for product in each.products})
        self._bits = {name: 1 << place for place, name in enumerate(names)}
        self._products = {name: 1 << len(names) + place for place, name in enumerate(products)}
        self._first = len(names) + len(products)
        self._all_products = sum(self._products.values())
        self._open: dict[str, dict[tuple[str, str], int]] = {}
        self._shut: dict[str, dict[tuple[str, str], int]] = {}
        self._users: dict[str, tuple[OrganisationId, frozenset[str]]] = {}
        self._known: dict[tuple[OrganisationId, frozenset[str]], tuple[OrganisationId, frozenset[str]]] = {}
        self._held: dict[tuple[str, tuple[str, str]], int] = {}
        self._pairs: dict[tuple[str, str], tuple[str, str]] = {}
        self._options: dict[str, frozenset[str]] = {}
        self._active: dict[str, frozenset[str]] = {}
        self._places: dict[str, dict[str, dict[str, int]]] = {kind: {} for kind in RESOURCE_KINDS[1:]}
        self._usable: dict[str, dict[str, dict[str, int]]] = {kind: {} for kind in RESOURCE_KINDS[1:]}
        self.decide = _decision(
            self._open, self._bits, self._products, self._usable["billing-address"], self._usable["contract"]
        )

    def set_user(self, user: UserId, organisation: OrganisationId, facts: Collection[str]) -> None:
        """Say what a user is: `state:active`, `temporary-password`, `signed-in` …; his selections follow."""
        before = self._users.get(user)
        now = (organisation, frozenset(facts))
        now = self._users[user] = self._known.setdefault(now, now)
        kept = self._open.get(user) or self._shut.get(user) or {}
        if before and before[1] != now[1]:
            kept = {pair: self._effective(user, pair, self._held_mask(user, pair, mask)) for pair, mask in kept.items()}
        if self._of_user.denial(set(), {(_USER, fact) for fact in facts}, sub=_USER) is None:
            self._open[user] = kept
            self._shut.pop(user, None)
        else:
            self._open.pop(user, None)
            self._shut[user] = kept

    def drop_user(self, user: UserId) -> None:
        """Forget a user: every question about him is denied."""
        kept = self._open.pop(user, None) or self._shut.pop(user, None) or {}
        for pair in kept:
            self._held.pop((user, pair), None)
        self._users.pop(user, None)

    def set_account(self, account: AccountId, *, options: Collection[str], active: Collection[str]) -> None:
        """Say which options count on an account and which of its contracts are active.

        Where the options change, the selections on the account have to be set anew.
        """
        self._options[account] = frozenset(options)
        self._active[account] = frozenset(active)
        for value, bit in self._places["contract"].get(account, {}).items():
            self._use("contract", account, value, bit)

    def set_selection(self, user: UserId, account: AccountId, application: str, held: Collection[Element]) -> None:
        """Say what a user holds in an application on an account that is open to him; the user was set before."""
        named: tuple[str, str] = (account, application)
        pair = self._pairs.setdefault(named, named)
        mask = 0
        for kind, name in held:
            mask |= self._bit(kind, account, name)
        kept = self._open.get(user)
        if kept is None:
            kept = self._shut[user]
        self._keep(user, pair, kept, mask)

    def add(self, user: UserId, account: AccountId, application: str, element: Element) -> None:
        """Add one element to what a user holds: at the cost of one."""
        kept = self._open.get(user)
        if kept is None:
            kept = self._shut[user]
        named: tuple[str, str] = (account, application)
        pair = self._pairs.setdefault(named, named)
        held = self._held_mask(user, pair, kept.get(pair, 0)) | self._bit(element.kind, account, element.name)
        self._keep(user, pair, kept, held)

    def drop_selection(self, user: UserId, account: AccountId, application: str) -> None:
        """Say that an account is not open to a user in an application."""
        for users in (self._open, self._shut):
            users.get(user, {}).pop((account, application), None)
        self._held.pop((user, (account, application)), None)

    def explain(  # noqa: PLR0913, PLR0917 - the fields of the Casbin request
        self,
        user: str,
        application: str,
        right: str,
        account: str,
        product: str = UNNAMED,
        billing_address: str = UNNAMED,
        contract: str = UNNAMED,
    ) -> tuple[bool, str]:
        """Return whether it is allowed, and the id of the rule row that denies first, or of the one that allows."""
        if self.decide(user, application, right, account, product, billing_address, contract):
            return True, "held"
        named = dict(zip(RESOURCE_KINDS, (product, billing_address, contract), strict=True))
        return False, min(self._denials(user, application, right, account, named)).row

    def for_user(self, user: str) -> Callable[..., bool]:
        """Return `can(application, right, account, product="-", …)` for many questions about one user.

        It is for one request or page: a change of the user's state after it was made is not seen by it.
        """
        kept = self._open.get(user, {})
        return _decision_of_user(
            kept, self._bits, self._products, self._usable["billing-address"], self._usable["contract"]
        )

    def selections(self, user: str) -> Iterator[tuple[str, str, frozenset[Element]]]:
        """Yield account, application and what was given there, whether or not any of it counts now."""
        kept = self._open.get(user) or self._shut.get(user) or {}
        for (account, application), mask in kept.items():
            held = self._held_mask(user, (account, application), mask)
            yield account, application, frozenset(self._elements(account, application, held))

    def _elements(self, account: str, application: str, mask: int) -> Iterator[Element]:
        for right in self._catalogue[application]:
            if mask & self._bits[right]:
                yield Element(RIGHT, right)
        for product, bit in self._products.items():
            if mask & bit:
                yield Element("product", product)
        for kind, places in self._places.items():
            for value, bit in places.get(account, {}).items():
                if mask & bit:
                    yield Element(kind, value)

    def _bit(self, kind: str, account: AccountId, name: str) -> int:
        if kind == RIGHT:
            return self._bits.get(name, 0)
        if kind == "product":
            return self._products.get(name, 0)
        places = self._places[kind].get(account)
        if places is None:
            places = self._places[kind][account] = {}
        bit = places.get(name)
        if bit is None:
            taken = sum(len(each.get(account, ())) for each in self._places.values())
            bit = places[name] = 1 << self._first + taken
            self._use(kind, account, name, bit)
        return bit

    def _use(self, kind: str, account: str, name: str, bit: int) -> None:
        """Put a resource that passes where it is given into its table, and take one that does not pass out."""
        usable = self._usable[kind].get(account)
        if usable is None:
            usable = self._usable[kind][account] = {}
        is_active = name in self._active.get(account, frozenset())
        if self._value_denials[kind, True, is_active] is None:
            usable[name] = bit
        else:
            usable.pop(name, None)

    def _held_mask(self, user: str, pair: tuple[str, str], effective: int) -> int:
        return self._held.get((user, pair), effective)

    def _keep(self, user: str, pair: tuple[str, str], kept: dict[tuple[str, str], int], held: int) -> None:
        effective = self._effective(user, pair, held)
        if effective == held:
            self._held.pop((user, pair), None)
        else:
            self._held[user, pair] = held
        kept[pair] = effective

    def _effective(self, user: str, pair: tuple[str, str], held: int) -> int:
        passing = self._passing(self._case(user, pair, held))
        return (
            (held & ~passing.not_held & passing.held)
            | (passing.not_held & (~held | passing.held))
            | (held >> len(self._bits) << len(self._bits))
        )

    def _case(self, user: str, pair: tuple[str, str], held: int) -> Case:
        account, application = pair
        places = [self._places[kind].get(account, {}) for kind in RESOURCE_KINDS[1:]]
        has = (bool(held & self._all_products), *(any(held & bit for bit in each.values()) for each in places))
        return Case(application, self._options.get(account, frozenset()), self._users[user][1], has)

    def _passing(self, case: Case) -> Passing:
        found = self._cases.get(case)
        if found is None:
            found = self._cases[case] = self._tabulated(case)
        return found

    def _tabulated(self, case: Case) -> Passing:
        """Evaluate the rows for every right of the application, held and not held."""
        masks, denials = {True: 0, False: 0}, {}
        for right in self._catalogue[case.application]:
            for is_held in (True, False):
                g, g2 = self._facts(case, right, is_held=is_held)
                request = {"sub": _USER, "application": case.application, "right": right, "account": _ACCOUNT}
                if self._of_right.allows(g, g2, **request):
                    masks[is_held] |= self._bits[right]
                elif denial := self._of_right.denial(g, g2, **request):
                    denials[right, is_held] = denial
        return Passing(masks[True], masks[False], MappingProxyType(denials))

    def _facts(self, case: Case, right: str, *, is_held: bool) -> tuple[Links, Links]:
        g: Links = {(_USER, "account", _ACCOUNT)}
        g |= {
            (_USER, f"{case.application}@{kind}", _ACCOUNT)
            for kind, some in zip(RESOURCE_KINDS, case.has, strict=True)
            if some
        }
        if is_held:
            g.add((_USER, f"{case.application}/{right}", _ACCOUNT))
        g2 = {(_USER, fact) for fact in case.user} | {(_ACCOUNT, f"option:{option}") for option in case.options}
        return g, g2 | self._right_facts

    def _named_resources(self) -> Mapping[tuple[str, bool, bool], Denial | None]:
        """Evaluate the rows for a named resource of each kind: given or not, active or not."""
        verdicts: dict[tuple[str, bool, bool], Denial | None] = {}
        for kind, stage in self._of_value.items():
            for is_given in (True, False):
                for is_active in (True, False):
                    g: Links = {(_USER, f"x@{kind}:{_VALUE}", _ACCOUNT)} if is_given else set()
                    g2: Links = {(_ACCOUNT, f"contract:{_VALUE}")} if is_active else set()
                    request = {kind.replace("-", "_"): _VALUE}
                    verdict = stage.denial(g, g2, sub=_USER, application="x", account=_ACCOUNT, **request)
                    verdicts[kind, is_given, is_active] = verdict
                    if verdict is None and not is_given:
                        message = f"{kind}: the rows allow a named resource that nobody was given"
                        raise NotSeparableError(message)
        return MappingProxyType(verdicts)

    def _denials(
        self, user: str, application: str, right: str, account: str, named: Mapping[str, str]
    ) -> Iterator[Denial]:
        known = self._users.get(user)
        facts = known[1] if known else frozenset[str]()
        shut = self._of_user.denial(set(), {(_USER, fact) for fact in facts}, sub=_USER)
        if shut:
            yield shut
        kept = self._open.get(user) or self._shut.get(user) or {}
        pair = (account, application)
        is_home = known is not None and account.startswith(f"{known[0]}/")
        if pair not in kept and not is_home:
            g2: Links = {(_USER, fact) for fact in facts}
            elsewhere = self._of_right.denial(set(), g2, sub=_USER, application="x", right="x", account=_ACCOUNT)
            if elsewhere:
                yield elsewhere
        held = self._held_mask(user, pair, kept.get(pair, 0))
        yield from self._right_denial(user, pair, right, held)
        for kind, value in named.items():
            if value != UNNAMED:
                is_active = value in self._active.get(account, frozenset())
                is_given = bool(held & self._bit_if_known(kind, account, value))
                denial = self._value_denials[kind, is_given, is_active]
                if denial:
                    yield denial
        yield Denial(len(self.rows), "right-missing")

    def _right_denial(self, user: str, pair: tuple[str, str], right: str, held: int) -> Iterator[Denial]:
        if user not in self._users:
            return
        case = self._case(user, pair, held)
        if right in self._catalogue.get(pair[1], ()):
            denial = self._passing(case).denials.get((right, bool(held & self._bits[right])))
        else:
            g, g2 = self._facts(case, right, is_held=False)
            denial = self._of_right.denial(g, g2, sub=_USER, application=pair[1], right=right, account=_ACCOUNT)
        if denial:
            yield denial

    def _bit_if_known(self, kind: str, account: str, name: str) -> int:
        table = self._products if kind == "product" else self._places[kind].get(account, {})
        return table.get(name, 0)


def _catalogue(portal: Portal) -> Mapping[str, tuple[str, ...]]:
    catalogue = {code: tuple(application.rights) for code, application in portal.applications.items()}
    return {**catalogue, rows.MANAGEMENT: portal.management.rights}


def _decision(
    users: dict[str, dict[tuple[str, str], int]],
    rights: dict[str, int],
    products: dict[str, int],
    addresses: dict[str, dict[str, int]],
    contracts: dict[str, dict[str, int]],
) -> Callable[..., bool]:
    """Return the function that every question of the hot path is answered by: look-ups, and nothing else."""
    nothing: dict[object, int] = {}

    def decide(  # noqa: PLR0913, PLR0917 - the fields of the Casbin request
        user: str,
        application: str,
        right: str,
        account: str,
        product: str = UNNAMED,
        billing_address: str = UNNAMED,
        contract: str = UNNAMED,
    ) -> bool:
        mask = users.get(user, nothing).get((account, application), 0)
        if not mask & rights.get(right, 0):
            return False
        if contract != UNNAMED and not mask & contracts.get(account, nothing).get(contract, 0):
            return False
        if product != UNNAMED and not mask & products.get(product, 0):
            return False
        return billing_address == UNNAMED or bool(mask & addresses.get(account, nothing).get(billing_address, 0))

    return decide


def _decision_of_user(
    kept: dict[tuple[str, str], int],
    rights: dict[str, int],
    products: dict[str, int],
    addresses: dict[str, dict[str, int]],
    contracts: dict[str, dict[str, int]],
) -> Callable[..., bool]:
    nothing: dict[str, int] = {}

    def can(  # noqa: PLR0913, PLR0917 - the fields of the Casbin request, but for the user
        application: str,
        right: str,
        account: str,
        product: str = UNNAMED,
        billing_address: str = UNNAMED,
        contract: str = UNNAMED,
    ) -> bool:
        mask = kept.get((account, application), 0)
        if not mask & rights.get(right, 0):
            return False
        if contract != UNNAMED and not mask & contracts.get(account, nothing).get(contract, 0):
            return False
        if product != UNNAMED and not mask & products.get(product, 0):
            return False
        return billing_address == UNNAMED or bool(mask & addresses.get(account, nothing).get(billing_address, 0))

    return can
