"""The library in an embedder's process: one portal over a store, with everything else chosen for him."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from partnerauth.adapters.argon2 import OWASP, Argon2Hasher
from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.system import SystemClock, SystemEntropy, SystemTimer
from partnerauth.adapters.word_lists import ShippedWordLists
from partnerauth.index import Models
from partnerauth.policy.engine.masks import Masks
from partnerauth.policy.portal import Portal
from partnerauth.portals import read_portal
from partnerauth.ports import Clock, Entropy, PasswordHasher, Store, Timer, WordLists
from partnerauth.shell import Ports, Shell

if TYPE_CHECKING:
    from partnerauth.adapters.sql.joined import Joined, Transaction


class PartnerAuth(Shell):
    """A portal's user management: `execute` commands, ask a `view`.

    `portal` is a portal, the name of a shipped one or the path of a portal file.  `store` is where everything
    is kept: memory when left out, and an SQLAlchemy URL such as `sqlite:///portal.db` opens the SQL store.
    `key` is the server's secret, of at least 32 bytes, from which mailed links are derived: a store that
    outlives the process needs one that does so too (ValueError otherwise).  `models` makes the rights model that
    every question is answered by (`policy.engine.model.RightsModel`).
    """

    def __init__(  # noqa: PLR0913 - every port can be replaced, and none has to be
        self,
        portal: Portal | str,
        store: Store | str | None = None,
        *,
        key: bytes | None = None,
        hasher: PasswordHasher | None = None,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        words: WordLists | None = None,
        timer: Timer | None = None,
        models: Models = Masks,
    ) -> None:
        """Choose what was left out.  Raises PortalError, StoreError and ValueError."""
        if key is None and (isinstance(store, str) or (store is not None and store.lasts)):
            message = "key: a store that outlives the process needs a server secret that does so too (GX-04)"
            raise ValueError(message)
        kept = _store(store)
        super().__init__(
            read_portal(portal) if isinstance(portal, str) else portal,
            Ports(
                store=kept,
                hasher=hasher or Argon2Hasher(*OWASP),
                clock=clock or SystemClock(),
                entropy=entropy or SystemEntropy(),
                words=words or ShippedWordLists(),
                timer=timer or SystemTimer(),
                key=key or secrets.token_bytes(32),
            ),
            models=models,
        )

    def using(self, session: Transaction) -> Joined:
        """Return what carries out commands and answers questions within a transaction of the caller's.

        `session` is a Session of SQLAlchemy or SQLModel, or a Connection, of the store's database.  The library never
        commits it: rolled back means that it never happened.  Raises ValueError where it cannot be joined.
        """
        from partnerauth.adapters.sql.joined import Joined  # noqa: PLC0415 - SQLModel is loaded by whoever uses it

        return Joined(self, session)


def _store(store: Store | str | None) -> Store:
    if store is None:
        return MemoryStore()
    if isinstance(store, str):
        from partnerauth.adapters.sql import SqlStore  # noqa: PLC0415 - SQLModel is loaded by whoever uses it

        return SqlStore(store)
    return store
