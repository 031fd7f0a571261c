"""Flow: a visitor signs in with his account at another provider.

Refuses: unknown-name, sso-refused, user-inactive, approval-pending, approval-rejected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from partnerauth.addresses import EmailAddress, parse
from partnerauth.decision import Accepted, Answer, Reason
from partnerauth.directory import CredentialOf, LoginNameByKey, OrganisationById, SsoLinkOf, SsoLinksOf, UserById
from partnerauth.entities import OrganisationId, SsoLink, State, User, UserId
from partnerauth.events import Event, SignInFailed
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, credential_of, noted, refuse
from partnerauth.policy import allow_list, lifecycle, offers, sso, standing
from partnerauth.steps import sessions


class Claims(BaseModel):
    """What the provider says of the person, as the caller's OpenID Connect adapter has proved it (SO-03 to SO-07).

    `email_verified` counts only where it is the truth value itself, no text and no number (SO-02).  Other claims
    are passed over: no name in them is ever an identity (SO-18).
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str = Field(validation_alias=AliasChoices("issuer", "iss"), min_length=1, max_length=500)
    subject: str = Field(validation_alias=AliasChoices("subject", "sub"), min_length=1, max_length=255)
    email: str = ""
    email_verified: Annotated[bool, BeforeValidator(lambda value: value is True)] = Field(
        default=False, validation_alias=AliasChoices("email-verified", "email_verified")
    )


class SignInSso(Command):
    """Sign in by the word of another provider, one of the portal file's (ED-07)."""

    provider: str
    claims: Claims
    browser: str = ""


def needs(s: Situation[SignInSso]) -> Needs:
    """Whose the account is: by an earlier link or else by its address; and who else is signed in on the browser."""
    claims = s.command.claims
    yield SsoLinkOf(claims.issuer, claims.subject)
    if address := _address(s):
        yield LoginNameByKey(address.key)
    for identity in _claimed(s):
        yield UserById(identity)
        yield CredentialOf(identity)
        yield SsoLinksOf(identity)
        yield from sessions.of(s.directory, identity)
    if user := _identified(s):
        yield OrganisationById(user.organisation)
    yield from sessions.needs(s.directory, s.command.browser)


def asks(_: Situation[SignInSso]) -> Asks:
    """A session."""
    yield sessions.NEW_SESSION


def decide(s: Situation[SignInSso]) -> Answer:
    """Begin a session; the first time links the account, and makes an invited user active (GX-02)."""
    provider, claims = s.command.provider, s.command.claims
    if refused := refuse(offers.known("provider", (provider,), s.portal.sign_in.sso_providers)):
        return refused
    user = _identified(s)
    if user is None:
        return refuse(sso.SSO_REFUSED.broken()) or Accepted()
    link = _link(s)
    first = None if link else sso.first_link(s.directory.the(SsoLinksOf(user.id)), provider)
    if refused := refuse(first) or refuse(None if user.state is State.INVITED else standing.acts(user)):
        return refused
    credential = replace(credential_of(s, user.id), signed_in=True)
    begun = sessions.begun(s, user, credential, s.command.browser, provider=provider)
    linked = SsoLink(issuer=claims.issuer, subject=claims.subject, provider=provider, user=user.id)
    return Accepted(
        events=begun.events, keeps=(credential, linked, *begun.keeps), drops=begun.drops, session=begun.secret
    )


def recorded(s: Situation[SignInSso], reasons: tuple[Reason, ...]) -> Event:
    """Put a failed sign-in on record, with the truth that the visitor is not told (GX-03)."""
    user, address = _identified(s), _address(s)
    unlisted = s.portal.allow_list is not None and (user is None or lifecycle.left_by_feed(user))
    truth = (allow_list.NOT_ON_ALLOW_LIST.code,) if unlisted else ()
    return SignInFailed(
        organisation=user.organisation if user else OrganisationId(""),
        by=s.by,
        at=s.now,
        subject=user.id if user else address.key if address else "",
        codes=(*(reason.code for reason in reasons), *truth),
        source=noted(s.command.provider),
    )


def _link(s: Situation[SignInSso]) -> SsoLink | None:
    """Return the earlier link; one that another provider made died with that provider (LC-06, SO-19)."""
    claims = s.command.claims
    link = s.directory.find(SsoLinkOf(claims.issuer, claims.subject))
    return link if link and link.provider == s.command.provider else None


def _identified(s: Situation[SignInSso]) -> User | None:
    """Return whose the account is, as far as he is loaded."""
    return next(filter(None, (s.directory.find(UserById(identity)) for identity in _claimed(s))), None)


def _claimed(s: Situation[SignInSso]) -> Iterator[UserId]:
    """Yield whose it is said to be: the address counts only where there is no link (SO-01)."""
    address = _address(s)
    if link := _link(s):
        yield link.user
    elif address and (claim := s.directory.find(LoginNameByKey(address.key))):
        yield claim.user


def _address(s: Situation[SignInSso]) -> EmailAddress | None:
    """Return the address that the provider has verified (SO-02)."""
    return parse(s.command.claims.email) if s.command.claims.email_verified else None


FLOW = Flow(command=SignInSso, needs=needs, asks=asks, decide=decide, recorded=recorded)
