"""The outbox: mails are rows of the transaction they tell of, and are rendered and sent once that is committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

from partnerauth.directory import TokenById
from partnerauth.entities import TokenId
from partnerauth.messages import MAILS, RenderedMail, render_mail
from partnerauth.ports import Mailer, MailState, Posted
from partnerauth.shell import Shell

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of the mails that waited: the ids of those sent, and of the others with what went wrong."""

    sent: tuple[int, ...] = ()
    failed: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


def deliver(shell: Shell, mailer: Mailer, *, link: Link | None = None) -> Delivery:
    """Send every mail that waits, oldest first, and mark it as sent: at least once, never before it is committed.

    A mail that cannot be rendered or handed over stays in the outbox for the next time, and holds up no other.
    Raises StoreError.
    """
    sent: list[int] = []
    failed: dict[int, str] = {}
    for posted in shell.store.outbox(state=MailState.WAITING):
        try:
            mail = rendered(shell, posted, link=link)
            mailer.send(to=posted.mail.to, subject=mail.subject, text=mail.text, html=mail.html)
        except (OSError, KeyError, ValueError) as problem:
            failed[posted.id] = str(problem)
        else:
            # One by one: when the process dies between two mails, only the one being sent is sent again.
            shell.store.mark_sent([posted.id])
            sent.append(posted.id)
    return Delivery(sent=tuple(sent), failed=MappingProxyType(failed))


def rendered(shell: Shell, posted: Posted, *, link: Link | None = None) -> RenderedMail:
    """Return a mail as its reader sees it: the one place where the secret of a link, code or password is shown.

    `link` makes the address of a page; when left out it is `page_of` the portal's own address (TK-21).
    Raises KeyError and ValueError as `messages.render_mail` does.
    """
    mail = posted.mail
    facts = dict(mail.facts)
    kind = mail.token.partition("-")[0]
    if kind == "link":
        make = link or page_of(shell.portal.address)
        facts["link"] = make(PAGES[mail.template], shell.secret(mail.token))
    elif kind:
        facts[kind] = shell.secret(mail.token)
    if kind and "hours" in MAILS[mail.template].may_have:
        facts["hours"] = f"{_lifetime(shell, posted) / timedelta(hours=1):.6f}"
    return render_mail(mail.template, mail.language, facts)


def page_of(address: str) -> Link:
    """Return how links are made below an address: the secret stands after `#`.

    Browsers keep that part to themselves, so that it reaches no access log and no Referer header, and a
    scanner that opens the link has nothing to consume (TK-19, TK-20).
    """
    return lambda page, secret: f"{address.rstrip('/')}/{page}#{secret}"


def _lifetime(shell: Shell, posted: Posted) -> timedelta:
    if posted.mail.token.startswith("password-"):
        return shell.portal.lifetimes.temporary_password
    key = TokenById(TokenId(posted.mail.token))
    token = shell.store.read([key]).values[key]
    if token is None:
        message = f"mail {posted.id}: its link is no longer there"
        raise ValueError(message)
    lifetime: timedelta = token.expires_at - posted.at
    return lifetime
