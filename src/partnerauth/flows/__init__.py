"""One module a flow, in the order of a user's life; `FLOWS` has them by the command's name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from partnerauth.flow import Flow

LIFE = (
    "open_organisation",
    "set_account",
    "set_contract",
    "set_option",
    "request_access",
    "grant_access",
    "refuse_access",
    "register",
    "verify_email",
    "join_organisation",
    "create_organisation",
    "approve",
    "reject",
    "invite",
    "resend_invitation",
    "cancel_invitation",
    "accept_invitation",
    "create_user",
    "set_temporary_password",
    "import_allow_list",
    "receive_request",
    "link_domain",
    "unlink_domain",
    "sign_in",
    "sign_in_sso",
    "sign_out",
    "end_sessions",
    "renew_session",
    "change_password",
    "request_reset",
    "reset_password",
    "trigger_reset",
    "change_email",
    "confirm_email",
    "update_details",
    "grant",
    "copy_rights",
    "revoke",
    "set_management",
    "set_administrator",
    "delegate",
    "pass_on",
    "withdraw",
    "submit_request",
    "update_case",
    "set_notifications",
    "deactivate",
    "reactivate",
    "delete",
)
"""The modules of the flows, from an organisation's first day to a user's last."""


def _flows() -> Mapping[str, Flow[Any]]:
    flows = [import_module(f"{__name__}.{module}").FLOW for module in LIFE]
    return MappingProxyType({flow.word: flow for flow in flows})


FLOWS = _flows()
