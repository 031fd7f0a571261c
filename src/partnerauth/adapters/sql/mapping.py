"""Which table keeps which entity: one line here and one table in `tables` are all that a new noun needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, RowMapping, Table
from sqlmodel import SQLModel

from partnerauth.adapters.sql import tables
from partnerauth.addresses import title_key
from partnerauth.directory import (
    FACTS,
    AccessRequestOf,
    AccountById,
    AccountsOf,
    AttemptsAgainst,
    CaseById,
    CasesOf,
    CredentialOf,
    DelegationsOn,
    DelegationsTo,
    DelegationTo,
    Entity,
    FeedStateOf,
    HoldersOn,
    InvitationOf,
    InvitationsBy,
    Key,
    LatestSessionIn,
    LatestTokenOf,
    LinkedDomainByName,
    LoginNameByKey,
    OrganisationById,
    OrganisationNameByKey,
    OrganisationsNamed,
    SelectionOf,
    SelectionsOf,
    SessionByDigest,
    SessionsIn,
    SessionsOf,
    SsoLinkOf,
    SsoLinksOf,
    TokenByDigest,
    TokenById,
    TokensOf,
    UserById,
    UsersOf,
)
from partnerauth.entities import (
    AccessRequest,
    Account,
    Attempts,
    Case,
    Credential,
    Delegation,
    Element,
    FeedState,
    Given,
    Invitation,
    LatestSession,
    LatestToken,
    LinkedDomain,
    LoginName,
    Organisation,
    OrganisationName,
    Selection,
    Session,
    SsoLink,
    Token,
    User,
)

Values: TypeAlias = dict[str, Any]
"""The values of a row, by the keys of its columns: these are the names of the entity's fields."""

FACTS_BY_NAME: Final[Mapping[str, type[Key[Any]]]] = MappingProxyType({kind.__name__: kind for kind in FACTS})
"""The keys of what decisions depend on, by the names that changes have them under."""

Items: TypeAlias = Mapping[tuple[str, ...], Values]
"""What a field of several holds: the rest of each row by what tells it from the others."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A field of several, kept in rows of its own, so that adding to it writes what is added and nothing else.

    `owner` says which field of the entity each column of these rows repeats, `item` which columns tell the rows
    of one entity apart; `split` makes rows of a value, and `join` the value of rows.
    """

    field: str
    row: type[SQLModel]
    owner: Mapping[str, str]
    item: tuple[str, ...]
    split: Callable[[Any], Items]
    join: Callable[[Iterable[RowMapping], Table], Any]

    @property
    def table(self) -> Table:
        """The table of these rows."""
        return tables.table_of(self.row)

    def items(self, entity: Entity | None) -> Items:
        """Return the rows of an entity."""
        return self.split(getattr(entity, self.field)) if entity else {}

    def owned(self, entity: Entity, item: tuple[str, ...] = ()) -> Values:
        """Return the values that rows of an entity share, together with those of one item."""
        shared = {column: getattr(entity, name) for column, name in self.owner.items()}
        return {**shared, **dict(zip(self.item, item, strict=False))}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An entity, the key that asks for it, and its table: columns have the names of its fields.

    `derived` are columns that follow from the entity and are there to be looked for.
    """

    entity: type[Any]
    key: type[Key[Any]]
    row: type[SQLModel]
    parts: tuple[Part, ...] = ()
    derived: Mapping[str, Callable[[Any], str]] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def table(self) -> Table:
        """The table of this entity."""
        return tables.table_of(self.row)

    @cached_property
    def key_fields(self) -> tuple[str, ...]:
        """The fields of the key, which are the columns of the primary key."""
        return tuple(field.name for field in fields(self.key))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The fields that have a column in this table."""
        elsewhere = {part.field for part in self.parts}
        return tuple(field.name for field in fields(self.entity) if field.name not in elsewhere)

    def values(self, entity: Entity) -> Values:
        """Return the values of an entity's row."""
        return {
            **{column: getattr(entity, column) for column in self.columns},
            **{column: derive(entity) for column, derive in self.derived.items()},
        }

    def read(self, row: RowMapping, parts: Mapping[str, Any]) -> Any:  # noqa: ANN401 - which entity, `entity` says
        """Return the entity of a row and of what was read of its parts."""
        return self.entity(**{column: row[self.table.c[column]] for column in self.columns}, **parts)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A question whose answer are the entities that have the fields of the key: themselves, or one field of each.

    `columns` are those that the fields of the key are compared with where their names differ; `where` narrows the
    answer; `alone` is for questions that have one answer or None.
    """

    key: type[Key[Any]]
    entity: type[Any]
    field: str = ""
    columns: tuple[str, ...] = ()
    where: Callable[[Table], ColumnElement[bool]] | None = None
    alone: bool = False

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """The columns that the fields of the key are compared with."""
        return self.columns or tuple(each.name for each in fields(self.key))


def facts(rows: Iterable[tuple[str | None, Sequence[str]]]) -> tuple[Key[Any], ...]:
    """Return the keys that rows of changes name; a row without a kind names none."""
    return tuple(FACTS_BY_NAME[kind](*fields) for kind, fields in rows if kind is not None)


def _split_elements(elements: Mapping[Element, Given]) -> Items:
    return {tuple(element): given._asdict() for element, given in elements.items()}


def _join_elements(rows: Iterable[RowMapping], table: Table) -> Mapping[Element, Given]:
    column = table.c
    read = {
        Element(row[column.kind], row[column.name]): Given(row[column.by], row[column.at], row[column.source])
        for row in rows
    }
    return MappingProxyType(dict(sorted(read.items())))


DOMAINS: Final = Part(
    field="domains",
    row=tables.OrganisationDomainRow,
    owner=MappingProxyType({"organisation": "id"}),
    item=("domain",),
    split=lambda domains: {(each,): {} for each in domains},
    join=lambda rows, table: frozenset(row[table.c.domain] for row in rows),
)

MANAGEMENT: Final = Part(
    field="management",
    row=tables.ManagementRow,
    owner=MappingProxyType({"user": "id", "organisation": "organisation", "state": "state"}),
    item=("management",),
    split=lambda held: {(each,): {} for each in held},
    join=lambda rows, table: frozenset(row[table.c.management] for row in rows),
)

SELECTED: Final = Part(
    field="elements",
    row=tables.SelectionElementRow,
    owner=MappingProxyType({name: name for name in ("user", "account", "application")}),
    item=("kind", "name"),
    split=_split_elements,
    join=_join_elements,
)

DELEGATED: Final = Part(
    field="elements",
    row=tables.DelegationElementRow,
    owner=MappingProxyType({name: name for name in ("account", "application", "organisation")}),
    item=("kind", "name"),
    split=_split_elements,
    join=_join_elements,
)

KEPT: Final = (
    Kept(
        entity=Organisation,
        key=OrganisationById,
        row=tables.OrganisationRow,
        parts=(DOMAINS,),
        derived=MappingProxyType({"name_key": lambda organisation: title_key(organisation.name)}),
    ),
    Kept(entity=OrganisationName, key=OrganisationNameByKey, row=tables.OrganisationNameRow),
    Kept(entity=Account, key=AccountById, row=tables.AccountRow),
    Kept(
        entity=User,
        key=UserById,
        row=tables.UserRow,
        parts=(MANAGEMENT,),
        derived=MappingProxyType({"domain": lambda user: user.email.domain}),
    ),
    Kept(entity=LoginName, key=LoginNameByKey, row=tables.LoginNameRow),
    Kept(entity=Credential, key=CredentialOf, row=tables.CredentialRow),
    Kept(entity=Selection, key=SelectionOf, row=tables.SelectionRow, parts=(SELECTED,)),
    Kept(entity=Delegation, key=DelegationTo, row=tables.DelegationRow, parts=(DELEGATED,)),
    Kept(entity=AccessRequest, key=AccessRequestOf, row=tables.AccessRequestRow),
    Kept(entity=Token, key=TokenById, row=tables.TokenRow),
    Kept(entity=LatestToken, key=LatestTokenOf, row=tables.LatestTokenRow),
    Kept(entity=Session, key=SessionByDigest, row=tables.SessionRow),
    Kept(entity=LatestSession, key=LatestSessionIn, row=tables.LatestSessionRow),
    Kept(entity=Attempts, key=AttemptsAgainst, row=tables.AttemptsRow),
    Kept(entity=LinkedDomain, key=LinkedDomainByName, row=tables.LinkedDomainRow),
    Kept(entity=FeedState, key=FeedStateOf, row=tables.FeedStateRow),
    Kept(entity=SsoLink, key=SsoLinkOf, row=tables.SsoLinkRow),
    Kept(entity=Invitation, key=InvitationOf, row=tables.InvitationRow),
    Kept(entity=Case, key=CaseById, row=tables.CaseRow),
)
"""Every entity: what it refers to stands above it, and in this order rows are written."""

BY_ENTITY: Final[Mapping[type, Kept]] = MappingProxyType({kept.entity: kept for kept in KEPT})
BY_KEY: Final[Mapping[type, Kept]] = MappingProxyType({kept.key: kept for kept in KEPT})

LISTED: Final = (
    Listed(key=OrganisationsNamed, entity=Organisation, field="id", columns=("name_key",)),
    Listed(key=AccountsOf, entity=Account, field="id"),
    Listed(key=UsersOf, entity=User, field="id"),
    Listed(key=SelectionsOf, entity=Selection),
    Listed(key=HoldersOn, entity=Selection, field="user"),
    Listed(key=DelegationsTo, entity=Delegation),
    Listed(key=DelegationsOn, entity=Delegation),
    Listed(key=TokenByDigest, entity=Token, field="id", alone=True),
    Listed(key=SessionsIn, entity=Session, field="digest", where=lambda table: table.c.ended == ""),
    Listed(key=TokensOf, entity=Token, field="id"),
    Listed(key=SessionsOf, entity=Session, field="digest"),
    Listed(key=SsoLinksOf, entity=SsoLink),
    Listed(key=InvitationsBy, entity=Invitation, field="user"),
    Listed(key=CasesOf, entity=Case),
)
"""Every question that fields alone answer; the others have a function in `reading`."""
