"""Adapter: everything in an SQL database, through SQLModel: an SQLite file takes no set-up at all."""

from __future__ import annotations

from partnerauth.adapters.sql.schema import create_tables, upgrade, upgrade_tables
from partnerauth.adapters.sql.store import SqlStore, prepare

__all__ = ["SqlStore", "create_tables", "prepare", "upgrade", "upgrade_tables"]
