"""Adapter: everything in an SQL database, through SQLModel: an SQLite file takes no set-up at all."""

from __future__ import annotations

from partnerauth.adapters.sql.store import SqlStore, create_tables

__all__ = ["SqlStore", "create_tables"]
