"""The commands `audit show`, `verify`, `seal`, `export` and `erase`: the record, for whoever has to rely on it."""

from __future__ import annotations

import getpass
import json
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, Literal, TypeVar

import click

from partnerauth import chain, verification
from partnerauth.adapters.exports import WRITERS, ExportError
from partnerauth.adapters.system import SystemClock
from partnerauth.chain import Head, Link
from partnerauth.cli import screen
from partnerauth.cli.stores import key_option, opened, server_key, store_option
from partnerauth.entities import Operator, OrganisationId
from partnerauth.erasure import ErasureError, erase
from partnerauth.events import OverviewTaken
from partnerauth.overviews import Overview, of_record, shown
from partnerauth.ports import ConflictError, Recorded, Store, Unit
from partnerauth.records import plain
from partnerauth.verification import Examination, Finding, Sealed, SealError

Function = TypeVar("Function", bound=Callable[..., Any])

FEW: Final = 20
"""Findings that `verify` shows, unless it is asked for all."""

LINES: Final = "jsonl"
"""The form of an export that has everything, so that others can examine it too."""

_DAYS: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


def operator_option(command: Function) -> Function:
    """Add `--as NAME`, given to the command as `operator`: who stands on record as its reader."""
    return click.option(
        "--as",
        "operator",
        metavar="NAME",
        envvar="PARTNERAUTH_OPERATOR",
        default=_logged_in,
        help="Who does this, as the record will name him; or PARTNERAUTH_OPERATOR; else whoever is logged in.",
    )(command)


def _logged_in() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return Operator().name


def chosen_options(command: Function) -> Function:
    """Add the options that choose records."""
    for option in (
        click.option("--until", type=_DAYS, help="Before this moment, in UTC."),
        click.option("--since", type=_DAYS, help="From this moment on, in UTC."),
        click.option("--about", metavar="NAME", help="About one user, account or organisation, or what was typed."),
        click.option("--organisation", metavar="ID", help="Of one organisation; '' for what belongs to none."),
    ):
        command = option(command)
    return command


@click.group()
def audit() -> None:
    """Read the record, examine it, seal it, export it, or erase a person from it."""


@audit.command("show")
@store_option
@operator_option
@chosen_options
def show(*, store: str, operator: str, **chosen: Any) -> None:  # noqa: ANN401 - the options above
    """Show what is on record: what happened, when, about whom, by whom; that it was read is recorded too."""
    with opened(store) as kept:
        taken(kept, operator, "record", "screen", chosen["organisation"])
        found = [*_chosen(kept, chosen)]
    overview = of_record(found, SystemClock().now())
    for row in overview.rows:
        screen.show(_entry(*map(shown, row)))
    screen.show(screen.faint(f"{screen.count(len(found), 'record')}"))


@audit.command("verify")
@store_option
@key_option
@click.option("--seal", "seals", multiple=True, metavar="FILE", help="A seal that was kept elsewhere; more than once.")
@click.option("--all", "every", is_flag=True, help="Show every finding, not only the first ones.")
def verify(*, store: str, key_file: str | None, seals: tuple[str, ...], every: bool) -> None:
    """Examine the whole record: what was changed, removed, put in, moved or cut off; exit status 1 if anything was.

    Without a seal nobody can tell whether a record was written anew from some point on.
    """
    kept_elsewhere = [_unsealed(each, key_file) for each in seals]
    with opened(store) as kept:
        examination, findings = kept.examine(lambda heads, links: _examined(heads, links, kept_elsewhere))
    for each in findings if every else findings[:FEW]:
        where = f"{shown(each.organisation) or 'no organisation'} {each.place}"
        screen.show(screen.wrapped(shown(each.says), indent="    ", first=f"{screen.bad(screen.NO)} {where}: "))
    if len(findings) > FEW and not every:
        screen.show(screen.faint(f"… and {len(findings) - FEW} more (--all)"))
    what = f"{screen.count(examination.records, 'record')} in {screen.count(examination.chains, 'chain')}"
    if findings:
        screen.show(f"{screen.tick(is_so=False)} {what}, {screen.count(len(findings), 'finding')}")
        sys.exit(1)
    by = f", as sealed {', '.join(f'{each.at:%Y-%m-%d %H:%M:%S} UTC' for each in kept_elsewhere)}" if seals else ""
    screen.show(f"{screen.tick(is_so=True)} {what}: every link holds{by}")


@audit.command("seal")
@store_option
@key_option
@operator_option
@click.option("-o", "--output", metavar="FILE", help="Where to write it; there must be no such file yet.")
def seal(*, store: str, key_file: str | None, operator: str, output: str | None) -> None:
    """Seal the record: print, or write, what proves later that nothing was cut off or written anew until now.

    Keep it where nobody who can write the database can change it.  It tells how many records each organisation has.
    """
    key = server_key(key_file)
    with opened(store) as kept:
        taken(kept, operator, "record", "seal", None)
        heads, findings = kept.examine(lambda heads, links: (tuple(heads), _examined(heads, links, ())[1]))
    if findings:
        problem = f"the record does not hold in {screen.count(len(findings), 'place')}: run `partnerauth audit verify`"
        raise screen.BadInput(problem)
    text = verification.seal(heads, SystemClock().now(), key)
    if output is None:
        click.echo(text, nl=False)
    else:
        written(output, text.encode(), replaces=False)
        screen.show(f"{screen.tick(is_so=True)} {output}: {screen.count(len(heads), 'chain')} sealed")


@audit.command("export")
@store_option
@operator_option
@chosen_options
@click.option(
    "--form", type=click.Choice([*WRITERS, LINES]), required=True, help="csv, xlsx, pdf, or all as JSON lines."
)
@click.option("-o", "--output", metavar="FILE", required=True, help="Where to write it.")
def export(*, store: str, operator: str, form: str, output: str, **chosen: Any) -> None:  # noqa: ANN401 - as at show
    """Export the record, or a part of it, to a file; that it was exported is recorded too."""
    with opened(store) as kept:
        taken(kept, operator, "record", form, chosen["organisation"])
        if form == LINES:
            count = kept.examine(lambda _, links: _lines(links, chosen, output))
        else:
            overview = of_record(_chosen(kept, chosen), SystemClock().now())
            written(output, made(overview, form))
            count = len(overview.rows)
    screen.show(f"{screen.tick(is_so=True)} {output}: {screen.count(count, 'record')}")


@audit.command("erase")
@click.argument("user")
@store_option
@operator_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_user(user: str, *, store: str, operator: str, yes: bool) -> None:
    """Erase what is known of USER, an id, as a person, for good; he must have been deactivated.

    What he did stays on record under his id, every link of the record still holds, and so does every seal.
    """
    if not yes:
        click.confirm(f"Erase the name, addresses and details of {shown(user)} for good?", abort=True)
    with opened(store) as kept:
        try:
            chance = secrets.token_bytes()
            erased = erase(kept, user, by=f"operator:{operator}", now=SystemClock().now(), chance=chance)
        except (ErasureError, ConflictError) as error:
            raise screen.BadInput(str(error)) from None
    screen.show(f"{screen.tick(is_so=True)} {shown(user)} is erased from {screen.count(erased.records, 'record')}")
    screen.show(screen.wrapped("Copies of the database, and pages that it has not used again, still hold the values."))


def taken(store: Store, operator: str, overview: str, form: str, organisation: str | None) -> None:
    """Put on record who reads or exports, before he does (AU-14)."""
    event = OverviewTaken(
        organisation=OrganisationId(organisation or ""),
        by=f"operator:{operator}",
        at=SystemClock().now(),
        overview=overview,
        form=form,
    )
    store.commit(Unit(events=(event,)))


def made(overview: Overview, form: str) -> bytes:
    """Return an overview as a file.  Raises BadInput where a library is missing."""
    try:
        return WRITERS[form](overview)
    except ExportError as error:
        raise screen.BadInput(str(error)) from None


def written(output: str, content: bytes, *, replaces: bool = True) -> None:
    """Write a file.  Raises BadInput."""
    with _writing(output, "w" if replaces else "x") as file:
        file.write(content)


@contextmanager
def _writing(output: str, mode: Literal["w", "x"]) -> Iterator[IO[bytes]]:
    try:
        with Path(output).open(f"{mode}b") as file:
            yield file
    except OSError as error:
        problem = f"{output}: {error.strerror}: name another file"
        raise screen.BadInput(problem) from None


def _chosen(store: Store, chosen: Mapping[str, Any]) -> Iterator[Recorded]:
    for each in store.records(about=chosen["about"], organisation=chosen["organisation"]):
        if _is_within(each.event.at, chosen):
            yield each


def _is_within(at: datetime, chosen: Mapping[str, Any]) -> bool:
    since, until = (each and each.replace(tzinfo=UTC) for each in (chosen["since"], chosen["until"]))
    return (since is None or at >= since) and (until is None or at < until)


def _entry(  # noqa: PLR0913, PLR0917 - one for each column
    organisation: str, number: str, at: str, by: str, name: str, about: str, what: str, note: str
) -> str:
    """Return a record as it is shown: only its first line begins at the margin."""
    place = f"{organisation or '-'} {number}"
    head = f"{screen.strong(place)}  {at}  {screen.named(name)}{f'  {screen.bad(note)}' if note else ''}"
    whom = screen.wrapped(f"{about or '-'}, by {by}", indent="    ")
    return "\n".join([head, whom, *([screen.wrapped(what, indent="    ", style=screen.faint)] if what else [])])


def _examined(
    heads: Sequence[Head], links: Iterable[Link], seals: Sequence[Sealed]
) -> tuple[Examination, Sequence[Finding]]:
    examination = Examination(heads, seals)
    return examination, [*examination.of(links)]


def _unsealed(file: str, key_file: str | None) -> Sealed:
    try:
        return verification.unsealed(Path(file).read_text("utf-8"), server_key(key_file))
    except OSError as error:
        problem = f"{file}: {error.strerror}: name the file of a seal"
    except (SealError, UnicodeDecodeError) as error:
        problem = f"{file}: {error}"
    raise screen.BadInput(problem)


def _lines(links: Iterable[Link], chosen: Mapping[str, Any], output: str) -> int:
    count = 0
    with _writing(output, "w") as file:
        for link in links:
            if _is_chosen(link, chosen):
                file.write(f"{json.dumps(plain(link))}\n".encode())
                count += 1
    return count


def _is_chosen(link: Link, chosen: Mapping[str, Any]) -> bool:
    organisation, about = chosen["organisation"], chosen["about"]
    return (
        organisation in {None, link.organisation}
        and (about is None or chain.is_about(link, about))
        and _is_within(link.at, chosen)
    )
