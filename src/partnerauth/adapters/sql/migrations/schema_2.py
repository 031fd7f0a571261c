"""Version 2: the record is chained and append-only, mails are tried again, PostgreSQL counts with a sequence.

What was on record before becomes part of the chains: each record gets its place and its digest in the order in which
it was stored, so that from here on it is as safe as a new one (`schema_2_record`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from alembic.operations import BatchOperations, Operations

from partnerauth.adapters.sql.migrations import schema_1, schema_2_record
from partnerauth.adapters.sql.migrations.schema_1 import TEXT

_STATES: Final = "'invited', 'pending-approval', 'active', 'deactivated', 'rejected'"

_ANY: Final = frozenset({"", "invited", "pending-approval", "active", "rejected"})

_BECOMES: Final[Mapping[str, tuple[frozenset[str], str]]] = MappingProxyType(
    {
        "AccessRequested": (_ANY, "pending-approval"),
        "AccessGranted": (frozenset({"pending-approval"}), "invited"),
        "AccessRefused": (frozenset({"pending-approval"}), "rejected"),
        "UserCreated": (_ANY, "active"),
        "UserInvited": (_ANY, "invited"),
        "InvitationCancelled": (frozenset({"invited"}), "rejected"),
        "InvitationAccepted": (_ANY, "active"),
        "OrganisationCreated": (_ANY, "active"),
        "JoinRequested": (_ANY, "pending-approval"),
        "JoinApproved": (_ANY, "active"),
        "JoinRejected": (_ANY, "rejected"),
        "UserProvisioned": (_ANY, "invited"),
        "SignedIn": (frozenset({"invited"}), "active"),
        "PasswordReset": (frozenset({"invited"}), "active"),
        "UserReactivated": (_ANY, "active"),
    }
)
"""What a user became with an event of version 1, and in which states he did."""


def upgrade(op: Operations) -> None:
    """Lead version 1 to version 2, with everything that is in it."""
    _meta(op)
    _changes(op)
    _outbox(op)
    _users(op)
    _links_sessions_and_feeds(op)
    _record(op)
    op.execute("UPDATE partnerauth_meta SET schema_version = 2")


def _meta(op: Operations) -> None:
    counted = "CONSTRAINT ck_partnerauth_meta_forgotten_counted CHECK (forgotten >= 0)"
    op.execute(f"ALTER TABLE partnerauth_meta ADD COLUMN forgotten BIGINT DEFAULT 0 NOT NULL {counted}")
    if op.get_context().dialect.supports_sequences:
        op.execute(sa.schema.CreateSequence(sa.Sequence("partnerauth_position")))
        op.execute("SELECT setval('partnerauth_position', greatest(position, 1), position > 0) FROM partnerauth_meta")


def _changes(op: Operations) -> None:
    with op.batch_alter_table("partnerauth_change", copy_from=schema_1.CHANGE) as batch:
        batch.add_column(sa.Column("transaction", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
        now = sa.func.current_timestamp()
        batch.add_column(sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=now))
        batch.create_index("ix_partnerauth_change_transaction", ["transaction"])


def _outbox(op: Operations) -> None:
    """A mail that was not sent waits, and is due since it was written."""
    added: list[sa.Column[Any]] = [
        sa.Column("state", sa.Text()),
        sa.Column("attempts", sa.Integer()),
        sa.Column("next_try_at", sa.DateTime(timezone=True)),
        sa.Column("problem", TEXT),
    ]
    outbox = _with(op, schema_1.OUTBOX, added)
    state = sa.case((outbox.c.sent, "sent"), else_="waiting")
    op.execute(outbox.update().values(state=state, attempts=0, next_try_at=outbox.c["at"], problem=""))
    with op.batch_alter_table(outbox.name, copy_from=outbox) as batch:
        batch.drop_index("ix_partnerauth_outbox_sent_id")
        batch.drop_column("sent")
        _filled(batch, added)
        batch.create_check_constraint("ck_partnerauth_outbox_state_known", "state IN ('waiting', 'sent', 'dead')")
        batch.create_check_constraint("ck_partnerauth_outbox_attempts_counted", "attempts >= 0")
        reason = "state <> 'dead' OR length(problem) > 0"
        batch.create_check_constraint("ck_partnerauth_outbox_dead_for_a_reason", reason)
        batch.create_index("ix_partnerauth_outbox_state_next_try_at_id", ["state", "next_try_at", "id"])


def _users(op: Operations) -> None:
    """Whoever was deactivated while he waited for an answer, or was turned down, comes back as what he was."""
    added: list[sa.Column[Any]] = [sa.Column("deactivated_from", sa.Text())]
    users = _with(op, schema_1.USER, added)
    op.execute(users.update().values(deactivated_from="active"))
    found = dict(_came_from(op.get_bind()))
    if others := [{"who": user, "before": state} for user, state in found.items() if state != "active"]:
        changed = users.update().where(users.c.id == sa.bindparam("who"), users.c.state == "deactivated")
        op.get_bind().execute(changed.values(deactivated_from=sa.bindparam("before")), others)
    with op.batch_alter_table(users.name, copy_from=users) as batch:
        _filled(batch, added)
        batch.create_check_constraint("ck_partnerauth_user_deactivated_from_known", f"deactivated_from IN ({_STATES})")


def _links_sessions_and_feeds(op: Operations) -> None:
    op.create_index("ix_partnerauth_token_subject", "partnerauth_token", ["subject"])
    op.add_column("partnerauth_session", sa.Column("idle_at", sa.DateTime(timezone=True)))
    added: list[sa.Column[Any]] = [sa.Column("pending", TEXT), sa.Column("parts", sa.Integer())]
    feeds = _with(op, schema_1.FEED_STATE, added)
    op.execute(feeds.update().values(pending="", parts=0))
    with op.batch_alter_table(feeds.name, copy_from=feeds) as batch:
        _filled(batch, added)
        batch.create_check_constraint("ck_partnerauth_feed_state_parts_counted", "parts >= 0")


def _record(op: Operations) -> None:
    """Every record gets its place in a chain, and what it tells of a person stands beside it."""
    schema_2_record.TABLES.create_all(op.get_bind(), [schema_2_record.PERSONAL, schema_2_record.HEAD])
    added: list[sa.Column[Any]] = [
        sa.Column("place", sa.BigInteger()),
        sa.Column("hidden", sa.Text()),
        sa.Column("digest", TEXT),
    ]
    with op.batch_alter_table(schema_1.LOG.name, copy_from=schema_1.LOG) as batch:
        batch.alter_column("about", nullable=True)
        for column in added:
            batch.add_column(_bare(column))
    schema_2_record.write_chains(op.get_bind())
    log = schema_1.LOG.to_metadata(sa.MetaData())
    log.c.about.nullable = True
    for column in added:
        log.append_column(_bare(column))
    with op.batch_alter_table(log.name, copy_from=log) as batch:
        _filled(batch, added)
        batch.create_check_constraint("ck_partnerauth_log_digest_filled", "length(digest) > 0")
        batch.create_check_constraint("ck_partnerauth_log_place_counted", "place > 0")
        batch.create_unique_constraint("uq_partnerauth_log_organisation_id_place", ["organisation_id", "place"])
    schema_2_record.guard(op.get_bind())


def _with(op: Operations, before: sa.Table, added: Iterable[sa.Column[Any]]) -> sa.Table:
    """Add columns to a table, and return it as it is then: they get their values before they have to have some."""
    after = before.to_metadata(sa.MetaData())
    for column in added:
        op.add_column(before.name, _bare(column))
        after.append_column(_bare(column))
    return after


def _bare(column: sa.Column[Any]) -> sa.Column[Any]:
    """Return a column of the same name and type, which belongs to no table yet."""
    return sa.Column(column.name, column.type)


def _filled(batch: BatchOperations, added: Iterable[sa.Column[Any]]) -> None:
    for column in added:
        batch.alter_column(column.name, existing_type=column.type, nullable=False)


def _came_from(connection: sa.Connection) -> Mapping[str, str]:
    """Return the state that each user had, or has, when he was not deactivated."""
    log = schema_1.LOG.c
    query = sa.select(log.name, log.data).where(log.name.in_(tuple(_BECOMES))).order_by(log.position, log.number)
    states: dict[str, str] = {}
    for row in connection.execute(query).mappings():
        name, data = row["name"], schema_2_record.told(row)
        user = data["user"]
        before, after = _BECOMES[name]
        asks_for_more = name == "AccessRequested" and not (data["enters"] or data["again"])
        if states.get(user, "") in before and not asks_for_more:
            states[user] = after
    return states
