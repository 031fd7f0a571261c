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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product as crossed
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from partnerauth.entities import RIGHT, AccountId, Element, OrganisationId, UserId
from partnerauth.policy.engine import rows, rules
from partnerauth.policy.engine.gate import load_model
from partnerauth.policy.engine.specialise import specialise
from partnerauth.policy.portal import RESOURCE_KINDS, Portal

Pair: TypeAlias = tuple[str, str]
"""Account and application."""

UNNAMED = "-"
"""Stands for a resource that a question does not name."""

_REQUEST = ("sub", "application", "right", "account", *(kind.replace("-", "_") for kind in RESOURCE_KINDS))
_NONE: frozenset[str] = frozenset()
_NOTHING: Mapping[Pair, int] = MappingProxyType({})
_USER, _ACCOUNT, _VALUE = "u", "a", "v"
"""Stand for any user, account and resource while the rows are evaluated over every case."""

Links: TypeAlias = set[tuple[str, ...]]


class Denial(NamedTuple):
    """A rule row that denies: its place among the rows, which says what is told first, and its id."""

    place: int
    row: str


Case: TypeAlias = tuple[str, frozenset[str], frozenset[str], bool, bool, bool]
"""All that the rights of a selection depend on, besides which of them are held: the application, the options of
the account, the facts of the user, and whether some product, billing address and contract is held."""


class Who(NamedTuple):
    """What is known of a user: his organisation, what he is, and the row that denies him everything, if one does."""

    organisation: OrganisationId
    facts: frozenset[str]
    shut: Denial | None


class _Account:
    """What is so of an account, and which of its resources have which bits."""

    __slots__ = ("active", "addresses", "contracts", "options", "placed")

    def __init__(self) -> None:
        self.options = _NONE
        self.active: Collection[str] = _NONE
        self.addresses = 0
        """The bits of its billing addresses."""
        self.contracts = 0
        """The bits of its contracts."""
        self.placed: list[str] = []
        """Its resources that have a bit, in the order of their bits."""


_UNKNOWN = _Account()


class _Resources:
    """The bits of resources of one kind, flat: a resource is found at once, without a table for each account.

    `bits` has an account's resource by its name alone, with the account, for most names occur on one account;
    `shared` has those whose name was taken, by account and name.
    """

    __slots__ = ("bits", "shared")

    def __init__(self) -> None:
        self.bits: dict[str, tuple[str, int]] = {}
        self.shared: dict[Pair, int] = {}

    def bit(self, account: str, name: str) -> int:
        """Return the bit of an account's resource, 0 where it has none."""
        where, bit = self.bits.get(name, _NOWHERE)
        return bit if where == account else self.shared.get((account, name), 0)

    def put(self, account: str, name: str, bit: int) -> None:
        """Say which bit an account's resource has."""
        if self.bits.setdefault(name, (account, bit))[0] != account:
            self.shared[account, name] = bit

    def drop(self, account: str, name: str) -> None:
        """Say that an account's resource has no bit."""
        if self.bits.get(name, _NOWHERE)[0] == account:
            del self.bits[name]
        self.shared.pop((account, name), None)


_NOWHERE = ("", 0)
"""Where a resource is that no account has."""


class _Selections(dict[Pair, int]):
    """What counts of what a user holds, by account and application; and who he is, so that one look-up finds both."""

    __slots__ = ("who",)

    def __init__(self, who: Who) -> None:
        super().__init__()
        self.who = who


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
        self._lock = Lock()
        self._places = {row[0]: place for place, row in portal_rows}
        asked = {role: _Links(self._facts, role) for role in self._facts}
        self._made = specialise(load_model(conf, "rights.conf"), [row for _, row in portal_rows], asked)

    def denial(self, g: Links, g2: Links, **request: str) -> Denial | None:
        """Return the first row that denies, or None where none does."""
        with self._lock:
            self._facts["g"], self._facts["g2"] = g, g2
            allowed, row = self._made.explain(*(request.get(name, UNNAMED) for name in _REQUEST))
        return None if allowed or row is None else Denial(self._places[row], row)

    def allows(self, g: Links, g2: Links, **request: str) -> bool:
        """Whether a row allows and none denies."""
        with self._lock:
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


class _Stages:
    """The rule rows by what they depend on, and what can be said of them once and for all."""

    def __init__(self, rule_rows: tuple[rows.Row, ...]) -> None:
        conf = _conf()
        placed: dict[str, list[tuple[int, rows.Row]]] = {}
        for place, row in enumerate(rule_rows):
            placed.setdefault(_stage_of(conf, row), []).append((place, row))
        self.of_user = _Stage(conf, placed.get("user", []))
        self.of_right = _Stage(conf, placed.get("right", []))
        of_value = {kind: _Stage(conf, placed.get(kind, [])) for kind in RESOURCE_KINDS}
        self.value_denials = _named_resources(of_value)
        self.allows = next((row[0] for row in rule_rows if row[-1] == "allow"), "")
        self.nobody = self.of_user.denial(set(), set(), sub=_USER)
        self.elsewhere = self.of_right.denial(set(), set(), sub=_USER, application="x", right="x", account=_ACCOUNT)
        others = [place for stage, each in placed.items() if stage != "user" for place, _ in each]
        self.first_but_user = min(others, default=0)

    def depends_on_activity(self, kind: str) -> bool:
        """Whether a resource of this kind can be denied to whom it was given."""
        return any(self.value_denials[kind, True, is_active] for is_active in (True, False))


@lru_cache(maxsize=64)
def _stages(rule_rows: tuple[rows.Row, ...]) -> _Stages:
    return _Stages(rule_rows)


def _conf() -> str:
    return rules.conf_text("rights")


def _named_resources(of_value: Mapping[str, _Stage]) -> Mapping[tuple[str, bool, bool], Denial | None]:
    """Evaluate the rows for a named resource of each kind: given or not, active or not."""
    verdicts: dict[tuple[str, bool, bool], Denial | None] = {}
    for (kind, stage), is_given, is_active in crossed(of_value.items(), (True, False), (True, False)):
        g: Links = {(_USER, f"x@{kind}:{_VALUE}", _ACCOUNT)} if is_given else set()
        g2: Links = {(_ACCOUNT, f"contract:{_VALUE}")} if is_active else set()
        request = {kind.replace("-", "_"): _VALUE}
        verdict = stage.denial(g, g2, sub=_USER, application="x", account=_ACCOUNT, **request)
        verdicts[kind, is_given, is_active] = verdict
        if verdict is None and not is_given:
            message = f"{kind}: the rows allow a named resource that nobody was given"
            raise NotSeparableError(message)
    return MappingProxyType(verdicts)


class Masks:
    """Decides for one portal.  Questions take no lock; facts are set by one thread at a time."""

    decide: Callable[..., bool]
    """`decide(user, application, right, account, product="-", billing_address="-", contract="-")`."""

    def __init__(self, portal: Portal, rule_rows: tuple[rows.Row, ...] | None = None) -> None:
        """Make the model of a portal's rule rows.  Raises NotSeparableError."""
        self.rows = rows.rights_rows(portal) if rule_rows is None else rule_rows
        self.fingerprint = hashlib.sha256(repr((_conf(), self.rows, portal.fingerprint)).encode()).hexdigest()
        self._stages = _stages(self.rows)
        self._unheld = Denial(len(self.rows), "right-missing")
        self._right_facts: Links = set(rows.right_facts(portal))
        self._cases: dict[Case, Passing] = {}
        self._catalogue = _catalogue(portal)
        names = sorted({right for rights in self._catalogue.values() for right in rights})
        products = sorted({product for each in portal.applications.values() for product in each.products})
        self._bits = {name: 1 << place for place, name in enumerate(names)}
        self._products = {name: 1 << len(names) + place for place, name in enumerate(products)}
        self._first = len(names) + len(products)
        self._rights_mask = (1 << len(names)) - 1
        self._accounts: dict[str, _Account] = {}
        self._all_products = sum(self._products.values())
        self._open: dict[str, _Selections] = {}
        self._shut: dict[str, _Selections] = {}
        self._alike: dict[tuple[OrganisationId, frozenset[str]], Who] = {}
        self._held: dict[tuple[str, Pair], int] = {}
        self._pairs: dict[Pair, Pair] = {}
        self._names: dict[str, str] = {}
        self._places = {kind: _Resources() for kind in RESOURCE_KINDS[1:]}
        # Where whatever is given passes, active or not, what is usable is what is placed: one table does for both.
        self._usable = {
            kind: _Resources() if self._stages.depends_on_activity(kind) else placed
            for kind, placed in self._places.items()
        }
        self.decide = _decision(
            self._open, self._bits, self._products, self._usable["billing-address"], self._usable["contract"]
        )

    def set_user(self, user: UserId, organisation: OrganisationId, facts: Collection[str]) -> None:
        """Say what a user is: `state:active`, `temporary-password`, `signed-in` …; his selections follow."""
        who = self._described(organisation, frozenset(facts))
        kept = self._kept(user)
        if kept is None:
            self._put(user, _Selections(who))
            return
        if kept.who.facts != who.facts:
            kept.who = who
            for pair, mask in list(kept.items()):
                self._keep(user, pair, kept, self._held.get((user, pair), mask))
        kept.who = who
        self._put(user, kept)

    def _put(self, user: str, kept: _Selections) -> None:
        """Let questions find what a user holds, or no longer find it where a row denies him everything."""
        there, gone = (self._open, self._shut) if kept.who.shut is None else (self._shut, self._open)
        there[user] = kept
        gone.pop(user, None)

    def load_user(
        self,
        user: UserId,
        organisation: OrganisationId,
        facts: Collection[str],
        selections: Iterable[tuple[AccountId, str, Mapping[str, Iterable[str]]]],
    ) -> None:
        """Say all that is so of a user at once: whoever asks meanwhile is answered by the old facts or the new."""
        self._unhold(user)
        kept = _Selections(self._described(organisation, frozenset(facts)))
        for account, application, held in selections:
            self._keep(user, self._pair(account, application), kept, self._mask(account, held))
        self._put(user, kept)

    def _unhold(self, user: str) -> None:
        if self._held:
            for pair in self._kept(user) or ():
                self._held.pop((user, pair), None)

    def _described(self, organisation: OrganisationId, facts: frozenset[str]) -> Who:
        alike = self._alike.get((organisation, facts))
        if alike is None:
            shut = self._stages.of_user.denial(set(), {(_USER, fact) for fact in facts}, sub=_USER)
            alike = self._alike[organisation, facts] = Who(organisation, facts, shut)
        return alike

    def drop_user(self, user: UserId) -> None:
        """Forget a user: every question about him is denied."""
        self._unhold(user)
        for users in (self._open, self._shut):
            users.pop(user, None)

    def set_account(self, account: AccountId, *, options: Collection[str], active: Collection[str]) -> None:
        """Say which options count on an account and which of its contracts are active.

        Where the options change, the selections on the account have to be set anew.
        """
        known = self._account(account)
        # Of five names a set takes three times the memory of a dict.
        known.options, known.active = frozenset(options), dict.fromkeys(active)
        for value, bit in self._resources(account):
            if bit & known.contracts:
                self._use("contract", account, value, bit)

    def set_selection(
        self, user: UserId, account: AccountId, application: str, held: Mapping[str, Iterable[str]]
    ) -> None:
        """Say what a user holds in an application on an account that is open to him, by kind (`right`, `product` …).

        The user and the account were set before.
        """
        self._keep(user, self._pair(account, application), self._known(user), self._mask(account, held))

    def _mask(self, account: str, held: Mapping[str, Iterable[str]]) -> int:
        mask = 0
        bits, products = self._bits, self._products
        for kind, names in held.items():
            if kind == RIGHT:
                for name in names:
                    mask |= bits.get(name, 0)
            elif kind == "product":
                for name in names:
                    mask |= products.get(name, 0)
            else:
                for name in names:
                    mask |= self._placed(kind, account, name)
        return mask

    def add(self, user: str, account: str, application: str, kind: str, name: str) -> None:
        """Add one element to what a user holds, at the cost of one."""
        kept = self._open.get(user)
        if kept is None:
            kept = self._known(user)
        pair = (account, application)
        held = kept.get(pair)
        if held is None:
            pair, held = self._pair(account, application), 0
        elif self._held:
            held = self._held.get((user, pair), held)
        self._keep(user, pair, kept, held | self._bit(kind, account, name))

    def drop_selection(self, user: UserId, account: AccountId, application: str) -> None:
        """Say that an account is not open to a user in an application."""
        kept = self._kept(user)
        if kept is not None:
            kept.pop((account, application), None)
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
            return True, self._stages.allows
        kept = self._kept(user)
        if kept is None:
            return False, (self._stages.nobody or self._unheld).row
        shut = kept.who.shut
        if shut and shut.place < self._stages.first_but_user:
            return False, shut.row
        return False, self._denial(user, kept, (account, application), right, (product, billing_address, contract)).row

    def _denial(self, user: str, kept: _Selections, pair: Pair, right: str, named: tuple[str, ...]) -> Denial:
        """Return the first row that denies: every stage says its own."""
        account, application = pair
        who = kept.who
        effective = kept.get(pair)
        if effective is None and self._stages.elsewhere and not account.startswith(f"{who.organisation}/"):
            return min(self._stages.elsewhere, who.shut) if who.shut else self._stages.elsewhere
        held = self._held.get((user, pair), effective or 0)
        found = [who.shut, self._of_the_right(self._case(who, pair, held), application, right, held)]
        for kind, value in zip(RESOURCE_KINDS, named, strict=True):
            if value != UNNAMED:
                bit = self._products.get(value, 0) if kind == "product" else self._places[kind].bit(account, value)
                is_given = bool(held & bit)
                found.append(
                    self._stages.value_denials[kind, is_given, value in self._accounts.get(account, _UNKNOWN).active]
                )
        return min((each for each in found if each), default=self._unheld)

    def _of_the_right(self, case: Case, application: str, right: str, held: int) -> Denial | None:
        if right in self._catalogue.get(application, ()):
            return self._passing(case).denials.get((right, bool(held & self._bits[right])))
        g, g2 = self._facts(case, right, is_held=False)
        return self._stages.of_right.denial(g, g2, sub=_USER, application=application, right=right, account=_ACCOUNT)

    def for_user(self, user: str) -> Callable[..., bool]:
        """Return `can(application, right, account, product="-", …)` for many questions about one user.

        It is for one request or page: a change of the user's state after it was made is not seen by it.
        """
        kept = self._open.get(user, _NOTHING)
        return _decision_of_user(
            kept, self._bits, self._products, self._usable["billing-address"], self._usable["contract"]
        )

    def selections(self, user: str) -> Iterator[tuple[str, str, frozenset[Element]]]:
        """Yield account, application and what was given there, whether or not any of it counts now."""
        for (account, application), mask in (self._kept(user) or _NOTHING).items():
            held = self._held.get((user, (account, application)), mask)
            yield account, application, frozenset(self._elements(account, application, held))

    def _kept(self, user: str) -> _Selections | None:
        kept = self._open.get(user)
        return self._shut.get(user) if kept is None else kept

    def _known(self, user: str) -> _Selections:
        kept = self._kept(user)
        if kept is None:
            raise LookupError(user)
        return kept

    def _pair(self, account: str, application: str) -> Pair:
        """Return account and application in the one copy of them that every user and table shares."""
        pair = (account, application)
        shared = self._pairs.get(pair)
        if shared is None:
            shared = (self._names.setdefault(account, account), self._names.setdefault(application, application))
            self._pairs[shared] = shared
        return shared

    def _elements(self, account: str, application: str, mask: int) -> Iterator[Element]:
        for right in self._catalogue[application]:
            if mask & self._bits[right]:
                yield Element(RIGHT, right)
        for product, bit in self._products.items():
            if mask & bit:
                yield Element("product", product)
        contracts = self._accounts.get(account, _UNKNOWN).contracts
        for value, bit in self._resources(account):
            if mask & bit:
                yield Element("contract" if bit & contracts else "billing-address", value)

    def _resources(self, account: str) -> Iterator[tuple[str, int]]:
        """Yield the resources of an account that have a bit, with it."""
        for place, name in enumerate(self._accounts.get(account, _UNKNOWN).placed, start=self._first):
            yield name, _bit_at(place)

    def _bit(self, kind: str, account: str, name: str) -> int:
        if kind == RIGHT:
            return self._bits.get(name, 0)
        if kind == "product":
            return self._products.get(name, 0)
        return self._placed(kind, account, name)

    def _placed(self, kind: str, account: str, name: str) -> int:
        """Return the bit of an account's resource: the next one there, where it has none yet."""
        bit = self._places[kind].bit(account, name)
        if not bit:
            known = self._account(account)
            bit = _bit_at(self._first + len(known.placed))
            known.placed.append(name)
            self._places[kind].put(self._names[account], name, bit)
            if kind == "contract":
                known.contracts |= bit
            else:
                known.addresses |= bit
            self._use(kind, account, name, bit)
        return bit

    def _account(self, account: str) -> _Account:
        known = self._accounts.get(account)
        if known is None:
            known = self._accounts[self._names.setdefault(account, account)] = _Account()
        return known

    def _use(self, kind: str, account: str, name: str, bit: int) -> None:
        """Put a resource that passes where it is given into its table, and take one that does not pass out."""
        if self._usable[kind] is self._places[kind]:
            return
        is_active = name in self._account(account).active
        if self._stages.value_denials[kind, True, is_active] is None:
            self._usable[kind].put(self._names[account], name, bit)
        else:
            self._usable[kind].drop(account, name)

    def _keep(self, user: str, pair: Pair, kept: _Selections, held: int) -> None:
        """Store what counts of what is held, and beside it what is held where the two differ."""
        case = self._case(kept.who, pair, held)
        passing = self._cases.get(case) or self._tabulated(case)
        rights = held & self._rights_mask
        effective = held ^ rights | rights & passing.held | passing.not_held & ~rights
        if effective != held:
            self._held[user, pair] = held
        elif self._held:
            self._held.pop((user, pair), None)
        kept[pair] = effective

    def _case(self, who: Who, pair: Pair, held: int) -> Case:
        known = self._accounts.get(pair[0], _UNKNOWN)
        return (
            pair[1],
            known.options,
            who.facts,
            held & self._all_products != 0,
            held & known.addresses != 0,
            held & known.contracts != 0,
        )

    def _passing(self, case: Case) -> Passing:
        return self._cases.get(case) or self._tabulated(case)

    def _tabulated(self, case: Case) -> Passing:
        """Evaluate the rows for every right of the application, held and not held."""
        masks, denials = {True: 0, False: 0}, {}
        application = case[0]
        for right in self._catalogue.get(application, ()):
            for is_held in (True, False):
                g, g2 = self._facts(case, right, is_held=is_held)
                request = {"sub": _USER, "application": application, "right": right, "account": _ACCOUNT}
                if self._stages.of_right.allows(g, g2, **request):
                    masks[is_held] |= self._bits[right]
                elif denial := self._stages.of_right.denial(g, g2, **request):
                    denials[right, is_held] = denial
        passing = self._cases[case] = Passing(masks[True], masks[False], MappingProxyType(denials))
        return passing

    def _facts(self, case: Case, right: str, *, is_held: bool) -> tuple[Links, Links]:
        application, options, user, *has = case
        g: Links = {(_USER, "account", _ACCOUNT)}
        g |= {
            (_USER, f"{application}@{kind}", _ACCOUNT) for kind, some in zip(RESOURCE_KINDS, has, strict=True) if some
        }
        if is_held:
            g.add((_USER, f"{application}/{right}", _ACCOUNT))
        g2 = {(_USER, fact) for fact in user} | {(_ACCOUNT, f"option:{option}") for option in options}
        return g, g2 | self._right_facts


@lru_cache(maxsize=4096)
def _bit_at(place: int) -> int:
    """Return the mask of one place: the same object each time, so that a million of them take no room."""
    return 1 << place


def _catalogue(portal: Portal) -> Mapping[str, tuple[str, ...]]:
    catalogue = {code: tuple(application.rights) for code, application in portal.applications.items()}
    return {**catalogue, rows.MANAGEMENT: portal.management.rights}


def _decision(
    users: Mapping[str, Mapping[Pair, int]],
    rights: Mapping[str, int],
    products: Mapping[str, int],
    addresses: _Resources,
    contracts: _Resources,
) -> Callable[..., bool]:
    """Return the function that every question of the hot path is answered by: look-ups, and nothing else."""
    nothing: dict[Pair, int] = {}
    address_bits, shared_addresses = addresses.bits, addresses.shared
    contract_bits, shared_contracts = contracts.bits, contracts.shared

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
        if contract != UNNAMED:
            where, bit = contract_bits.get(contract, _NOWHERE)
            if not mask & (bit if where == account else shared_contracts.get((account, contract), 0)):
                return False
        if product != UNNAMED and not mask & products.get(product, 0):
            return False
        if billing_address != UNNAMED:
            where, bit = address_bits.get(billing_address, _NOWHERE)
            if not mask & (bit if where == account else shared_addresses.get((account, billing_address), 0)):
                return False
        return True

    return decide


def _decision_of_user(
    kept: Mapping[Pair, int],
    rights: Mapping[str, int],
    products: Mapping[str, int],
    addresses: _Resources,
    contracts: _Resources,
) -> Callable[..., bool]:
    address_bits, shared_addresses = addresses.bits, addresses.shared
    contract_bits, shared_contracts = contracts.bits, contracts.shared

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
        if contract != UNNAMED:
            where, bit = contract_bits.get(contract, _NOWHERE)
            if not mask & (bit if where == account else shared_contracts.get((account, contract), 0)):
                return False
        if product != UNNAMED and not mask & products.get(product, 0):
            return False
        if billing_address != UNNAMED:
            where, bit = address_bits.get(billing_address, _NOWHERE)
            if not mask & (bit if where == account else shared_addresses.get((account, billing_address), 0)):
                return False
        return True

    return can
