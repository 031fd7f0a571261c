"""Two stores that have to agree: `Twins`, in the place of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from partnerauth.chain import Head, Link, Spot
from partnerauth.directory import (
    AnotherHolder,
    Key,
)
from partnerauth.ports import Changes, ConflictError, Loaded, MailState, Mark, Posted, Recorded, Store, Unit

T = TypeVar("T")


def same(found: object, expected: object) -> None:
    """Raise AssertionError where two things differ: also where nobody rewrites `assert`."""
    if found != expected:
        message = f"found {found!r}\nbut expected {expected!r}"
        raise AssertionError(message)


class Twins:
    """Two stores in the place of one, which have to agree on everything: raises AssertionError where they do not.

    Which other holder of a right `AnotherHolder` names is each store's own choice, whether there is one is not.
    """

    def __init__(self, one: Store, other: Store) -> None:
        """Take two stores that hold the same."""
        self.one = one
        self.other = other

    @property
    def lasts(self) -> bool:
        """Whether what is stored outlives the process."""
        return self.one.lasts

    def read(self, keys: Sequence[Key[Any]]) -> Loaded:
        """Answer every key."""
        one, other = self.one.read(keys), self.other.read(keys)
        same(_comparable(other), _comparable(one))
        return one

    def commit(self, unit: Unit) -> int:
        """Store a unit, in both or in neither; what has no chance of its own gets the same in both."""
        chanced = replace(unit, chance=unit.chance or b"the same in both of them, always")
        return self._both(lambda store: store.commit(chanced))

    def position(self) -> int:
        """Return the newest position that is on record."""
        return self._both(lambda store: store.position())

    def changes_since(self, mark: Mark | None) -> Changes:
        """Return which facts changed since a mark: of both stores, one mark a line."""
        marks = (None, None) if mark is None else map(Mark, mark.split("\n"))
        one, other = (store.changes_since(each) for store, each in zip((self.one, self.other), marks, strict=True))
        same((other.position, other.keys), (one.position, one.keys))
        return replace(one, mark=Mark(f"{one.mark}\n{other.mark}"))

    def records(self, *, about: str | None = None, organisation: str | None = None) -> Sequence[Recorded]:
        """Return what is on record."""
        return self._both(lambda store: store.records(about=about, organisation=organisation))

    def told_of(self, subjects: Sequence[str]) -> Sequence[Spot]:
        """Return the records that tell of persons."""
        return self._both(lambda store: store.told_of(subjects))

    def examine(self, work: Callable[[Sequence[Head], Iterator[Link]], T]) -> T:
        """Do some work on the record: every digest has to be the same."""
        heads, links = self._both(lambda store: store.examine(lambda heads, links: (tuple(heads), tuple(links))))
        return work(heads, iter(links))

    def outbox(
        self, *, to: str | None = None, state: MailState | None = None, after: int = 0, limit: int | None = None
    ) -> Sequence[Posted]:
        """Return mails."""
        return self._both(lambda store: store.outbox(to=to, state=state, after=after, limit=limit))

    def claim_mail(self, now: datetime, until: datetime) -> Posted | None:
        """Take the mail that has been due for longest."""
        return self._both(lambda store: store.claim_mail(now, until))

    def mark_sent(self, ids: Iterable[int]) -> None:
        """Note that mails were sent."""
        sent = tuple(ids)
        self._both(lambda store: store.mark_sent(sent))

    def mark_failed(self, mail: int, *, attempt: int, problem: str, next_try_at: datetime | None) -> bool:
        """Note that a try failed."""
        return self._both(
            lambda store: store.mark_failed(mail, attempt=attempt, problem=problem, next_try_at=next_try_at)
        )

    def retry_mails(self, ids: Iterable[int], now: datetime) -> Sequence[int]:
        """Let mails be due now."""
        again = tuple(ids)
        return self._both(lambda store: store.retry_mails(again, now))

    def _both(self, ask: Callable[[Store], T]) -> T:
        """Ask both.  The other store is asked as well where the one is in conflict, and has to be in conflict too."""
        try:
            answer = ask(self.one)
        except ConflictError as conflict:
            with suppress(ConflictError):
                message = f"one store is in conflict ({conflict}), and the other answers {ask(self.other)!r}"
                raise AssertionError(message) from None
            raise
        try:
            same(ask(self.other), answer)
        except ConflictError as conflict:
            message = f"one store answers {answer!r}, and the other is in conflict ({conflict})"
            raise AssertionError(message) from None
        return answer


def _comparable(loaded: Loaded) -> object:
    values = {
        key: value is not None if isinstance(key, AnotherHolder) else value for key, value in loaded.values.items()
    }
    return values, dict(loaded.revisions), dict(loaded.versions)
