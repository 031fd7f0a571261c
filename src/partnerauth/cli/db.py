"""The commands `db upgrade`, `db check` and `db show`: what a database has, whether it is whole, the newest tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from partnerauth.cli import screen, stores

if TYPE_CHECKING:
    from partnerauth.adapters.sql.schema import State

_LISTED = 20


@click.group("db")
def db() -> None:
    """Look at a database, check it, or lead it to the tables of this version."""


@db.command("upgrade")
@stores.store_option
@click.option("--beside", is_flag=True, help="Create our tables in a database that has other tables already.")
def upgrade(store: str, *, beside: bool) -> None:
    """Lead a database to the tables of this version, or create them, in one transaction: all of it or nothing.

    Make a copy of it first: nothing leads back.  Whoever upgrades it at the same moment waits.
    """
    from partnerauth.adapters.sql import schema  # noqa: PLC0415 - SQLModel is loaded by whoever uses it

    with stores.told():
        found = schema.upgrade(store, beside=beside)
        state = schema.state(store)
    newest = state.newest
    done = {0: f"the tables of version {newest} were created", newest: f"it is of version {newest} already"}
    says = done.get(found, f"upgraded from version {found} to version {newest}")
    rows = sum(state.counts.values())
    kept = f", {screen.count(rows, 'row')} in {screen.count(len(state.counts), 'table')}" if found else ""
    screen.show(f"{screen.tick(is_so=True)} {screen.visible(state.where)}: {says}{kept}")


@db.command("check")
@stores.store_option
def check(store: str) -> None:
    """Check that a database is as this version needs it, and whole: exit status 1 where it is not, and how to mend it.

    Whether the record is as it was written, `partnerauth audit verify` finds out.
    """
    state = _looked_at(store)
    screen.show("\n".join(_findings(state)))
    if not state.is_fit:
        raise click.exceptions.Exit(1)


@db.command("show")
@stores.store_option
def show(store: str) -> None:
    """Show what a database has: its version, how much of everything, its size, and whether it is whole."""
    state = _looked_at(store)
    screen.show(f"{screen.title(screen.visible(state.where))}\n{screen.pairs(_facts(state))}")
    if state.counts:
        rows = [(name.replace("_", " "), f"{number:>11,}") for name, number in state.counts.items()]
        screen.show(f"\n{screen.title('Rows')}\n{screen.pairs(rows)}\n")
    screen.show("\n".join(_findings(state)))


def _looked_at(store: str) -> State:
    from partnerauth.adapters.sql import schema  # noqa: PLC0415 - SQLModel is loaded by whoever uses it

    with stores.told():
        return schema.state(store, whole=True)


def _facts(state: State) -> Iterable[tuple[str, str]]:
    yield "kind", state.kind
    version = f"{state.version}" if state.version else "none: there are no tables of partnerauth in it"
    newest = "" if state.version == state.newest else f"; this partnerauth has {state.newest}"
    yield "version", f"{version}{newest}"
    if state.position is not None:
        yield "position", f"{state.position:,}: of the newest commit"
    yield "size", _sized(state.size)


def _findings(state: State) -> Iterable[str]:
    """Yield a line for each thing that was looked at, and below it what is wrong."""
    yield from _finding(f"the version is {state.newest}", [state.problem] if state.problem else [])
    if state.version == state.newest:
        yield from _finding("every table, column, constraint, index and trigger is as it should be", state.differences)
        yield from _finding("the database finds nothing wrong with what is in it", state.damage)


def _finding(says: str, wrong: Iterable[str]) -> Iterable[str]:
    listed = [*wrong]
    if not listed:
        yield f"{screen.tick(is_so=True)} {says}"
    for each in listed[:_LISTED]:
        yield screen.wrapped(screen.visible(each), first=f"{screen.tick(is_so=False)} ", indent="  ")
    if len(listed) > _LISTED:
        yield f"  and {len(listed) - _LISTED} more"


def _sized(size: int) -> str:
    """Return bytes as people read them."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size} bytes"
