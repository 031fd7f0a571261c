"""Every store that the library ships does what a store has to do, and they agree on random histories."""

from __future__ import annotations

from pathlib import Path

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
    folder: Path

    @pytest.fixture(autouse=True)
    def _in_folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def new_store(self) -> Store:
        return SqlStore(f"sqlite:///{self.folder / 'portal.db'}")
