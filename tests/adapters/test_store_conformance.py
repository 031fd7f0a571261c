"""Every store that the library ships does what a store has to do."""

from __future__ import annotations

import pytest

from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore
from partnerauth.ports import Store
from partnerauth.testing.stores import StoreConformance


class TestMemory(StoreConformance):
    def new_store(self) -> Store:
        return MemoryStore()


class TestSqlInMemory(StoreConformance):
    def new_store(self) -> Store:
        return SqlStore("sqlite://")


class TestSqlOnDisk(StoreConformance):
    def new_store(self) -> Store:
        return SqlStore(f"sqlite:///{self.folder / 'portal.db'}")


class TestSqlOnPostgreSQL(StoreConformance):
    url: str

    @pytest.fixture(autouse=True)
    def name_database(self, postgres_url: str) -> None:
        self.url = postgres_url

    def new_store(self) -> Store:
        return SqlStore(self.url)
