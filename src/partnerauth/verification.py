"""Verifying the record: what is not as it was written, and the seals that show what the chain alone cannot (GX-08)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from types import MappingProxyType
from typing import Any

from partnerauth.chain import FORM, Head, Link, Spot, canonical, digest_of, event_of, hidden, subject_of
from partnerauth.events import UserErased
from partnerauth.records import RecordError, in_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it was written: in which chain, at which place in it, and what is wrong there."""

    organisation: str
    place: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What a seal holds on to: the heads of all chains as they were at one moment."""

    at: datetime
    heads: Mapping[str, Head]


class Examination:
    """Reads a record once, from its first link to its last, and finds what is not as it was written.

    It keeps a few lines for each chain, seal and erased person in memory, and nothing for each record.
    """

    def __init__(self, heads: Iterable[Head], seals: Sequence[Sealed] = ()) -> None:
        """Take the heads as they are kept with the record, and the seals that were kept elsewhere."""
        self.heads = {head.organisation: head for head in heads}
        self.seals = seals
        self.records = 0
        self.chains = 0
        self._erasures: dict[Spot, tuple[object, object]] = {}
        self._blanks: Counter[tuple[Spot, str]] = Counter()
        self._first_blank: dict[tuple[Spot, str], Link] = {}

    def of(self, links: Iterable[Link]) -> Iterator[Finding]:
        """Yield everything that is wrong, given all links in the order of organisation and place."""
        seen: set[str] = set()
        for organisation, chain in groupby(links, key=lambda link: link.organisation):
            seen.add(organisation)
            yield from self._chain(organisation, chain)
        for organisation in sorted(self._expected() - seen):
            yield from self._chain(organisation, iter(()))
        yield from self._blanked()

    def _expected(self) -> set[str]:
        return {*self.heads, *(organisation for seal in self.seals for organisation in seal.heads)}

    def _chain(self, organisation: str, chain: Iterator[Link]) -> Iterator[Finding]:
        self.chains += 1
        last = Head(organisation=organisation)
        sealed = [(seal, head) for seal in self.seals if (head := seal.heads.get(organisation))]
        for link in chain:
            self.records += 1
            if link.place != last.length + 1:
                yield _found(link, _gap(last.length, link.place))
            if link.digest != digest_of(link, last.digest):
                yield _found(link, "it was changed: its digest does not fit what stands here, after the one before it")
            yield from (_found(link, says) for says in self._personal(link))
            for seal, head in sealed:
                if head.length == link.place and head.digest != link.digest:
                    yield _found(link, f"another record stood here when it was sealed at {seal.at.isoformat()}")
            last = Head(organisation=organisation, length=link.place, digest=link.digest)
        yield from self._ends(last, sealed)

    def _ends(self, last: Head, sealed: Iterable[tuple[Sealed, Head]]) -> Iterator[Finding]:
        head = self.heads.get(last.organisation)
        if head is None:
            says = "the chain has no head" if last.length else "the chain is gone, with its head"
            yield Finding(organisation=last.organisation, place=last.length, says=says)
        elif head != last:
            yield Finding(organisation=last.organisation, place=last.length, says=_ends_elsewhere(last, head))
        for seal, then in sealed:
            if then.length > last.length:
                says = f"{_cut(last.length, then.length)}: {then.length} were sealed at {seal.at.isoformat()}"
                yield Finding(organisation=last.organisation, place=last.length, says=says)

    def _personal(self, link: Link) -> Iterator[str]:
        kept = link.personal
        if link.name == UserErased.__name__:
            self._erasures[link.spot] = link.data.get("user"), link.data.get("records")
        if kept is None:
            if link.hidden:
                yield "what it tells of a person is gone, and no erasing is on record"
            return
        if not link.hidden:
            yield "it tells of no person, and yet personal values stand beside it"
            return
        owner = link.data.get("user", "")
        if kept.erased is not None:
            self._blanks[kept.erased, kept.subject] += 1
            self._first_blank.setdefault((kept.erased, kept.subject), link)
            if kept.values or kept.salt or (owner and owner != kept.subject):
                yield "what is left of erased values is not as it was left"
            return
        if kept.values.keys() != link.hidden.keys():
            yield f"of {', '.join(sorted(link.hidden))} other values stand beside it: {', '.join(sorted(kept.values))}"
            return
        changed = [name for name, value in kept.values.items() if not _fits(kept.salt, name, value, link.hidden[name])]
        if changed:
            yield f"{', '.join(sorted(changed))}: the values beside it were changed, or their salt"
        elif kept.subject != (owner or _subject(link)):
            yield "whom it is about was changed"

    def _blanked(self) -> Iterator[Finding]:
        for (spot, subject), count in self._blanks.items():
            user, records = self._erasures.pop(spot, ("nobody", 0))
            if (user, records) != (subject, count):
                link = self._first_blank[spot, subject]
                says = f"{subject} was erased from {count} records, and what is on record of it is: {user}, {records}"
                yield _found(link, says)
        for spot, (user, records) in self._erasures.items():
            if records:
                says = f"{user} was erased from {records} records at position {spot.position}, and none is erased"
                yield Finding(organisation="", place=0, says=says)


def _subject(link: Link) -> str | None:
    try:
        return subject_of(event_of(link).about)
    except RecordError:
        return None


def _found(link: Link, says: str) -> Finding:
    return Finding(organisation=link.organisation, place=link.place, says=says)


def _fits(salt: str, name: str, value: object, expected: str) -> bool:
    try:
        return hidden(salt, name, value) == expected
    except ValueError:
        return False


def _gap(before: int, place: int) -> str:
    if place <= before:
        return f"it stands a second time, or out of order: after {before}"
    missing = f"{before + 1}" if place == before + 2 else f"{before + 1} to {place - 1}"
    return f"missing before it: {missing}"


def _cut(length: int, then: int) -> str:
    return "the newest are cut off: " + (f"{then}" if then == length + 1 else f"{length + 1} to {then}")


def _ends_elsewhere(last: Head, head: Head) -> str:
    if head.length > last.length:
        return f"{_cut(last.length, head.length)}: its head counts {head.length}"
    if head.length < last.length:
        return f"its head counts {head.length} records, and {last.length} are there"
    return "its head has another digest than its newest record"


class SealError(ValueError):
    """A seal cannot be relied on: the message says why."""


def seal(heads: Iterable[Head], at: datetime, key: bytes) -> str:
    """Return the text of a seal over all heads: to be kept where nobody who can write the record can reach it.

    `key` is the server's: who can write the database and has no key cannot make a seal that is taken for ours.
    """
    kept = {head.organisation: [head.length, head.digest] for head in heads}
    body = {"partnerauth-seal": FORM, "at": in_utc(at).isoformat(), "chains": kept}
    return json.dumps({**body, "mac": _mac(key, body)}, indent=1, sort_keys=True) + "\n"


def unsealed(text: str, key: bytes) -> Sealed:
    """Return what a seal holds on to.  Raises SealError where it is none, or was not made with this key."""
    try:
        body = json.loads(text)
        mac = body.pop("mac")
        form, at, chains = body["partnerauth-seal"], datetime.fromisoformat(body["at"]), heads_of(body["chains"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = "it is no seal, or was damaged: name a file that `partnerauth audit seal` wrote"
        raise SealError(message) from error
    if form != FORM:
        message = f"it is a seal of form {form}, and this partnerauth reads form {FORM}"
        raise SealError(message)
    if not hmac.compare_digest(str(mac), _mac(key, body)):
        message = "it was changed, or made with another key"
        raise SealError(message)
    return Sealed(at=at, heads=chains)


def heads_of(chains: Mapping[str, Sequence[Any]]) -> Mapping[str, Head]:
    """Return the heads of a seal: length and digest by organisation."""
    heads = (Head(organisation=each, length=int(end[0]), digest=str(end[1])) for each, end in chains.items())
    return MappingProxyType({head.organisation: head for head in heads})


def _mac(key: bytes, body: Mapping[str, Any]) -> str:
    own = hmac.new(key, b"partnerauth seal", hashlib.sha256).digest()
    return hmac.new(own, canonical(body), hashlib.sha256).hexdigest()
