"""Version 2's record, frozen as it was: how the records of version 1 became links of chains, and what keeps them so.

Much of this stands in `chain`, `append_only` and `columns` too, on purpose: those say what the newest version does, and
this what version 2 did.  The newest one's are two things alone: whether a record can be read, for that is who has to
read it from now on, and the key of a name, which other tables hold as the same function has made it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from partnerauth.adapters.sql.migrations import schema_1
from partnerauth.adapters.sql.migrations.schema_1 import TEXT
from partnerauth.addresses import name_key
from partnerauth.records import RecordError, from_row

AT_ONCE: Final = 1000
"""Records that are rewritten at a time."""

TABLES: Final = sa.MetaData()

schema_1.LOG.to_metadata(TABLES)

PERSONAL = sa.Table(
    "partnerauth_personal",
    TABLES,
    sa.Column("position", sa.BigInteger(), nullable=False),
    sa.Column("number", sa.Integer(), nullable=False),
    sa.Column("subject", TEXT, nullable=False, index=True),
    sa.Column("salt", TEXT, nullable=False),
    sa.Column("data", sa.Text(), nullable=False),
    sa.Column("erased_position", sa.BigInteger()),
    sa.Column("erased_number", sa.Integer()),
    sa.PrimaryKeyConstraint("position", "number", name="pk_partnerauth_personal"),
    sa.ForeignKeyConstraint(
        ["position", "number"],
        ["partnerauth_log.position", "partnerauth_log.number"],
        name="fk_partnerauth_personal_position_number",
    ),
    sa.CheckConstraint("(erased_position IS NULL) = (length(salt) > 0)", name="ck_partnerauth_personal_erased_whole"),
    sa.CheckConstraint(
        "(erased_position IS NULL) = (erased_number IS NULL)", name="ck_partnerauth_personal_erased_told"
    ),
)

HEAD = sa.Table(
    "partnerauth_head",
    TABLES,
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("length", sa.BigInteger(), nullable=False),
    sa.Column("digest", TEXT, nullable=False),
    sa.CheckConstraint("length >= 0", name="ck_partnerauth_head_length_counted"),
    sa.PrimaryKeyConstraint("organisation_id", name="pk_partnerauth_head"),
)

_LOG = sa.table(
    "partnerauth_log",
    *(sa.column(name, sa.BigInteger()) for name in ("position", "number", "place")),
    *(sa.column(name, sa.Text()) for name in ("about", "data", "hidden", "digest")),
)
"""The columns that are written, before all of them have to have some value."""

_FORM: Final = 1
_START: Final = "0" * 64

_NOTHING: Final[frozenset[str]] = frozenset()
_PERSON: Final = frozenset({"details", "email", "username"})
_PERSONAL: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **dict.fromkeys(("AccessRequested", "JoinRequested", "OrganisationCreated"), _PERSON),
        **dict.fromkeys(("UserCreated", "UserInvited", "UserProvisioned"), _PERSON),
        **dict.fromkeys(("EmailChangeRequested", "EmailChanged", "EmailVerified"), frozenset({"email"})),
        **dict.fromkeys(("DetailsUpdated", "InvitationAccepted"), frozenset({"details"})),
        **dict.fromkeys(("SessionReplaced", "SignedIn", "SignedOut"), frozenset({"browser"})),
        "AccountSet": frozenset({"title"}),
        "CommandRefused": frozenset({"subject"}),
        "OrganisationOpened": frozenset({"street", "title", "town"}),
        "RegistrationStarted": frozenset({"email"}),
        "RequestSubmitted": frozenset({"fields"}),
        "SignInFailed": frozenset({"source", "subject"}),
    }
)
"""The fields of the events of version 1 that tell of a person."""

_IS_ERASED: Final = (
    "NEW.position = OLD.position AND NEW.number = OLD.number AND OLD.erased_position IS NULL "
    "AND NEW.erased_position IS NOT NULL AND NEW.salt = '' AND NEW.data = '{}'"
)
_GROWS: Final = "NEW.organisation_id = OLD.organisation_id AND NEW.length > OLD.length"
_SAME_SPOT: Final = "EXISTS (SELECT 1 FROM {0} WHERE position = NEW.position AND number = NEW.number)"
_SAME_PLACE: Final = "EXISTS (SELECT 1 FROM {0} WHERE organisation_id = NEW.organisation_id AND place = NEW.place)"
_SAME_CHAIN: Final = "EXISTS (SELECT 1 FROM {0} WHERE organisation_id = NEW.organisation_id)"

_STAYS: Final = (
    ("partnerauth_log", "1 = 0", f"{_SAME_SPOT} OR {_SAME_PLACE}"),
    ("partnerauth_personal", _IS_ERASED, _SAME_SPOT),
    ("partnerauth_head", _GROWS, _SAME_CHAIN),
)
"""By table the one change of a row that is allowed, and when there is a row that a new one would replace."""

_SAYS: Final = "the record is append-only: nothing on it is changed or removed"
_ABORT: Final = f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
_RAISE: Final = f"BEGIN RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END"
_REFUSE: Final = "EXECUTE FUNCTION {0}_refuse()"
_TRIGGERS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "sqlite": (
            f"CREATE TRIGGER {{0}}_unchanged BEFORE UPDATE ON {{0}} WHEN NOT ({{1}}) {_ABORT}",
            f"CREATE TRIGGER {{0}}_kept BEFORE DELETE ON {{0}} {_ABORT}",
            f"CREATE TRIGGER {{0}}_unreplaced BEFORE INSERT ON {{0}} WHEN {{2}} {_ABORT}",
        ),
        "postgresql": (
            f"CREATE OR REPLACE FUNCTION {{0}}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {_RAISE} $$",
            f"CREATE TRIGGER {{0}}_unchanged BEFORE UPDATE ON {{0}} FOR EACH ROW WHEN (NOT ({{1}})) {_REFUSE}",
            f"CREATE TRIGGER {{0}}_kept BEFORE DELETE ON {{0}} FOR EACH ROW {_REFUSE}",
            f"CREATE TRIGGER {{0}}_untruncated BEFORE TRUNCATE ON {{0}} FOR EACH STATEMENT {_REFUSE}",
        ),
    }
)
"""What refuses every other one: to be filled in with a line of the above."""

_UNSTORABLE: Final = re.compile("[\\\\\0\ud800-\udfff]")
_STORED: Final = re.compile(r"\\u([0-9a-f]{4})")


def told(row: sa.RowMapping) -> Mapping[str, Any]:
    """Return what a record of version 1 tells: its column `data`.  Raises RecordError where that is no JSON."""
    try:
        found: Mapping[str, Any] = json.loads(row["data"])
    except ValueError:
        message = f"{row['name']}: not as it was written; something else has changed the log"
        raise RecordError(message) from None
    return found


def write_chains(connection: sa.Connection) -> None:
    """Give each record its place and its digest, in the order in which they were stored, and each chain its head.

    Raises RecordError for what cannot be read.
    """
    heads: dict[str, tuple[int, str]] = {}
    changed = _LOG.update().where(_LOG.c.position == sa.bindparam("p"), _LOG.c.number == sa.bindparam("n"))
    for rows in _pages(connection):
        links: list[Mapping[str, Any]] = []
        beside: list[Mapping[str, Any]] = []
        for row in rows:
            data = told(row)
            from_row(row["name"], row["schema_number"], data)
            link, personal = _link(row, data, *heads.get(data["organisation"], (0, _START)))
            heads[data["organisation"]] = link["place"], link["digest"]
            links.append(link)
            beside += [personal] if personal else []
        connection.execute(changed, links)
        if beside:
            connection.execute(PERSONAL.insert(), beside)
    if heads:
        listed = [
            {"organisation_id": _stored(organisation), "length": length, "digest": digest}
            for organisation, (length, digest) in heads.items()
        ]
        connection.execute(HEAD.insert(), listed)


def guard(connection: sa.Connection) -> None:
    """Let the database itself refuse to change or remove what is on record."""
    for table, allowed, taken in _STAYS:
        for statement in _TRIGGERS[connection.dialect.name]:
            connection.exec_driver_sql(statement.format(table, allowed, taken.format(table)))


def _pages(connection: sa.Connection) -> Iterator[Sequence[sa.RowMapping]]:
    """Yield what is on record, the oldest first."""
    log = schema_1.LOG.c
    query = sa.select(log.position, log.number, log.name, log.schema_number, log.about, log.data)
    query = query.order_by(log.position, log.number).limit(AT_ONCE)
    last = (-1, -1)
    while rows := connection.execute(query.where(sa.tuple_(log.position, log.number) > last)).mappings().all():
        yield rows
        last = rows[-1]["position"], rows[-1]["number"]


def _link(
    row: sa.RowMapping, data: Mapping[str, Any], length: int, before: str
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return what is written of a record that follows another one, and the row beside it: empty where it has none."""
    names = sorted(_PERSONAL.get(row["name"], _NOTHING) & data.keys())
    personal = {name: data[name] for name in names}
    openly = {name: value for name, value in data.items() if name not in personal}
    about = _STORED.sub(lambda found: chr(int(found[1], 16)), row["about"])
    is_told = not personal or about in openly.values()
    salt = secrets.token_hex(32)
    hidden = {name: _keyed(salt, name, value) for name, value in personal.items()}
    written = {
        "form": _FORM,
        "before": before,
        "organisation": data["organisation"],
        "place": length + 1,
        "position": row["position"],
        "number": row["number"],
        "at": data["at"],
        "by": data["by"],
        "name": row["name"],
        "about": about if is_told else None,
        "schema": row["schema_number"],
        "data": openly,
        "hidden": hidden,
    }
    link = {
        "p": row["position"],
        "n": row["number"],
        "place": length + 1,
        "about": row["about"] if is_told else None,
        "data": _json(openly),
        "hidden": _json(hidden),
        "digest": hashlib.sha256(_canonical(written)).hexdigest(),
    }
    beside = {
        "position": row["position"],
        "number": row["number"],
        "subject": _stored(data.get("user") or name_key(about) or about),
        "salt": salt,
        "data": _json(personal),
    }
    return link, beside if personal else {}


def _keyed(salt: str, name: str, value: object) -> str:
    return hmac.new(bytes.fromhex(salt), _canonical([name, value]), hashlib.sha256).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _stored(text: str) -> str:
    return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
