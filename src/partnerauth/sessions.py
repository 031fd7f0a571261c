"""How a session begins, whichever flow begins it: the work to ask for and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from partnerauth.directory import Directory, Entity, LatestSessionIn, SessionByDigest, SessionsIn, UserById
from partnerauth.entities import Credential, LatestSession, Session, User
from partnerauth.events import Event, SessionReplaced, SignedIn
from partnerauth.flow import DrawSession, Needs, Situation
from partnerauth.policy import standing

NEW_SESSION = DrawSession()


def needs(directory: Directory, browser: str) -> Needs:
    """The sessions in the browser, and whose they are; a browser that is not named is none."""
    if not browser:
        return
    yield LatestSessionIn(browser)
    yield SessionsIn(browser)
    for digest in directory.find(SessionsIn(browser)) or ():
        yield SessionByDigest(digest)
        if session := directory.find(SessionByDigest(digest)):
            yield UserById(session.user)


def begun(  # noqa: PLR0913 - a session is whose it is, where, for how long and by which door
    s: Situation[Any], user: User, credential: Credential, browser: str, *, stay: bool = False, provider: str = ""
) -> tuple[tuple[Event, ...], tuple[Entity, ...], str]:
    """Return the events, the rows and the secret of a new session (SE-01, SE-09).

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
    return (begins, *told), (session, *latest, *over), draft.id


def others(directory: Directory, user: User, browser: str, now: datetime) -> tuple[Session, ...]:
    """Return other users' sessions in a browser that nobody has ended and that have not expired."""
    sessions = [directory.the(SessionByDigest(digest)) for digest in directory.the(SessionsIn(browser))]
    return tuple(each for each in sessions if each.user != user.id and not each.ended and now < each.expires_at)


def ended(session: Session, code: str) -> Session:
    """Return a session that is over, and the code that tells its user why."""
    return replace(session, ended=code)
