"""Append-only: the database itself refuses to change or remove what is on record (AU-03).

The triggers come with the tables, in SQLite and in PostgreSQL.  Whoever may change the database may also drop a
trigger; what he changes then, the chain shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, MetaData, Table, event

LOG: Final = "partnerauth_log"
PERSONAL: Final = "partnerauth_personal"
HEAD: Final = "partnerauth_head"

_SAYS: Final = "the record is append-only: nothing on it is changed or removed"

_IS_ERASED: Final = (
    "NEW.position = OLD.position AND NEW.number = OLD.number AND OLD.erased_position IS NULL "
    "AND NEW.erased_position IS NOT NULL AND NEW.salt = '' AND NEW.data = '{}'"
)
_SAME: Final = "position = NEW.position AND number = NEW.number"

_GROWS: Final = "NEW.organisation_id = OLD.organisation_id AND NEW.length > OLD.length"

_STAYS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        LOG: ("1 = 0", (_SAME, "organisation_id = NEW.organisation_id AND place = NEW.place")),
        PERSONAL: (_IS_ERASED, (_SAME,)),
        HEAD: (_GROWS, ("organisation_id = NEW.organisation_id",)),
    }
)
"""By table the one change of a row that is allowed, and what finds the rows that a new one would replace."""


def for_sqlite(table: str) -> tuple[str, ...]:
    """Return the statements that make a table append-only in SQLite.

    `INSERT OR REPLACE` removes a row without asking the triggers for it, so a row that is there refuses another.
    """
    allowed, same = _STAYS[table]
    rows = (f"SELECT 1 FROM {table} WHERE {each}" for each in same)  # noqa: S608 - the names are those above
    taken = " OR ".join(f"EXISTS ({each})" for each in rows)
    return tuple(
        f"CREATE TRIGGER {table}_{name} BEFORE {what} ON {table}{f' WHEN {when}' if when else ''} "
        f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
        for name, what, when in (
            ("unchanged", "UPDATE", f"NOT ({allowed})"),
            ("kept", "DELETE", ""),
            ("unreplaced", "INSERT", taken),
        )
    )


def for_postgresql(table: str) -> tuple[str, ...]:
    """Return the statements that make a table append-only in PostgreSQL."""
    allowed, _ = _STAYS[table]
    function = (
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{_SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    refuses = f"EXECUTE FUNCTION {table}_refuse()"
    return (
        function,
        f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} FOR EACH ROW WHEN (NOT ({allowed})) {refuses}",
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW {refuses}",
        f"CREATE TRIGGER {table}_untruncated BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuses}",
    )


STATEMENTS: Final = MappingProxyType({"sqlite": for_sqlite, "postgresql": for_postgresql})
"""What makes a table append-only, by dialect."""

TABLES: Final = tuple(_STAYS)
"""The tables that are append-only."""


def guard(metadata: MetaData) -> None:
    """Let the triggers be made together with the tables of the record."""
    for table in TABLES:
        event.listen(metadata.tables[table], "after_create", _created)


def _created(table: Table, connection: Connection, **_: object) -> None:
    for statement in STATEMENTS[connection.dialect.name](table.name):
        connection.exec_driver_sql(statement)
