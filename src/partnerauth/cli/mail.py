"""The commands `mail run`, `mail list` and `mail retry`: the worker that sends mails, and a look at the outbox."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from threading import Event
from typing import Any, Final

import click

from partnerauth.adapters.console import ConsoleMailer
from partnerauth.adapters.smtp import SmtpMailer
from partnerauth.adapters.system import SystemClock
from partnerauth.cli import screen
from partnerauth.cli.portal import read
from partnerauth.cli.stores import key_option, opened, server_key, store_option
from partnerauth.embed import PartnerAuth
from partnerauth.outbox import Outcome, deliveries
from partnerauth.ports import Mailer, MailState, Posted, Store, StoreError

EVERY: Final = 10
"""Seconds between two looks at the outbox: short enough for somebody who waits for a code."""

PAGE: Final = 50
"""Mails that `mail list` shows, unless it is told otherwise."""

_AT_ONCE: Final = 500
"""Mails that are in memory at a time when more are listed."""

_MARKS: Final = {MailState.SENT: screen.good, MailState.DEAD: screen.bad, MailState.WAITING: screen.strong}


@click.group()
def mail() -> None:
    """Send the mails that wait in the outbox, or look at them."""


@mail.command("run")
@click.option("--portal", required=True, metavar="NAME_OR_FILE", help="A shipped portal, or a portal file.")
@store_option
@key_option
@click.option(
    "--smtp",
    metavar="URL",
    envvar="PARTNERAUTH_SMTP",
    help="The server, such as smtp+starttls://user:password@host:587; or PARTNERAUTH_SMTP, which others do not see.",
)
@click.option(
    "--from", "sender", metavar="ADDRESS", envvar="PARTNERAUTH_FROM", help="Whom mails come from; or PARTNERAUTH_FROM."
)
@click.option("--print", "prints", is_flag=True, help="Print mails with their links and passwords, and send none.")
@click.option("--once", is_flag=True, help="Send what is due now, and end: for cron.")
@click.option("--every", type=click.IntRange(1), default=EVERY, show_default=True, metavar="SECONDS", help="The wait.")
def run(  # noqa: PLR0913 - one parameter for each option
    *,
    portal: str,
    store: str,
    key_file: str | None,
    smtp: str | None,
    sender: str | None,
    prints: bool,
    once: bool,
    every: int,
) -> None:
    """Send the mails that are due, and go on until told to end (Ctrl-C, or SIGTERM).

    The mail in hand is then sent before the end.  Any number of these may run at once, on one machine or several.
    With --once the exit status is 1 where the mail server could not be reached.
    """
    mailer = _mailer(smtp, sender, prints=prints)
    found, key = read(portal), server_key(key_file)
    with opened(store) as kept, _until_told() as end:
        auth = PartnerAuth(found, kept, key=key)
        is_reached = _sent(auth, mailer, end) if once else _sent_always(auth, mailer, end, every)
    if not is_reached:
        raise SystemExit(1)


@mail.command("list")
@store_option
@click.option("--state", type=click.Choice([each.value for each in MailState]), help="Only these.")
@click.option("--to", metavar="ADDRESS", help="Only those to this address.")
@click.option("--after", type=click.IntRange(0), default=0, metavar="ID", help="Only those with higher numbers.")
@click.option("--limit", type=click.IntRange(1), default=PAGE, show_default=True, help="So many at most.")
def list_mails(*, store: str, state: str | None, to: str | None, after: int, limit: int) -> None:
    """List mails: what became of each, and what went wrong.  Their links and passwords are not in the outbox."""
    chosen = MailState(state) if state else None
    with opened(store) as kept:
        mails = list(_pages(kept, limit + 1, to=to, state=chosen, after=after))
    shown = mails[:limit]
    if not shown:
        screen.show("no mails")
        return
    screen.show(screen.listing(("#", "state", "to", "mail", "next try", "problem"), map(_row, shown), _WIDTHS))
    if len(mails) > limit:
        screen.show(screen.faint(f"there are more: --after {shown[-1].id}"))


@mail.command("retry")
@store_option
@click.argument("ids", nargs=-1, type=int, metavar="ID…")
@click.option("--dead", "all_dead", is_flag=True, help="All that are dead.")
def retry(*, store: str, ids: tuple[int, ...], all_dead: bool) -> None:
    """Let mails be due now that are dead or put off, as if they had never been tried.

    One whose link has expired dies again: ask for a new one.
    """
    if bool(ids) == all_dead:
        problem = "which mails? name their numbers, or say --dead for all that are dead"
        raise screen.BadInput(problem)
    now, again = SystemClock().now(), 0
    with opened(store) as kept:
        dead = (each.id for each in _pages(kept, None, state=MailState.DEAD))
        chosen = dead if all_dead else iter(ids)
        while some := [*islice(chosen, _AT_ONCE)]:
            done = set(kept.retry_mails(some, now))
            again += len(done)
            for each in some:
                if each not in done and not all_dead:
                    screen.show(f"{screen.tick(is_so=False)} {each}: {_why_not(kept, each)}")
    screen.show(f"{screen.tick(is_so=True)} {screen.count(again, 'mail')} due now")
    if ids and again < len(set(ids)):
        raise SystemExit(1)


_WIDTHS: Final = (6, 7, 24, 18, 16, 24)


def _row(posted: Posted) -> Sequence[str]:
    due = f"{posted.next_try_at:%Y-%m-%d %H:%M}" if posted.state is MailState.WAITING else ""
    texts = (posted.mail.to, posted.mail.template, due, posted.problem)
    return (str(posted.id), _MARKS[posted.state](posted.state), *map(screen.visible, texts))


def _why_not(store: Store, number: int) -> str:
    found = store.outbox(after=number - 1, limit=1)
    if not found or found[0].id != number:
        return "there is no such mail"
    if found[0].state is MailState.SENT:
        return "it was sent"
    return "it is being tried just now" if found[0].attempts else "it has never been tried, and is due already"


def _pages(
    store: Store, limit: int | None, *, to: str | None = None, state: MailState | None = None, after: int = 0
) -> Iterator[Posted]:
    """Yield mails, few of them in memory at a time."""
    left = limit
    while left is None or left > 0:
        most = _AT_ONCE if left is None else min(left, _AT_ONCE)
        page = store.outbox(to=to, state=state, after=after, limit=most)
        yield from page
        if not page:
            return
        after, left = page[-1].id, None if left is None else left - len(page)


def _mailer(smtp: str | None, sender: str | None, *, prints: bool) -> Mailer:
    if prints:
        return ConsoleMailer()
    if not smtp or not sender:
        missing = "--smtp (or PARTNERAUTH_SMTP)" if not smtp else "--from (or PARTNERAUTH_FROM)"
        problem = f"{missing} is needed to send mails: or say --print to see them here"
        raise screen.BadInput(problem)
    try:
        return SmtpMailer(smtp, sender=sender)
    except (ValueError, OSError) as error:
        raise screen.BadInput(str(error)) from None


def _sent_always(auth: PartnerAuth, mailer: Mailer, end: Event, every: int) -> bool:
    while not end.is_set():
        try:
            _sent(auth, mailer, end)
        except StoreError as trouble:
            # A database that is restarted comes back: a worker that ends with it would have to be started again.
            screen.show(f"{_time()} {screen.bad(screen.visible(str(trouble)))}", err=True)
        end.wait(every)
    return True


def _sent(auth: PartnerAuth, mailer: Mailer, end: Event) -> bool:
    """Send what is due, and say how many; whether there was somebody to hand them over to."""
    counted: Counter[MailState] = Counter()
    is_reached = True
    for outcome in deliveries(auth, mailer):
        counted[outcome.state] += 1
        is_reached = not outcome.is_last
        if outcome.problem:
            screen.show(f"{_time()} {_line(outcome)}", err=True)
        if end.is_set():
            break
    if sent := counted[MailState.SENT]:
        screen.show(f"{_time()} {screen.good(screen.count(sent, 'mail'))} sent")
    return is_reached


def _line(outcome: Outcome) -> str:
    then = "is dead" if outcome.state is MailState.DEAD else "waits"
    return f"{screen.bad(f'mail {outcome.mail} {then}')}: {screen.visible(outcome.problem)}"


def _time() -> str:
    now: datetime = SystemClock().now()
    return screen.faint(f"{now:%Y-%m-%d %H:%M:%S}")


@contextmanager
def _until_told() -> Iterator[Event]:
    """Yield what is set once somebody wants this process to end: between two mails, and not within one."""
    end = Event()
    before: list[tuple[signal.Signals, Callable[..., Any] | int | None]] = [
        (each, signal.signal(each, lambda *_: end.set())) for each in (signal.SIGINT, signal.SIGTERM)
    ]
    try:
        yield end
    finally:
        for each, handler in before:
            signal.signal(each, handler)
