"""The outbox: mails are sent after the commit, at least once, with secrets that are nowhere stored."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.adapters.console import ConsoleMailer
from partnerauth.decision import Accepted, Refused
from partnerauth.directory import Entity, Key, TokenById
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Mail, Member, Operator, OrganisationId, Purpose, Token, TokenId, UserId, Visitor
from partnerauth.events import CommandRefused
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.deactivate import Deactivate
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.open_organisation import AccountFields, OpenOrganisation
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.request_reset import RequestReset
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.flows.set_temporary_password import SetTemporaryPassword
from partnerauth.messages import MAILS, languages
from partnerauth.outbox import (
    FIRST_WAIT,
    LEASE,
    LONGEST_PROBLEM,
    PAGES,
    TRIES,
    UNFINISHED,
    Delivery,
    deliver,
    rendered,
)
from partnerauth.policy.portal import PortalError
from partnerauth.portals import parse_portal, portal_text
from partnerauth.ports import MailState, Posted, RefusedMailError, Unit, UnreachableError
from partnerauth.testing.clockwork import FixedClock

ACME = OrganisationId("acme")


@dataclass
class Letterbox:
    """A mailer that keeps what it was handed, and cannot hand over to some."""

    closed: set[str] = field(default_factory=set)
    problem: BaseException = field(default_factory=lambda: ConnectionError("the other end is down"))
    letters: list[tuple[str, str, str]] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def send(self, *, to: str, subject: str, text: str, html: str, reference: str) -> None:
        if to in self.closed:
            raise self.problem
        assert html.startswith("<!DOCTYPE html>")
        self.letters.append((to, subject, text))
        self.references.append(reference)

    def readers(self) -> list[str]:
        return [to for to, _, _ in self.letters]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 2, 8, tzinfo=UTC))


@pytest.fixture
def portal(clock: FixedClock) -> PartnerAuth:
    found = PartnerAuth("bpost", hasher=Argon2Hasher(*TEST), clock=clock)
    found.execute(
        Operator(), OpenOrganisation(organisation=ACME, name="Acme NV", accounts={"hq": AccountFields(name="HQ")})
    )
    return found


def granted(portal: PartnerAuth, name: str = "anna", organisation: OrganisationId = ACME) -> UserId:
    """Let somebody ask for access and get it: a mail with a link then waits."""
    details = {"email": f"{name}@acme.example", "username": name, "first-name": "Anna", "language": "en"}
    asked = portal.execute(
        Visitor(), RequestAccess(organisation=organisation, application="emasspost", account="hq", details=details)
    )
    assert isinstance(asked, Accepted)
    assert asked.created
    portal.execute(Operator(), GrantAccess(user=asked.created))
    return asked.created


def asked_again(portal: PartnerAuth, name: str) -> None:
    """Let somebody ask whose organisation has an administrator already: a mail without a link then waits."""
    if not portal.view().users(ACME):
        granted(portal)
        deliver(portal, Letterbox())
    command = RequestAccess(
        organisation=ACME, application="emasspost", account="hq", details={"email": f"{name}@acme.example"}
    )
    assert isinstance(portal.execute(Visitor(), command), Accepted)


def asked_for_a_reset(portal: PartnerAuth, name: str) -> None:
    assert isinstance(portal.execute(Visitor(), RequestReset(identifier=name)), Accepted)


def signed_up(portal: PartnerAuth) -> UserId:
    """Let an administrator in."""
    anna = granted(portal)
    deliver(portal, Letterbox())
    token = SecretStr(portal.secret(portal.store.outbox()[0].mail.token))
    portal.execute(Visitor(), ResetPassword(token=token, password=SecretStr("Winter-Tram-61")))
    return anna


def colleague(name: str) -> CreateUser:
    details = {"email": f"{name}@acme.example", "username": name, "gender": "man", "first-name": "B", "last-name": "P"}
    return CreateUser(details={**details, "language": "en"})


@pytest.mark.rule("GX-04")
def test_the_link_is_made_of_the_portals_own_address_and_opens_the_door(portal: PartnerAuth) -> None:
    granted(portal)
    box = Letterbox()
    deliver(portal, box)
    ((_, _, text),) = box.letters
    found = re.search(r"https://portal\.bpost\.example/reset-password#(\S+)", text)
    assert found
    reset = ResetPassword(token=SecretStr(found[1]), password=SecretStr("Winter-Tram-61"))
    assert isinstance(portal.execute(Visitor(), reset), Accepted)


@pytest.mark.rule("GX-04")
def test_tk_19_the_secret_is_in_the_part_of_the_link_that_no_server_logs(portal: PartnerAuth) -> None:
    granted(portal)
    (posted,) = portal.store.outbox()
    text = rendered(portal, posted).text
    before, _, after = text.partition("#")
    secret = portal.secret(posted.mail.token)
    assert after.startswith(secret)
    assert secret not in before


@pytest.mark.rule("GX-04")
def test_an_embedder_makes_his_own_links(portal: PartnerAuth) -> None:
    granted(portal)
    box = Letterbox()
    deliver(portal, box, link=lambda page, secret: f"https://acme.example/{page}?t={secret}")
    assert "https://acme.example/reset-password?t=" in box.letters[0][2]


@pytest.mark.rule("GX-04")
def test_no_secret_is_kept_in_the_outbox(portal: PartnerAuth) -> None:
    granted(portal)
    for posted in portal.store.outbox():
        assert portal.secret(posted.mail.token) not in repr(posted)


@pytest.mark.rule("BP-13")
def test_a_generated_password_is_mailed_with_the_time_it_is_good_for(portal: PartnerAuth) -> None:
    anna = signed_up(portal)
    assert isinstance(portal.execute(Member(user=anna), colleague("ben")), Accepted)
    box = Letterbox()
    deliver(portal, box)
    ((to, _, text),) = box.letters
    assert to == "ben@acme.example"
    assert portal.secret(portal.store.outbox()[-1].mail.token) in text
    assert "valid for 7 days" in text


@pytest.mark.rule("GX-08")
def test_a_mail_is_sent_once_and_marked(portal: PartnerAuth) -> None:
    granted(portal)
    box = Letterbox()
    assert len(deliver(portal, box).sent) == 1
    assert deliver(portal, box).sent == ()
    assert len(box.letters) == 1
    assert portal.store.outbox(state=MailState.WAITING) == ()


@pytest.mark.rule("GX-08")
def test_a_mail_that_cannot_be_handed_over_waits_and_holds_up_no_other(portal: PartnerAuth, clock: FixedClock) -> None:
    granted(portal)
    asked_again(portal, "chris")
    box = Letterbox(closed={"anna@acme.example"})
    first = deliver(portal, box)
    assert box.readers() == ["chris@acme.example"]
    assert list(first.failed.values()) == ["the other end is down"]
    box.closed.clear()
    assert deliver(portal, box) == Delivery()
    clock.advance(FIRST_WAIT)
    assert deliver(portal, box).sent == tuple(first.failed)
    assert box.readers() == ["chris@acme.example", "anna@acme.example"]


@pytest.mark.rule("GX-08")
def test_cc_10_a_process_that_dies_while_sending_sends_that_mail_again_and_no_earlier_one(
    portal: PartnerAuth, clock: FixedClock
) -> None:
    granted(portal)
    asked_again(portal, "chris")
    asked_again(portal, "dora")

    class Dying(Letterbox):
        def send(self, *, to: str, subject: str, text: str, html: str, reference: str) -> None:
            super().send(to=to, subject=subject, text=text, html=html, reference=reference)
            if len(self.letters) == 2:
                raise KeyboardInterrupt

    dying, box = Dying(), Letterbox()
    with pytest.raises(KeyboardInterrupt):
        deliver(portal, dying)
    deliver(portal, box)
    clock.advance(LEASE)
    deliver(portal, box)
    assert dying.readers() == ["anna@acme.example", "chris@acme.example"]
    assert box.readers() == ["dora@acme.example", "chris@acme.example"]
    assert box.references[1] == dying.references[1]
    assert len({*dying.references, *box.references}) == 3


@pytest.mark.rule("GX-08")
def test_the_waits_between_tries_grow_and_come_to_an_end_after_four_days_or_five(
    portal: PartnerAuth, clock: FixedClock
) -> None:
    # No link in it, so that it is of use for as long as it is tried.
    asked_again(portal, "chris")
    box = Letterbox(closed={"chris@acme.example"})
    start, tried = clock.now(), []
    while True:
        done = deliver(portal, box)
        if done.dead:
            break
        assert done.failed
        posted = portal.store.outbox()[-1]
        assert (posted.state, posted.problem) == (MailState.WAITING, "the other end is down")
        tried.append(posted.next_try_at - clock.now())
        clock.advance(tried[-1])
    assert len(tried) == TRIES - 1
    assert tried == sorted(tried)
    assert tried[:3] == [timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=9)]
    assert timedelta(days=4) < clock.now() - start < timedelta(days=5)
    assert [each.state for each in portal.store.outbox()] == [MailState.SENT, MailState.DEAD]
    clock.advance(timedelta(days=365))
    assert deliver(portal, Letterbox()) == Delivery()


@pytest.mark.rule("GX-08")
def test_a_mail_that_the_other_end_never_takes_is_dead_at_once(portal: PartnerAuth, clock: FixedClock) -> None:
    granted(portal)
    asked_again(portal, "chris")
    done = deliver(portal, Letterbox(closed={"anna@acme.example"}, problem=RefusedMailError("550 no such mailbox")))
    assert list(done.dead.values()) == ["550 no such mailbox"]
    assert len(done.sent) == 1
    clock.advance(timedelta(minutes=59))
    assert deliver(portal, Letterbox()) == Delivery()
    assert portal.store.retry_mails(done.dead, clock.now()) == tuple(done.dead)
    assert deliver(portal, Letterbox()).sent == tuple(done.dead)


@pytest.mark.rule("GX-08")
def test_where_nobody_answers_no_other_mail_is_tried_and_none_is_lost(portal: PartnerAuth, clock: FixedClock) -> None:
    granted(portal)
    asked_again(portal, "chris")
    done = deliver(portal, Letterbox(closed={"anna@acme.example"}, problem=UnreachableError("nobody there")))
    assert done.stopped == "nobody there"
    assert (len(done.failed), done.sent, done.dead) == (1, (), {})
    assert [each.attempts for each in portal.store.outbox()] == [1, 0]
    clock.advance(FIRST_WAIT)
    assert len(deliver(portal, Letterbox()).sent) == 2


@pytest.mark.rule("GX-08")
def test_a_mail_whose_workers_all_died_is_dead_in_the_end(portal: PartnerAuth, clock: FixedClock) -> None:
    asked_again(portal, "chris")

    deadly = Letterbox(closed={"chris@acme.example"}, problem=KeyboardInterrupt())
    for _ in range(TRIES):
        with pytest.raises(KeyboardInterrupt):
            deliver(portal, deadly)
        clock.advance(LEASE)
    assert list(deliver(portal, deadly).dead.values()) == [UNFINISHED]


@pytest.mark.rule("GX-08")
def test_no_more_mails_are_sent_than_asked_for(portal: PartnerAuth) -> None:
    for name in ("chris", "dora", "ed"):
        asked_again(portal, name) if name != "chris" else granted(portal, name)
    box = Letterbox()
    assert len(deliver(portal, box, limit=2).sent) == 2
    assert len(deliver(portal, box, limit=0).sent) == 0
    assert len(deliver(portal, box).sent) == 1


@pytest.mark.rule("GX-08")
def test_a_mail_that_cannot_be_written_is_tried_again_and_holds_up_no_other(portal: PartnerAuth) -> None:
    strange = Mail(template="of-another-version", to="a@acme.example", language="en")
    event = CommandRefused(
        organisation=ACME, by="operator", at=portal.ports.clock.now(), command="invite", codes=(), subject=""
    )
    portal.store.commit(Unit(events=(event,), mails=(strange, replace(strange, template="join-request"))))
    granted(portal)
    done = deliver(portal, Letterbox())
    assert len(done.sent) == 1
    assert ["no mail is called" in each or "is missing" in each for each in done.failed.values()] == [True, True]


@pytest.mark.rule("GX-04")
def test_tk_05_a_link_that_has_expired_meanwhile_is_not_mailed(portal: PartnerAuth, clock: FixedClock) -> None:
    granted(portal)
    asked_for_a_reset(portal, "anna")
    clock.advance(portal.portal.lifetimes.reset)
    box = Letterbox()
    done = deliver(portal, box)
    assert list(done.dead.values()) == ["not sent, it would be of no use: link-expired"]
    # The other mail tells of the access too: it is sent without its link.
    ((_, subject, text),) = box.letters
    assert subject.startswith("You have access")
    assert "https://" not in text


@pytest.mark.rule("GX-04")
def test_tk_26_a_link_that_a_newer_one_has_replaced_is_not_mailed(portal: PartnerAuth, clock: FixedClock) -> None:
    granted(portal)
    asked_for_a_reset(portal, "anna")
    clock.advance(timedelta(minutes=6))
    asked_for_a_reset(portal, "anna")
    box = Letterbox()
    done = deliver(portal, box)
    assert list(done.dead.values()) == ["not sent, it would be of no use: link-unknown"]
    assert len(box.letters) == 2
    newest = portal.secret(portal.store.outbox()[-1].mail.token)
    assert [text.count(newest) for _, _, text in box.letters] == [0, 1]


@pytest.mark.rule("GX-04", "GX-02")
def test_tk_12_the_link_of_who_was_deactivated_meanwhile_is_not_mailed(portal: PartnerAuth) -> None:
    anna = granted(portal)
    deliver(portal, Letterbox())
    asked_for_a_reset(portal, "anna")
    portal.execute(Operator(), Deactivate(user=anna))
    box = Letterbox()
    assert list(deliver(portal, box).dead.values()) == ["not sent, it would be of no use: link-unknown"]
    assert box.letters == []


@pytest.mark.rule("BP-13")
@pytest.mark.parametrize(
    ("what", "why"), [("expires", "password-expired"), ("is replaced", "password-replaced"), ("stands", "")]
)
def test_a_temporary_password_is_mailed_while_it_is_the_users(
    portal: PartnerAuth, clock: FixedClock, what: str, why: str
) -> None:
    anna = signed_up(portal)
    created = portal.execute(Member(user=anna), colleague("ben"))
    assert isinstance(created, Accepted)
    if what == "expires":
        clock.advance(portal.portal.lifetimes.temporary_password)
    elif what == "is replaced":
        assert created.created
        portal.execute(Member(user=anna), SetTemporaryPassword(user=UserId(created.created)))
    box = Letterbox()
    done = deliver(portal, box)
    if why:
        assert list(done.dead.values()) == [f"not sent, it would be of no use: {why}"]
    assert len(box.letters) == (0 if what == "expires" else 1)


@pytest.mark.rule("GX-04")
@pytest.mark.parametrize(
    ("late", "said"),
    [
        (timedelta(seconds=59), "1 hour"),
        (timedelta(minutes=5, seconds=10), "54 minutes"),
        (timedelta(minutes=57, seconds=59), "2 minutes"),
    ],
)
def test_a_late_mail_says_how_long_its_link_is_still_good(
    portal: PartnerAuth, clock: FixedClock, late: timedelta, said: str
) -> None:
    granted(portal)
    deliver(portal, Letterbox())
    asked_for_a_reset(portal, "anna")
    clock.advance(late)
    box = Letterbox()
    deliver(portal, box)
    assert f"valid for {said}" in box.letters[0][2]


@pytest.mark.rule("GX-04")
def test_au_09_what_went_wrong_is_kept_without_the_secret_and_in_one_short_line(portal: PartnerAuth) -> None:
    granted(portal)
    secret = portal.secret(portal.store.outbox()[0].mail.token)
    problem = OSError(f"451 too many links:\r\n\x1b[31m#{secret} {'x' * 1000}")
    deliver(portal, Letterbox(closed={"anna@acme.example"}, problem=problem))
    (posted,) = portal.store.outbox()
    assert secret not in repr(posted)
    assert posted.problem.startswith("451 too many links: [31m#[…] xxx")
    assert len(posted.problem) == LONGEST_PROBLEM


FACTS = {
    "portal": "P",
    "name": "Zoe <b>M</b>",
    "organisation": "Acme",
    "username": "zoe",
    "address": "zoe@acme.example",
    "application": "leads",
    "case": "case-1",
    "status": "order-finished",
}


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("template", MAILS)
def test_a_portal_file_may_have_its_own_words_for_every_mail_in_every_language(
    clock: FixedClock, template: str, language: str
) -> None:
    facts = MAILS[template].needs
    own = f"Own <i>words</i> '{language}' {template}"
    body = "\\n\\n".join([own, *(f"{{{name}}}" for name in facts)])
    lines = (
        "[texts]",
        f'mail.{template}.subject.{language} = "Own subject: {language}"',
        f'mail.{template}.text.{language} = "{body}"',
        f'mail.closing.{language} = "Own closing"',
        "[management]",
    )
    text = portal_text("kundenportal").replace("[management]", "\n".join(lines), 1)
    portal = PartnerAuth(parse_portal(text, "own.toml"), hasher=Argon2Hasher(*TEST), clock=clock)
    kind = next((name for name in ("link", "code", "password") if name in facts), "")
    mail = Mail(template=template, to="a@b.example", language=language, facts=FACTS, token=f"{kind}-1" if kind else "")
    letter = rendered(portal, posted(portal, mail))
    assert letter.subject == f"Own subject: {language}"
    assert own in letter.text
    assert html.escape(own) in letter.html
    assert "<i>" not in letter.html
    assert "<b>M" not in letter.html
    assert "Own closing" in letter.text
    assert letter.html.count("<a href") == (kind == "link")
    other = next(each for each in languages() if each != language)
    assert "Own" not in rendered(portal, posted(portal, replace(mail, language=other))).text


def posted(portal: PartnerAuth, mail: Mail) -> Posted:
    """Post a mail, with the token that it tells."""
    now = portal.ports.clock.now()
    event = CommandRefused(organisation=ACME, by="operator", at=now, command="invite", codes=(), subject="")
    token = Token(
        id=TokenId(mail.token),
        digest=mail.token,
        purpose=Purpose.RESET,
        subject="u-a",
        expires_at=now + timedelta(hours=1),
    )
    is_new = portal.store.read([TokenById(token.id)]).values[TokenById(token.id)] is None
    changes: dict[Key[Any], Entity | None] = {TokenById(token.id): token} if is_new else {}
    portal.store.commit(Unit(changes=changes, events=(event,), mails=(mail,)))
    return portal.store.outbox()[-1]


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("mail.invitatoin.text.nl = 'x {link}'", "texts.mail.invitatoin.text.nl: no such text"),
        ("mail.invitation.text.es = 'x {link}'", "texts.mail.invitation.text.es: no such text"),
        ("mail.invitation.text.nl = 'Kom binnen.'", "does not tell its link is of no use: add {link}"),
        ("mail.temporary-password.text.nl = 'Kom binnen.'", "does not tell its password"),
        ("mail.verification-code.text.nl = '{portal}'", "does not tell its code"),
        ("mail.verification-code.subject.nl = '{code}'", "nothing fills code"),
        ("mail.invitation.text.nl = '{link} {host}'", "nothing fills host"),
        ("mail.invitation.text.nl = 1", "texts.mail.invitation.text.nl: "),
    ],
)
def test_a_portal_files_words_that_make_no_mail_are_refused(line: str, problem: str) -> None:
    text = portal_text("kundenportal").replace("[management]", f"[texts]\n{line}\n[management]", 1)
    with pytest.raises(PortalError) as told:
        parse_portal(text, "own.toml")
    assert problem in str(told.value)


@pytest.mark.rule("GX-08")
def test_a_mailer_that_connects_does_so_once_for_many_mails(portal: PartnerAuth) -> None:
    granted(portal)
    asked_again(portal, "chris")

    @dataclass
    class Connecting(Letterbox):
        connections: int = 0

        @contextmanager
        def connected(self) -> Iterator[Letterbox]:
            self.connections += 1
            yield self

    box = Connecting()
    assert len(deliver(portal, box).sent) == 2
    assert box.connections == 1


@pytest.mark.rule("GX-08")
def test_cc_08_a_refused_command_sends_no_mail(portal: PartnerAuth) -> None:
    anna = granted(portal)
    deliver(portal, Letterbox())
    assert isinstance(portal.execute(Member(user=anna), colleague("ben")), Refused)
    assert portal.store.outbox(state=MailState.WAITING) == ()


@pytest.mark.rule("GX-04")
def test_every_mail_that_has_a_link_leads_to_a_page() -> None:
    linking = {name for name, facts in MAILS.items() if "link" in (*facts.needs, *facts.may_have)}
    assert set(PAGES) == linking


def test_the_console_mailer_prints_the_mail_as_its_reader_sees_it(portal: PartnerAuth) -> None:
    granted(portal)
    paper = StringIO()
    deliver(portal, ConsoleMailer(paper))
    printed = paper.getvalue()
    assert printed.startswith("To: anna@acme.example\nSubject: You have access to bpost business portal\n\nHello Anna,")
    assert "https://portal.bpost.example/reset-password#" in printed


def test_the_console_mailer_prints_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleMailer().send(to="a@b.example", subject="S", text="T", html="<p>T</p>", reference="1")
    assert capsys.readouterr().out == "To: a@b.example\nSubject: S\n\nT\n"


@pytest.mark.rule("GX-09")
def test_the_docs_name_every_template_and_its_facts() -> None:
    page = (Path(__file__).parents[1] / "docs" / "mail.md").read_text("utf-8")
    rows = re.findall(
        r"^\| `([a-z-]+)` \| ([^|]*?) \|(?: ([^|]*?))? \|$", page.partition("<!-- templates -->")[2], re.MULTILINE
    )
    assert {name: (needs, may) for name, needs, may in rows} == {
        name: (", ".join(facts.needs), ", ".join(facts.may_have)) for name, facts in MAILS.items()
    }
