"""What a new password takes, whichever flow sets it: the work to ask for, the rules, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from partnerauth.decision import Reason
from partnerauth.entities import Credential, User
from partnerauth.flow import Asks, DrawPassword, HashPassword, IsCommonPassword, Situation
from partnerauth.policy import passwords


def text(password: SecretStr) -> str:
    """Return a password as it is compared and hashed: NFC, cut off by length before (GX-06, PW-04)."""
    return passwords.normalise(password.get_secret_value())


def asked(s: Situation[Any], password: SecretStr | None) -> Asks:
    """Ask for what a password takes, or for one to be generated where none was given."""
    if password is None:
        yield DrawPassword(s.portal.password_policy)
    elif len(text(password)) <= s.portal.password_policy.maximum_length:
        yield IsCommonPassword(text(password))
        yield HashPassword(text(password))


def acceptable(
    s: Situation[Any],
    password: SecretStr | None,
    confirm: SecretStr | None,
    *,
    personal: Iterable[str],
    unchanged: bool = False,
) -> tuple[Reason | None, ...]:
    """A password that was given satisfies the policy and was entered twice; `confirm` left out equals it."""
    if password is None:
        return ()
    return (
        passwords.satisfies(
            s.portal.password_policy,
            text(password),
            personal=personal,
            common=bool(s.answers.find(IsCommonPassword(text(password)))),
            unchanged=unchanged,
        ),
        passwords.entered_twice(text(password), text(confirm)) if confirm is not None else None,
    )


def personal_words(user: User) -> tuple[str, ...]:
    """Return what a password must not repeat: the user's names and address (GX-06)."""
    return words(user.details, user.username, user.email.original)


def words(details: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """Return what a password must not repeat of a person who is not a user yet."""
    return tuple(word for word in (*names, details.get("first-name", ""), details.get("last-name", "")) if word)


def kept(
    s: Situation[Any], before: Credential, password: SecretStr | None, *, temporary_until: datetime | None = None
) -> Credential:
    """Return the credential with the new password: every older session and link ends with it (GX-04, GX-06)."""
    hashed = (
        s.answers[DrawPassword(s.portal.password_policy)].digest
        if password is None
        else s.answers[HashPassword(text(password))]
    )
    return replace(before, password_hash=hashed, temporary_until=temporary_until, epoch=before.epoch + 1)


def generated(s: Situation[Any], password: SecretStr | None) -> str:
    """Return the id from which a generated password is shown in its mail, or "" where one was given."""
    return s.answers[DrawPassword(s.portal.password_policy)].id if password is None else ""
