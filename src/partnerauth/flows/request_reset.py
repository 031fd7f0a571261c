"""Flow: a visitor has forgotten his user name or password.

Refuses: email-not-lowercase; to the visitor the answer is the same whoever he is (GX-03).
"""

from __future__ import annotations

from dataclasses import replace

from partnerauth.addresses import name_key
from partnerauth.decision import Accepted, Answer
from partnerauth.directory import (
    AttemptsAgainst,
    CredentialOf,
    InvitationOf,
    LatestTokenOf,
    LoginNameByKey,
    OrganisationById,
    TokenById,
    UserById,
)
from partnerauth.entities import Purpose, State, User
from partnerauth.events import ResetRequested
from partnerauth.flow import Asks, Command, Flow, Needs, Situation, credential_of, mail, refuse, untold
from partnerauth.policy import allow_list, domains, guessing, lifecycle, management, offers, passwords, standing, tokens
from partnerauth.policy.portal import RESET_PASSWORD
from partnerauth.steps import links, mail_limits


class RequestReset(Command):
    """Ask for a link to set a new password, by user name or address (BP-16, ED-02, KP-11, SP-02, DP-11)."""

    identifier: str
    source: str = "here"


def needs(s: Situation[RequestReset]) -> Needs:
    """Whose the name is, and the link that he was sent last."""
    yield LoginNameByKey(_name(s))
    if claim := s.directory.find(LoginNameByKey(_name(s))):
        latest = LatestTokenOf(claim.user, Purpose.RESET)
        yield UserById(claim.user)
        yield CredentialOf(claim.user)
        yield InvitationOf(claim.user)
        yield latest
        if newest := s.directory.find(latest):
            yield TokenById(newest.token)
    if user := _identified(s):
        yield OrganisationById(user.organisation)
        yield AttemptsAgainst(_guard(s, user).key)


def asks(_: Situation[RequestReset]) -> Asks:
    """A link, whether or not there is anybody to send it to (GX-03)."""
    yield links.NEW_LINK


def decide(s: Situation[RequestReset]) -> Answer:
    """Mail a link to whoever may set a new password himself, and tell everybody the same (SP-04, SP-05)."""
    if refused := refuse(domains.written_in_lower_case(s.command.identifier, s.portal.email_spelling)):
        return refused
    return replace(_answered(s), notices=s.portal.notices.get(s.command.word(), ()))


def _answered(s: Situation[RequestReset]) -> Accepted:
    """Put the truth on record: where a feed names who may come in, that he is not among them (ED-01)."""
    user = _identified(s)
    if user is None:
        unknown = allow_list.NOT_ON_ALLOW_LIST if s.portal.allow_list else offers.UNKNOWN_NAME
        return Accepted(events=(untold(s, unknown.code, _name(s)),))
    if lifecycle.left_by_feed(user):
        return Accepted(events=(untold(s, allow_list.NOT_ON_ALLOW_LIST.code, user.id, user.organisation),))
    comes_in = user.state is State.INVITED and not tokens.brings(s.portal, s.directory.get(InvitationOf(user.id)))
    standing_code = None if comes_in else standing.acts(user)
    if standing_code is not None:
        return Accepted(events=(untold(s, standing_code.code, user.id, user.organisation),))
    if not management.holds(s.portal, user, RESET_PASSWORD):
        event = untold(s, passwords.RESET_NOT_PERMITTED.code, user.id, user.organisation)
        told = mail(s, "reset-not-permitted", user.email.original, user.details, username=_called(user))
        return mail_limits.unsent_if_too_often(s, _guard(s, user), Accepted(events=(event,), mails=(told,)))
    requested = ResetRequested(organisation=user.organisation, by=s.by, at=s.now, user=user.id)
    if _was_just_mailed(s, user):
        return Accepted(events=(requested,))
    return mail_limits.unsent_if_too_often(s, _guard(s, user), _mailed(s, user, requested))


def _mailed(s: Situation[RequestReset], user: User, event: ResetRequested) -> Accepted:
    token, link = links.drawn(s, credential_of(s, user.id), Purpose.RESET, s.portal.lifetimes.reset)
    told = mail(s, "password-reset", user.email.original, user.details, token=token, username=_called(user))
    return Accepted(events=(event,), mails=(told,), keeps=link)


def _was_just_mailed(s: Situation[RequestReset], user: User) -> bool:
    """Whether a link that still stands was mailed a moment ago: another would tell nothing new (SP-04)."""
    newest = s.directory.get(LatestTokenOf(user.id, Purpose.RESET))
    token = s.directory.get(TokenById(newest.token)) if newest else None
    credential = s.directory.get(CredentialOf(user.id))
    if token is None or tokens.stands(token, Purpose.RESET, newest, credential, s.now):
        return False
    return tokens.too_soon(token.expires_at - s.portal.lifetimes.reset, s.portal.limits.mail_again_after, s.now)


def _guard(s: Situation[RequestReset], user: User) -> guessing.Guard:
    return guessing.against_mails(user.id, s.portal.limits)


def _identified(s: Situation[RequestReset]) -> User | None:
    claim = s.directory.find(LoginNameByKey(_name(s)))
    return s.directory.find(UserById(claim.user)) if claim else None


def _called(user: User) -> str:
    return user.username or user.email.original


def _name(s: Situation[RequestReset]) -> str:
    return name_key(s.command.identifier) or ""


FLOW = Flow(command=RequestReset, needs=needs, asks=asks, decide=decide)
