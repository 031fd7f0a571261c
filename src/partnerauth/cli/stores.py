"""Options that commands share which open a store: where it is, and the server's key."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from partnerauth.cli import screen
from partnerauth.ports import StoreError

if TYPE_CHECKING:
    from partnerauth.adapters.sql import SqlStore

Function = TypeVar("Function", bound=Callable[..., Any])

KEY: Final = "PARTNERAUTH_KEY"
"""The environment variable with the server's key, in hexadecimal."""

SHORTEST: Final = 32
"""Bytes that a key has at least."""

_HEXADECIMAL: Final = re.compile(rb"\s*((?:[0-9A-Fa-f]{2})+)\s*")


def store_option(command: Function) -> Function:
    """Add `--store URL`, given to the command as `store`."""
    return click.option(
        "--store",
        metavar="URL",
        envvar="PARTNERAUTH_STORE",
        required=True,
        help="The database: an SQLAlchemy URL such as sqlite:///portal.db; or PARTNERAUTH_STORE.",
    )(command)


def key_option(command: Function) -> Function:
    """Add `--key-file FILE`, given to the command as `key_file`: for `server_key`."""
    return click.option(
        "--key-file",
        metavar="FILE",
        envvar="PARTNERAUTH_KEY_FILE",
        help=f"The server's key, its bytes or in hexadecimal; or {KEY}, in hexadecimal.",
    )(command)


@contextmanager
def opened(url: str) -> Iterator[SqlStore]:
    """Open a store that is there, and close it again.  Raises BadInput where it cannot be used."""
    from partnerauth.adapters.sql import SqlStore  # noqa: PLC0415 - SQLModel is loaded by whoever uses it

    with told(), closing(SqlStore(url, create=False)) as store:
        yield store


@contextmanager
def told() -> Iterator[None]:
    """Tell what is wrong with a database as other bad input is told: by its place, never by a URL with a password."""
    try:
        yield
    except StoreError as error:
        raise screen.BadInput(str(error)) from None


def server_key(key_file: str | None) -> bytes:
    """Return the server's key, from a file or the environment: never from the command line, where others see it.

    Raises BadInput where there is none, or it is shorter than 32 bytes (CH-09).
    """
    where = key_file or KEY
    try:
        written = Path(key_file).read_bytes() if key_file else os.environ.get(KEY, "").encode()
    except OSError as error:
        problem = f"{where}: {error.strerror}: name the file that holds the server's key"
        raise screen.BadInput(problem) from None
    if not written:
        problem = f"{where}: no key: set {KEY} to the server's key in hexadecimal, or name its file with --key-file"
        raise screen.BadInput(problem)
    in_digits = _HEXADECIMAL.fullmatch(written)
    if in_digits is None and not key_file:
        problem = f"{where}: not hexadecimal: write the key as digits 0-9 and a-f, two a byte"
        raise screen.BadInput(problem)
    key = bytes.fromhex(in_digits[1].decode()) if in_digits else written
    if len(key) < SHORTEST:
        problem = f"{where}: {len(key)} bytes: the key has at least {SHORTEST} bytes, {2 * SHORTEST} digits"
        raise screen.BadInput(problem)
    return key
