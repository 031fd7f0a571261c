"""Measures what a user, an element and a command take in a database: bytes of tables and indexes, not time.

    python benchmarks/sizes.py --store sqlite:////tmp/sizes.db --elements 1000000 --users 1000

`--elements` are put into the tables straight away, thirty a user, in the organisations of `portal_n.py`; then
`--users` are created and given twenty-five elements each by commands, which also leave a record, mails and changes.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

from portal_n import Workload, kind_of, workload
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, insert, text

from partnerauth.adapters.sql import SqlStore
from partnerauth.adapters.sql.mapping import BY_ENTITY
from partnerauth.addresses import EmailAddress
from partnerauth.decision import Accepted
from partnerauth.directory import Entity
from partnerauth.entities import (
    RIGHT,
    Account,
    AccountId,
    Actor,
    Contract,
    Credential,
    Element,
    Given,
    LoginName,
    Member,
    Operator,
    Organisation,
    OrganisationId,
    Selection,
    State,
    User,
    UserId,
    Visitor,
)
from partnerauth.flow import Command
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.grant import Grant
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.open_organisation import AccountFields, ContractFields, OpenOrganisation
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.testing.clockwork import World, world

APPLICATION = "emasspost"
AT_ONCE = 5_000
WHEN = datetime(2026, 1, 5, 9, tzinfo=UTC)
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43
BEFORE = "partnerauth_"


def long_id(name: str) -> UserId:
    """Return an id as long as those that are drawn."""
    return UserId("u-" + base64.b32encode(hashlib.sha256(name.encode()).digest())[:24].decode().lower())


def entities(work: Workload) -> Iterator[Entity]:
    """Yield what the tables hold of a workload."""
    organisations = dict.fromkeys(home for home, _ in work.users.values())
    contracts = MappingProxyType({f"c{number}": Contract() for number in range(5)})
    for name in organisations:
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
    for name, (home_name, active) in work.users.items():
        yield from _person(name, OrganisationId(home_name), active=active)
    for (name, account, application), (rights, resources) in work.selections.items():
        giver = Given(long_id(f"chief of {work.users[name][0]}"), WHEN, "")
        held = [Element(RIGHT, each) for each in rights]
        held += [Element(kind_of(each), each.rpartition("/")[2]) for each in resources]
        yield Selection(
            user=long_id(name),
            account=AccountId(account),
            application=application,
            elements=MappingProxyType(dict.fromkeys(held, giver)),
        )


def _person(name: str, home: OrganisationId, *, active: bool) -> Iterator[Entity]:
    me = long_id(name)
    address = EmailAddress(f"{name}.peeters@{home}.example", f"{name}.peeters", f"{home}.example")
    yield User(
        id=me,
        organisation=home,
        state=State.ACTIVE if active else State.DEACTIVATED,
        email=address,
        username=f"{name}-peeters",
        details=MappingProxyType({"gender": "woman", "first-name": "Johanna", "last-name": "Peeters"}),
        management=frozenset({"manage-users", "reset-password"}) if int(name[1:]) % 20 == 0 else frozenset(),
        created_by=long_id(f"chief of {home}"),
    )
    yield LoginName(key=address.key, user=me)
    yield LoginName(key=f"{name}-peeters", user=me)
    yield Credential(user=me, password_hash=HASH, signed_in=True)


def fill(engine: Engine, all_of_them: Iterable[Entity]) -> None:
    """Put entities into the tables straight away."""
    waiting = iter(all_of_them)
    while some := list(islice(waiting, AT_ONCE)):
        rows: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        for entity in some:
            kept = BY_ENTITY[type(entity)]
            rows[kept.table].append({**kept.values(entity), "revision": 1, "arrival": 1})
            for part in kept.parts:
                rows[part.table] += [{**part.owned(entity, item), **rest} for item, rest in part.items(entity).items()]
        with engine.begin() as connection:
            for table, values in rows.items():
                if values:
                    connection.execute(insert(table), values)


def sizes(engine: Engine) -> dict[str, int]:
    """Return the bytes of each table of ours, with those of its indexes."""
    if engine.dialect.name == "sqlite":
        query = """
            SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name)
            WHERE tbl_name LIKE 'partnerauth%' GROUP BY tbl_name
        """
    else:
        query = """
            SELECT relname, pg_total_relation_size(oid) FROM pg_class
            WHERE relkind = 'r' AND relname LIKE 'partnerauth%' AND relnamespace = current_schema()::regnamespace
        """
    finish = "PRAGMA wal_checkpoint(TRUNCATE)" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(finish))
        rows = connection.execute(text(query))
        return {name.removeprefix(BEFORE): int(size) for name, size in rows}


def create(portal: World, users: int) -> None:
    """Create users by commands, twenty an organisation, and give each twenty-five elements."""
    products = portal.portal.applications[APPLICATION].products[:20]
    resources = {"product": products, "billing-address": ("B1",)}
    rights = ("administrator-role", "confirmation", "creation", "view-prices")
    for number in range(users):
        name = OrganisationId(f"company-{number // 20}")
        if number % 20 == 0:
            chief = _open(portal, name)
        details = {"gender": "woman", "first-name": "Jo", "last-name": "Peeters", "username": f"user-{number}"}
        created = _give(portal, chief, CreateUser(details={**details, "email": f"jo-{number}@{name}.example"}))
        account = f"{name}/hq"
        given = Grant(user=created, application=APPLICATION, account=account, rights=rights, resources=resources)
        _give(portal, chief, given)


def _open(portal: World, name: OrganisationId) -> Member:
    """Open an organisation, and return its first administrator."""
    fields = AccountFields(name="Headquarters", contracts={"C1": ContractFields()}, billing_addresses=("B1",))
    _give(portal, Operator(), OpenOrganisation(organisation=name, name=str(name), accounts={"hq": fields}))
    details = {"email": f"chief@{name}.example", "username": f"chief-{name}"}
    asked = RequestAccess(organisation=name, application=APPLICATION, account="hq", details=details)
    user = _give(portal, Visitor(), asked)
    _give(portal, Operator(), GrantAccess(user=user))
    link = portal.secret(portal.store.outbox(to=details["email"])[-1].mail.token)
    _give(portal, Visitor(), ResetPassword(token=SecretStr(link), password=SecretStr("Winter-Tram-61")))
    return Member(user=user)


def _give(portal: World, actor: Actor, command: Command) -> UserId:
    answer = portal.execute(actor, command)
    if not isinstance(answer, Accepted):
        raise SystemExit(str(answer))
    return UserId(answer.created or "")


def main() -> None:
    """Print what was measured, as JSON."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", required=True, help="the URL of an empty database")
    options.add_argument("--elements", type=int, default=1_000_000)
    options.add_argument("--users", type=int, default=1_000)
    chosen = options.parse_args()
    work = workload(chosen.elements, questions=0)
    with closing(SqlStore(chosen.store)) as store:
        engine = create_engine(chosen.store)
        fill(engine, entities(work))
        filled = sizes(engine)
        create(world("bpost", store), chosen.users)
        grown = sizes(engine)
        engine.dispose()
    print(
        json.dumps(
            {
                "database": engine.dialect.name,
                "elements": work.elements,
                "users": len(work.users),
                "bytes": filled,
                "users by commands": chosen.users,
                "bytes by commands": {name: size - filled.get(name, 0) for name, size in grown.items()},
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
