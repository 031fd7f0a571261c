"""Adapter: what a user may see as an SQLAlchemy condition, so that a listing is filtered where its rows are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import ColumnElement, ColumnExpressionArgument, and_, false, or_, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from partnerauth.policy.portal import RESOURCE_KINDS
from partnerauth.view import Scope

Column = ColumnElement[str] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
"""A column of the embedder's table."""

_NONE: Mapping[str, Column] = MappingProxyType({})


def sql_filter(scope: Scope, account: Column, resources: Mapping[str, Column] = _NONE) -> ColumnElement[bool]:
    """Return the condition that a row is within a scope, as `View.scope` returns one.

    `account` holds account ids, and `resources` are the columns with the row's resource of each kind, NULL where
    it has none.  Selects exactly the rows for which `View.can` allows the right on the row's account, with the
    row's resources named.  A row without an account is not selected.  Nothing is ever left out: a scope of more
    values than the database takes in one statement is the database's error.  Raises ValueError for a kind of
    resource that there is not.
    """
    if unknown := sorted(set(resources) - set(RESOURCE_KINDS)):
        message = f"resources: no such kind: {', '.join(unknown)}; known are {', '.join(RESOURCE_KINDS)}"
        raise ValueError(message)
    if not scope:
        return false()
    return and_(account.in_(sorted(scope)), *(_one(scope, account, kind, each) for kind, each in resources.items()))


def _one(scope: Scope, account: Column, kind: str, column: Column) -> ColumnElement[bool]:
    pairs = sorted((where, name) for where, within in scope.items() for name in within.get(kind, ()))
    unnamed: ColumnExpressionArgument[bool] = column.is_(None)
    return or_(unnamed, tuple_(account, column).in_(pairs)) if pairs else and_(unnamed)
