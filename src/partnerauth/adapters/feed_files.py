"""Adapter: a feed of addresses from a file, CSV or JSON lines; read strictly, line by line, in bounded memory.

A file is UTF-8, with a mark at its beginning or without; its lines end with LF or CRLF, the last one too, so that
a file that was cut off on its way is seen to be.  CSV begins with a line of names, separated by commas or
semicolons as the other lines are: `email`, `organisation` and, where there is one, `name`, in any order.  A JSON
line is an object with these fields.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from partnerauth.entities import OrganisationId
from partnerauth.flows.import_allow_list import AllowListEntry, ImportAllowList

if TYPE_CHECKING:
    from hashlib import _Hash  # the type alone has no other name

LARGEST_FILE: Final = 500_000_000
"""Bytes of a file at the most."""
LONGEST_LINE: Final = 4_096
"""Bytes of a line at the most: more than the longest address, name and organisation take, however they are written."""
MOST_LINES: Final = 2_000_000
"""Lines of a file at the most: with the others, this bounds the memory that a feed takes."""
MOST_PROBLEMS: Final = 20
"""Problems that are named at the most; after so many nobody reads on."""
SHORTEST_KEY: Final = 32
"""Bytes of the key of a signature at least (RFC 2104, 3)."""

FIELDS: Final = ("email", "organisation", "name")
OPTIONAL: Final = frozenset({"name"})

Form: TypeAlias = Literal["csv", "jsonl"]
Reader: TypeAlias = Callable[[str], AllowListEntry]


class FeedFileError(ValueError):
    """A file that is no feed, or not that of who has the key: each problem with file, line and how to mend it."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _LineError(ValueError):
    """What is wrong with one line, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What proves where a feed comes from: what `sign` gives, under a key that both sides have.

    `key` has 32 bytes at least; `text` is what came with the file (FD-08).
    """

    key: bytes
    text: str


def read_feed(
    path: str | Path, *, sequence: int, signature: Signature | None = None, form: Form | None = None
) -> ImportAllowList:
    """Return the command that a file holds; `form` is that of its name, unless it is said.

    The signature is checked, and the lines are counted, before one is read; without a signature, whoever calls answers
    for where the file comes from.  Takes time linear in the file, and memory by its lines, of which there are
    `MOST_LINES` at most.
    Raises FeedFileError, and ValidationError for a sequence that no store can count to.
    """
    shape = form or _form(Path(path))
    with _opened(Path(path)) as file:
        before = _checked(file, sequence, signature, str(path))
        file.seek(0)
        running = hashlib.sha256()
        entries = tuple(_entries(_lines(file, running), shape, str(path)))
        if running.digest() != before:
            problem = f"{path}: it changed while it was read; send it again, under another name until it is complete"
            raise FeedFileError(problem)
    return ImportAllowList(entries=entries, sequence=sequence)


def sign(content: bytes, *, sequence: int, key: bytes) -> str:
    """Return the signature of a feed: that of its number, a line break and its bytes, in hexadecimal (RFC 2104).

    A number that is not signed would let an old file in again under a new one (FD-02).  Raises FeedFileError for
    a key that is too short.
    """
    total = _mac(key, sequence)
    total.update(content)
    return total.hexdigest()


def _mac(key: bytes, sequence: int) -> hmac.HMAC:
    if len(key) < SHORTEST_KEY:
        problem = f"the key of the signature has {len(key)} bytes: take at least {SHORTEST_KEY}, drawn by chance"
        raise FeedFileError(problem)
    return hmac.new(key, f"{sequence}\n".encode(), hashlib.sha256)


def _form(path: Path) -> Form:
    match path.suffix.lower():
        case ".csv":
            return "csv"
        case ".jsonl" | ".ndjson":
            return "jsonl"
        case _:
            problem = f"{path}: neither .csv nor .jsonl: name the file after what it holds, or say which it is"
            raise FeedFileError(problem)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    """Open a file that can be read twice, and is not larger than it may be."""
    try:
        # Without waiting: a pipe that nobody writes to would be waited for without end.
        file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")
    except OSError as error:
        problem = f"{path}: {error.strerror or error}: name the file of the feed"
        raise FeedFileError(problem) from None
    with file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            problem = f"{path}: no file: the feed is read twice, so store it in one first"
            raise FeedFileError(problem)
        if found.st_size > LARGEST_FILE:
            problem = f"{path}: {found.st_size} bytes, and a feed has {LARGEST_FILE} at the most: this is another file"
            raise FeedFileError(problem)
        try:
            yield file
        except OSError as error:
            problem = f"{path}: {error.strerror or error}: it could not be read"
            raise FeedFileError(problem) from None


def _checked(file: BufferedReader, sequence: int, signature: Signature | None, name: str) -> bytes:
    """Check the signature and the number of lines, and return the digest of what they were checked on."""
    running, ends = hashlib.sha256(), 0
    mac = _mac(signature.key, sequence) if signature else None
    while part := file.read(1 << 20):
        running.update(part)
        ends += part.count(b"\n")
        if mac:
            mac.update(part)
    if mac and signature and not hmac.compare_digest(mac.hexdigest().encode(), _given(signature.text)):
        problem = (
            f"{name}: the signature is not that of this file under number {sequence}: ask whoever sends it; "
            "it is the hexadecimal HMAC-SHA256 of the number, a line break and the file"
        )
        raise FeedFileError(problem)
    if ends > MOST_LINES:
        problem = (
            f"{name}, line {MOST_LINES + 1}: more than {MOST_LINES} lines: this is no list of people; "
            "send one feed for each portal"
        )
        raise FeedFileError(problem)
    return running.digest()


def _given(text: str) -> bytes:
    return text.strip().lower().removeprefix("sha256=").encode("utf-8", "replace")


def _lines(file: BufferedReader, running: _Hash) -> Iterator[bytes]:
    """Yield the lines as they are, with their ends, and no more of a file that grew meanwhile than it may have."""
    for data in islice(iter(lambda: file.readline(LONGEST_LINE + 1), b""), MOST_LINES + 1):
        running.update(data)
        yield data


def _entries(lines: Iterator[bytes], form: Form, name: str) -> Iterator[AllowListEntry]:
    """Yield what the lines say; every problem of them is named at the end, and none of them is used then."""
    problems: list[str] = []
    read: Reader | None = _read_json if form == "jsonl" else None
    number = 0
    for number, data in enumerate(lines, start=1):
        try:
            line = _text(data, number)
            if read is None:
                read = _reader(line)
            else:
                yield read(line)
        except _LineError as error:
            problems.append(f"{name}, line {number}: {error}")
            # What follows a line that is too long is no line, and without names no other line can be read.
            if len(data) > LONGEST_LINE or read is None or len(problems) == MOST_PROBLEMS:
                break
    if not number:
        problems.append(f"{name}: empty: a feed that nobody is on is not used; send the whole list")
    if problems:
        raise FeedFileError(*problems)


def _text(data: bytes, number: int) -> str:
    """Return a line as text, without its end."""
    if len(data) > LONGEST_LINE:
        message = f"longer than {LONGEST_LINE} bytes: nobody has such an address or name; correct the line"
        raise _LineError(message)
    if not data.endswith(b"\n"):
        message = "the file ends in the middle of a line: it was cut off; send it whole, with a line break at its end"
        raise _LineError(message)
    line = data[:-2] if data.endswith(b"\r\n") else data[:-1]
    if number == 1:
        line = line.removeprefix(codecs.BOM_UTF8)
    if b"\0" in line:
        message = "a NUL character: the file is binary, or UTF-16; save it as UTF-8"
        raise _LineError(message)
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not UTF-8: save the file as UTF-8"
        raise _LineError(message) from None
    if not text.strip():
        message = "an empty line: take it out"
        raise _LineError(message)
    return text


def _reader(header: str) -> Reader:
    """Return what reads the lines below the line of names."""
    separator = ";" if ";" in header else ","
    names = [name.strip().lower() for name in _cells(header, separator)]
    missing = [name for name in FIELDS if name not in names and name not in OPTIONAL]
    strange = [name for name in names if name not in FIELDS]
    if missing or strange or len(set(names)) != len(names):
        message = f"the first line names the columns: {', '.join(FIELDS)} (name may be left out), each once, no other"
        raise _LineError(message)

    def read(line: str) -> AllowListEntry:
        cells = _cells(line, separator)
        if len(cells) != len(names):
            message = (
                f"{len(cells)} columns, and the first line names {len(names)}: put a value with {separator} in quotes"
            )
            raise _LineError(message)
        return _entry(dict(zip(names, cells, strict=True)))

    return read


def _cells(line: str, separator: str) -> list[str]:
    try:
        (cells,) = csv.reader([line], delimiter=separator, strict=True)
    except (csv.Error, ValueError) as error:
        message = f"not CSV ({error}): put a value in double quotes, and double the quotes inside it"
        raise _LineError(message) from None
    return cells


def _read_json(line: str) -> AllowListEntry:
    try:
        found = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        message = f'not a JSON object in one line ({error}): write {{"email": …, "organisation": …, "name": …}}'
        raise _LineError(message) from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        message = "not a JSON object whose values are texts: correct the line"
        raise _LineError(message)
    missing = [name for name in FIELDS if name not in found and name not in OPTIONAL]
    strange = sorted(set(found) - set(FIELDS))
    if missing or strange:
        named = "; ".join(
            f"{what} {', '.join(names)}" for what, names in (("without", missing), ("with", strange)) if names
        )
        message = f"{named}: a line has email, organisation and name, and nothing else"
        raise _LineError(message)
    return _entry(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a name stands twice"
        raise ValueError(message)
    return found


def _entry(found: dict[str, str]) -> AllowListEntry:
    """Return an entry; the organisation's name is kept once, however many of its people there are."""
    organisation = OrganisationId(intern(found["organisation"].strip()))
    return AllowListEntry(email=found["email"], organisation=organisation, name=found.get("name", ""))
