"""Types of columns: what Python knows and databases do not, kept so that they give back the very same."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from partnerauth.addresses import EmailAddress
from partnerauth.records import frozen, in_utc, plain

Choices = TypeVar("Choices", bound=StrEnum)

_UNSTORABLE = re.compile("[\\\\\0\ud800-\udfff]")
_STORED = re.compile(r"\\u([0-9a-f]{4})")


class Words(TypeDecorator[str]):
    """Any text: what no database takes is written as four hexadecimal digits after a backslash, as is the backslash.

    These are NUL, which PostgreSQL refuses, and lone surrogates, which UTF-8 does.  So a text that cannot be
    stored is looked for, and not found, instead of raising; and no two texts become one.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text that is compared code point by code point (CC-14).

        PostgreSQL would else sort and find keys by the rules of a language, which change with the system's library.
        """
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what is stored."""
        del dialect
        return None if value is None else _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what was meant."""
        del dialect
        return None if value is None else _STORED.sub(lambda found: chr(int(found[1], 16)), value)


class Choice(TypeDecorator[Choices], Generic[Choices]):
    """One of an enumeration, as its word: its place in the enumeration is nobody's business."""

    impl = Text
    cache_ok = True

    def __init__(self, choices: type[Choices]) -> None:
        """Take the enumeration."""
        super().__init__()
        self.choices = choices

    def process_bind_param(self, value: Choices | None, dialect: Dialect) -> str | None:
        """Return its word.  Raises ValueError for what is none of them."""
        del dialect
        return None if value is None else self.choices(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Choices | None:
        """Return the one that has this word."""
        del dialect
        return None if value is None else self.choices(value)


class Instant(TypeDecorator[datetime]):
    """A moment, in UTC (CC-15): SQLite forgets zones, and PostgreSQL answers in that of its session."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return it in UTC.  Raises ValueError where it has no zone."""
        del dialect
        return None if value is None else in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return it in UTC, with its zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Address(TypeDecorator[EmailAddress]):
    """An address as mail is sent to it, and after a space as it was typed where that differs.

    It is taken apart here and not read anew: what one version of IDNA took, the next may refuse.
    """

    impl = Words
    cache_ok = True

    def process_bind_param(self, value: EmailAddress | None, dialect: Dialect) -> str | None:
        """Return both spellings as one text."""
        del dialect
        if value is None:
            return None
        return value.addr_spec if value.original == value.addr_spec else f"{value.addr_spec} {value.original}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> EmailAddress | None:
        """Return the address."""
        del dialect
        if value is None:
            return None
        spelled, _, typed = value.partition(" ")
        local, _, domain = spelled.partition("@")
        return EmailAddress(typed or spelled, local, domain)


class Plain(TypeDecorator[Any]):
    """A value without a column of its own, as JSON in ASCII: sets sorted, mappings in their order."""

    impl = Text
    cache_ok = True

    def __init__(self, shape: Any) -> None:  # noqa: ANN401 - annotations such as Mapping[str, str] have no type of their own
        """Take the type that comes back."""
        super().__init__()
        self.shape = shape

    @cached_property
    def reader(self) -> TypeAdapter[Any]:
        """What reads the JSON: made when first wanted."""
        return TypeAdapter(self.shape)

    def process_bind_param(self, value: object, dialect: Dialect) -> str:
        """Return the JSON."""
        del dialect
        return json.dumps(plain(value), separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        """Return the value, None where an outer join found no row."""
        del dialect
        return None if value is None else frozen(self.reader.validate_python(json.loads(value)))
