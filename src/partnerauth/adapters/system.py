"""Adapter: the machine's clock and chance, and the word lists that the library ships."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from partnerauth.adapters.word_lists import common_passwords, free_mail_domains, public_suffixes
from partnerauth.policy import domains, passwords


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


class ShippedWordLists:
    """The common passwords and free-mail domains that come with the library."""

    def is_common_password(self, password: str) -> bool:
        """Whether a password is among the most common (GX-06)."""
        return passwords.is_common(password, common_passwords())

    def is_free_mail(self, domain: str) -> bool:
        """Whether anybody can have an address of this domain (EM-13)."""
        return domains.not_free_mail(domain, free_mail_domains() | public_suffixes()) is not None
