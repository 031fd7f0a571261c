"""Flow: whoever holds the link of an invitation sets a password, completes his details and comes in.

Refuses: unknown-name, invitation-unknown, invitation-used, invitation-expired, field-required, field-malformed,
password-policy, confirmation-mismatch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field, SecretStr

from partnerauth.decision import Accepted, Answer, Reason
from partnerauth.directory import (
    AccountById,
    AccountsOf,
    CredentialOf,
    FirstComer,
    InvitationOf,
    LatestTokenOf,
    OrganisationById,
    SelectionOf,
    UserById,
)
from partnerauth.entities import (
    Account,
    AccountId,
    Credential,
    Element,
    Invitation,
    Purpose,
    State,
    Token,
    User,
    UserId,
)
from partnerauth.events import Event, InvitationAccepted, RightsGranted
from partnerauth.flow import Asks, Command, Flow, Needs, Reasons, Situation, present, refusal, refuse
from partnerauth.policy import forms, rights, tokens
from partnerauth.steps import links, new_passwords, sessions


class AcceptInvitation(Command):
    """Accept with the secret of the mailed link; the address is the one that was invited, and no other (TK-02).

    `details` complete what the inviter filled in, and `confirm` left out equals the password.
    """

    token: SecretStr
    details: Mapping[str, str] = Field(default_factory=dict)
    password: SecretStr | None = None
    confirm: SecretStr | None = None
    browser: str = ""


def needs(s: Situation[AcceptInvitation]) -> Needs:
    """The link, whose it is, what stands behind it, and what the inviter can give by now."""
    yield from links.needs(s.directory, s.command.token)
    if token := links.shown(s.directory, s.command.token):
        user = UserId(token.subject)
        yield UserById(user)
        yield CredentialOf(user)
        yield LatestTokenOf(token.subject, Purpose.INVITATION)
        yield InvitationOf(user)
        if found := s.directory.find(UserById(user)):
            yield from _needs_of_rights(s, found)
        yield from sessions.of(s.directory, user)
    yield from sessions.needs(s.directory, s.command.browser)


def _needs_of_rights(s: Situation[AcceptInvitation], user: User) -> Needs:
    yield OrganisationById(user.organisation)
    yield AccountsOf(user.organisation)
    yield FirstComer(user.organisation)
    invitation = s.directory.find(InvitationOf(user.id))
    for account in s.directory.find(AccountsOf(user.organisation)) or ():
        yield AccountById(account)
        for code in s.portal.applications:
            yield SelectionOf(user.id, account, code)
            if invitation:
                yield SelectionOf(UserId(invitation.by), account, code)


def asks(s: Situation[AcceptInvitation]) -> Asks:
    """What the password takes, also where the link is worth nothing (GX-03)."""
    if s.command.password:
        yield from new_passwords.asked(s, s.command.password)
    yield sessions.NEW_SESSION


def decide(s: Situation[AcceptInvitation]) -> Answer:
    """Let him in, with what was named of the inviter's present rights, or else all of them (KP-03, TK-06)."""
    if refused := refuse(forms.known_fields(s.portal, s.command.word(), s.command.details)):
        return refused
    token, user = links.shown(s.directory, s.command.token), _invited(s)
    stands = token if token and user and (token.used or user.state is State.INVITED) else None
    latest = s.directory.get(LatestTokenOf(token.subject, Purpose.INVITATION)) if token else None
    before = s.directory.get(CredentialOf(user.id)) if user else None
    refused = refuse(tokens.stands(stands, Purpose.INVITATION, latest, before, s.now))
    if refused:
        return refused
    token, user = present(token), present(user)
    details = _completed(s, user)
    if refused := refuse(*_acceptable(s, user, details)):
        return refused
    return _accepted(s, token, user, before or Credential(user=user.id), details)


def _acceptable(s: Situation[AcceptInvitation], user: User, details: Mapping[str, str]) -> Reasons:
    password = s.command.password or None
    given = {**details, "password": new_passwords.text(password or SecretStr(""))}
    return (
        forms.complete(s.portal, s.command.word(), given, besides=("password",)),
        forms.well_formed(s.command.details),
        *new_passwords.acceptable(
            s, password, s.command.confirm, personal=new_passwords.words(details, user.email.original)
        ),
    )


def _accepted(
    s: Situation[AcceptInvitation], token: Token, user: User, before: Credential, details: Mapping[str, str]
) -> Accepted:
    is_first = s.portal.invitation.first_is_administrator and s.directory.get(FirstComer(user.organisation)) is None
    appointed = s.portal.management.administrator if is_first else frozenset()
    accepted = InvitationAccepted(
        organisation=user.organisation,
        by=user.id,
        at=s.now,
        user=user.id,
        details=details,
        management=user.management | appointed,
    )
    after = new_passwords.kept(s, before, s.command.password)
    used = replace(token, used=True)
    events = (accepted, *_granted(s, user))
    if not s.portal.sign_in.after_acceptance:
        return Accepted(events=events, keeps=(used, after))
    after = replace(after, signed_in=True)
    begun = sessions.begun(s, user, after, s.command.browser)
    return Accepted(
        events=(*events, *begun.events), keeps=(used, after, *begun.keeps), drops=begun.drops, session=begun.secret
    )


def _granted(s: Situation[AcceptInvitation], user: User) -> tuple[RightsGranted, ...]:
    """Return what he is given: on record by whom he was invited, and only what that one can give today (TK-06)."""
    invitation = s.directory.the(InvitationOf(user.id))
    limits = _limits(s, user, invitation)
    wanted = dict(limits) if s.portal.application_rights == "granted" and not invitation.named else {}
    for account, code, elements in invitation.named:
        wanted[account, code] = wanted.get((account, code), frozenset()).union(elements)
    return tuple(
        RightsGranted(
            organisation=user.organisation,
            by=invitation.by,
            at=s.now,
            user=user.id,
            account=account,
            application=code,
            elements=given,
        )
        for (account, code), elements in wanted.items()
        if (given := tuple(sorted(elements & limits.get((account, code), frozenset()))))
    )


def _limits(
    s: Situation[AcceptInvitation], user: User, invitation: Invitation
) -> Mapping[tuple[AccountId, str], frozenset[Element]]:
    """Return what the inviter can give, by account and application: his own, or where it was the operator, all."""
    accounts = [s.directory.the(AccountById(each)) for each in s.directory.the(AccountsOf(user.organisation))]
    return {
        (account.id, code): _limit(s, user, invitation, account, code)
        for account in accounts
        for code in s.portal.applications
        if code in account.applications
    }


def _limit(
    s: Situation[AcceptInvitation], user: User, invitation: Invitation, account: Account, code: str
) -> frozenset[Element]:
    organisation = s.directory.the(OrganisationById(user.organisation))
    if invitation.from_operator:
        return rights.ceiling(s.portal.applications[code], account, organisation)
    own = s.directory.get(SelectionOf(UserId(invitation.by), account.id, code))
    return rights.of_account(s.portal, code, account, organisation, own)


def _completed(s: Situation[AcceptInvitation], user: User) -> Mapping[str, str]:
    """Return the details: what was filled in before counts where nothing was entered now (KP-07)."""
    entered = {field: value for field, value in s.command.details.items() if value.strip()}
    return forms.filled(s.portal, s.command.word(), {**user.details, **entered})


def recorded(s: Situation[AcceptInvitation], reasons: tuple[Reason, ...]) -> Event:
    """Put a refusal on record under the invited user."""
    user = _invited(s)
    return refusal(s, reasons, user.id, user.organisation) if user else refusal(s, reasons)


def _invited(s: Situation[AcceptInvitation]) -> User | None:
    token = links.shown(s.directory, s.command.token)
    return s.directory.find(UserById(UserId(token.subject))) if token else None


FLOW = Flow(command=AcceptInvitation, needs=needs, asks=asks, decide=decide, recorded=recorded)
