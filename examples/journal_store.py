"""A store of one's own: everything in memory, and a journal in a file from which it is read again.

For one process alone.  It shows what an adapter has to do: `docs/stores.md`.
"""

from __future__ import annotations

import copyreg
import os
import pickle
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from partnerauth.adapters.memory import MemoryStore
from partnerauth.ports import Posted, StoreError, Unit

T = TypeVar("T")

MAGIC = b"partnerauth journal 1\n"


def frozen(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """Return a mapping that nobody changes: pickle finds a function by its name, and `MappingProxyType` has none."""
    return MappingProxyType(mapping)


copyreg.pickle(MappingProxyType, lambda mapping: (frozen, (dict(mapping),)))


class JournalStore(MemoryStore):
    """A store whose file has one entry for each call that changed something: the call itself."""

    lasts = True

    def __init__(self, file: Path) -> None:
        """Open the journal, or begin one.  Raises StoreError."""
        super().__init__()
        self._journal = file.open("a+b")
        self._journal.seek(0)
        if (begins := self._journal.read(len(MAGIC))) != MAGIC:
            if begins:
                self.close()
                message = f"{file}: it is no journal of this version; name another file"
                raise StoreError(message)
            self._journal.write(MAGIC)
        whole = len(MAGIC)
        while head := self._journal.read(8):
            size = int.from_bytes(head, "big")
            if len(entry := self._journal.read(size)) < size:
                # It was being written when the process ended: nobody was told that it is stored.
                self._journal.truncate(whole)
                break
            name, arguments, options = pickle.loads(entry)  # noqa: S301 - nobody else writes this file
            getattr(super(), name)(*arguments, **options)
            whole = self._journal.tell()

    def close(self) -> None:
        """Close the file."""
        self._journal.close()

    def commit(self, unit: Unit) -> int:
        """Store a unit; what chance decides is decided before, so that it comes out alike when it is read again."""
        drawn = unit if unit.chance else replace(unit, chance=secrets.token_bytes())
        return self._noted(super().commit, drawn)

    def claim_mail(self, now: datetime, until: datetime) -> Posted | None:
        """Take the mail that has been due for longest."""
        return self._noted(super().claim_mail, now, until)

    def mark_sent(self, ids: Iterable[int]) -> None:
        """Note that mails were sent."""
        self._noted(super().mark_sent, tuple(ids))

    def mark_failed(self, mail: int, *, attempt: int, problem: str, next_try_at: datetime | None) -> bool:
        """Note that a try failed."""
        return self._noted(super().mark_failed, mail, attempt=attempt, problem=problem, next_try_at=next_try_at)

    def retry_mails(self, ids: Iterable[int], now: datetime) -> Sequence[int]:
        """Let mails be due now."""
        return self._noted(super().retry_mails, tuple(ids), now)

    def _noted(self, call: Callable[..., T], *arguments: Any, **options: Any) -> T:  # noqa: ANN401 - of any call
        """Do it, and write it down before anybody is told that it is done.  What raises changes nothing."""
        with self._lock:
            answer = call(*arguments, **options)
            entry = pickle.dumps((call.__name__, arguments, options))
            self._journal.write(len(entry).to_bytes(8, "big") + entry)
            self._journal.flush()
            os.fsync(self._journal.fileno())
            return answer
