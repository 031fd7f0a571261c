"""The outbox: mails are rows of the transaction they tell of, and are rendered and sent once that is committed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from partnerauth.addresses import name_key
from partnerauth.directory import CredentialOf, Key, LatestTokenOf, LoginNameByKey, TokenById
from partnerauth.entities import Token, TokenId, UserId
from partnerauth.messages import MAILS, RenderedMail, render_mail
from partnerauth.policy import tokens
from partnerauth.ports import ConnectingMailer, Mailer, MailState, Posted, RefusedMailError, UnreachableError
from partnerauth.shell import Shell

T = TypeVar("T")

Link: TypeAlias = Callable[[str, str], str]
"""Makes the address that a mail links to, of a page (a command's name) and the secret that the page posts."""

PAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "invitation": "accept-invitation",
        "password-reset": "reset-password",
        "access-granted": "reset-password",
        "confirm-email": "confirm-email",
    }
)
"""The command that the link of each template leads to."""

LEASE: Final = timedelta(minutes=15)
"""How long a mail is left to whoever tries it.

Longer than a try takes, since a server may think for ten minutes about the last answer (RFC 5321, 4.5.3.2.6), and
shorter than a link lives (GX-04): a mail whose worker died is late by this, and still of use.
"""

FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(days=1)
TRIES: Final = 12
"""A mail is tried again after a minute, and each time after three times as long, but never later than a day after.

The first tries are close to each other because most mails hold a link that lives for an hour, and a server that
greylists takes the second.  Twelve tries last for 4.8 days: a sender gives up after four or five (RFC 5321, 4.5.4.1).
"""

PROMPT: Final = timedelta(minutes=1)
"""Whoever reads a mail that was sent within this time is told how long its link lives in round numbers."""

LONGEST_PROBLEM: Final = 200
"""Characters that are kept of what went wrong."""

UNFINISHED: Final = "none of its tries came to an end: the workers that made them have died"
"""The problem of a mail that was taken as often as may be, and never heard of again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one mail: `problem` is why it was not sent; a waiting one is tried again later."""

    mail: int
    state: MailState
    problem: str = ""
    is_last: bool = False
    """Whether no other mail would fare better now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of the mails that were due: the ids of those sent, and with what went wrong the others.

    `failed` are tried again later, `dead` are not; `stopped` says why nothing more was tried, where that is so.
    """

    sent: tuple[int, ...] = ()
    failed: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    dead: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    stopped: str = ""


def deliver(shell: Shell, mailer: Mailer, *, link: Link | None = None, limit: int | None = None) -> Delivery:
    """Send every mail that is due, at most `limit`: at least once, never before it is committed.

    As `deliveries` does, of which this is the sum.  Raises StoreError.
    """
    sent: list[int] = []
    failed: dict[int, str] = {}
    dead: dict[int, str] = {}
    stopped = ""
    for outcome in deliveries(shell, mailer, link=link, limit=limit):
        match outcome.state:
            case MailState.SENT:
                sent.append(outcome.mail)
            case MailState.DEAD:
                dead[outcome.mail] = outcome.problem
            case MailState.WAITING:
                failed[outcome.mail] = outcome.problem
        stopped = outcome.problem if outcome.is_last else ""
    return Delivery(sent=tuple(sent), failed=MappingProxyType(failed), dead=MappingProxyType(dead), stopped=stopped)


def deliveries(
    shell: Shell, mailer: Mailer, *, link: Link | None = None, limit: int | None = None
) -> Iterator[Outcome]:
    """Send mails one at a time, and yield what became of each, until none is due or nothing can be sent at all.

    What has been due for longest comes first.  A mail is marked before the next one is taken: a process that dies
    leaves one mail behind, which another sends, perhaps a second time, once the lease is over.  What cannot be
    handed over is tried again later, and holds up no other; what never will be is dead.  Raises StoreError.
    """
    left = -1 if limit is None else limit
    with mailer.connected() if isinstance(mailer, ConnectingMailer) else nullcontext(mailer) as connected:
        while left and (outcome := _attempt(shell, connected, link)):
            yield outcome
            left = 0 if outcome.is_last else left - 1


def rendered(shell: Shell, posted: Posted, *, link: Link | None = None) -> RenderedMail:
    """Return a mail as its reader sees it: the one place where the secret of a link, code or password is shown.

    `link` makes the address of a page; when left out it is `page_of` the portal's own address (TK-21).
    Raises KeyError and ValueError as `messages.render_mail` does.
    """
    return _rendered(shell, posted, _found(shell, TokenById(TokenId(posted.mail.token))), link)


def page_of(address: str) -> Link:
    """Return how links are made below an address: the secret stands after `#`.

    Browsers keep that part to themselves, so that it reaches no access log and no Referer header, and a
    scanner that opens the link has nothing to consume (TK-19, TK-20).
    """
    return lambda page, secret: f"{address.rstrip('/')}/{page}#{secret}"


def wait(attempts: int) -> timedelta | None:
    """Return how long a mail waits that failed so many times, or None: it is not tried again."""
    return None if attempts >= TRIES else min(FIRST_WAIT * 3 ** (attempts - 1), LONGEST_WAIT)


def _attempt(shell: Shell, mailer: Mailer, link: Link | None) -> Outcome | None:
    """Try the mail that has been due for longest; None where there is none."""
    now = shell.ports.clock.now()
    posted = shell.store.claim_mail(now, now + LEASE)
    if posted is None:
        return None
    if posted.attempts > TRIES:
        return _failed(shell, posted, UNFINISHED, None)
    token, useless = _secret(shell, posted, now)
    if useless and _is_about_its_secret(posted):
        return _failed(shell, posted, f"not sent, it would be of no use: {useless}", None)
    return _sent(shell, mailer, posted, lambda: _rendered(shell, posted, None if useless else token, link))


def _sent(shell: Shell, mailer: Mailer, posted: Posted, write: Callable[[], RenderedMail]) -> Outcome:
    try:
        mail = write()
        mailer.send(
            to=posted.mail.to, subject=mail.subject, text=mail.text, html=mail.html, reference=reference(shell, posted)
        )
    except RefusedMailError as never:
        return _failed(shell, posted, _told(shell, posted, never), None)
    except (OSError, KeyError, ValueError) as problem:
        again = wait(posted.attempts)
        due = None if again is None else shell.ports.clock.now() + again
        said = _told(shell, posted, problem)
        return _failed(shell, posted, said, due, is_last=isinstance(problem, UnreachableError))
    # Before the next mail is taken: when the process dies between two, only the one being sent is sent again.
    shell.store.mark_sent([posted.id])
    return Outcome(mail=posted.id, state=MailState.SENT)


def _failed(shell: Shell, posted: Posted, problem: str, due: datetime | None, *, is_last: bool = False) -> Outcome:
    shell.store.mark_failed(posted.id, attempt=posted.attempts, problem=problem, next_try_at=due)
    state = MailState.WAITING if due else MailState.DEAD
    return Outcome(mail=posted.id, state=state, problem=problem, is_last=is_last)


def _secret(shell: Shell, posted: Posted, now: datetime) -> tuple[Token | None, str]:
    """Return the token that a mail tells, and what speaks against telling it: it has expired, or a newer one stands."""
    kind = posted.mail.token.partition("-")[0]
    if kind == "password":
        return None, _stale_password(shell, posted, now)
    if not kind:
        return None, ""
    token = _found(shell, TokenById(TokenId(posted.mail.token)))
    if token is None:
        return None, tokens.LINK_UNKNOWN.code
    latest = _found(shell, LatestTokenOf(token.subject, token.purpose))
    credential = _found(shell, CredentialOf(UserId(token.subject)))
    reason = tokens.stands(token, token.purpose, latest, credential, now)
    return token, reason.code if reason else ""


def _stale_password(shell: Shell, posted: Posted, now: datetime) -> str:
    """Say what speaks against telling a temporary password: it has expired, or is no longer the user's."""
    if posted.at + shell.portal.lifetimes.temporary_password <= now:
        return "password-expired"
    claim = _found(shell, LoginNameByKey(name_key(posted.mail.to) or ""))
    credential = _found(shell, CredentialOf(claim.user)) if claim else None
    hashed = credential.password_hash if credential else None
    return "" if shell.ports.hasher.verify(hashed, shell.secret(posted.mail.token)) else "password-replaced"


def _found(shell: Shell, key: Key[T]) -> T | None:
    found: T | None = shell.store.read([key]).values[key]
    return found


def _is_about_its_secret(posted: Posted) -> bool:
    """Whether the mail says nothing without its link, code or password."""
    known = MAILS.get(posted.mail.template)
    return known is None or posted.mail.token.partition("-")[0] in known.needs


def _rendered(shell: Shell, posted: Posted, token: Token | None, link: Link | None) -> RenderedMail:
    mail = posted.mail
    facts = dict(mail.facts)
    kind = mail.token.partition("-")[0]
    if kind == "link" and token:
        make = link or page_of(shell.portal.address)
        facts["link"] = make(PAGES[mail.template], shell.secret(mail.token))
    elif kind in {"code", "password"}:
        facts[kind] = shell.secret(mail.token)
    ends = posted.at + shell.portal.lifetimes.temporary_password if kind == "password" else None
    if (until := token.expires_at if token else ends) and "hours" in MAILS[mail.template].may_have:
        facts["hours"] = f"{_left(posted.at, shell.ports.clock.now(), until) / timedelta(hours=1):.6f}"
    return render_mail(mail.template, mail.language, facts, overrides=shell.portal.texts)


def _left(posted_at: datetime, now: datetime, until: datetime) -> timedelta:
    """Return how long a link is good for from its reader's side, in the largest unit that says enough."""
    if now < posted_at + PROMPT or now >= until:
        return until - posted_at
    left = until - now
    units = (unit for unit in (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)) if left >= 2 * unit)
    unit = next(units, timedelta(seconds=1))
    return left // unit * unit


def reference(shell: Shell, posted: Posted) -> str:
    """Return what tells a mail from every other one, the same each time it is sent: letters, digits and a dot."""
    whole = repr((shell.portal.portal, shell.portal.address, posted.id, posted.at, posted.mail.to, posted.mail.token))
    return f"{posted.id}.{hashlib.sha256(whole.encode(errors='surrogatepass')).hexdigest()[:24]}"


def _told(shell: Shell, posted: Posted, problem: Exception) -> str:
    """Return a problem in one short line, without the secret that the other end may have repeated."""
    text = str(problem) or type(problem).__name__
    if posted.mail.token:
        text = text.replace(shell.secret(posted.mail.token), "[…]")
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= LONGEST_PROBLEM else f"{line[: LONGEST_PROBLEM - 1]}…"
