"""Tries the laws for as long as one likes: `python -m partnerauth.testing bpost --steps 100000`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click
from hypothesis.strategies import SearchStrategy

from partnerauth.adapters.memory import MemoryStore
from partnerauth.adapters.sql import SqlStore
from partnerauth.policy.portal import Portal, PortalError
from partnerauth.portals import read_portal, shipped
from partnerauth.ports import Store
from partnerauth.testing.drawn_portals import portals
from partnerauth.testing.laws import QUESTION_LAWS, TURN_LAWS
from partnerauth.testing.machine import Tried, hold
from partnerauth.testing.shortening import LawBrokenError

DRAWN = "drawn"
"""Names portals that nobody wrote."""


@click.command(help="Try the laws on random histories, and show the shortest one that breaks one.")
@click.argument("names", nargs=-1, metavar="[PORTAL]...")
@click.option("--steps", default=1000, show_default=True, help="Commands to give, at least, on each portal.")
@click.option("--law", "laws", multiple=True, type=click.Choice([*TURN_LAWS, *QUESTION_LAWS]), help="Try these alone.")
@click.option("--seed", default=0, show_default=True, help="Where to begin: another number tries other histories.")
@click.option("--sql", is_flag=True, help="Keep everything in the SQL store, in memory, instead of the one for tests.")
def main(names: tuple[str, ...], steps: int, laws: tuple[str, ...], seed: int, *, sql: bool) -> None:
    """Run from the command line.

    A PORTAL is the name of a shipped one, a portal file, or `drawn`; without any, all of these are tried.
    """
    for name in names or (*shipped(), DRAWN):
        try:
            portal = portals() if name == DRAWN else read_portal(name)
            _try(name, portal, laws, steps=steps, seed=seed, new_store=_sql if sql else MemoryStore)
        except PortalError as error:
            raise click.ClickException(str(error)) from None
        except LawBrokenError as broken:
            click.echo(str(broken))
            sys.exit(1)


def _try(  # noqa: PLR0913 - what is tried, on what, and for how long
    name: str,
    portal: Portal | SearchStrategy[Portal],
    laws: tuple[str, ...],
    *,
    steps: int,
    seed: int,
    new_store: Callable[[], Store],
) -> None:
    """Try one seed after the other until enough commands were given."""
    start, last = time.perf_counter(), seed
    total = Tried()
    while total.commands < steps:
        tried = hold(portal, *laws, new_store=new_store, seed=last)
        total += tried
        last += 1
    seconds = time.perf_counter() - start
    click.echo(
        f"{name}: every law holds: {total.commands} commands and {total.questions} questions"
        f" in {total.histories} histories, seeds {seed} to {last - 1}, {seconds:.0f} s"
    )


def _sql() -> Store:
    return SqlStore("sqlite://")


if __name__ == "__main__":
    main(prog_name="python -m partnerauth.testing")
