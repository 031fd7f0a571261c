"""Adapter: the machine's clock, timer and chance."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, in UTC (CC-15)."""

    def now(self) -> datetime:
        """Return the present time."""
        return datetime.now(UTC)


class SystemTimer:
    """The machine's timer: the thread sleeps meanwhile."""

    def wait(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)


class SystemEntropy:
    """The operating system's chance."""

    def draw(self, size: int) -> bytes:
        """Return so many unpredictable bytes."""
        return secrets.token_bytes(size)
