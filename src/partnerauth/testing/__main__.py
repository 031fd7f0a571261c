"""Tries the laws for as long as one likes: `python -m partnerauth.testing --portal bpost --steps 100000`."""

from __future__ import annotations

import sys
import time

import click

from partnerauth.adapters.memory import MemoryStore
from partnerauth.policy.portal import PortalError
from partnerauth.portals import read_portal, shipped
from partnerauth.testing.drawn_portals import portals
from partnerauth.testing.laws import QUESTION_LAWS, TURN_LAWS
from partnerauth.testing.machine import hold
from partnerauth.testing.shortening import LawBrokenError

DRAWN = "drawn"
"""Names portals that nobody wrote."""

COMMANDS = 30
"""Commands of one history, after the first people have come in."""


@click.command(help="Try the laws on random histories, and show the shortest one that breaks one.")
@click.option(
    "--portal", "names", multiple=True, metavar="NAME", help=f"A shipped portal, a portal file, or {DRAWN!r}."
)
@click.option("--steps", default=1000, show_default=True, help="Commands to give, on each portal.")
@click.option("--law", "laws", multiple=True, type=click.Choice([*TURN_LAWS, *QUESTION_LAWS]), help="Try these alone.")
@click.option("--seed", default=0, show_default=True, help="Another number tries other histories.")
def main(names: tuple[str, ...], steps: int, laws: tuple[str, ...], seed: int) -> None:
    """Run from the command line."""
    for name in names or (*shipped(), DRAWN):
        start = time.perf_counter()
        try:
            portal = portals() if name == DRAWN else read_portal(name)
            hold(
                portal, *laws, new_store=MemoryStore, histories=max(1, steps // COMMANDS), commands=COMMANDS, seed=seed
            )
        except PortalError as error:
            raise click.ClickException(str(error)) from None
        except LawBrokenError as broken:
            click.echo(str(broken))
            sys.exit(1)
        click.echo(f"{name}: every law holds, tried for {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(prog_name="python -m partnerauth.testing")
