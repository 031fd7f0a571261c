"""A world for tests: a portal with a clock that is set by hand, chance from a seed, and hashes that cost nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Mail
from partnerauth.policy.portal import Portal
from partnerauth.ports import Store

START: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A Monday morning: when every world begins, unless it is told otherwise."""

KEY: Final = hashlib.sha256(b"for tests alone").digest()
"""The server's secret of every world: known to all, so that it protects nothing."""


class FixedClock:
    """A clock that stands still until it is set or moved on (ports.Clock)."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self.set(now)

    def now(self) -> datetime:
        """Return the time that was set."""
        return self._now

    def set(self, now: datetime) -> None:
        """Set the time.  Raises ValueError where it has no zone (CC-15)."""
        if now.tzinfo is None:
            message = "a time needs its zone: datetime(..., tzinfo=UTC)"
            raise ValueError(message)
        self._now = now

    def advance(self, by: timedelta) -> None:
        """Move the time on."""
        self._now += by


class SeededEntropy:
    """Chance that is the same for the same seed (ports.Entropy): for tests alone, since anybody can repeat it."""

    def __init__(self, seed: int | str = 0) -> None:
        self._seed = seed
        self._draws = 0

    def draw(self, size: int) -> bytes:
        """Return so many bytes, other ones each time."""
        self._draws += 1
        return hashlib.shake_256(f"{self._seed}:{self._draws}".encode()).digest(size)

    def begin(self, seed: int | str) -> None:
        """Begin anew, with another seed."""
        self._seed, self._draws = seed, 0


def fast_hasher() -> Argon2Hasher:
    """Return a hasher of passwords at the least cost that Argon2 allows: it protects nothing."""
    return Argon2Hasher(*TEST)


class World(PartnerAuth):
    """A portal in a test: everything is real but for the clock, the chance and the cost of a hash."""

    def __init__(
        self, portal: Portal | str, store: Store | str | None = None, *, now: datetime = START, seed: int = 0
    ) -> None:
        """Take what `PartnerAuth` takes.  Raises PortalError, StoreError and ValueError."""
        self.clock = FixedClock(now)
        self.entropy = SeededEntropy(seed)
        super().__init__(portal, store, key=KEY, hasher=fast_hasher(), clock=self.clock, entropy=self.entropy)


class Outbox:
    """The mails of a world, as those see them who get them."""

    def __init__(self, of: PartnerAuth) -> None:
        self._of = of

    def mails(self, to: str | None = None) -> tuple[Mail, ...]:
        """Return the mails to an address, or all of them, oldest first."""
        return tuple(posted.mail for posted in self._of.store.outbox(to=to))

    def secret(self, to: str) -> str:
        """Return what the newest mail to an address shows: a link's secret, a code or a password.

        Raises LookupError where no mail to it shows any.
        """
        shown = [mail.token for mail in self.mails(to) if mail.token]
        if not shown:
            message = f"no mail to {to} shows a secret"
            raise LookupError(message)
        return self._of.secret(shown[-1])


def world(portal: Portal | str, store: Store | str | None = None, *, now: datetime = START, seed: int = 0) -> World:
    """Return a portal to test with: `portal` and `store` as `PartnerAuth` takes them.

    `world.clock` is set by hand, and `Outbox(world)` has the mails.  The same seed gives the same ids and secrets.
    """
    return World(portal, store, now=now, seed=seed)
