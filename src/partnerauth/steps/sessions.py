"""How a session begins, whichever flow begins it, how it goes on, and which one makes room for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from partnerauth.directory import (
    Directory,
    Entity,
    Key,
    LatestSessionIn,
    SessionByDigest,
    SessionsIn,
    SessionsOf,
    UserById,
)
from partnerauth.entities import Credential, LatestSession, Member, Session, User, UserId
from partnerauth.events import Event, SessionReplaced, SignedIn
from partnerauth.flow import DrawSession, Needs, Situation, digest
from partnerauth.policy import standing

NEW_SESSION = DrawSession()

RENEWED = 10
"""A session that idles is written anew when a tenth of its time has passed, and not with every command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A session that begins: what happens, the rows that are kept and those that go, and its secret."""

    events: tuple[Event, ...]
    keeps: tuple[Entity, ...]
    drops: tuple[Key[Any], ...]
    secret: str = field(repr=False)


def needs(directory: Directory, browser: str) -> Needs:
    """The sessions in the browser, and whose they are; a browser that is not named is none."""
    if not browser:
        return
    yield LatestSessionIn(browser)
    yield SessionsIn(browser)
    for each in directory.find(SessionsIn(browser)) or ():
        yield SessionByDigest(each)
        if session := directory.find(SessionByDigest(each)):
            yield UserById(session.user)


def of(directory: Directory, user: UserId) -> Needs:
    """The sessions of a user, wherever they are."""
    yield SessionsOf(user)
    for each in directory.find(SessionsOf(user)) or ():
        yield SessionByDigest(each)
        if session := directory.find(SessionByDigest(each)):
            yield LatestSessionIn(session.browser)


def begun(  # noqa: PLR0913 - a session is whose it is, where, for how long and by which door
    s: Situation[Any], user: User, credential: Credential, browser: str, *, stay: bool = False, provider: str = ""
) -> Begun:
    """Return a new session (SE-01, SE-09), and which of the user's older ones it leaves no room for (SE-13).

    Where the portal has one user per browser, another user's session there ends (ED-09).
    """
    rules = s.portal.sign_in
    draft = s.answers[NEW_SESSION]
    session = Session(
        digest=draft.digest,
        user=user.id,
        browser=browser,
        started_at=s.now,
        expires_at=s.now + (rules.stays if stay else rules.lasts),
        idle_at=s.now + rules.idle if rules.idle else None,
        epoch=credential.epoch,
    )
    alone = rules.one_user_per_browser and bool(browser)
    replaced = others(s.directory, user, browser, s.now) if alone else ()
    latest = (LatestSession(browser=browser, digest=draft.digest),) if alone else ()
    over = tuple(ended(each, standing.SESSION_REPLACED.code) for each in replaced)
    begins = SignedIn(
        organisation=user.organisation, by=user.id, at=s.now, user=user.id, browser=browser, provider=provider
    )
    told = (
        SessionReplaced(
            organisation=s.directory.the(UserById(each.user)).organisation,
            by=user.id,
            at=s.now,
            user=each.user,
            browser=browser,
        )
        for each in replaced
    )
    return Begun(
        events=(begins, *told),
        keeps=(session, *latest, *over),
        drops=_superfluous(s, user, noted_anew=browser if alone else None),
        secret=draft.id,
    )


def others(directory: Directory, user: User, browser: str, now: datetime) -> tuple[Session, ...]:
    """Return other users' sessions in a browser that nobody has ended and that have not expired."""
    sessions = [directory.the(SessionByDigest(each)) for each in directory.the(SessionsIn(browser))]
    return tuple(each for each in sessions if each.user != user.id and not each.ended and now < each.expires_at)


def own(directory: Directory, user: UserId) -> tuple[Session, ...]:
    """Return the sessions of a user, oldest first, those that are over too."""
    return tuple(directory.the(SessionByDigest(each)) for each in directory.the(SessionsOf(user)))


def ended(session: Session, code: str) -> Session:
    """Return a session that is over, and the code that tells its user why."""
    return replace(session, ended=code)


def seen(s: Situation[Any], after: Directory) -> Directory:
    """Return the directory in which the session that somebody acts in does not idle (SE-08)."""
    idle = s.portal.sign_in.idle
    secret = s.actor.session if isinstance(s.actor, Member) else ""
    session = after.find(SessionByDigest(digest(secret))) if secret else None
    if idle is None or session is None or session.ended:
        return after
    is_due = session.idle_at is None or session.idle_at + idle / RENEWED <= s.now + idle
    return after.put(replace(session, idle_at=s.now + idle)) if is_due else after


def _superfluous(s: Situation[Any], user: User, *, noted_anew: str | None) -> tuple[Key[Any], ...]:
    """Return the rows that make room for one session more: the oldest that live, and the oldest that are over.

    So many of either kind are kept that a browser is still told why its session is over.
    """
    most = s.portal.sign_in.most_sessions
    mine = own(s.directory, user.id)
    living = [each for each in mine if not each.ended and s.now < standing.ends_at(each)]
    over = [each for each in mine if each not in living]
    gone = [*living[: max(0, len(living) + 1 - most)], *over[: max(0, len(over) - most)]]
    noted = [(each, s.directory.get(LatestSessionIn(each.browser))) for each in gone if each.browser]
    return (
        *(SessionByDigest(each.digest) for each in gone),
        *(
            LatestSessionIn(each.browser)
            for each, latest in noted
            if latest and latest.digest == each.digest and each.browser != noted_anew
        ),
    )
