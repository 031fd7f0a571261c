"""What can be done at the moment, and the names that everything has that is drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from partnerauth.policy.passwords import compose
from partnerauth.policy.portal import Portal
from partnerauth.testing.history import Secret, State, Turn

T = TypeVar("T")

ORGANISATIONS: Final = ("acme", "borealis", "cargo")
ACCOUNTS: Final = ("hq", "depot")
CONTRACTS: Final = ("C-1", "C-2", "C-3")
ADDRESSES: Final = ("B-1", "B-2")
BROWSERS: Final = ("laptop", "phone")
NAMES: Final = ("anna", "ben", "chloe", "dirk", "eva", "fons")

LOOKALIKES: Final = ("ANNA-ACME", "\uff41nna-acme", "anna@acme", "anna@acme.example")
"""User names that people could take for another's: in capitals, full-width, like an address, an address."""

UNKNOWN: Final = "nowhere"
"""A name that nothing has."""

GUESSED: Final = "nobody-was-ever-mailed-this"
"""A secret that belongs to nothing."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """All that is stored, the secrets that people were told, and the commands that were accepted, oldest first."""

    portal: Portal
    state: State = field(default_factory=State)
    passwords: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    links: Sequence[Secret] = ()
    sessions: Sequence[Secret] = ()
    done: Sequence[Turn] = ()


def password(portal: Portal, number: int = 0) -> str:
    """Return one of the passwords that people choose: each satisfies every portal's policy."""
    return compose(portal.password_policy, hashlib.sha256(f"password {number}".encode()).digest())


def address(name: str, organisation: str) -> str:
    """Return the e-mail address of somebody who is called so, in the domain of an organisation."""
    return f"{name}@{organisation}.example"


def happens(draw: DrawFn, once_in: int) -> bool:
    """Draw whether something happens that does so once in so many times; it shrinks to no."""
    return draw(st.integers(1, once_in)) == once_in


def mostly(draw: DrawFn, likely: SearchStrategy[T], seldom: SearchStrategy[T], *, once_in: int = 12) -> T:
    """Draw the likely, and once in so many times the other."""
    return draw(seldom if happens(draw, once_in) else likely)


def parts(values: Iterable[T], *, least: int = 0, most: int | None = None) -> SearchStrategy[tuple[T, ...]]:
    """Draw some of the values, in their order; at least and at most so many, as far as there are."""
    ordered = tuple(values)
    if not ordered:
        return st.just(())
    chosen = st.sets(st.sampled_from(range(len(ordered))), min_size=min(least, len(ordered)), max_size=most)
    return chosen.map(lambda indexes: tuple(ordered[index] for index in sorted(indexes)))


def one_of(values: Iterable[T], otherwise: T) -> SearchStrategy[T]:
    """Draw one of the values, or what stands in where there are none."""
    listed = tuple(values)
    return st.sampled_from(listed) if listed else st.just(otherwise)
