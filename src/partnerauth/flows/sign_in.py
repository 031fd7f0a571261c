"""Flow: a visitor signs in with a password.

Refuses: too-many-attempts, email-not-lowercase, wrong-password, user-inactive, approval-pending,
approval-rejected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pydantic import SecretStr

from partnerauth.addresses import name_key
from partnerauth.decision import Accepted, Answer, Reason
from partnerauth.directory import AttemptsAgainst, CredentialOf, LoginNameByKey, OrganisationById, UserById
from partnerauth.entities import Attempts, Credential, OrganisationId, User
from partnerauth.events import Event, SignInFailed
from partnerauth.flow import (
    Asks,
    Command,
    Flow,
    HashPassword,
    IsOutdatedHash,
    Needs,
    Situation,
    VerifyPassword,
    noted,
    refuse,
)
from partnerauth.policy import allow_list, domains, guessing, lifecycle, passwords, standing
from partnerauth.steps import new_passwords, sessions


class SignIn(Command):
    """Sign in with a user name or address; `source` is the address that guessing is counted by (GX-05)."""

    identifier: str
    password: SecretStr
    browser: str = ""
    stay: bool = False
    source: str = "here"


def identified(s: Situation[SignIn]) -> User | None:
    """Return the user whose name or address was typed, as far as he is loaded."""
    claim = s.directory.find(LoginNameByKey(_name(s)))
    return s.directory.find(UserById(claim.user)) if claim else None


def needs(s: Situation[SignIn]) -> Needs:
    """Whose the name is, how he proves himself, and who else is signed in on the browser."""
    yield LoginNameByKey(_name(s))
    if claim := s.directory.find(LoginNameByKey(_name(s))):
        yield UserById(claim.user)
        yield CredentialOf(claim.user)
        yield from sessions.of(s.directory, claim.user)
    if user := identified(s):
        yield OrganisationById(user.organisation)
    yield from sessions.needs(s.directory, s.command.browser)


def guards(s: Situation[SignIn]) -> Iterable[guessing.Guard]:
    """The user, by whichever name, and the source (PW-13, PW-15)."""
    yield _guard(s)
    yield guessing.against_source(s.command.source, s.portal.limits)


def asks(s: Situation[SignIn]) -> Asks:
    """Compare the password, also where there is none; make a better hash once it has proved right (GX-03, GX-06)."""
    hashed, password = _hash(s), new_passwords.text(s.command.password)
    yield VerifyPassword(hashed, password)
    yield sessions.NEW_SESSION
    if s.answers.find(VerifyPassword(hashed, password)):
        yield IsOutdatedHash(hashed)
        if s.answers.find(IsOutdatedHash(hashed)):
            yield HashPassword(password)


def proved(s: Situation[SignIn]) -> Iterable[Attempts]:
    """The right password is no guess, whether or not its user may come in (GX-05, PW-15)."""
    if _is_right(s):
        source = s.directory.the(AttemptsAgainst(guessing.against_source(s.command.source, s.portal.limits).key))
        yield guessing.forgotten(_guard(s).key)
        yield guessing.proved_right(source)


def decide(s: Situation[SignIn]) -> Answer:
    """Begin a session; only who gives the right password learns anything else (GX-03)."""
    user = identified(s)
    hashed, password = _hash(s), new_passwords.text(s.command.password)
    if refused := refuse(domains.written_in_lower_case(s.command.identifier, s.portal.email_spelling)):
        return refused
    if user is None or not _is_right(s):
        return refuse(passwords.WRONG_PASSWORD.broken()) or Accepted()
    if refused := refuse(standing.acts(user)):
        return refused
    credential = replace(s.directory.the(CredentialOf(user.id)), signed_in=True)
    if s.answers[IsOutdatedHash(hashed)]:
        credential = replace(credential, password_hash=s.answers[HashPassword(password)])
    begun = sessions.begun(s, user, credential, s.command.browser, stay=s.command.stay)
    return Accepted(
        events=begun.events,
        keeps=(credential, *proved(s), *begun.keeps),
        drops=begun.drops,
        session=begun.secret,
    )


def recorded(s: Situation[SignIn], reasons: tuple[Reason, ...]) -> Event:
    """Put a failed sign-in on record, under the user or under what was typed, with the truth (AU-11, ED-01)."""
    user = identified(s)
    unlisted = s.portal.allow_list is not None and (user is None or lifecycle.left_by_feed(user))
    truth = (allow_list.NOT_ON_ALLOW_LIST.code,) if unlisted else ()
    return SignInFailed(
        organisation=user.organisation if user else OrganisationId(""),
        by=s.by,
        at=s.now,
        subject=user.id if user else _name(s),
        codes=(*(reason.code for reason in reasons), *truth),
        source=noted(s.command.source),
    )


def _guard(s: Situation[SignIn]) -> guessing.Guard:
    user = identified(s)
    limits = s.portal.limits
    return guessing.against_user(user.id, limits) if user else guessing.against_name(_name(s), limits)


def _name(s: Situation[SignIn]) -> str:
    return name_key(s.command.identifier) or ""


def _is_right(s: Situation[SignIn]) -> bool:
    return s.answers[VerifyPassword(_hash(s), new_passwords.text(s.command.password))] and not _expired(s)


def _hash(s: Situation[SignIn]) -> str:
    user = identified(s)
    credential = s.directory.get(CredentialOf(user.id)) if user else None
    return credential.password_hash if credential else ""


def _expired(s: Situation[SignIn]) -> bool:
    user = identified(s)
    credential: Credential | None = s.directory.get(CredentialOf(user.id)) if user else None
    until = credential.temporary_until if credential else None
    return until is not None and s.now >= until


FLOW = Flow(command=SignIn, needs=needs, guards=guards, proved=proved, asks=asks, decide=decide, recorded=recorded)
