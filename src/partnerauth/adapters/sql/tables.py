"""The tables: one for each noun of `directory.Entity`, and the record, the outbox and the versions beside them.

The same for SQLite and PostgreSQL.  Keys are made canonical in Python, never by `lower()` or a collation
(CC-14).  Table models of SQLModel check nothing (CC-13), so the constraints here stand behind the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from partnerauth.adapters.sql import append_only
from partnerauth.adapters.sql.columns import Address, Choice, Instant, Plain, Words
from partnerauth.addresses import EmailAddress
from partnerauth.entities import AccountId, CaseId, Contract, Element, OrganisationId, Purpose, State, TokenId, UserId
from partnerauth.ports import MailState

Wanted: TypeAlias = tuple[tuple[AccountId, str], ...]
Named: TypeAlias = tuple[tuple[AccountId, str, tuple[Element, ...]], ...]

SCHEMA_VERSION: Final = 2
"""The number of this set of tables: a store of another number is not opened (CC-17)."""

MARKER: Final = "partnerauth"
"""What tells a database of this library from a stranger's."""

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
"""All tables: of their own, so that an embedder's `SQLModel.metadata` and this one do not meet unasked."""


class _Row(SQLModel, registry=registry(metadata=METADATA)):
    """A row of a table of this library."""


class _Entity(_Row):
    """A row of an entity: the commit that wrote it, and the one that it came with."""

    revision: int = Field(sa_type=BigInteger)
    arrival: int = Field(sa_type=BigInteger)


_Column: TypeAlias = Any
"""A column, typed as SQLModel types its own `Field`: as whatever the attribute is."""


def _text(*, primary_key: bool = False, index: bool = False) -> _Column:
    """Return a column of text."""
    return Field(sa_type=Words, primary_key=primary_key, index=index)


def _id_of(thing: str, *, refers: bool = True, primary_key: bool = False, index: bool = False) -> _Column:
    """Return the column `<thing>_id`, which refers to that thing's table unless it is there for looking up alone.

    Its attribute has the name of the entity's field: `user` itself is a word of SQL.
    """
    return Field(
        sa_type=Words,
        primary_key=primary_key,
        foreign_key=f"partnerauth_{thing}.id" if refers else None,
        index=index,
        sa_column_kwargs={"name": f"{thing}_id", "key": thing},
    )


def _filled(*columns: str) -> tuple[CheckConstraint, ...]:
    """Constrain columns to hold some text."""
    return tuple(CheckConstraint(f"length({column}) > 0", name=f"{column}_filled") for column in columns)


def _one_of(column: str, choices: type[StrEnum]) -> tuple[CheckConstraint, ...]:
    """Constrain a column to the words of an enumeration."""
    words = ", ".join(f"'{choice.value}'" for choice in choices)
    return (CheckConstraint(f"{column} IN ({words})", name=f"{column}_known"),)


def _counted(*columns: str) -> tuple[CheckConstraint, ...]:
    """Constrain columns to numbers that count something."""
    return tuple(CheckConstraint(f"{column} >= 0", name=f"{column}_counted") for column in columns)


class MetaRow(_Row, table=True):
    """The one row that says whose database this is.

    `position` is that of the newest commit where SQLite counts, and is never written on PostgreSQL, where a sequence
    does: no commit waits for another organisation's there.  Of the changes up to `forgotten` nobody is told any more:
    a position on SQLite, the number of a transaction on PostgreSQL.
    """

    __tablename__ = "partnerauth_meta"
    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint(f"marker = '{MARKER}'", name="marker_known"),
        *_counted("position", "forgotten"),
    )

    id: int = Field(primary_key=True)
    marker: str = _text()
    schema_version: int
    position: int = Field(sa_type=BigInteger)
    forgotten: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})


POSITIONS: Final = Sequence("partnerauth_position", metadata=METADATA)
"""Where PostgreSQL takes the positions of commits from; SQLite has no sequences, and counts in the meta row."""


class ChangeRow(_Row, table=True):
    """That a commit changed a fact that decisions depend on: the name of its key's type, and the key's fields.

    `transaction` is PostgreSQL's number of the transaction, which tells when others could see it.  On SQLite it is
    drawn by lot, and tells a commit from another one that took its position in a copy of the file.
    """

    __tablename__ = "partnerauth_change"
    __table_args__ = (*_filled("kind"), Index(None, "transaction"))

    position: int = Field(sa_type=BigInteger, primary_key=True)
    number: int = Field(primary_key=True)
    kind: str = _text()
    fields: list[str] = Field(sa_type=Plain(list[str]))
    transaction: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": func.current_timestamp()})


class VersionRow(_Row, table=True):
    """How often an organisation was changed: what is written first and decides who was first (CC-02)."""

    __tablename__ = "partnerauth_version"
    __table_args__ = _counted("version")

    organisation: OrganisationId = _id_of("organisation", refers=False, primary_key=True)
    version: int = Field(sa_type=BigInteger)


class LogRow(_Row, table=True):
    """An event on record, written in the transaction of the change that it tells of (AU-01).

    `place` is where it stands in the chain of its organisation; `about` is NULL where that is personal itself, and
    `hidden` are the keyed digests of what is personal.  Nobody changes or removes a row: `append_only`.
    """

    __tablename__ = "partnerauth_log"
    __table_args__ = (
        *_filled("name", "digest"),
        CheckConstraint("place > 0", name="place_counted"),
        UniqueConstraint("organisation", "place"),
        Index(None, "about", "position"),
        Index(None, "organisation", "position"),
    )

    position: int = Field(sa_type=BigInteger, primary_key=True)
    number: int = Field(primary_key=True)
    organisation: OrganisationId = _id_of("organisation", refers=False)
    place: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=Instant)
    by: str = _text()
    name: str = _text()
    about: str | None = Field(sa_type=Words, nullable=True)
    schema_number: int
    data: dict[str, Any] = Field(sa_type=Plain(dict[str, Any]))
    hidden: dict[str, str] = Field(sa_type=Plain(dict[str, str]))
    digest: str = _text()


class PersonalRow(_Row, table=True):
    """What a record tells of a person: its salt and values go when he is erased, the row stays and says by what."""

    __tablename__ = "partnerauth_personal"
    __table_args__ = (
        ForeignKeyConstraint(["position", "number"], ["partnerauth_log.position", "partnerauth_log.number"]),
        CheckConstraint("(erased_position IS NULL) = (length(salt) > 0)", name="erased_whole"),
        CheckConstraint("(erased_position IS NULL) = (erased_number IS NULL)", name="erased_told"),
    )

    position: int = Field(sa_type=BigInteger, primary_key=True)
    number: int = Field(primary_key=True)
    subject: str = _text(index=True)
    salt: str = _text()
    data: dict[str, Any] = Field(sa_type=Plain(dict[str, Any]))
    erased_position: int | None = Field(sa_type=BigInteger, nullable=True)
    erased_number: int | None = Field(nullable=True)


class HeadRow(_Row, table=True):
    """The end of a chain: how many records an organisation has, and the digest of the newest; locked last (AU-06)."""

    __tablename__ = "partnerauth_head"
    __table_args__ = _counted("length")

    organisation: OrganisationId = _id_of("organisation", refers=False, primary_key=True)
    length: int = Field(sa_type=BigInteger)
    digest: str = _text()


class OutboxRow(_Row, table=True):
    """A mail, without the secret that it will tell: written in the transaction that it belongs to (CC-08)."""

    __tablename__ = "partnerauth_outbox"
    __table_args__ = (
        *_filled("template", "address"),
        *_one_of("state", MailState),
        *_counted("attempts"),
        # Every failed try has said why: what is tried just now is told from what was put off by that.
        CheckConstraint("state <> 'dead' OR length(problem) > 0", name="dead_for_a_reason"),
        Index(None, "state", "next_try_at", "id"),
    )

    id: int = Field(sa_type=BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    template: str = _text()
    to: str = Field(sa_type=Words, index=True, sa_column_kwargs={"name": "address", "key": "to"})
    language: str = _text()
    facts: Mapping[str, str] = Field(sa_type=Plain(Mapping[str, str]))
    token: str = _text()
    at: datetime = Field(sa_type=Instant)
    state: MailState = Field(sa_type=Choice(MailState))
    attempts: int
    next_try_at: datetime = Field(sa_type=Instant)
    problem: str = _text()


class OrganisationRow(_Entity, table=True):
    """A partner company."""

    __tablename__ = "partnerauth_organisation"
    __table_args__ = _filled("id")

    id: OrganisationId = _text(primary_key=True)
    name: str = _text()
    street: str = _text()
    town: str = _text()
    country: str = _text()
    name_key: str = _text(index=True)
    options: frozenset[str] = Field(sa_type=Plain(frozenset[str]))
    subcontractor: bool
    requested: bool


class OrganisationDomainRow(_Row, table=True):
    """A domain of an organisation, an A-label."""

    __tablename__ = "partnerauth_organisation_domain"
    __table_args__ = _filled("domain")

    domain: str = _text(primary_key=True)
    organisation: OrganisationId = Field(
        sa_column=Column(
            "organisation_id",
            Words,
            ForeignKey("partnerauth_organisation.id", ondelete="CASCADE"),
            key="organisation",
            primary_key=True,
            index=True,
        )
    )


class OrganisationNameRow(_Entity, table=True):
    """The organisation that was created under a name in a town: one alone (DP-02)."""

    __tablename__ = "partnerauth_organisation_name"

    name: str = _text(primary_key=True)
    town: str = _text(primary_key=True)
    organisation: OrganisationId = _id_of("organisation", index=True)


class AccountRow(_Entity, table=True):
    """A customer account, whose id begins with its organisation's (BP-12)."""

    __tablename__ = "partnerauth_account"
    __table_args__ = (
        CheckConstraint(
            "substr(id, 1, length(organisation_id) + 1) = organisation_id || '/'", name="id_within_organisation"
        ),
    )

    id: AccountId = _text(primary_key=True)
    organisation: OrganisationId = _id_of("organisation", index=True)
    name: str = _text()
    applications: frozenset[str] = Field(sa_type=Plain(frozenset[str]))
    contracts: Mapping[str, Contract] = Field(sa_type=Plain(Mapping[str, Contract]))
    billing_addresses: frozenset[str] = Field(sa_type=Plain(frozenset[str]))


class UserRow(_Entity, table=True):
    """A person of exactly one organisation."""

    __tablename__ = "partnerauth_user"
    __table_args__ = (
        *_filled("id"),
        *_one_of("state", State),
        *_one_of("deactivated_from", State),
        # What the rows of `partnerauth_management` follow.
        UniqueConstraint("id", "organisation", "state"),
        Index(None, "organisation", "state", "arrival", "id"),
    )

    id: UserId = _text(primary_key=True)
    organisation: OrganisationId = _id_of("organisation")
    state: State = Field(sa_type=Choice(State))
    email: EmailAddress = Field(sa_type=Address)
    domain: str = _text(index=True)
    username: str = _text()
    details: Mapping[str, str] = Field(sa_type=Plain(Mapping[str, str]))
    created_by: str = _text()
    deactivated_by: str = _text()
    deactivated_from: State = Field(sa_type=Choice(State))
    notifications: bool


class ManagementRow(_Row, table=True):
    """A management right of a user.

    Organisation and state are his; the database itself keeps them so, and the index finds another holder in one
    step among any number of users, deactivated holders included (GX-07).
    """

    __tablename__ = "partnerauth_management"
    __table_args__ = (
        *_filled("management"),
        ForeignKeyConstraint(
            ["user", "organisation", "state"],
            ["partnerauth_user.id", "partnerauth_user.organisation", "partnerauth_user.state"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index(None, "organisation", "management", "state", "user"),
    )

    user: UserId = _id_of("user", refers=False, primary_key=True)
    management: str = _text(primary_key=True)
    organisation: OrganisationId = _id_of("organisation", refers=False)
    state: State = Field(sa_type=Choice(State))


class LoginNameRow(_Entity, table=True):
    """A user name or address key: of one user alone, which the primary key sees to (GX-12)."""

    __tablename__ = "partnerauth_login_name"
    __table_args__ = _filled("key")

    key: str = _text(primary_key=True)
    user: UserId = _id_of("user", index=True)


class CredentialRow(_Entity, table=True):
    """How a user proves himself: the hash of his password and never more."""

    __tablename__ = "partnerauth_credential"
    __table_args__ = _counted("epoch")

    user: UserId = _id_of("user", primary_key=True)
    password_hash: str = _text()
    temporary_until: datetime | None = Field(sa_type=Instant)
    epoch: int
    signed_in: bool


class SelectionRow(_Entity, table=True):
    """That a user was given something in an application on an account; what it is stands in the rows of elements."""

    __tablename__ = "partnerauth_selection"
    __table_args__ = (*_filled("application"), Index(None, "account", "application"))

    user: UserId = _id_of("user", primary_key=True)
    account: AccountId = _id_of("account", primary_key=True)
    application: str = _text(primary_key=True)


class SelectionElementRow(_Row, table=True):
    """One right or resource of a selection, with who gave it, when, and from what (BP-32)."""

    __tablename__ = "partnerauth_selection_element"
    __table_args__ = (
        *_filled("kind"),
        ForeignKeyConstraint(
            ["user", "account", "application"],
            [
                "partnerauth_selection.user",
                "partnerauth_selection.account",
                "partnerauth_selection.application",
            ],
            ondelete="CASCADE",
        ),
    )

    user: UserId = _id_of("user", refers=False, primary_key=True)
    account: AccountId = _id_of("account", refers=False, primary_key=True)
    application: str = _text(primary_key=True)
    kind: str = _text(primary_key=True)
    name: str = _text(primary_key=True)
    by: str = _text()
    at: datetime = Field(sa_type=Instant)
    source: str = _text()


class DelegationRow(_Entity, table=True):
    """That a customer gave something to another organisation, never to itself (BP-31)."""

    __tablename__ = "partnerauth_delegation"
    __table_args__ = (
        *_filled("application"),
        CheckConstraint(
            "substr(account_id, 1, length(organisation_id) + 1) <> organisation_id || '/'", name="to_another"
        ),
    )

    account: AccountId = _id_of("account", primary_key=True)
    application: str = _text(primary_key=True)
    organisation: OrganisationId = _id_of("organisation", primary_key=True, index=True)


class DelegationElementRow(_Row, table=True):
    """One right or resource of a delegation; `source` is the id of this giving (BP-32)."""

    __tablename__ = "partnerauth_delegation_element"
    __table_args__ = (
        *_filled("kind"),
        ForeignKeyConstraint(
            ["account", "application", "organisation"],
            [
                "partnerauth_delegation.account",
                "partnerauth_delegation.application",
                "partnerauth_delegation.organisation",
            ],
            ondelete="CASCADE",
        ),
    )

    account: AccountId = _id_of("account", refers=False, primary_key=True)
    application: str = _text(primary_key=True)
    organisation: OrganisationId = _id_of("organisation", refers=False, primary_key=True)
    kind: str = _text(primary_key=True)
    name: str = _text(primary_key=True)
    by: str = _text()
    at: datetime = Field(sa_type=Instant)
    source: str = _text()


class AccessRequestRow(_Entity, table=True):
    """What somebody asked the operator for: accounts that may not exist yet (BP-01)."""

    __tablename__ = "partnerauth_access_request"

    user: UserId = _id_of("user", primary_key=True)
    wanted: Wanted = Field(sa_type=Plain(Wanted))


class TokenRow(_Entity, table=True):
    """A mailed link or code, known by the digest of its secret (GX-04)."""

    __tablename__ = "partnerauth_token"
    __table_args__ = (
        *_filled("id", "digest"),
        *_counted("epoch"),
        *_one_of("purpose", Purpose),
        UniqueConstraint("digest"),
    )

    id: TokenId = _text(primary_key=True)
    digest: str = _text()
    purpose: Purpose = Field(sa_type=Choice(Purpose))
    subject: str = _text(index=True)
    expires_at: datetime = Field(sa_type=Instant)
    epoch: int
    used: bool
    facts: Mapping[str, str] = Field(sa_type=Plain(Mapping[str, str]))


class LatestTokenRow(_Entity, table=True):
    """The newest token of a purpose (GX-04)."""

    __tablename__ = "partnerauth_latest_token"
    __table_args__ = _one_of("purpose", Purpose)

    subject: str = _text(primary_key=True)
    purpose: Purpose = Field(sa_type=Choice(Purpose), primary_key=True)
    token: TokenId = _id_of("token", index=True)


class SessionRow(_Entity, table=True):
    """A signed-in browser, known by the digest of its secret (SE-09)."""

    __tablename__ = "partnerauth_session"
    __table_args__ = (*_filled("digest"), *_counted("epoch"), Index(None, "browser", "ended"))

    digest: str = _text(primary_key=True)
    user: UserId = _id_of("user", index=True)
    browser: str = _text()
    started_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    idle_at: datetime | None = Field(sa_type=Instant)
    epoch: int
    ended: str = _text()


class LatestSessionRow(_Entity, table=True):
    """The newest session in a browser that has one user (ED-09)."""

    __tablename__ = "partnerauth_latest_session"

    browser: str = _text(primary_key=True)
    digest: str = Field(sa_type=Words, foreign_key="partnerauth_session.digest", index=True)


class AttemptsRow(_Entity, table=True):
    """Wrong guesses: counted here and not in the memory of one process (CC-09)."""

    __tablename__ = "partnerauth_attempts"
    __table_args__ = (*_filled("key"), *_counted("wrong", "blocks"))

    key: str = _text(primary_key=True)
    wrong: int
    since: datetime | None = Field(sa_type=Instant)
    blocked_until: datetime | None = Field(sa_type=Instant)
    blocks: int


class LinkedDomainRow(_Entity, table=True):
    """The organisation that a domain stands for (SP-07)."""

    __tablename__ = "partnerauth_linked_domain"
    __table_args__ = _filled("domain")

    domain: str = _text(primary_key=True)
    organisation: OrganisationId = _id_of("organisation", index=True)
    opened: bool


class FeedStateRow(_Entity, table=True):
    """The last feed of its name that was taken in (ED-01)."""

    __tablename__ = "partnerauth_feed_state"
    __table_args__ = (*_filled("feed"), *_counted("parts"))

    feed: str = _text(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    pending: str = _text()
    parts: int


class SsoLinkRow(_Entity, table=True):
    """Whose an account at another provider is (ED-07)."""

    __tablename__ = "partnerauth_sso_link"
    __table_args__ = _filled("issuer", "subject")

    issuer: str = _text(primary_key=True)
    subject: str = _text(primary_key=True)
    provider: str = _text()
    user: UserId = _id_of("user", index=True)


class InvitationRow(_Entity, table=True):
    """What stands behind an invited user until he accepts (KP-03)."""

    __tablename__ = "partnerauth_invitation"

    user: UserId = _id_of("user", primary_key=True)
    by: str = _text(index=True)
    from_operator: bool
    named: Named = Field(sa_type=Plain(Named))


class CaseRow(_Entity, table=True):
    """A request that a user submitted, and what became of it (DP-07)."""

    __tablename__ = "partnerauth_case"
    __table_args__ = _filled("id")

    id: CaseId = _text(primary_key=True)
    organisation: OrganisationId = _id_of("organisation", index=True)
    reporter: UserId = Field(sa_type=Words, foreign_key="partnerauth_user.id", index=True)
    kind: str = _text()
    fields: Mapping[str, str] = Field(sa_type=Plain(Mapping[str, str]))
    status: str = _text()
    informs: Mapping[str, bool] = Field(sa_type=Plain(Mapping[str, bool]))


append_only.guard(METADATA)


def table_of(row: type[SQLModel]) -> Table:
    """Return the table of a model."""
    return METADATA.tables[str(row.__tablename__)]


META: Final = table_of(MetaRow)
CHANGE: Final = table_of(ChangeRow)
VERSION: Final = table_of(VersionRow)
LOG: Final = table_of(LogRow)
PERSONAL: Final = table_of(PersonalRow)
HEAD: Final = table_of(HeadRow)
OUTBOX: Final = table_of(OutboxRow)
"""The tables that are no entity's."""
