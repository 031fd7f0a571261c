"""Decisions from memory: each user's facts are read once, and again after a commit that changed one of them.

The one input is what is committed.  A commit only marks users stale; the next question reads them anew.  So what was
rolled back was never here, and what another process committed is here from the next view on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Any, TypeVar

from partnerauth.directory import (
    AccountById,
    AccountsOf,
    CredentialOf,
    DelegationsTo,
    DelegationTo,
    Directory,
    Key,
    OrganisationById,
    SelectionOf,
    SelectionsOf,
    UserById,
)
from partnerauth.entities import (
    RIGHT,
    Account,
    AccountId,
    Element,
    Organisation,
    OrganisationId,
    User,
    UserId,
    account_id,
)
from partnerauth.policy import rights, subcontracting
from partnerauth.policy.engine import rows
from partnerauth.policy.engine.decisions import UNNAMED, named_once, user_facts
from partnerauth.policy.engine.masks import Masks
from partnerauth.policy.portal import RESOURCE_KINDS, Portal
from partnerauth.ports import Store

T = TypeVar("T")

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No resource named."""

MOST_USERS = 1_000_000
"""Users whose facts are kept; with one more the index starts anew."""


class Index:
    """The facts of the users who were asked about, for one portal and store.  Questions of many threads are fine."""

    def __init__(self, portal: Portal, store: Store, *, most_users: int = MOST_USERS) -> None:
        """Start empty, at the store's present position."""
        self._portal = portal
        self._store = store
        self._most = most_users
        self._lock = Lock()
        self._start(store.position())

    def _start(self, position: int) -> None:
        self.position = position
        self.model = Masks(self._portal)
        self._homes: dict[str, OrganisationId] = {}
        self._concerned: dict[OrganisationId, set[UserId]] = defaultdict(set)

    def catch_up(self) -> int:
        """Mark whoever a commit concerned since the last time, and return the position that answers are of."""
        if self._store.position() != self.position:
            with self._lock:
                position, keys = self._store.changes_since(self.position)
                for user in {user for key in keys for user in self._users_of(key)}:
                    self._homes.pop(user, None)
                self.position = position
        return self.position

    def home_of(self, user: str) -> OrganisationId | None:
        """Return the organisation of a user, whose facts are in the model from now on; None for an unknown one."""
        home = self._homes.get(user)
        if home is not None:
            return home
        with self._lock:
            if len(self._homes) >= self._most:
                self._start(self.position)
            return self._read(UserId(user))

    def decide(
        self, user: str, application: str, right: str, account: AccountId, resources: Mapping[str, str] = NOTHING
    ) -> bool:
        """Decide for a user whom `home_of` knows."""
        decide = self.model.decide
        if not resources:
            return decide(user, application, right, account)
        return named_once(resources) and decide(
            user, application, right, account, *(resources.get(kind, UNNAMED) for kind in RESOURCE_KINDS)
        )

    def _users_of(self, key: Key[Any]) -> Iterable[UserId]:
        """Return the users, of those that are known, whose facts may be others now."""
        match key:
            case UserById():
                return (key.id,)
            case CredentialOf() | SelectionOf():
                return (key.user,)
            case OrganisationById():
                return tuple(self._concerned.get(key.id, ()))
            case AccountById():
                return tuple(self._concerned.get(OrganisationId(key.id.partition("/")[0]), ()))
            case DelegationTo():
                return tuple(self._concerned.get(key.organisation, ()))
            case _:
                return ()

    def _read(self, user: UserId) -> OrganisationId | None:
        facts = _Facts(self._portal, self._store, user)
        found = facts.find(UserById(user))
        if found is None:
            return None
        self._concerned[found.organisation].add(user)
        selections = []
        for account, code, held in facts.selections(found):
            owner = facts.find(OrganisationById(account.organisation))
            active = [name for name, contract in account.contracts.items() if contract.active]
            self.model.set_account(account.id, options=owner.options if owner else (), active=active)
            self._concerned[account.organisation].add(user)
            by_kind: dict[str, list[str]] = {}
            for kind, name in held:
                by_kind.setdefault(kind, []).append(name)
            selections.append((account.id, code, by_kind))
        state = user_facts(found, facts.find(CredentialOf(user)))
        self.model.load_user(user, found.organisation, state, selections)
        self._homes[user] = found.organisation
        return found.organisation


class _Facts:
    """What the store says of one user, read in two rounds."""

    def __init__(self, portal: Portal, store: Store, user: UserId) -> None:
        self._portal = portal
        self._user = user
        self._directory = Directory()
        for _ in range(3):
            missing = self._directory.missing(self._keys())
            if missing:
                self._directory = self._directory.with_loaded(store.read(missing).values)

    def find(self, key: Key[T]) -> T | None:
        return self._directory.find(key)

    def selections(self, user: User) -> Iterable[tuple[Account, str, frozenset[Element]]]:
        """Yield each account and application that is open to the user, with what of it counts."""
        given = {(each.account, each.application): each for each in self.find(SelectionsOf(user.id)) or ()}
        organisation: Organisation = self._directory.the(OrganisationById(user.organisation))
        for identity in self.find(AccountsOf(user.organisation)) or ():
            account = self._directory.the(AccountById(identity))
            for code in sorted(account.applications & set(self._portal.applications)):
                selection = given.get((identity, code))
                held = rights.of_account(self._portal, code, account, organisation, selection)
                if held:
                    yield account, code, held
        for delegation in self.find(DelegationsTo(user.organisation)) or ():
            code = delegation.application
            account = self._directory.the(AccountById(delegation.account))
            if delegation.elements and code in self._portal.applications:
                yield (
                    account,
                    code,
                    subcontracting.held_of_another(
                        self._portal.applications[code],
                        account,
                        delegation,
                        given.get((delegation.account, code)),
                        administers=subcontracting.administers(self._portal, code, user, given.values()),
                    ),
                )
        yield self._management(user)

    def _management(self, user: User) -> tuple[Account, str, frozenset[Element]]:
        identity = account_id(user.organisation)
        found = self.find(AccountById(identity))
        account = found or Account(id=identity, organisation=user.organisation, name="", applications=frozenset())
        held = user.management | frozenset(self._portal.management.everyone)
        return account, rows.MANAGEMENT, frozenset(Element(RIGHT, right) for right in held)

    def _keys(self) -> Iterable[Key[Any]]:
        yield from (UserById(self._user), CredentialOf(self._user), SelectionsOf(self._user))
        user = self.find(UserById(self._user))
        if user is None:
            return
        yield OrganisationById(user.organisation)
        yield AccountsOf(user.organisation)
        yield DelegationsTo(user.organisation)
        accounts: list[AccountId] = [*(self.find(AccountsOf(user.organisation)) or ()), account_id(user.organisation)]
        accounts += [each.account for each in self.find(DelegationsTo(user.organisation)) or ()]
        for account in dict.fromkeys(accounts):
            yield AccountById(account)
            if found := self.find(AccountById(account)):
                yield OrganisationById(found.organisation)
