"""Adapter: passwords hashed and verified with Argon2id, a few at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final, NamedTuple

from argon2 import Parameters, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret, verify_secret
from argon2.profiles import RFC_9106_LOW_MEMORY as _RFC_9106


class Cost(NamedTuple):
    """What one hash costs: passes, memory in KiB, lanes."""

    time_cost: int
    memory_cost: int
    parallelism: int


OWASP: Final = Cost(2, 19456, 1)
"""OWASP Password Storage Cheat Sheet, its least: 19 MiB, two passes, one lane.

The default: every visitor can ask for a hash, so that one must not take the whole machine.
RFC_9106_LOW_MEMORY does five times the work in three times the memory.
"""

RFC_9106_LOW_MEMORY: Final = Cost(_RFC_9106.time_cost, _RFC_9106.memory_cost, _RFC_9106.parallelism)
"""RFC 9106, section 4, second recommended option: 64 MiB, three passes, four lanes."""

TEST: Final = Cost(1, 8, 1)
"""The cheapest that Argon2 allows: protects nothing, for tests alone."""

LONGEST_SECRET: Final = 1024
"""Bytes of UTF-8 that are hashed at most: 256 characters, the most a policy allows, of four bytes each."""

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
"""Salt and tag of 128 and 256 bits (RFC 9106, section 4)."""

_LEAST_MEMORY_A_LANE: Final = 8
"""KiB (RFC 9106, 3.1)."""


class HasherBusyError(RuntimeError):
    """So many hashes wait that another one would only add to a flood: answer "try again later" (503)."""


class Argon2Hasher:
    """Hashes and verifies passwords, `concurrent` at once and `waiting` more in line (RFC 9106, GX-06).

    The costs are those of `Cost`: `Argon2Hasher(*OWASP)`.  Passwords come in NFC
    (`policy.passwords.normalise`) and are hashed as UTF-8, never trimmed or cut.  A `verify` costs as much as
    a `hash`, whatever is typed and whether a hash is stored, none, or one of less cost, so that the time does
    not tell whether a user exists (GX-03).  Both raise HasherBusyError where the line is full.  One hasher is
    shared by all threads of a process.
    """

    def __init__(
        self,
        time_cost: int = OWASP.time_cost,
        memory_cost: int = OWASP.memory_cost,
        parallelism: int = OWASP.parallelism,
        *,
        concurrent: int = 2,
        waiting: int = 64,
    ) -> None:
        self._cost = Cost(time_cost, memory_cost, parallelism)
        self._in_line = BoundedSemaphore(concurrent + waiting)
        self._at_work = BoundedSemaphore(concurrent)

    def hash(self, password: str) -> str:
        """Return the hash to store, in PHC string format.  Raises ValueError above 1,024 bytes of UTF-8."""
        secret = _secret(password)
        if secret is None:
            message = f"the password is longer than {LONGEST_SECRET} bytes: check the policy before hashing"
            raise ValueError(message)
        with self._turn():
            return _hash(secret, os.urandom(_SALT_BYTES), self._cost)

    def verify(self, hash: str | None, password: str) -> bool:  # noqa: A002 - the word of the field
        """Return whether the stored hash is one of this password; never for none, or one that is unusable."""
        secret = _secret(password)
        with self._turn():
            matches, spent = (False, 0) if secret is None else _compare(hash or "", secret)
            self._spend(self._cost.time_cost * self._cost.memory_cost - spent)
        return matches

    def outdated(self, hash: str) -> bool:  # noqa: A002 - the word of the field
        """Return whether a stored hash is weaker than one made today: then hash anew at sign-in (GX-06)."""
        stored = _parameters(hash)
        return (
            stored is None
            or stored.type is not Type.ID
            or stored.version < ARGON2_VERSION
            or stored.time_cost < self._cost.time_cost
            or stored.memory_cost < self._cost.memory_cost
            or stored.salt_len < _SALT_BYTES
            or stored.hash_len < _HASH_BYTES
        )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until a hash may run; do not even wait where the line is full."""
        if not self._in_line.acquire(blocking=False):
            message = "too many passwords wait to be hashed: try again later"
            raise HasherBusyError(message)
        try:
            with self._at_work:
                yield
        finally:
            self._in_line.release()

    def _spend(self, kib_passes: int) -> None:
        """Do the work that a comparison was spared, for its time alone."""
        if kib_passes > 0:
            least = _LEAST_MEMORY_A_LANE * self._cost.parallelism
            memory = max(least, kib_passes // self._cost.time_cost)
            _hash(b"", bytes(_SALT_BYTES), self._cost._replace(memory_cost=memory))


def _secret(password: str) -> bytes | None:
    """Return what is hashed, or None where it is too long; a lone surrogate is a character like any other."""
    if len(password) > LONGEST_SECRET:
        return None
    secret = password.encode("utf-8", "surrogatepass")
    return secret if len(secret) <= LONGEST_SECRET else None


def _hash(secret: bytes, salt: bytes, cost: Cost) -> str:
    return hash_secret(secret, salt, *cost, hash_len=_HASH_BYTES, type=Type.ID).decode("ascii")


def _parameters(stored: str) -> Parameters | None:
    """Return what a stored hash says of itself, or None where it is no Argon2 hash."""
    try:
        return extract_parameters(stored) if stored.isascii() else None
    except InvalidHashError:
        return None


def _compare(stored: str, secret: bytes) -> tuple[bool, int]:
    """Return whether the stored hash is one of the secret, and the KiB times passes that finding out took."""
    parameters = _parameters(stored)
    if parameters is None:
        return False, 0
    spent = parameters.time_cost * parameters.memory_cost
    try:
        return verify_secret(stored.encode("ascii"), secret, parameters.type), spent
    except VerifyMismatchError:
        return False, spent
    except VerificationError:
        return False, 0
