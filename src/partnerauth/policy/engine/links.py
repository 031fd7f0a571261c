"""Who has which role: links with cached closures, added and removed one at a time."""

from __future__ import annotations

from threading import Lock
from typing import TypeAlias, cast

Key: TypeAlias = str | tuple[str, str]
"""A name, or (name, domain) where the role definition has domains."""


class Links:
    """The links of one role definition, and what each name reaches through them.

    Means what pycasbin's own role managers mean: a name reaches itself, and whatever is at most `hops` links
    away in the same domain.  Other than these, a question about an unknown name leaves no trace.

    Generated code reads `closures` and `out` directly; whoever finds nothing there asks `reach`.  Readers
    need no lock: it keeps a closure that was worked out before a link was cut from being stored after it.
    """

    __slots__ = ("_into", "_lock", "closures", "domains", "hops", "out")

    def __init__(self, *, domains: bool, hops: int) -> None:
        """Start without links; `hops` is the longest chain that counts, in links."""
        self.domains = domains
        self.hops = hops
        self.out: dict[Key, dict[str, None]] = {}
        self.closures: dict[Key, tuple[str, ...]] = {}
        self._into: dict[Key, dict[str, None]] = {}
        self._lock = Lock()

    def add(self, name: str, role: str, domain: str = "") -> None:
        """Link a name to a role; a second time changes nothing."""
        with self._lock:
            self.out.setdefault(self._key(name, domain), {})[role] = None
            self._into.setdefault(self._key(role, domain), {})[name] = None
            self._forget(name, domain)

    def remove(self, name: str, role: str, domain: str = "") -> None:
        """Cut a link; one that is not there changes nothing."""
        with self._lock:
            for side, here, there in ((self.out, name, role), (self._into, role, name)):
                names = side.get(self._key(here, domain), {})
                names.pop(there, None)
                if not names:
                    side.pop(self._key(here, domain), None)
            self._forget(name, domain)

    def reach(self, key: Key) -> tuple[str, ...]:
        """Everything that a name reaches, itself first, then nearest first."""
        known = self.closures.get(key)
        if known is not None:
            return known
        name, domain = cast("tuple[str, str]", key if self.domains else (key, ""))
        if key not in self.out:
            return (name,)
        with self._lock:
            closure = tuple(self._walk(self.out, name, domain, self.hops))
            self.closures[key] = closure
        return closure

    def has(self, name: str, role: str, domain: object = "") -> bool:
        """Whether a name has a role: what `g(name, role, domain)` answers.

        Raises:
            TypeError: a name or role that is not hashable, as from pycasbin.
        """
        where = domain if domain.__class__ is str else str(domain)
        reached = self.reach((name, where) if self.domains else name)
        if name.__class__ is str and role.__class__ is str:
            return role in reached
        # Any other class decides for itself what equals what, so it is asked as pycasbin asks it.
        hash(role)
        return bool(name == role) or role in reached[1:]

    def _key(self, name: str, domain: str) -> Key:
        return (name, domain) if self.domains else name

    def _forget(self, name: str, domain: str) -> None:
        """Drop the closures of everything that reaches a name."""
        for above in self._walk(self._into, name, domain, self.hops):
            self.closures.pop(self._key(above, domain), None)

    def _walk(self, side: dict[Key, dict[str, None]], name: str, domain: str, hops: int) -> dict[str, None]:
        """Breadth first from a name, at most so many links away: bounded, also where links form a cycle."""
        seen = {name: None}
        level = [name]
        for _ in range(hops):
            level = list(
                dict.fromkeys(
                    near for here in level for near in side.get(self._key(here, domain), ()) if near not in seen
                )
            )
            if not level:
                break
            seen |= dict.fromkeys(level)
        return seen
