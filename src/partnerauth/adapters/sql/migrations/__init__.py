"""Migrations: what leads from each version of the tables to the next, as operations of Alembic.

A version is a module here with a function `upgrade`, which gets Alembic's operations on a connection and sets
the number in the meta row.  That number is the only note of what a database has: there is no second one to
disagree with it.  Nothing leads back: whoever has to go back restores the copy that he made before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from partnerauth.adapters.sql.migrations import schema_1, schema_2

STEPS: Final[tuple[Callable[[Operations], None], ...]] = (schema_1.upgrade, schema_2.upgrade)
"""What leads to version 1, to version 2 and so on."""


def climb(connection: Connection, found: int) -> None:
    """Lead a database of an earlier version, 0 where it is empty, to the newest; the caller commits."""
    # Not the context manager of Alembic, which is one for the whole process and may be in use by the embedder.
    operations = Operations(MigrationContext.configure(connection))
    for step in STEPS[found:]:
        step(operations)
