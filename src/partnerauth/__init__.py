"""partnerauth: partner companies manage their own people's access, by rules that are data.

The names below are imported when they are first used, so that `import partnerauth` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partnerauth.aio import AsyncPartnerAuth
    from partnerauth.decision import Accepted, Answer, Reason, Refused, Rule
    from partnerauth.embed import PartnerAuth
    from partnerauth.entities import Member, Operator, System, Visitor
    from partnerauth.policy.portal import Portal, PortalError
    from partnerauth.portals import read_portal
    from partnerauth.view import View

__version__ = "0.1.0"

_HOMES = {
    "Accepted": "decision",
    "Answer": "decision",
    "AsyncPartnerAuth": "aio",
    "Member": "entities",
    "Operator": "entities",
    "PartnerAuth": "embed",
    "Portal": "policy.portal",
    "PortalError": "policy.portal",
    "Reason": "decision",
    "Refused": "decision",
    "Rule": "decision",
    "System": "entities",
    "View": "view",
    "Visitor": "entities",
    "read_portal": "portals",
}

__all__ = [
    "Accepted",
    "Answer",
    "AsyncPartnerAuth",
    "Member",
    "Operator",
    "PartnerAuth",
    "Portal",
    "PortalError",
    "Reason",
    "Refused",
    "Rule",
    "System",
    "View",
    "Visitor",
    "read_portal",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module 'partnerauth' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"partnerauth.{_HOMES[name]}"), name)
