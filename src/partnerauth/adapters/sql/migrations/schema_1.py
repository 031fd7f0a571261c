"""Version 1: the tables of the first partnerauth, frozen as they were.  Never edited: what changes is a new version."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic.operations import Operations

TABLES: Final = sa.MetaData()

TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that is compared code point by code point: version 1 spoke SQLite alone, which does so by itself."""

META = sa.Table(
    "partnerauth_meta",
    TABLES,
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("marker", TEXT, nullable=False),
    sa.Column("schema_version", sa.Integer(), nullable=False),
    sa.Column("position", sa.BigInteger(), nullable=False),
    sa.CheckConstraint("marker = 'partnerauth'", name="ck_partnerauth_meta_marker_known"),
    sa.CheckConstraint("id = 1", name="ck_partnerauth_meta_single"),
    sa.CheckConstraint("position >= 0", name="ck_partnerauth_meta_position_counted"),
    sa.PrimaryKeyConstraint("id", name="pk_partnerauth_meta"),
)

CHANGE = sa.Table(
    "partnerauth_change",
    TABLES,
    sa.Column("position", sa.BigInteger(), nullable=False),
    sa.Column("number", sa.Integer(), nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("fields", sa.Text(), nullable=False),
    sa.CheckConstraint("length(kind) > 0", name="ck_partnerauth_change_kind_filled"),
    sa.PrimaryKeyConstraint("position", "number", name="pk_partnerauth_change"),
)

VERSION = sa.Table(
    "partnerauth_version",
    TABLES,
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.CheckConstraint("version >= 0", name="ck_partnerauth_version_version_counted"),
    sa.PrimaryKeyConstraint("organisation_id", name="pk_partnerauth_version"),
)

LOG = sa.Table(
    "partnerauth_log",
    TABLES,
    sa.Column("position", sa.BigInteger(), nullable=False),
    sa.Column("number", sa.Integer(), nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("by", TEXT, nullable=False),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("about", TEXT, nullable=False),
    sa.Column("schema_number", sa.Integer(), nullable=False),
    sa.Column("data", sa.Text(), nullable=False),
    sa.CheckConstraint("length(name) > 0", name="ck_partnerauth_log_name_filled"),
    sa.PrimaryKeyConstraint("position", "number", name="pk_partnerauth_log"),
    sa.Index("ix_partnerauth_log_about_position", "about", "position"),
    sa.Index("ix_partnerauth_log_organisation_id_position", "organisation_id", "position"),
)

OUTBOX = sa.Table(
    "partnerauth_outbox",
    TABLES,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    sa.Column("template", TEXT, nullable=False),
    sa.Column("address", TEXT, nullable=False),
    sa.Column("language", TEXT, nullable=False),
    sa.Column("facts", sa.Text(), nullable=False),
    sa.Column("token", TEXT, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("sent", sa.Boolean(), nullable=False),
    sa.CheckConstraint("length(address) > 0", name="ck_partnerauth_outbox_address_filled"),
    sa.CheckConstraint("length(template) > 0", name="ck_partnerauth_outbox_template_filled"),
    sa.PrimaryKeyConstraint("id", name="pk_partnerauth_outbox"),
    sa.Index("ix_partnerauth_outbox_address", "address"),
    sa.Index("ix_partnerauth_outbox_sent_id", "sent", "id"),
)

ORGANISATION = sa.Table(
    "partnerauth_organisation",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("street", TEXT, nullable=False),
    sa.Column("town", TEXT, nullable=False),
    sa.Column("country", TEXT, nullable=False),
    sa.Column("name_key", TEXT, nullable=False),
    sa.Column("options", sa.Text(), nullable=False),
    sa.Column("subcontractor", sa.Boolean(), nullable=False),
    sa.Column("requested", sa.Boolean(), nullable=False),
    sa.CheckConstraint("length(id) > 0", name="ck_partnerauth_organisation_id_filled"),
    sa.PrimaryKeyConstraint("id", name="pk_partnerauth_organisation"),
    sa.Index("ix_partnerauth_organisation_name_key", "name_key"),
)

ORGANISATION_DOMAIN = sa.Table(
    "partnerauth_organisation_domain",
    TABLES,
    sa.Column("domain", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.CheckConstraint("length(domain) > 0", name="ck_partnerauth_organisation_domain_domain_filled"),
    sa.ForeignKeyConstraint(
        ["organisation_id"],
        ["partnerauth_organisation.id"],
        name="fk_partnerauth_organisation_domain_organisation_id",
        ondelete="CASCADE",
    ),
    sa.PrimaryKeyConstraint("domain", "organisation_id", name="pk_partnerauth_organisation_domain"),
    sa.Index("ix_partnerauth_organisation_domain_organisation_id", "organisation_id"),
)

ORGANISATION_NAME = sa.Table(
    "partnerauth_organisation_name",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("town", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.ForeignKeyConstraint(
        ["organisation_id"],
        ["partnerauth_organisation.id"],
        name="fk_partnerauth_organisation_name_organisation_id",
    ),
    sa.PrimaryKeyConstraint("name", "town", name="pk_partnerauth_organisation_name"),
    sa.Index("ix_partnerauth_organisation_name_organisation_id", "organisation_id"),
)

ACCOUNT = sa.Table(
    "partnerauth_account",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("applications", sa.Text(), nullable=False),
    sa.Column("contracts", sa.Text(), nullable=False),
    sa.Column("billing_addresses", sa.Text(), nullable=False),
    sa.CheckConstraint(
        "substr(id, 1, length(organisation_id) + 1) = organisation_id || '/'",
        name="ck_partnerauth_account_id_within_organisation",
    ),
    sa.ForeignKeyConstraint(
        ["organisation_id"], ["partnerauth_organisation.id"], name="fk_partnerauth_account_organisation_id"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_partnerauth_account"),
    sa.Index("ix_partnerauth_account_organisation_id", "organisation_id"),
)

LINKED_DOMAIN = sa.Table(
    "partnerauth_linked_domain",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("domain", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("opened", sa.Boolean(), nullable=False),
    sa.CheckConstraint("length(domain) > 0", name="ck_partnerauth_linked_domain_domain_filled"),
    sa.ForeignKeyConstraint(
        ["organisation_id"],
        ["partnerauth_organisation.id"],
        name="fk_partnerauth_linked_domain_organisation_id",
    ),
    sa.PrimaryKeyConstraint("domain", name="pk_partnerauth_linked_domain"),
    sa.Index("ix_partnerauth_linked_domain_organisation_id", "organisation_id"),
)

FEED_STATE = sa.Table(
    "partnerauth_feed_state",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("feed", TEXT, nullable=False),
    sa.Column("sequence", sa.BigInteger(), nullable=False),
    sa.CheckConstraint("length(feed) > 0", name="ck_partnerauth_feed_state_feed_filled"),
    sa.PrimaryKeyConstraint("feed", name="pk_partnerauth_feed_state"),
)

USER = sa.Table(
    "partnerauth_user",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("email", TEXT, nullable=False),
    sa.Column("domain", TEXT, nullable=False),
    sa.Column("username", TEXT, nullable=False),
    sa.Column("details", sa.Text(), nullable=False),
    sa.Column("created_by", TEXT, nullable=False),
    sa.Column("deactivated_by", TEXT, nullable=False),
    sa.Column("notifications", sa.Boolean(), nullable=False),
    sa.CheckConstraint(
        "state IN ('invited', 'pending-approval', 'active', 'deactivated', 'rejected')",
        name="ck_partnerauth_user_state_known",
    ),
    sa.CheckConstraint("length(id) > 0", name="ck_partnerauth_user_id_filled"),
    sa.ForeignKeyConstraint(
        ["organisation_id"], ["partnerauth_organisation.id"], name="fk_partnerauth_user_organisation_id"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_partnerauth_user"),
    sa.UniqueConstraint("id", "organisation_id", "state", name="uq_partnerauth_user_id_organisation_id_state"),
    sa.Index("ix_partnerauth_user_domain", "domain"),
    sa.Index("ix_partnerauth_user_organisation_id_state_arrival_id", "organisation_id", "state", "arrival", "id"),
)

MANAGEMENT = sa.Table(
    "partnerauth_management",
    TABLES,
    sa.Column("user_id", TEXT, nullable=False),
    sa.Column("management", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("state", sa.Text(), nullable=False),
    sa.CheckConstraint("length(management) > 0", name="ck_partnerauth_management_management_filled"),
    sa.ForeignKeyConstraint(
        ["user_id", "organisation_id", "state"],
        ["partnerauth_user.id", "partnerauth_user.organisation_id", "partnerauth_user.state"],
        name="fk_partnerauth_management_user_id_organisation_id_state",
        onupdate="CASCADE",
        ondelete="CASCADE",
    ),
    sa.PrimaryKeyConstraint("user_id", "management", name="pk_partnerauth_management"),
    sa.Index(
        sa.schema.conv("ix_partnerauth_management_organisation_id_management_state_user_id"),
        "organisation_id",
        "management",
        "state",
        "user_id",
    ),
)

LOGIN_NAME = sa.Table(
    "partnerauth_login_name",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("key", TEXT, nullable=False),
    sa.Column("user_id", TEXT, nullable=False),
    sa.CheckConstraint("length(key) > 0", name="ck_partnerauth_login_name_key_filled"),
    sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name="fk_partnerauth_login_name_user_id"),
    sa.PrimaryKeyConstraint("key", name="pk_partnerauth_login_name"),
    sa.Index("ix_partnerauth_login_name_user_id", "user_id"),
)

CREDENTIAL = sa.Table(
    "partnerauth_credential",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("user_id", TEXT, nullable=False),
    sa.Column("password_hash", TEXT, nullable=False),
    sa.Column("temporary_until", sa.DateTime(timezone=True), nullable=True),
    sa.Column("epoch", sa.Integer(), nullable=False),
    sa.Column("signed_in", sa.Boolean(), nullable=False),
    sa.CheckConstraint("epoch >= 0", name="ck_partnerauth_credential_epoch_counted"),
    sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name="fk_partnerauth_credential_user_id"),
    sa.PrimaryKeyConstraint("user_id", name="pk_partnerauth_credential"),
)

ACCESS_REQUEST = sa.Table(
    "partnerauth_access_request",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("user_id", TEXT, nullable=False),
    sa.Column("wanted", sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name="fk_partnerauth_access_request_user_id"),
    sa.PrimaryKeyConstraint("user_id", name="pk_partnerauth_access_request"),
)

INVITATION = sa.Table(
    "partnerauth_invitation",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("user_id", TEXT, nullable=False),
    sa.Column("by", TEXT, nullable=False),
    sa.Column("from_operator", sa.Boolean(), nullable=False),
    sa.Column("named", sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name="fk_partnerauth_invitation_user_id"),
    sa.PrimaryKeyConstraint("user_id", name="pk_partnerauth_invitation"),
    sa.Index("ix_partnerauth_invitation_by", "by"),
)

SSO_LINK = sa.Table(
    "partnerauth_sso_link",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("issuer", TEXT, nullable=False),
    sa.Column("subject", TEXT, nullable=False),
    sa.Column("provider", TEXT, nullable=False),
    sa.Column("user_id", TEXT, nullable=False),
    sa.CheckConstraint("length(issuer) > 0", name="ck_partnerauth_sso_link_issuer_filled"),
    sa.CheckConstraint("length(subject) > 0", name="ck_partnerauth_sso_link_subject_filled"),
    sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name="fk_partnerauth_sso_link_user_id"),
    sa.PrimaryKeyConstraint("issuer", "subject", name="pk_partnerauth_sso_link"),
    sa.Index("ix_partnerauth_sso_link_user_id", "user_id"),
)

CASE = sa.Table(
    "partnerauth_case",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("reporter", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("fields", sa.Text(), nullable=False),
    sa.Column("status", TEXT, nullable=False),
    sa.Column("informs", sa.Text(), nullable=False),
    sa.CheckConstraint("length(id) > 0", name="ck_partnerauth_case_id_filled"),
    sa.ForeignKeyConstraint(
        ["organisation_id"], ["partnerauth_organisation.id"], name="fk_partnerauth_case_organisation_id"
    ),
    sa.ForeignKeyConstraint(["reporter"], ["partnerauth_user.id"], name="fk_partnerauth_case_reporter"),
    sa.PrimaryKeyConstraint("id", name="pk_partnerauth_case"),
    sa.Index("ix_partnerauth_case_organisation_id", "organisation_id"),
    sa.Index("ix_partnerauth_case_reporter", "reporter"),
)

SELECTION = sa.Table(
    "partnerauth_selection",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("user_id", TEXT, nullable=False),
    sa.Column("account_id", TEXT, nullable=False),
    sa.Column("application", TEXT, nullable=False),
    sa.CheckConstraint("length(application) > 0", name="ck_partnerauth_selection_application_filled"),
    sa.ForeignKeyConstraint(["account_id"], ["partnerauth_account.id"], name="fk_partnerauth_selection_account_id"),
    sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name="fk_partnerauth_selection_user_id"),
    sa.PrimaryKeyConstraint("user_id", "account_id", "application", name="pk_partnerauth_selection"),
    sa.Index("ix_partnerauth_selection_account_id_application", "account_id", "application"),
)

SELECTION_ELEMENT = sa.Table(
    "partnerauth_selection_element",
    TABLES,
    sa.Column("user_id", TEXT, nullable=False),
    sa.Column("account_id", TEXT, nullable=False),
    sa.Column("application", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("by", TEXT, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("source", TEXT, nullable=False),
    sa.CheckConstraint("length(kind) > 0", name="ck_partnerauth_selection_element_kind_filled"),
    sa.ForeignKeyConstraint(
        ["user_id", "account_id", "application"],
        ["partnerauth_selection.user_id", "partnerauth_selection.account_id", "partnerauth_selection.application"],
        name="fk_partnerauth_selection_element_user_id_account_id_application",
        ondelete="CASCADE",
    ),
    sa.PrimaryKeyConstraint(
        "user_id", "account_id", "application", "kind", "name", name="pk_partnerauth_selection_element"
    ),
)

DELEGATION = sa.Table(
    "partnerauth_delegation",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("account_id", TEXT, nullable=False),
    sa.Column("application", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.CheckConstraint(
        "substr(account_id, 1, length(organisation_id) + 1) <> organisation_id || '/'",
        name="ck_partnerauth_delegation_to_another",
    ),
    sa.CheckConstraint("length(application) > 0", name="ck_partnerauth_delegation_application_filled"),
    sa.ForeignKeyConstraint(["account_id"], ["partnerauth_account.id"], name="fk_partnerauth_delegation_account_id"),
    sa.ForeignKeyConstraint(
        ["organisation_id"], ["partnerauth_organisation.id"], name="fk_partnerauth_delegation_organisation_id"
    ),
    sa.PrimaryKeyConstraint("account_id", "application", "organisation_id", name="pk_partnerauth_delegation"),
    sa.Index("ix_partnerauth_delegation_organisation_id", "organisation_id"),
)

DELEGATION_ELEMENT = sa.Table(
    "partnerauth_delegation_element",
    TABLES,
    sa.Column("account_id", TEXT, nullable=False),
    sa.Column("application", TEXT, nullable=False),
    sa.Column("organisation_id", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("by", TEXT, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("source", TEXT, nullable=False),
    sa.CheckConstraint("length(kind) > 0", name="ck_partnerauth_delegation_element_kind_filled"),
    sa.ForeignKeyConstraint(
        ["account_id", "application", "organisation_id"],
        [
            "partnerauth_delegation.account_id",
            "partnerauth_delegation.application",
            "partnerauth_delegation.organisation_id",
        ],
        name=sa.schema.conv("fk_partnerauth_delegation_element_account_id_application_organisation_id"),
        ondelete="CASCADE",
    ),
    sa.PrimaryKeyConstraint(
        "account_id",
        "application",
        "organisation_id",
        "kind",
        "name",
        name="pk_partnerauth_delegation_element",
    ),
)

TOKEN = sa.Table(
    "partnerauth_token",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("digest", TEXT, nullable=False),
    sa.Column("purpose", sa.Text(), nullable=False),
    sa.Column("subject", TEXT, nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("epoch", sa.Integer(), nullable=False),
    sa.Column("used", sa.Boolean(), nullable=False),
    sa.Column("facts", sa.Text(), nullable=False),
    sa.CheckConstraint(
        "purpose IN ('reset', 'email-change', 'invitation', 'verification', 'registration')",
        name="ck_partnerauth_token_purpose_known",
    ),
    sa.CheckConstraint("epoch >= 0", name="ck_partnerauth_token_epoch_counted"),
    sa.CheckConstraint("length(digest) > 0", name="ck_partnerauth_token_digest_filled"),
    sa.CheckConstraint("length(id) > 0", name="ck_partnerauth_token_id_filled"),
    sa.PrimaryKeyConstraint("id", name="pk_partnerauth_token"),
    sa.UniqueConstraint("digest", name="uq_partnerauth_token_digest"),
)

LATEST_TOKEN = sa.Table(
    "partnerauth_latest_token",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("subject", TEXT, nullable=False),
    sa.Column("purpose", sa.Text(), nullable=False),
    sa.Column("token_id", TEXT, nullable=False),
    sa.CheckConstraint(
        "purpose IN ('reset', 'email-change', 'invitation', 'verification', 'registration')",
        name="ck_partnerauth_latest_token_purpose_known",
    ),
    sa.ForeignKeyConstraint(["token_id"], ["partnerauth_token.id"], name="fk_partnerauth_latest_token_token_id"),
    sa.PrimaryKeyConstraint("subject", "purpose", name="pk_partnerauth_latest_token"),
    sa.Index("ix_partnerauth_latest_token_token_id", "token_id"),
)

SESSION = sa.Table(
    "partnerauth_session",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("digest", TEXT, nullable=False),
    sa.Column("user_id", TEXT, nullable=False),
    sa.Column("browser", TEXT, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("epoch", sa.Integer(), nullable=False),
    sa.Column("ended", TEXT, nullable=False),
    sa.CheckConstraint("epoch >= 0", name="ck_partnerauth_session_epoch_counted"),
    sa.CheckConstraint("length(digest) > 0", name="ck_partnerauth_session_digest_filled"),
    sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name="fk_partnerauth_session_user_id"),
    sa.PrimaryKeyConstraint("digest", name="pk_partnerauth_session"),
    sa.Index("ix_partnerauth_session_browser_ended", "browser", "ended"),
    sa.Index("ix_partnerauth_session_user_id", "user_id"),
)

LATEST_SESSION = sa.Table(
    "partnerauth_latest_session",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("browser", TEXT, nullable=False),
    sa.Column("digest", TEXT, nullable=False),
    sa.ForeignKeyConstraint(["digest"], ["partnerauth_session.digest"], name="fk_partnerauth_latest_session_digest"),
    sa.PrimaryKeyConstraint("browser", name="pk_partnerauth_latest_session"),
    sa.Index("ix_partnerauth_latest_session_digest", "digest"),
)

ATTEMPTS = sa.Table(
    "partnerauth_attempts",
    TABLES,
    sa.Column("revision", sa.BigInteger(), nullable=False),
    sa.Column("arrival", sa.BigInteger(), nullable=False),
    sa.Column("key", TEXT, nullable=False),
    sa.Column("wrong", sa.Integer(), nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=True),
    sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
    sa.Column("blocks", sa.Integer(), nullable=False),
    sa.CheckConstraint("blocks >= 0", name="ck_partnerauth_attempts_blocks_counted"),
    sa.CheckConstraint("length(key) > 0", name="ck_partnerauth_attempts_key_filled"),
    sa.CheckConstraint("wrong >= 0", name="ck_partnerauth_attempts_wrong_counted"),
    sa.PrimaryKeyConstraint("key", name="pk_partnerauth_attempts"),
)


def upgrade(op: Operations) -> None:
    """Create every table in a database that has none of ours."""
    TABLES.create_all(op.get_bind())
    op.execute("INSERT INTO partnerauth_meta (id, marker, schema_version, position) VALUES (1, 'partnerauth', 1, 0)")
