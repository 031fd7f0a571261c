"""Rules: choosing, proving and resetting a password."""

from __future__ import annotations

from partnerauth.decision import Rule

PASSWORD_POLICY = Rule(
    code="password-policy",
    holds="A password meets every requirement of the portal.",
    because="A short, common or personal password is guessed.",
    says="Please choose another password: {unmet}.",
    sources=("BP-13", "BP-14", "ED-05", "KP-07", "SP-03", "DP-05", "GX-06"),
)

WRONG_PASSWORD = Rule(
    code="wrong-password",
    holds="Whoever signs in, or changes his password, proves that he knows the current one.",
    because="The same answer for an unknown name and a wrong password tells a stranger nothing.",
    says="The user name or the password is not right. Please try again, or ask for a new password.",
    sources=("BP-15", "GX-03"),
)

CONFIRMATION_MISMATCH = Rule(
    code="confirmation-mismatch",
    holds="A new password is entered twice, both times the same.",
    because="Nobody sees what he types, and a typing error would lock him out.",
    says="The two passwords are not the same. Please enter the new password again, twice.",
    sources=("BP-15", "ED-05", "SP-03", "DP-05"),
)

RESET_NOT_PERMITTED = Rule(
    code="reset-not-permitted",
    holds="Only a user who was given that right resets his own forgotten password.",
    because="Some companies want their administrator to hand out new passwords.",
    says="You cannot reset your password yourself. Ask your administrator or, where you cannot reach one, "
    "the operator of the portal.",
    sources=("BP-03", "BP-16"),
)
