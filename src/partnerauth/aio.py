"""The library in an embedder's event loop: the same steps, performed where they hold nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from partnerauth.decision import Answer
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Actor
from partnerauth.flow import Command
from partnerauth.ports import Store
from partnerauth.shell import Load, Pause, Save, Step
from partnerauth.view import View

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

    AsyncTransaction: TypeAlias = AsyncSession | AsyncConnection

T = TypeVar("T")


class AsyncPartnerAuth:
    """A portal's user management for whoever awaits: `sync` is the same without that.

    The store and the slow hashes work in threads, so that the event loop never waits for them.  Who acts is told with
    each command, and kept nowhere: any number of tasks share one of these (SE-19).
    """

    def __init__(self, auth: PartnerAuth) -> None:
        """Take what was set up at the start of the process."""
        self.sync = auth

    async def execute(self, actor: Actor, command: Command) -> Answer:
        """Carry out a command, as `PartnerAuth.execute`.

        A task that is cancelled meanwhile may leave the command carried out, as a lost connection may.
        """
        return await _carry_out(self.sync.steps(actor, command), self.perform)

    async def ask(self, question: Callable[[View], T]) -> T:
        """Return what a question answers, asked of a view of everything as it is committed now."""
        return await asyncio.to_thread(lambda: question(self.sync.view()))

    def using(self, session: AsyncTransaction) -> AsyncJoined:
        """Return what carries out commands and answers questions within a transaction of the caller's.

        `session` is an AsyncSession or AsyncConnection of SQLAlchemy, of the store's database; for the rest see
        `PartnerAuth.using`.  Raises ValueError for anything else.
        """
        if not hasattr(session, "run_sync"):
            message = f"using: {type(session).__name__} cannot be awaited; `sync.using` takes a Session or Connection"
            raise ValueError(message)
        return AsyncJoined(self, session)

    async def perform(self, step: Step) -> object:
        """Perform a step, as `Shell.perform`."""
        if isinstance(step, Pause):
            await asyncio.sleep(self.sync.length(step))
            return None
        return await asyncio.to_thread(self.sync.perform, step)


class AsyncJoined:
    """A portal's user management within a transaction of the caller's: as `adapters.sql.joined.Joined`, awaited."""

    def __init__(self, auth: AsyncPartnerAuth, session: AsyncTransaction) -> None:
        """Take a session.  What cannot be joined is told of when it is used."""
        self._auth = auth
        self._session = session

    async def execute(self, actor: Actor, command: Command) -> Answer:
        """Carry out a command as a part of the transaction.  Raises as `Joined.execute` does."""
        store = await self._session.run_sync(lambda joined: self._auth.sync.using(joined).begin(actor, command))
        return await _carry_out(self._auth.sync.steps(actor, command), lambda step: self._perform(step, store))

    async def ask(self, question: Callable[[View], T]) -> T:
        """Return what a question answers, asked of a view of everything as this transaction sees it."""
        return await self._session.run_sync(lambda joined: question(self._auth.sync.using(joined).view()))

    async def _perform(self, step: Step, store: Store) -> object:
        if isinstance(step, Load | Save):
            return await self._session.run_sync(lambda _: self._auth.sync.perform(step, store))
        return await self._auth.perform(step)


async def _carry_out(steps: Generator[Step, Any, Answer], perform: Callable[[Step], Awaitable[object]]) -> Answer:
    """Await steps one after the other, and return the answer that they lead to."""
    result: object = None
    while True:
        try:
            step = steps.send(result)
        except StopIteration as stop:
            answer: Answer = stop.value
            return answer
        result = await perform(step)
