"""The portal files that the library ships, and how any portal file is read."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from partnerauth.messages import override_problems
from partnerauth.policy.portal import Portal, PortalError, load_portal

LONGEST_FILE = 1_000_000
"""Bytes that a portal file has at the most."""


def shipped() -> tuple[str, ...]:
    """Return the names of the portals that the library ships."""
    found = (each.name for each in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def portal_text(name: str) -> str:
    """Return the text of a shipped portal's file.  Raises PortalError for a name that is none of `shipped()`."""
    if name not in shipped():
        raise PortalError((f"{name}: no such portal; shipped are {', '.join(shipped())}, or name a portal file",))
    return files(__name__).joinpath(f"{name}.toml").read_text("utf-8")


def read_portal(source: str | Path) -> Portal:
    """Return a shipped portal by its name, or the portal of a file by its path.

    Raises PortalError, which names every problem with file, key path and, for syntax and grids, the line.
    """
    if isinstance(source, str) and source in shipped():
        return _shipped_portal(source)
    return parse_portal(_text(source), str(source))


def parse_portal(text: str, source: str) -> Portal:
    """Return the portal of a portal file's text.  Raises PortalError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PortalError((f"{source}: {error}",)) from None
    portal = load_portal(data, source=source, text=text)
    if problems := override_problems(portal.texts):
        raise PortalError(tuple(f"{source}: texts.{problem}" for problem in problems))
    return portal


@cache
def _shipped_portal(name: str) -> Portal:
    return parse_portal(portal_text(name), f"{name}.toml")


def _text(source: str | Path) -> str:
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        known = ", ".join(shipped())
        problem = f"{source}: {error.strerror or error}; name a portal file, or one of {known}"
        raise PortalError((problem,)) from None
    if len(data) > LONGEST_FILE:
        raise PortalError((f"{source}: larger than {LONGEST_FILE} bytes",))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PortalError((f"{source}: byte {error.start} is not UTF-8: save the file as UTF-8",)) from None
