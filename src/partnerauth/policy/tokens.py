"""Rules: invitations, links and codes, each for one use and a limited time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from partnerauth.decision import Reason, Rule
from partnerauth.entities import Credential, Invitation, LatestToken, Purpose, State, Token, TokenId, User
from partnerauth.policy.portal import Portal

INVITATION_EXPIRED = Rule(
    code="invitation-expired",
    holds="An invitation is accepted before it expires.",
    because="The longer a link lies about, the likelier it is that somebody else finds it.",
    says="This invitation has expired. Ask the person who invited you for a new one.",
    sources=("KP-01", "KP-07", "GX-04"),
)

INVITATION_USED = Rule(
    code="invitation-used",
    holds="An invitation is good for one registration.",
    because="A link that is passed on must not let a second person in.",
    says="This invitation has already been used. If it was you, please sign in; "
    "if not, ask the person who invited you for a new one.",
    sources=("KP-01", "GX-04"),
)

INVITATION_UNKNOWN = Rule(
    code="invitation-unknown",
    holds="An invitation is one that this portal sent and that still stands.",
    because="Whoever guesses a link, or uses one that was replaced or cancelled, must not get in.",
    says="This invitation is not known. Use the link in the newest e-mail, "
    "or ask the person who invited you for a new one.",
    sources=("KP-01", "GX-04"),
)

LINK_EXPIRED = Rule(
    code="link-expired",
    holds="A link is used before it expires.",
    because="The longer a link lies about, the likelier it is that somebody else finds it.",
    says="This link has expired. Please ask for a new one.",
    sources=("GX-04",),
)

LINK_USED = Rule(
    code="link-used",
    holds="A link works once.",
    because="A link in an old mail must not open the door a second time.",
    says="This link has already been used. If you still need one, please ask for a new one.",
    sources=("SP-02", "GX-04"),
)

LINK_UNKNOWN = Rule(
    code="link-unknown",
    holds="A link is one that this portal sent and that still stands.",
    because="Whoever guesses a link, or uses one that a newer one replaced, must not get in.",
    says="This link is not known. Use the link in the newest e-mail, or ask for a new one.",
    sources=("GX-04",),
)

CODE_WRONG = Rule(
    code="code-wrong",
    holds="A verification code is the newest one that was mailed to the address.",
    because="Only the owner of the mailbox can know it.",
    says="This code is not right. Please copy the code from the newest e-mail.",
    sources=("DP-01",),
)

CODE_EXPIRED = Rule(
    code="code-expired",
    holds="A verification code is entered before it expires.",
    because="The longer a code lies about, the likelier it is that somebody else finds it.",
    says="This code has expired. Please ask for a new one.",
    sources=("DP-01", "GX-04"),
)

CODE_USED = Rule(
    code="code-used",
    holds="A verification code works once.",
    because="A code in an old mail must not start a second registration.",
    says="This code has already been used. If you still need one, please ask for a new one.",
    sources=("DP-01", "GX-04"),
)

_FAMILIES: Mapping[Purpose, tuple[Rule, Rule, Rule]] = MappingProxyType(
    {
        Purpose.RESET: (LINK_UNKNOWN, LINK_USED, LINK_EXPIRED),
        Purpose.EMAIL_CHANGE: (LINK_UNKNOWN, LINK_USED, LINK_EXPIRED),
        Purpose.REGISTRATION: (LINK_UNKNOWN, LINK_USED, LINK_EXPIRED),
        Purpose.INVITATION: (INVITATION_UNKNOWN, INVITATION_USED, INVITATION_EXPIRED),
        Purpose.VERIFICATION: (CODE_WRONG, CODE_USED, CODE_EXPIRED),
    }
)
"""For each purpose the rules that say: not known or replaced, used, expired."""


def stands(
    token: Token | None, purpose: Purpose, latest: LatestToken | None, credential: Credential | None, now: datetime
) -> Reason | None:
    """The token is of this purpose, unused, the newest of its purpose, of the user's present epoch, and not expired."""
    unknown, used, expired = _FAMILIES[purpose]
    if token is None or token.purpose is not purpose:
        return unknown.broken()
    if token.used:
        return used.broken()
    replaced = latest is None or latest.token != token.id
    if replaced or token.epoch != (credential.epoch if credential else 0):
        return unknown.broken()
    return None if now < token.expires_at else expired.broken()


def invited(user: User) -> Reason | None:
    """The user was invited and has neither accepted yet nor been turned away since (KP-01)."""
    match user.state:
        case State.INVITED:
            return None
        case State.ACTIVE:
            return INVITATION_USED.broken()
        case _:
            return INVITATION_UNKNOWN.broken()


def brings(portal: Portal, invitation: Invitation | None) -> bool:
    """Whether accepting an invitation gives rights, so that no reset link may take its place (KP-03)."""
    return invitation is not None and (bool(invitation.named) or portal.application_rights == "granted")


def issued(  # noqa: PLR0913 - a token is what it is for, whose, until when and what it carries
    *,
    id: str,  # noqa: A002 - the token's own field
    digest: str,
    purpose: Purpose,
    subject: str,
    expires_at: datetime,
    epoch: int = 0,
    facts: Mapping[str, str] | None = None,
) -> tuple[Token, LatestToken]:
    """Return a new token, and the note that it is the newest of its purpose, which ends the older ones (GX-04)."""
    token = Token(
        id=TokenId(id),
        digest=digest,
        purpose=purpose,
        subject=subject,
        expires_at=expires_at,
        epoch=epoch,
        facts=MappingProxyType(dict(facts or {})),
    )
    return token, LatestToken(subject=subject, purpose=purpose, token=token.id)


def too_soon(issued_at: datetime | None, pause: timedelta, now: datetime) -> bool:
    """Whether the last mail of this kind is so recent that another would be one too many (SP-04, TK-30)."""
    return issued_at is not None and now < issued_at + pause
