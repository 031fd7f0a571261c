"""Version 1: the tables of the first partnerauth, frozen as they were.  Never edited: what changes is a new version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    """Create every table in a database that has none of ours."""
    _accounting(op)
    _organisations(op)
    _people(op)
    _rights(op)
    _secrets(op)
    op.execute("INSERT INTO partnerauth_meta (id, marker, schema_version, position) VALUES (1, 'partnerauth', 1, 0)")


def _accounting(op: Operations) -> None:
    """Whose database it is, and what belongs to every commit."""
    op.create_table(
        "partnerauth_meta",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("marker = 'partnerauth'", name=op.f("ck_partnerauth_meta_marker_known")),
        sa.CheckConstraint("id = 1", name=op.f("ck_partnerauth_meta_single")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_partnerauth_meta_position_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerauth_meta")),
    )
    op.create_table(
        "partnerauth_change",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.CheckConstraint("length(kind) > 0", name=op.f("ck_partnerauth_change_kind_filled")),
        sa.PrimaryKeyConstraint("position", "number", name=op.f("pk_partnerauth_change")),
    )
    op.create_table(
        "partnerauth_version",
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("version >= 0", name=op.f("ck_partnerauth_version_version_counted")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_partnerauth_version")),
    )
    op.create_table(
        "partnerauth_log",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("schema_number", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_partnerauth_log_name_filled")),
        sa.PrimaryKeyConstraint("position", "number", name=op.f("pk_partnerauth_log")),
    )
    op.create_index(op.f("ix_partnerauth_log_about_position"), "partnerauth_log", ["about", "position"])
    op.create_index(
        op.f("ix_partnerauth_log_organisation_id_position"), "partnerauth_log", ["organisation_id", "position"]
    )
    op.create_table(
        "partnerauth_outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(address) > 0", name=op.f("ck_partnerauth_outbox_address_filled")),
        sa.CheckConstraint("length(template) > 0", name=op.f("ck_partnerauth_outbox_template_filled")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerauth_outbox")),
    )
    op.create_index(op.f("ix_partnerauth_outbox_address"), "partnerauth_outbox", ["address"])
    op.create_index(op.f("ix_partnerauth_outbox_sent_id"), "partnerauth_outbox", ["sent", "id"])


def _organisations(op: Operations) -> None:
    """Who there is."""
    op.create_table(
        "partnerauth_organisation",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("subcontractor", sa.Boolean(), nullable=False),
        sa.Column("requested", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(id) > 0", name=op.f("ck_partnerauth_organisation_id_filled")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerauth_organisation")),
    )
    op.create_index(op.f("ix_partnerauth_organisation_name_key"), "partnerauth_organisation", ["name_key"])
    op.create_table(
        "partnerauth_organisation_domain",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.CheckConstraint("length(domain) > 0", name=op.f("ck_partnerauth_organisation_domain_domain_filled")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["partnerauth_organisation.id"],
            name=op.f("fk_partnerauth_organisation_domain_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("domain", "organisation_id", name=op.f("pk_partnerauth_organisation_domain")),
    )
    op.create_index(
        op.f("ix_partnerauth_organisation_domain_organisation_id"),
        "partnerauth_organisation_domain",
        ["organisation_id"],
    )
    op.create_table(
        "partnerauth_organisation_name",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["partnerauth_organisation.id"],
            name=op.f("fk_partnerauth_organisation_name_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("name", "town", name=op.f("pk_partnerauth_organisation_name")),
    )
    op.create_index(
        op.f("ix_partnerauth_organisation_name_organisation_id"), "partnerauth_organisation_name", ["organisation_id"]
    )
    op.create_table(
        "partnerauth_account",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("applications", sa.Text(), nullable=False),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("billing_addresses", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "substr(id, 1, length(organisation_id) + 1) = organisation_id || '/'",
            name=op.f("ck_partnerauth_account_id_within_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["partnerauth_organisation.id"], name=op.f("fk_partnerauth_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerauth_account")),
    )
    op.create_index(op.f("ix_partnerauth_account_organisation_id"), "partnerauth_account", ["organisation_id"])
    op.create_table(
        "partnerauth_linked_domain",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(domain) > 0", name=op.f("ck_partnerauth_linked_domain_domain_filled")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["partnerauth_organisation.id"],
            name=op.f("fk_partnerauth_linked_domain_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_partnerauth_linked_domain")),
    )
    op.create_index(
        op.f("ix_partnerauth_linked_domain_organisation_id"), "partnerauth_linked_domain", ["organisation_id"]
    )
    op.create_table(
        "partnerauth_feed_state",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(feed) > 0", name=op.f("ck_partnerauth_feed_state_feed_filled")),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_partnerauth_feed_state")),
    )


def _people(op: Operations) -> None:
    """Who is where, and how he proves himself."""
    op.create_table(
        "partnerauth_user",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("deactivated_by", sa.Text(), nullable=False),
        sa.Column("notifications", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('invited', 'pending-approval', 'active', 'deactivated', 'rejected')",
            name=op.f("ck_partnerauth_user_state_known"),
        ),
        sa.CheckConstraint("length(id) > 0", name=op.f("ck_partnerauth_user_id_filled")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["partnerauth_organisation.id"], name=op.f("fk_partnerauth_user_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerauth_user")),
        sa.UniqueConstraint(
            "id", "organisation_id", "state", name=op.f("uq_partnerauth_user_id_organisation_id_state")
        ),
    )
    op.create_index(op.f("ix_partnerauth_user_domain"), "partnerauth_user", ["domain"])
    op.create_index(
        op.f("ix_partnerauth_user_organisation_id_state_arrival_id"),
        "partnerauth_user",
        ["organisation_id", "state", "arrival", "id"],
    )
    op.create_table(
        "partnerauth_management",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("management", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("length(management) > 0", name=op.f("ck_partnerauth_management_management_filled")),
        sa.ForeignKeyConstraint(
            ["user_id", "organisation_id", "state"],
            ["partnerauth_user.id", "partnerauth_user.organisation_id", "partnerauth_user.state"],
            name=op.f("fk_partnerauth_management_user_id_organisation_id_state"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "management", name=op.f("pk_partnerauth_management")),
    )
    op.create_index(
        op.f("ix_partnerauth_management_organisation_id_management_state_user_id"),
        "partnerauth_management",
        ["organisation_id", "management", "state", "user_id"],
    )
    op.create_table(
        "partnerauth_login_name",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.CheckConstraint("length(key) > 0", name=op.f("ck_partnerauth_login_name_key_filled")),
        sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name=op.f("fk_partnerauth_login_name_user_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_partnerauth_login_name")),
    )
    op.create_index(op.f("ix_partnerauth_login_name_user_id"), "partnerauth_login_name", ["user_id"])
    op.create_table(
        "partnerauth_credential",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("temporary_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("signed_in", sa.Boolean(), nullable=False),
        sa.CheckConstraint("epoch >= 0", name=op.f("ck_partnerauth_credential_epoch_counted")),
        sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name=op.f("fk_partnerauth_credential_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_partnerauth_credential")),
    )
    op.create_table(
        "partnerauth_access_request",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["partnerauth_user.id"], name=op.f("fk_partnerauth_access_request_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_partnerauth_access_request")),
    )
    op.create_table(
        "partnerauth_invitation",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("from_operator", sa.Boolean(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name=op.f("fk_partnerauth_invitation_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_partnerauth_invitation")),
    )
    op.create_index(op.f("ix_partnerauth_invitation_by"), "partnerauth_invitation", ["by"])
    op.create_table(
        "partnerauth_sso_link",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.CheckConstraint("length(issuer) > 0", name=op.f("ck_partnerauth_sso_link_issuer_filled")),
        sa.CheckConstraint("length(subject) > 0", name=op.f("ck_partnerauth_sso_link_subject_filled")),
        sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name=op.f("fk_partnerauth_sso_link_user_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_partnerauth_sso_link")),
    )
    op.create_index(op.f("ix_partnerauth_sso_link_user_id"), "partnerauth_sso_link", ["user_id"])
    op.create_table(
        "partnerauth_case",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("informs", sa.Text(), nullable=False),
        sa.CheckConstraint("length(id) > 0", name=op.f("ck_partnerauth_case_id_filled")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["partnerauth_organisation.id"], name=op.f("fk_partnerauth_case_organisation_id")
        ),
        sa.ForeignKeyConstraint(["reporter"], ["partnerauth_user.id"], name=op.f("fk_partnerauth_case_reporter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerauth_case")),
    )
    op.create_index(op.f("ix_partnerauth_case_organisation_id"), "partnerauth_case", ["organisation_id"])
    op.create_index(op.f("ix_partnerauth_case_reporter"), "partnerauth_case", ["reporter"])


def _rights(op: Operations) -> None:
    """What was given."""
    op.create_table(
        "partnerauth_selection",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.CheckConstraint("length(application) > 0", name=op.f("ck_partnerauth_selection_application_filled")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["partnerauth_account.id"], name=op.f("fk_partnerauth_selection_account_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name=op.f("fk_partnerauth_selection_user_id")),
        sa.PrimaryKeyConstraint("user_id", "account_id", "application", name=op.f("pk_partnerauth_selection")),
    )
    op.create_index(
        op.f("ix_partnerauth_selection_account_id_application"), "partnerauth_selection", ["account_id", "application"]
    )
    op.create_table(
        "partnerauth_selection_element",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("length(kind) > 0", name=op.f("ck_partnerauth_selection_element_kind_filled")),
        sa.ForeignKeyConstraint(
            ["user_id", "account_id", "application"],
            ["partnerauth_selection.user_id", "partnerauth_selection.account_id", "partnerauth_selection.application"],
            name=op.f("fk_partnerauth_selection_element_user_id_account_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "account_id", "application", "kind", "name", name=op.f("pk_partnerauth_selection_element")
        ),
    )
    op.create_table(
        "partnerauth_delegation",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "substr(account_id, 1, length(organisation_id) + 1) <> organisation_id || '/'",
            name=op.f("ck_partnerauth_delegation_to_another"),
        ),
        sa.CheckConstraint("length(application) > 0", name=op.f("ck_partnerauth_delegation_application_filled")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["partnerauth_account.id"], name=op.f("fk_partnerauth_delegation_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["partnerauth_organisation.id"], name=op.f("fk_partnerauth_delegation_organisation_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "application", "organisation_id", name=op.f("pk_partnerauth_delegation")),
    )
    op.create_index(op.f("ix_partnerauth_delegation_organisation_id"), "partnerauth_delegation", ["organisation_id"])
    op.create_table(
        "partnerauth_delegation_element",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("length(kind) > 0", name=op.f("ck_partnerauth_delegation_element_kind_filled")),
        sa.ForeignKeyConstraint(
            ["account_id", "application", "organisation_id"],
            [
                "partnerauth_delegation.account_id",
                "partnerauth_delegation.application",
                "partnerauth_delegation.organisation_id",
            ],
            name=op.f("fk_partnerauth_delegation_element_account_id_application_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "account_id",
            "application",
            "organisation_id",
            "kind",
            "name",
            name=op.f("pk_partnerauth_delegation_element"),
        ),
    )


def _secrets(op: Operations) -> None:
    """What is known by its digest alone, and wrong guesses."""
    op.create_table(
        "partnerauth_token",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('reset', 'email-change', 'invitation', 'verification', 'registration')",
            name=op.f("ck_partnerauth_token_purpose_known"),
        ),
        sa.CheckConstraint("epoch >= 0", name=op.f("ck_partnerauth_token_epoch_counted")),
        sa.CheckConstraint("length(digest) > 0", name=op.f("ck_partnerauth_token_digest_filled")),
        sa.CheckConstraint("length(id) > 0", name=op.f("ck_partnerauth_token_id_filled")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerauth_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_partnerauth_token_digest")),
    )
    op.create_table(
        "partnerauth_latest_token",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('reset', 'email-change', 'invitation', 'verification', 'registration')",
            name=op.f("ck_partnerauth_latest_token_purpose_known"),
        ),
        sa.ForeignKeyConstraint(
            ["token_id"], ["partnerauth_token.id"], name=op.f("fk_partnerauth_latest_token_token_id")
        ),
        sa.PrimaryKeyConstraint("subject", "purpose", name=op.f("pk_partnerauth_latest_token")),
    )
    op.create_index(op.f("ix_partnerauth_latest_token_token_id"), "partnerauth_latest_token", ["token_id"])
    op.create_table(
        "partnerauth_session",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=False),
        sa.CheckConstraint("epoch >= 0", name=op.f("ck_partnerauth_session_epoch_counted")),
        sa.CheckConstraint("length(digest) > 0", name=op.f("ck_partnerauth_session_digest_filled")),
        sa.ForeignKeyConstraint(["user_id"], ["partnerauth_user.id"], name=op.f("fk_partnerauth_session_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_partnerauth_session")),
    )
    op.create_index(op.f("ix_partnerauth_session_browser_ended"), "partnerauth_session", ["browser", "ended"])
    op.create_index(op.f("ix_partnerauth_session_user_id"), "partnerauth_session", ["user_id"])
    op.create_table(
        "partnerauth_latest_session",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["partnerauth_session.digest"], name=op.f("fk_partnerauth_latest_session_digest")
        ),
        sa.PrimaryKeyConstraint("browser", name=op.f("pk_partnerauth_latest_session")),
    )
    op.create_index(op.f("ix_partnerauth_latest_session_digest"), "partnerauth_latest_session", ["digest"])
    op.create_table(
        "partnerauth_attempts",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocks", sa.Integer(), nullable=False),
        sa.CheckConstraint("blocks >= 0", name=op.f("ck_partnerauth_attempts_blocks_counted")),
        sa.CheckConstraint("length(key) > 0", name=op.f("ck_partnerauth_attempts_key_filled")),
        sa.CheckConstraint("wrong >= 0", name=op.f("ck_partnerauth_attempts_wrong_counted")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_partnerauth_attempts")),
    )
