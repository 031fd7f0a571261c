"""Rules: who may act at all, before anything else is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from partnerauth.decision import Reason, Rule
from partnerauth.entities import Credential, Session, State, User

SIGN_IN_REQUIRED = Rule(
    code="sign-in-required",
    holds="Whoever acts as a user is signed in as that user.",
    because="A command counts for a person only when the portal knows that it is that person.",
    says="Please sign in first.",
    sources=("GX-02",),
)

USER_INACTIVE = Rule(
    code="user-inactive",
    holds="Only an active user acts.",
    because="Whoever has left the company, or has not arrived yet, must not reach its data.",
    says="This user account is {state}. Ask your administrator, or the operator of the portal, for help.",
    sources=("SP-07", "GX-02", "GX-03"),
)

APPROVAL_PENDING = Rule(
    code="approval-pending",
    holds="Whoever asked to join waits until the request is approved.",
    because="Anybody can say that he works for a company; only the company knows whether he does.",
    says="Your request is still waiting for approval. You will get an e-mail as soon as it is answered.",
    sources=("BP-01", "DP-04", "GX-03"),
)

APPROVAL_REJECTED = Rule(
    code="approval-rejected",
    holds="Whoever was turned down does not act.",
    because="A company's no must keep the person out, and he must learn it rather than keep trying.",
    says="Your request was not approved. If you think that this is a mistake, ask your company.",
    sources=("BP-01", "DP-04", "GX-03"),
)

PASSWORD_CHANGE_REQUIRED = Rule(
    code="password-change-required",
    holds="A user with a temporary password changes it before doing anything else.",
    because="Somebody else chose the temporary password, so it does not yet prove who is signing in.",
    says="Your password is temporary. Please choose your own password before you go on.",
    sources=("BP-13",),
)

SESSION_REPLACED = Rule(
    code="session-replaced",
    holds="One user at a time is signed in on a browser.",
    because="On a shared computer nobody should go on working in a colleague's name unawares.",
    says="Somebody else has signed in on this browser, which ended your session. Please sign in again.",
    sources=("ED-09",),
)


def members_only(words: Iterable[str]) -> bool:
    """Whether a command that is offered to these actors is for signed-in users and not for visitors."""
    offered = set(words)
    return "visitor" not in offered and not offered.isdisjoint({"user", "administrator"})


def acts(user: User) -> Reason | None:
    """An active user acts, nobody else (GX-02).  Broken: the code of the user's state."""
    if user.state is State.ACTIVE:
        return None
    if user.state is State.PENDING:
        return APPROVAL_PENDING.broken()
    if user.state is State.REJECTED:
        return APPROVAL_REJECTED.broken()
    return USER_INACTIVE.broken(state=user.state.value)


def password_is_own(credential: Credential | None) -> Reason | None:
    """The password is the user's own, not a temporary one (BP-13)."""
    if credential is not None and credential.temporary_until is not None:
        return PASSWORD_CHANGE_REQUIRED.broken()
    return None


def session_lives(session: Session | None, user: User, credential: Credential | None, now: datetime) -> Reason | None:
    """The session was not ended, has not expired or idled, and is of the user's present epoch (GX-02, GX-06, ED-09)."""
    if session is None:
        return SIGN_IN_REQUIRED.broken()
    if session.ended == SESSION_REPLACED.code:
        return SESSION_REPLACED.broken()
    if user.state is not State.ACTIVE:
        return acts(user)
    epoch = credential.epoch if credential else 0
    if session.ended or session.epoch != epoch or now >= ends_at(session):
        return SIGN_IN_REQUIRED.broken()
    return None


def ends_at(session: Session) -> datetime:
    """Return when a session ends by itself unless its user does something (SE-08)."""
    return min(session.expires_at, session.idle_at or session.expires_at)
