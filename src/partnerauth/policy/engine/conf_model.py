"""Any Casbin `model.conf` as a portal's rights model: its rows are rules, and the facts are links of `g` and `g2`."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from threading import Lock
from typing import NamedTuple, TypeAlias, TypeVar

from partnerauth.entities import RIGHT, AccountId, Element, OrganisationId, UserId
from partnerauth.policy.engine import rows, rules
from partnerauth.policy.engine.compiled import CompiledEnforcer
from partnerauth.policy.engine.gate import enforcer
from partnerauth.policy.engine.model import Held
from partnerauth.policy.portal import Portal

T = TypeVar("T")

_NOBODY = "u:"
_UNDECIDED = "right-missing"
"""What a denial is called that no row decided."""

Links: TypeAlias = frozenset[tuple[str, ...]]
RowsOf: TypeAlias = Callable[[Portal], Iterable[rows.Row]]


class _Told(NamedTuple):
    """What was said of a user: the subject that his links are of, these links, and his selections."""

    subject: str
    organisation: OrganisationId
    links: Mapping[str, Links]
    selections: Mapping[tuple[str, str], frozenset[Element]]


class ConfModel:
    """A rights model (`RightsModel`) that a `model.conf` and its rows decide.

    The request has the fields of the shipped `rights.conf`, and the role definitions are its `g` and `g2`, with the
    links that are described there.  Subjects and accounts are typed, `u:` and `a:`, so that no id is taken for a fact.
    Where a user's facts change, the new ones get a subject of their own, and one assignment puts it in place of the
    old: nobody is answered by some of each.
    """

    def __init__(self, portal: Portal, conf_text: str | None = None, rows_of: RowsOf = rows.rights_rows) -> None:
        """Compile a model; the shipped one where `conf_text` is left out.  Raises ModelRefused and ValueError."""
        conf = rules.conf_text("rights") if conf_text is None else conf_text
        rule_rows = tuple(rows_of(portal))
        self.fingerprint = hashlib.sha256(repr((conf, rule_rows, portal.fingerprint)).encode()).hexdigest()
        self._compiled = CompiledEnforcer(enforcer(conf, [("p", *row) for row in rule_rows]))
        self._lock = Lock()
        self._versions = 0
        self._subjects: dict[str, str] = {}
        self._told: dict[str, _Told] = {}
        self._accounts: dict[str, Links] = {}
        self._of_organisation: dict[str, set[str]] = defaultdict(set)
        self._users: dict[str, set[str]] = defaultdict(set)
        self._change({}, {"g2": rows.right_facts(portal)})

    def decide(  # noqa: PLR0913, PLR0917 - the fields of the Casbin request
        self,
        user: str,
        application: str,
        right: str,
        account: str,
        product: str = "-",
        billing_address: str = "-",
        contract: str = "-",
    ) -> bool:
        """Return whether a question is allowed."""
        place = (application, right, f"a:{account}", product, billing_address, contract)
        return self._asked(user, lambda subject: self._compiled.enforce(subject, *place))

    def explain(  # noqa: PLR0913, PLR0917 - the fields of the Casbin request
        self,
        user: str,
        application: str,
        right: str,
        account: str,
        product: str = "-",
        billing_address: str = "-",
        contract: str = "-",
    ) -> tuple[bool, str]:
        """Return whether it is allowed, and the first field of the row that decided."""
        place = (application, right, f"a:{account}", product, billing_address, contract)
        found = self._asked(user, lambda subject: self._compiled.explain(subject, *place))
        return found.allowed, found.row[0] if found.row else _UNDECIDED

    def _asked(self, user: str, ask: Callable[[str], T]) -> T:
        """Ask about the subject that a user's links are of; again, where another one took its place meanwhile."""
        while True:
            subject = self._subjects.get(user, _NOBODY)
            answer = ask(subject)
            if self._subjects.get(user, _NOBODY) is subject:
                return answer

    def for_user(self, user: str) -> Callable[..., bool]:
        """Return `can(application, right, account, product="-", …)`, which follows the user's facts."""
        return partial(self.decide, user)

    def selections(self, user: str) -> Iterator[tuple[str, str, frozenset[Element]]]:
        """Yield account, application and what a user was said to hold there."""
        told = self._told.get(user)
        if told is not None:
            yield from ((account, code, held) for (account, code), held in told.selections.items())

    def set_account(self, account: AccountId, *, options: Collection[str], active: Collection[str]) -> None:
        """Say which options count on an account, and which of its contracts are active."""
        named = f"a:{account}"
        now = frozenset((named, f"option:{option}") for option in options)
        now |= {(named, f"contract:{contract}") for contract in active}
        with self._lock:
            self._change({"g2": self._accounts.get(account, frozenset()) - now}, {"g2": now})
            self._accounts[account] = now
            owner = account.partition("/")[0]
            if account not in self._of_organisation[owner]:
                self._of_organisation[owner].add(account)
                self._change({}, {"g": {self._open(self._subjects[user], account) for user in self._users[owner]}})

    def load_user(
        self,
        user: UserId,
        organisation: OrganisationId,
        facts: Collection[str],
        selections: Iterable[tuple[AccountId, str, Held]],
    ) -> None:
        """Say all that is so of a user: his facts, what is open to him and what he holds there."""
        held: dict[tuple[str, str], frozenset[Element]] = {
            (account, code): frozenset(Element(kind, name) for kind, names in each.items() for name in names)
            for account, code, each in selections
        }
        with self._lock:
            self._versions += 1
            subject = f"u:{user}:{self._versions}"
            links = {self._open(subject, account) for account in self._of_organisation[organisation]}
            for (account, code), each in held.items():
                links |= _held(subject, account, code, each)
            told = _Told(
                subject, organisation, {"g": frozenset(links), "g2": frozenset((subject, fact) for fact in facts)}, held
            )
            self._change({}, told.links)
            self._subjects[user] = subject
            self._forget(user)
            self._told[user] = told
            self._users[organisation].add(user)

    def drop_user(self, user: UserId) -> None:
        """Forget a user: every question about him is denied."""
        with self._lock:
            self._subjects.pop(user, None)
            self._forget(user)

    def _forget(self, user: str) -> None:
        told = self._told.pop(user, None)
        if told is not None:
            self._users[told.organisation].discard(user)
            opened = {self._open(told.subject, account) for account in self._of_organisation[told.organisation]}
            self._change({"g": told.links["g"] | opened, "g2": told.links["g2"]}, {})

    def _change(
        self, gone: Mapping[str, Collection[tuple[str, ...]]], new: Mapping[str, Iterable[tuple[str, ...]]]
    ) -> None:
        for role, links in gone.items():
            for link in links:
                self._compiled.remove_named_grouping_policy(role, *link)
        for role, added in new.items():
            for link in added:
                self._compiled.add_named_grouping_policy(role, *link)

    @staticmethod
    def _open(subject: str, account: str) -> tuple[str, str, str]:
        return (subject, "account", f"a:{account}")


def _held(subject: str, account: str, code: str, elements: Iterable[Element]) -> set[tuple[str, str, str]]:
    where = f"a:{account}"
    links = {(subject, "account", where)}
    for kind, name in elements:
        if kind == RIGHT:
            links.add((subject, f"{code}/{name}", where))
        else:
            links |= {(subject, f"{code}@{kind}:{name}", where), (subject, f"{code}@{kind}", where)}
    return links
