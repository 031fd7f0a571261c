"""Decisions from memory: each user's facts are read once, and again after a commit that changed one of them.

The one input is what is committed.  A commit only marks users stale; the next question reads them anew.  So what was
rolled back was never here, and what another process committed is here from the next view on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import Any, TypeAlias

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
    IMPLIED_ACCOUNT,
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
from partnerauth.policy import management, rights, subcontracting
from partnerauth.policy.engine import rows
from partnerauth.policy.engine.decisions import UNNAMED, named_once, user_facts
from partnerauth.policy.engine.masks import Masks
from partnerauth.policy.engine.model import Held, RightsModel
from partnerauth.policy.portal import RESOURCE_KINDS, Portal
from partnerauth.ports import Loaded, Store

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No resource named."""

MOST_USERS = 1_000_000
"""Users whose facts are kept; with one more the index starts anew."""

AT_ONCE = 500
"""Users whose facts are read together."""

_OF_RESOURCES = frozenset({"resource-not-granted", "contract-inactive"})
"""The codes that a decision gives about resources, when everything else allows it."""

Models: TypeAlias = Callable[[Portal], RightsModel]
"""What makes the rights model of a portal, with no facts in it."""


class _Known:
    """The facts of the users who were asked about since the index started anew: a model, and whom it knows."""

    def __init__(self, model: RightsModel) -> None:
        self.model = model
        self.homes: dict[str, OrganisationId] = {}
        self.concerned: dict[OrganisationId, set[UserId]] = defaultdict(set)


class Index:
    """Answers questions for one portal and store.  Any number of threads may ask.

    A question about a user whose facts are known takes no lock and reads nothing.
    """

    def __init__(self, portal: Portal, store: Store, *, models: Models = Masks, most_users: int = MOST_USERS) -> None:
        """Start empty, at the store's present position.  Raises StoreError."""
        self._portal = portal
        self._store = store
        self._models = models
        self._most = most_users
        self._lock = Lock()
        self._known = _Known(models(portal))
        self._mark = store.changes_since(None).mark

    def catch_up(self) -> int:
        """Mark whoever a commit concerned since the last time, and return the position that answers are of.

        Answers are of that position or a later one.  Raises StoreError.
        """
        mark = self._mark
        changes = self._store.changes_since(mark)
        if changes.keys is None or changes.keys:
            self._forget(changes.keys)
        # Two may ask at once: whoever sets the older mark here has the newer changes told again, and none left out.
        self._mark = changes.mark
        return changes.position

    def _forget(self, keys: Iterable[Key[Any]] | None) -> None:
        """Have the users whom these keys concern read anew, or everybody: then nothing that is known here holds."""
        with self._lock:
            if keys is None:
                self._known = _Known(self._models(self._portal))
                return
            for user in {user for key in keys for user in _users_of(key, self._known.concerned)}:
                self._known.homes.pop(user, None)

    def can(
        self, user: str, application: str | None, right: str, account: str | None, resources: Mapping[str, str]
    ) -> bool:
        """Decide a question, as `View.can` takes it.  Raises StoreError."""
        # One look at what is known: the index may start anew between two.
        known = self._known
        home = known.homes.get(user)
        if home is None:
            home, known = self._read(user)
            if home is None:
                return False
        asked = named(application, resources)
        where = account if account and "/" in account else f"{home}/{account or IMPLIED_ACCOUNT}"
        return asked is not None and known.model.decide(user, asked[0], right, where, *asked[1])

    def explain(
        self, user: str, application: str | None, right: str, account: str, resources: Mapping[str, str]
    ) -> tuple[bool, str]:
        """Return whether a question is allowed, and the id of the row that decided.

        A resource that is called like the sign for one that is not named, or of a kind that there is not, is not
        granted to anybody; what denies before the resources do is told first all the same.  Raises StoreError.
        """
        _, known = self._of(user)
        # No application has an empty name: one that is called like the sign for management rights is asked for by it.
        code = "" if application == rows.MANAGEMENT else application
        named = (resources.get(kind, UNNAMED) for kind in RESOURCE_KINDS)
        allowed, row = known.model.explain(user, rows.MANAGEMENT if code is None else code, right, account, *named)
        strange = [kind for kind, name in resources.items() if not named_once({kind: name})]
        if strange and (allowed or row.partition(":")[0] in _OF_RESOURCES):
            return False, f"resource-not-granted:{strange[0]}"
        return allowed, row

    @property
    def model(self) -> RightsModel:
        """The rights model with the facts that are known now: a user's are, once he was asked about."""
        return self._known.model

    def for_user(self, user: str) -> tuple[OrganisationId | None, Callable[..., bool]]:
        """Return a user's organisation, None for an unknown one, and `can(application, right, account, …)`."""
        home, known = self._of(user)
        return home, known.model.for_user(user)

    def selections(self, user: str) -> Iterator[tuple[str, str, frozenset[Element]]]:
        """Yield account, application and what a user holds there, whether or not he is active."""
        _, known = self._of(user)
        return known.model.selections(user)

    def _of(self, user: str) -> tuple[OrganisationId | None, _Known]:
        known = self._known
        home = known.homes.get(user)
        return self._read(user) if home is None else (home, known)

    def load(self, users: Iterable[UserId]) -> None:
        """Read the facts of users who are not known yet, many at a time.

        For a process that wants to have its questions behind it before the first one is asked.  Raises StoreError.
        """
        listed = list(users)
        for start in range(0, len(listed), AT_ONCE):
            with self._lock:
                self._take([user for user in listed[start : start + AT_ONCE] if user not in self._known.homes])

    def _read(self, user: str) -> tuple[OrganisationId | None, _Known]:
        """Read the facts of a user, and return where he is known now; None for an unknown one."""
        with self._lock:
            if user not in self._known.homes:
                self._take([UserId(user)])
            return self._known.homes.get(user), self._known

    def _take(self, users: Sequence[UserId]) -> None:
        facts = _Facts(self._portal, self._store, users)
        for user in users:
            found = facts.find(UserById(user))
            if found is None:
                # Whoever was known and is no longer there must not be answered for by what he was.
                self._known.model.drop_user(user)
                continue
            if len(self._known.homes) >= self._most:
                self._known = _Known(self._models(self._portal))
            _put(facts, found, self._known)
            self._known.homes[user] = found.organisation


def named(application: str | None, resources: Mapping[str, str]) -> tuple[str, tuple[str, ...]] | None:
    """Return a question's application and resources as a model takes them, or None where nobody can be allowed it.

    None as the application asks for a management right; an application cannot be called like the sign for that, and
    no resource like the sign for one that is not named.
    """
    if application is None:
        application = rows.MANAGEMENT
    elif application == rows.MANAGEMENT:
        return None
    if not resources:
        return application, ()
    return (
        (application, tuple(resources.get(kind, UNNAMED) for kind in RESOURCE_KINDS)) if named_once(resources) else None
    )


def _users_of(key: Key[Any], concerned: Mapping[OrganisationId, set[UserId]]) -> Iterable[UserId]:
    """Return the users, of those that are known, whose facts may be others now."""
    match key:
        case UserById():
            return (key.id,)
        case CredentialOf() | SelectionOf():
            return (key.user,)
        case OrganisationById():
            return concerned.get(key.id, ())
        case AccountById():
            return concerned.get(_owner(key.id), ())
        case DelegationTo():
            return concerned.get(key.organisation, ())
        case _:
            return ()


def _put(facts: _Facts, user: User, known: _Known) -> None:
    """Set the facts of a user in the model."""
    known.concerned[user.organisation].add(user.id)
    selections = []
    for account, code, held in facts.selections(user):
        owner = facts.find(OrganisationById(account.organisation))
        active = [name for name, contract in account.contracts.items() if contract.active]
        known.model.set_account(account.id, options=owner.options if owner else (), active=active)
        known.concerned[account.organisation].add(user.id)
        selections.append((account.id, code, by_kind(held)))
    state = user_facts(user, facts.find(CredentialOf(user.id)))
    known.model.load_user(user.id, user.organisation, state, selections)


def by_kind(elements: Iterable[Element]) -> Held:
    """Return elements by their kind."""
    found: dict[str, list[str]] = {}
    for kind, name in elements:
        found.setdefault(kind, []).append(name)
    return found


class _Facts:
    """What the store says of users, all of it from one state."""

    def __init__(self, portal: Portal, store: Store, users: Sequence[UserId]) -> None:
        self._portal = portal
        self._users = users
        self._directory = Directory()
        self.find = self._directory.find
        mark = store.changes_since(None).mark
        self._extend(store.read)
        if store.changes_since(mark).keys != ():
            # Somebody changed a fact while one thing after the other was read: now it is read all at once.
            known = self._directory
            self._know(Directory(store.read(tuple(known.loaded)).values))
            self._extend(lambda missing: store.read((*self._directory.loaded, *missing)))

    def _extend(self, read: Callable[[tuple[Key[Any], ...]], Loaded]) -> None:
        """Read what is missing: what was read says what else there is to read."""
        while missing := self._directory.missing(key for user in self._users for key in self._keys(user)):
            self._know(self._directory.with_loaded(read(missing).values))

    def _know(self, directory: Directory) -> None:
        self._directory = directory
        self.find = directory.find

    def selections(self, user: User) -> Iterator[tuple[Account, str, frozenset[Element]]]:
        """Yield each account and application that is open to the user, with what of it counts."""
        given = {(each.account, each.application): each for each in self.find(SelectionsOf(user.id)) or ()}
        organisation: Organisation = self._directory.the(OrganisationById(user.organisation))
        for identity in self.find(AccountsOf(user.organisation)) or ():
            account = self._directory.the(AccountById(identity))
            for code in sorted(account.applications & set(self._portal.applications)):
                held = rights.of_account(self._portal, code, account, organisation, given.get((identity, code)))
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
                        administers=subcontracting.administers(
                            self._portal, code, user, given.values(), lambda each: self.find(AccountById(each))
                        ),
                    ),
                )
        yield self._management(user)

    def _management(self, user: User) -> tuple[Account, str, frozenset[Element]]:
        identity = account_id(user.organisation)
        found = self.find(AccountById(identity))
        account = found or Account(id=identity, organisation=user.organisation, name="", applications=frozenset())
        held = management.held(self._portal, user)
        return account, rows.MANAGEMENT, frozenset(Element(RIGHT, right) for right in held)

    def _keys(self, identity: UserId) -> Iterator[Key[Any]]:
        yield from (UserById(identity), CredentialOf(identity), SelectionsOf(identity))
        user = self.find(UserById(identity))
        if user is None:
            return
        yield from (OrganisationById(user.organisation), AccountsOf(user.organisation))
        yield DelegationsTo(user.organisation)
        yield AccountById(account_id(user.organisation))
        accounts: list[AccountId] = list(self.find(AccountsOf(user.organisation)) or ())
        accounts += [each.account for each in self.find(DelegationsTo(user.organisation)) or ()]
        for account in accounts:
            yield from (AccountById(account), OrganisationById(_owner(account)))


def _owner(account: AccountId) -> OrganisationId:
    """Return the organisation that an account is of, as its id says."""
    return OrganisationId(account.partition("/")[0])
