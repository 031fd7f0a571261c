"""Rules: invitations, links and codes, each for one use and a limited time."""

from __future__ import annotations

from partnerauth.decision import Rule

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
