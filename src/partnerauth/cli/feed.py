"""The command `feed`: takes in the file that says which addresses may come in."""

from __future__ import annotations

import secrets
from pathlib import Path

import click
from pydantic import ValidationError

from partnerauth.adapters.feed_files import FeedFileError, Form, Signature, read_feed
from partnerauth.cli import screen
from partnerauth.cli.stores import opened, store_option
from partnerauth.decision import Refused
from partnerauth.embed import PartnerAuth
from partnerauth.entities import System
from partnerauth.events import AllowListImported
from partnerauth.flows.import_allow_list import ImportAllowList
from partnerauth.messages import say
from partnerauth.policy.portal import PortalError
from partnerauth.portals import read_portal
from partnerauth.ports import ConflictError, StoreError

BESIDE = ".hmac"
"""What the name of the signature's file adds to that of the feed."""


@click.group()
def feed() -> None:
    """Take in the file that says which addresses may come in."""


@feed.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--portal", required=True, metavar="NAME_OR_FILE", help="A shipped portal, or a portal file.")
@store_option
@click.option("--sequence", required=True, type=int, metavar="NUMBER", help="Higher than that of the feed before.")
@click.option("--form", type=click.Choice(["csv", "jsonl"]), help="What the file is, where its name does not say.")
@click.option(
    "--feed-key", type=click.Path(path_type=Path), metavar="FILE", help="The key that the feed is signed with."
)
@click.option("--signature", metavar="HEX", help=f"The signature; left out, it is read from FILE{BESIDE}.")
@click.option("--unsigned", is_flag=True, help="Whoever runs this answers for where the file comes from.")
def take_in(  # noqa: PLR0913 - one parameter for each option
    file: Path,
    *,
    portal: str,
    store: str,
    sequence: int,
    form: Form | None,
    feed_key: Path | None,
    signature: str | None,
    unsigned: bool,
) -> None:
    """Make the portal's users exactly those whom FILE names, or change nothing.

    The file is CSV or JSON lines in UTF-8 and names email, organisation and name.  Its signature is the
    hexadecimal HMAC-SHA256 of the number, a line break and the file:

      (echo 7; cat feed.csv) | openssl dgst -sha256 -hmac "$KEY"

    Where it was interrupted, the same command goes on.  The exit status is 0 where the feed was taken in, 1 where
    it is refused, and 2 where the file cannot be used.
    """
    command = _command(file, sequence, form, _signature(file, feed_key, signature, unsigned=unsigned))
    with opened(store) as there:
        try:
            # The feed mails nobody, so that no link depends on this key.
            portals = PartnerAuth(read_portal(portal), there, key=secrets.token_bytes(32))
            answer = portals.execute(System(name="feed"), command)
        except PortalError as error:
            raise screen.BadInput(*error.problems) from None
        except ConflictError as error:
            problem = f"{error}; give the same feed again, and it goes on where it was"
            raise screen.BadInput(problem) from None
        except StoreError as error:
            raise screen.BadInput(str(error)) from None
    if isinstance(answer, Refused):
        for reason in answer.reasons:
            screen.show(f"{screen.bad(screen.NO)} {screen.named(reason.code)}  {say(reason, 'en')}", err=True)
        raise click.exceptions.Exit(1)
    screen.show(_told(answer.events[0] if answer.events else None, sequence))


def _command(file: Path, sequence: int, form: Form | None, signature: Signature | None) -> ImportAllowList:
    try:
        return read_feed(file, sequence=sequence, signature=signature, form=form)
    except FeedFileError as error:
        raise screen.BadInput(*error.problems) from None
    except ValidationError as error:
        problem = f"--sequence: {error.errors()[0]['msg']}"
        raise screen.BadInput(problem) from None


def _signature(file: Path, key: Path | None, text: str | None, *, unsigned: bool) -> Signature | None:
    """Return what proves where the file comes from; to take in one that nothing vouches for has to be said."""
    if key is None:
        if not unsigned:
            problem = "--feed-key: name the key that the feed is signed with, or say --unsigned"
            raise screen.BadInput(problem)
        if text is not None:
            problem = "--signature: name the key that it was made with: --feed-key FILE"
            raise screen.BadInput(problem)
        return None
    if unsigned:
        problem = "--unsigned: not together with --feed-key: leave one of them out"
        raise screen.BadInput(problem)
    beside = file.with_name(file.name + BESIDE)
    return Signature(key=_read(key).strip(), text=_read(beside).decode("utf-8", "replace") if text is None else text)


def _read(path: Path) -> bytes:
    """Return a small file."""
    try:
        with path.open("rb") as file:
            return file.read(10_000)
    except OSError as error:
        problem = f"{path}: {error.strerror or error}: name a file that can be read"
        raise screen.BadInput(problem) from None


def _told(event: object, sequence: int) -> str:
    if not isinstance(event, AllowListImported):
        return f"{screen.good(screen.YES)} feed {sequence} was interrupted before, and is applied whole now"
    parts = {
        "come": event.provisioned,
        "moved": event.moved,
        "came back": event.reactivated,
        "left": event.deactivated,
    }
    told = ", ".join(f"{number} {what}" for what, number in parts.items())
    return f"{screen.good(screen.YES)} feed {sequence} is in: {screen.count(event.entries, 'line')}; {told}"
