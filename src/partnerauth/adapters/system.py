"""Adapter: the machine's clock and chance."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, in UTC (CC-15)."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)


class SystemEntropy:
    """The operating system's chance."""

    def draw(self, size: int) -> bytes:
        """Return so many unpredictable bytes."""
        return secrets.token_bytes(size)
