"""The command `init`: start a portal of your own from a shipped one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

from partnerauth.cli import screen
from partnerauth.policy.portal import PortalError
from partnerauth.portals import parse_portal, portal_text

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@click.command("init")
@click.argument("file", default="portal.toml")
@click.option("--from", "origin", default="bpost", show_default=True, help="The shipped portal to start from.")
@click.option(
    "--name", help="The portal's name; when left out, that of the file, or of the folder where the file is portal.toml."
)
def init(file: str, origin: str, name: str | None) -> None:
    """Write FILE (portal.toml when left out): a shipped portal under a name of your own, to be edited."""
    path = Path(file)
    called = _called(path) if name is None else name
    if not _NAME.fullmatch(called):
        problem = f"--name {called!r}: a portal's name is lower-case letters and digits, words joined by hyphens"
        raise screen.BadInput(problem)
    try:
        text = renamed(portal_text(origin), origin, called)
        parse_portal(text, str(path))
    except PortalError as error:
        raise screen.BadInput(*error.problems) from None
    try:
        with path.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        problem = f"{path}: is there already: name another file, or move this one away"
        raise screen.BadInput(problem) from None
    except OSError as error:
        problem = f"{path}: {error.strerror or error}: name a file in a folder that you can write to"
        raise screen.BadInput(problem) from None
    screen.show(f"{screen.tick(is_so=True)} {path} is the portal {screen.strong(called)}, a copy of {origin}. Next:")
    screen.show(
        screen.pairs(
            [
                ("  edit", f"{path}: what differs between portals stands there, and nowhere else"),
                ("  check", f"{screen.program()} portal check {path}"),
                ("  read", f"{screen.program()} portal show {path}"),
                ("  run", f'PartnerAuth("{path}") in Python, or `portal: {path}` in a scenario file'),
            ]
        )
    )


def _called(path: Path) -> str:
    named = path.stem if path.name != "portal.toml" else path.resolve().parent.name
    return named.lower()


def renamed(text: str, origin: str, name: str) -> str:
    """Return the text of a portal file under another name, with its comments and its layout."""
    return re.sub(rf'^portal = "{origin}"$', f'portal = "{name}"', text, count=1, flags=re.MULTILINE)
