"""Stores to measure, and whoever is in them: put there straight away, since a command each would take its time."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final

from portal_n import Workload, kind_of
from sqlalchemy import Engine, create_engine, insert, make_url, text

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.adapters.day import HQ, POST
from tests.postgres import VARIABLE, Server, cluster

from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore
from partnerauth.adapters.sql.mapping import BY_ENTITY
from partnerauth.addresses import EmailAddress
from partnerauth.directory import Entity, key_of
from partnerauth.entities import (
    RIGHT,
    Account,
    AccountId,
    Contract,
    Credential,
    Element,
    Given,
    LoginName,
    Organisation,
    OrganisationId,
    Selection,
    State,
    User,
    UserId,
)
from partnerauth.ports import Store, Unit

STORES: Final = ("memory", "sqlite", "postgresql")
AT_ONCE: Final = 5_000
WHEN: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
HASH: Final = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43
NOTHING: Final[Mapping[Element, Given]] = MappingProxyType({})


@contextmanager
def opened(kind: str) -> Iterator[tuple[Store, Engine | None]]:
    """Yield a new store, and the engine below it."""
    if kind == "memory":
        yield MemoryStore(), None
        return
    with ExitStack() as until_then:
        if kind == "sqlite":
            url = f"sqlite:///{until_then.enter_context(TemporaryDirectory())}/portal.db"
        elif named := os.environ.get(VARIABLE):
            url = until_then.enter_context(Server(make_url(named), owned=False).database(tables=False))
        else:
            server = until_then.enter_context(cluster()).start(settings=())
            url = until_then.enter_context(server.database(tables=False))
        engine = create_engine(url)
        until_then.callback(engine.dispose)
        yield SqlStore(engine), engine


def fill(store: Store, engine: Engine | None, entities: Iterable[Entity]) -> None:
    """Put entities in place straight away."""
    waiting = iter(entities)
    while some := list(islice(waiting, AT_ONCE)):
        if engine is None:
            store.commit(Unit(changes={key_of(each): each for each in some}))
        else:
            insert_all(engine, some)


def insert_all(engine: Engine, entities: Iterable[Entity]) -> None:
    """Insert entities into their tables, in one transaction."""
    rows: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for entity in entities:
        kept = BY_ENTITY[type(entity)]
        rows[kept.table].append({**kept.values(entity), "revision": 1, "arrival": 1})
        for part in kept.parts:
            rows[part.table] += [{**part.owned(entity, item), **rest} for item, rest in part.items(entity).items()]
    with engine.begin() as connection:
        for table, values in rows.items():
            if values:
                connection.execute(insert(table), values)


def settle(engine: Engine | None) -> None:
    """Let a database look at its tables, as it does by itself when it has been in use for a while."""
    if engine is not None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))


# Whoever is in them.


def long_id(name: str) -> UserId:
    """Return an id as long as those that are drawn."""
    return UserId("u-" + base64.b32encode(hashlib.sha256(name.encode()).digest())[:24].decode().lower())


def person(name: str, home: OrganisationId, *, is_active: bool, is_administrator: bool) -> Iterator[Entity]:
    """Yield a user with the names he signs in by and his password."""
    me = long_id(f"{name} of {home}")
    address = EmailAddress(f"{name}.peeters@{home}.example", f"{name}.peeters", f"{home}.example")
    username = f"{name}-{home}"
    yield User(
        id=me,
        organisation=home,
        state=State.ACTIVE if is_active else State.DEACTIVATED,
        email=address,
        username=username,
        details=MappingProxyType({"gender": "woman", "first-name": "Johanna", "last-name": "Peeters"}),
        management=frozenset({"manage-users", "reset-password"} if is_administrator else ()),
        created_by=long_id(f"chief of {home}"),
    )
    yield LoginName(key=address.key, user=me)
    yield LoginName(key=username, user=me)
    yield Credential(user=me, password_hash=HASH, signed_in=True)


def people(home: OrganisationId, users: int, held: Mapping[Element, Given] = NOTHING) -> Iterator[Entity]:
    """Yield users who all hold the same.  Every tenth one has left, and was an administrator."""
    for number in range(users):
        has_left = number % 10 == 9
        yield from person(f"p{number}", home, is_active=not has_left, is_administrator=has_left)
        me = long_id(f"p{number} of {home}")
        yield Selection(user=me, account=AccountId(f"{home}/{HQ}"), application=POST, elements=held)


def entities(work: Workload) -> Iterator[Entity]:
    """Yield what the tables hold of a workload.  Every twentieth user is an administrator."""
    contracts = MappingProxyType({f"c{number}": Contract() for number in range(5)})
    for name in dict.fromkeys(home for home, _ in work.users.values()):
        home = OrganisationId(name)
        yield Organisation(id=home, name=f"The company {name}", street="Muntcentrum 1", town="Brussel", country="BE")
        for number in range(2):
            yield Account(
                id=AccountId(f"{name}/a{number}"),
                organisation=home,
                name=f"Depot {number}",
                applications=frozenset(f"app{each}" for each in range(6)),
                contracts=contracts,
                billing_addresses=frozenset(f"b{each}" for each in range(5)),
            )
    for name, (home_name, is_active) in work.users.items():
        home = OrganisationId(home_name)
        yield from person(name, home, is_active=is_active, is_administrator=int(name[1:]) % 20 == 0)
    for (name, account, application), (rights, resources) in work.selections.items():
        home_name = work.users[name][0]
        giver = Given(long_id(f"chief of {home_name}"), WHEN, "")
        held = [Element(RIGHT, each) for each in rights]
        held += [Element(kind_of(each), each.rpartition("/")[2]) for each in resources]
        yield Selection(
            user=long_id(f"{name} of {home_name}"),
            account=AccountId(account),
            application=application,
            elements=MappingProxyType(dict.fromkeys(held, giver)),
        )
