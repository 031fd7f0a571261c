"""Rules: who may act at all, before anything else is asked."""

from __future__ import annotations

from partnerauth.decision import Rule

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
