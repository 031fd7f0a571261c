"""The commands `portal check`, `portal show` and `portal listing`: is a file valid, what does it say and decide."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

import click
from pydantic import BaseModel

from partnerauth.cli import screen
from partnerauth.policy.engine.audit import document
from partnerauth.policy.grid import Cell, Grid
from partnerauth.policy.portal import Application, Matrix, Portal, PortalError, Right
from partnerauth.portals import read_portal

_CELLS: Final[Mapping[Cell, screen.Style]] = {
    Cell.MANDATORY: lambda cell: screen.strong(screen.good(cell)),
    Cell.OPTIONAL: screen.good,
    Cell.NOT_APPLICABLE: screen.faint,
    Cell.NOT_ALLOWED: screen.bad,
}
_SYNTAX: Final = re.compile(r"(.*): (.*) \(at line (\d+), column (\d+)\)", re.DOTALL)
_UNITS: Final = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))
_SHOWN_APART: Final = frozenset({"portal", "title", "offers", "forbidden", "applications", "records"})
_ACTORS: Final = ("visitor", "user", "administrator", "operator", "system")


@click.group("portal")
def portal() -> None:
    """Check a portal file, or show what one says."""


@portal.command("check")
@click.argument("file")
def check(file: str) -> None:
    """Check a portal file: every problem with its file, key path, line and how to mend it; exit status 2."""
    found = read(file)
    applications, rights = len(found.applications), sum(len(each.rights) for each in found.applications.values())
    screen.show(
        f"{screen.tick(is_so=True)} {file} is valid: {found.portal}, with {screen.count(applications, 'application')}, "
        f"{screen.count(rights, 'right')} and {screen.count(len(found.offers), 'command')}"
    )


@portal.command("show")
@click.argument("portal")
def show(portal: str) -> None:
    """Show what a portal says: PORTAL is the name of a shipped one, such as bpost, or a portal file."""
    screen.show("\n\n".join(described(read(portal))))


@portal.command("listing")
@click.argument("portal")
def listing(portal: str) -> None:
    """Print the decisions that a portal's rules were compiled to, for an audit: PORTAL as for `show`."""
    screen.show(document(read(portal)))


def read(source: str) -> Portal:
    """Return a portal that the library can run.  Raises BadInput, with every problem."""
    try:
        return read_portal(source)
    except PortalError as error:
        raise screen.BadInput(*map(_mendable, error.problems)) from None


def _mendable(problem: str) -> str:
    """Return a fault of the TOML itself in the form of the other problems, with what to do."""
    found = _SYNTAX.fullmatch(problem)
    return "{0}, line {2}, column {3}: {1}: correct the TOML there".format(*found.groups()) if found else problem


def described(portal: Portal) -> Iterable[str]:
    """Yield the paragraphs and tables that say all of a portal, under the keys of the portal file."""
    about = screen.pairs([*_pairs(portal, leave_out=_SHOWN_APART), ("fingerprint", portal.fingerprint[:16])])
    yield f"{screen.title(f'{portal.portal}: {screen.visible(portal.title)}')}\n{about}"
    yield _section("Who may use which command", _offers(portal))
    for name, section in _fields(portal):
        if isinstance(section, BaseModel):
            yield _section(f"[{name}]", "\n".join([*_grids(section), screen.pairs(_pairs(section))]).strip())
    for code, application in portal.applications.items():
        yield from _application(code, application)
    if portal.records:
        yield _section("[records]", screen.pairs(_records(portal)))


def _fields(section: BaseModel) -> Iterable[tuple[str, Any]]:
    """Yield the keys of a section of a portal file and their values, without what the portal does not have."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if value is not None:
            yield field.alias or name, value


def _pairs(section: BaseModel, prefix: str = "", leave_out: Collection[str] = ()) -> Iterable[tuple[str, str]]:
    for key, value in _fields(section):
        if key in leave_out or isinstance(value, Grid | BaseModel):
            continue
        if isinstance(value, Mapping) and all(isinstance(each, BaseModel) for each in value.values()):
            for name, inner in value.items():
                yield from _pairs(inner, f"{prefix}{key}.{name}.")
        else:
            yield f"{prefix}{key}", _worded(value)


def _grids(section: BaseModel) -> Iterable[str]:
    for _, grid in _fields(section):
        if isinstance(grid, Grid):
            rows = [(screen.named(row), *_marks(cells, grid.columns)) for row, cells in grid.rows.items()]
            yield f"{screen.table(('', *grid.columns), rows)}\n{_key(grid)}"


def _offers(portal: Portal) -> str:
    actors = [actor for actor in _ACTORS if any(actor in offered for offered in portal.offers.values())]
    rows = [(screen.named(word), *(_offered(portal, word, actor) for actor in actors)) for word in portal.offers]
    key = f"{screen.tick(is_so=True)} may use it   {screen.tick(is_so=False)} always refused, with the reason"
    return f"{screen.table(('command', *actors), rows)}\n{key}"


def _offered(portal: Portal, word: str, actor: str) -> str:
    if actor not in portal.offers[word]:
        return ""
    return screen.tick(is_so=actor not in portal.forbidden.get(word, ()))


def _worded(value: Any) -> str:  # noqa: ANN401 - whatever a portal file can hold
    match value:
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return duration(value)
        case Mapping():
            return "; ".join(f"{key}: {_worded(each)}" for key, each in value.items()) or "none"
        case BaseModel():
            return " ".join(f"{key} {_worded(each)}" for key, each in _fields(value))
        case tuple() | frozenset():
            return ", ".join(map(_worded, value)) or "none"
        case _:
            return screen.visible(str(value))


def duration(length: timedelta) -> str:
    """Return a length of time as portal files write it, in the largest unit that is whole: 90s, 15m, 1h, 7d."""
    for unit, size in _UNITS:
        if length and not length % size:
            return f"{length // size}{unit}"
    return f"{length // timedelta(seconds=1)}s"


def _application(code: str, application: Application) -> Iterable[str]:
    notes = [
        ("products", ", ".join(application.products)),
        (
            "contracts",
            f"of the kind {' or '.join(application.eligible_contracts)}" * bool(application.eligible_contracts),
        ),
        ("contracts", "active ones only" * application.active_contracts_only),
    ]
    if application.subcontracting:
        role = application.subcontracting.administrator
        notes.append(("subcontractors", f"chosen by, and given to, administrators who hold {role}"))
    shown = [_rights(application), screen.pairs((name, text) for name, text in notes if text)]
    heading = screen.title(f"{screen.visible(application.name)} ({code})")
    yield f"{heading}\n" + "\n\n".join(filter(None, shown))
    if application.matrix:
        yield _matrix(application.matrix)


def _rights(application: Application) -> str:
    headers = ("right", "needs", "name")
    rows = [(code, _needs(right), screen.visible(right.name)) for code, right in application.rights.items()]
    widths = [
        max(len(header), *map(len, column)) for header, column in zip(headers, zip(*rows, strict=True), strict=True)
    ]
    widths[-1] = min(widths[-1], screen.WIDTH - sum(widths[:-1]) - 4)
    return screen.listing(headers, [(screen.named(code), needs, name) for code, needs, name in rows], widths)


def _needs(right: Right) -> str:
    option = [f"option {right.option}"] if right.option else []
    return ", ".join([*right.needs, *option, *right.countries])


def _matrix(matrix: Matrix) -> str:
    rows = [(screen.named(right), *_marks(cells, matrix.profiles)) for right, cells in matrix.cells.items()]
    table = screen.table(("right", *matrix.profiles), rows)
    services = f"Together with other rights, at least one of: {', '.join(matrix.services)}" if matrix.services else ""
    return "\n".join(
        [screen.strong("Which rights go together in a profile"), table, _key(matrix.grid), screen.wrapped(services)]
    )


def _marks(cells: Mapping[str, Cell], columns: Iterable[str]) -> Iterable[str]:
    return (_CELLS[cells[column]](cells[column]) for column in columns)


def _key(grid: Grid) -> str:
    used = {cell for cells in grid.rows.values() for cell in cells.values()}
    meanings = {
        Cell.MANDATORY: "mandatory",
        Cell.OPTIONAL: "optional",
        Cell.NOT_APPLICABLE: "not applicable",
        Cell.NOT_ALLOWED: "not allowed",
    }
    return "   ".join(f"{_CELLS[cell](cell)} {meaning}" for cell, meaning in meanings.items() if cell in used)


def _records(portal: Portal) -> Iterable[tuple[str, str]]:
    for kind, record in portal.records.items():
        for number, sight in enumerate(record.seen_by):
            whose = "his own" if sight.whose == "own" else "all of the organisation"
            within = f", of the {' and '.join(sight.within)} he holds" if sight.within else ""
            only = ", administrators only" if sight.administrators_only else ""
            yield kind if number == 0 else "", f"{record.application}/{sight.right} sees {whose}{within}{only}"


def _section(heading: str, body: str) -> str:
    return f"{screen.strong(heading)}\n{body}"
