"""Comparing: in what the tables of a database differ from those that this version makes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, MetaData, inspect

_SAYS: Final = {
    "add_table": "is missing",
    "remove_table": "is there and belongs to no table of this version",
    "add_column": "is missing",
    "remove_column": "is there and should not be",
    "add_index": "is missing, or has other columns",
    "remove_index": "is there and should not be, or has other columns",
    "add_constraint": "is missing, or has other columns",
    "remove_constraint": "is there and should not be, or has other columns",
    "add_fk": "is missing, or differs",
    "remove_fk": "is there and should not be, or differs",
}


def differences(connection: Connection, metadata: MetaData, begins: str, partitions: Collection[str]) -> Iterator[str]:
    """Yield what differs in the tables whose names begin so: a line each, without any value.

    Tables that are `partitions` of another one are that one.
    """
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "include_name": lambda name, kind, _: (
                kind != "table" or (name.startswith(begins) and name not in partitions)
            ),
            # A reference to the whole is one to each of its partitions, too.
            "include_object": lambda thing, _, kind, *__: (
                kind != "foreign_key_constraint" or thing.elements[0].target_fullname.split(".")[-2] not in partitions
            ),
        },
    )
    for difference in compare_metadata(context, metadata):
        for each in difference if isinstance(difference, list) else [difference]:
            yield _in_words(each)
    yield from _checks(connection, metadata)


def _in_words(difference: tuple[Any, ...]) -> str:
    kind = str(difference[0])
    if kind.startswith("modify_"):
        _, _, table, column, _, is_so, should = difference
        return f"{table}.{column}: {kind.removeprefix('modify_')} is {is_so}, and should be {should}"
    if kind.endswith("_column"):
        _, _, table, column = difference
        return f"{table}.{column.name}: this column {_SAYS[kind]}"
    thing = difference[1]
    table = f"{thing.table.name}: " if getattr(thing, "table", None) is not None else ""
    return f"{table}{thing.name} {_SAYS.get(kind, kind)}"


def _checks(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """Yield the CHECK constraints that are missing or strange, by their names: Alembic leaves them out."""
    format_name = connection.dialect.identifier_preparer.format_constraint
    there = inspect(connection).get_multi_check_constraints(filter_names=[*metadata.tables])
    for (_, table), found in there.items():
        constraints = metadata.tables[table].constraints
        expected = {str(format_name(each)) for each in constraints if isinstance(each, CheckConstraint)}
        names = {str(each["name"]) for each in found}
        yield from _named(expected - names, table, "is missing")
        yield from _named(names - expected, table, "is there and should not be")


def _named(names: Iterable[str], table: str, says: str) -> Iterator[str]:
    yield from (f"{table}: {name} {says}" for name in sorted(names))
