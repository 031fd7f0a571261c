"""The SMTP mailer, against a real server: what arrives, what a server may do to it, and who may not read along."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from time import sleep

import pytest
import trustme
from aiosmtpd.smtp import SMTP
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mail_server import PostOffice, markup, plain, served

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.adapters.smtp import SmtpMailer, SmtpServer, parse_server, written
from partnerauth.adapters.sql import SqlStore
from partnerauth.addresses import parse
from partnerauth.decision import Accepted
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Operator, OrganisationId
from partnerauth.flows.invite import Invite
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.messages import MAILS, languages, render_mail
from partnerauth.outbox import FIRST_WAIT, LEASE, deliver, rendered
from partnerauth.ports import MailState, RefusedMailError, Store, UnreachableError
from partnerauth.testing.clockwork import FixedClock

SENDER = "Kundenportal (Metall) <no-reply@portal.example>"
KEY = bytes(range(32))
FACTS: Mapping[str, str] = {
    "portal": "Kundenportal",
    "link": "https://kundenportal.example/page#" + "s" * 43,
    "code": "0123456789ABCDEF01234567",
    "password": "Straße-9-ÿ",
    "name": "Zoë Müller-Łącka 中",
    "organisation": "Bücher & Söhne <GmbH>",
    "username": "zoe",
    "address": "zoe@acme.example",
    "application": "leads",
    "case": "case-1",
    "status": "order-finished",
    "hours": "24",
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with served(PostOffice()) as found:
        yield found


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def portal(clock: FixedClock) -> PartnerAuth:
    return portal_over(None, clock)


@contextmanager
def opened(database: str, clock: FixedClock | None = None) -> Iterator[PartnerAuth]:
    with closing(SqlStore(database)) as store:
        yield portal_over(store, clock)


def portal_over(store: Store | None, clock: FixedClock | None) -> PartnerAuth:
    portal = PartnerAuth("kundenportal", store, key=KEY, hasher=Argon2Hasher(*TEST), clock=clock)
    portal.execute(Operator(), OpenOrganisation(organisation=OrganisationId("acme"), name="Acme & Söhne GmbH"))
    return portal


def invited(portal: PartnerAuth, *names: str, language: str = "de") -> None:
    for name in names:
        details = {"language": language, "first-name": "Zoë", "last-name": name.title()}
        command = Invite(email=f"{name}@acme.example", organisation=OrganisationId("acme"), details=details)
        assert isinstance(portal.execute(Operator(), command), Accepted)


def over(office: PostOffice, *, timeout: float = 5) -> SmtpMailer:
    return SmtpMailer(SmtpServer(host="127.0.0.1", port=office.port, security="none", timeout=timeout), sender=SENDER)


def to_anna(mailer: SmtpMailer, **other: str) -> None:
    mail = {"to": "anna@acme.example", "subject": "S", "text": "T\n", "html": "<p>T</p>\n", "reference": "1.a", **other}
    mailer.send(**mail)


# What arrives


@pytest.mark.rule("GX-09")
@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("template", MAILS)
def test_what_arrives_is_what_was_written_in_every_language(office: PostOffice, template: str, language: str) -> None:
    letter = render_mail(template, language, FACTS)
    to_anna(over(office), subject=letter.subject, text=letter.text, html=letter.html)
    (mail,) = office.arrived
    assert (mail["Subject"], plain(mail), markup(mail)) == (letter.subject, letter.text, letter.html)
    assert office.raw[0].isascii()
    assert max(map(len, office.raw[0].split(b"\r\n"))) <= 998


@pytest.mark.rule("GX-08", "GX-09")
@pytest.mark.parametrize("language", languages())
def test_what_is_delivered_is_what_the_outbox_says(portal: PartnerAuth, office: PostOffice, language: str) -> None:
    invited(portal, "zoe", language=language)
    (posted,) = portal.store.outbox()
    letter = rendered(portal, posted)
    assert deliver(portal, over(office)).sent == (posted.id,)
    (mail,) = office.arrived
    assert (mail["Subject"], plain(mail), markup(mail)) == (letter.subject, letter.text, letter.html)
    assert portal.secret(posted.mail.token) in plain(mail)
    assert office.envelopes == [("no-reply@portal.example", ["zoe@acme.example"])]


@pytest.mark.rule("GX-08")
def test_fd_13_a_mail_says_that_a_machine_wrote_it_so_that_none_answers(office: PostOffice) -> None:
    to_anna(over(office), reference="17.c0ffee")
    (mail,) = office.arrived
    assert mail["From"] == '"Kundenportal (Metall)" <no-reply@portal.example>'
    assert mail["To"] == "anna@acme.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Message-ID"] == "<17.c0ffee@portal.example>"
    assert mail["Date"].datetime.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - mail["Date"].datetime) < timedelta(minutes=1)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("header", ["subject", "reference"])
@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
def test_em_10_no_header_can_be_added(office: PostOffice, header: str, line_break: str) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline|invalid"):
        to_anna(over(office), **{header: f"x{line_break}Bcc: eve@evil.example"})
    assert office.arrived == []


@pytest.mark.rule("GX-03")
@pytest.mark.parametrize(
    "to",
    [
        "a@acme.example, eve@evil.example",
        "a@acme.example\r\nBcc: eve@evil.example",
        "Eve <eve@evil.example>",
        '"a@acme.example"@evil.example',
        "a@acme.example>\r\nRCPT TO:<eve@evil.example",
        "=?utf-8?q?a=40evil.com?=@acme.example",
        "\N{LATIN SMALL LETTER O WITH DIAERESIS}@acme.example",
        "",
    ],
)
def test_em_07_a_mail_goes_to_exactly_one_plain_address(office: PostOffice, to: str) -> None:
    with pytest.raises(RefusedMailError, match="not one that mail can be sent to"):
        to_anna(over(office), to=to)
    assert office.envelopes == []


@pytest.mark.rule("GX-12")
def test_em_14_a_domain_in_other_letters_is_sent_to_in_ascii(office: PostOffice) -> None:
    to_anna(over(office), to="anna@fa\N{LATIN SMALL LETTER SHARP S}.example")
    assert office.readers() == ["anna@xn--fa-hia.example"]


@pytest.mark.rule("GX-08")
@settings(max_examples=60)
@given(
    subject=st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"]) | st.just(" "), min_size=1, max_size=300),
    local=st.text("abcdefghijklmnopqrstuvwxyz0123456789+-_'=", min_size=1, max_size=64),
    label=st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=60),
)
def test_a_header_says_what_it_was_given_whatever_its_length(subject: str, local: str, label: str) -> None:
    subject = " ".join(subject.split())
    address = parse(f"{local}@{label}.{label}.example")
    sender = Address(display_name="Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}", addr_spec="a@portal.example")
    assert address
    mail = written(sender, address, subject=subject, text="T", html="H", reference="1.a")
    head, _, _ = mail.as_bytes().partition(b"\r\n\r\n")
    assert head.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 998
    again = message_from_bytes(mail.as_bytes(), policy=mail.policy)
    assert again["To"].addresses[0].addr_spec == address.addr_spec
    assert again["Subject"] == subject
    assert again["From"].addresses[0].display_name == "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"


# Encryption and login


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.rule("GX-04")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_travels_encrypted_after_a_login(authority: trustme.CA, tmp_path: Path, security: str) -> None:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    with served(
        PostOffice(passwords={"portal": "p/ss: #1"}), tls=certified(authority, "localhost"), at_once=security == "tls"
    ) as office:
        url = f"smtp+{security}://portal:p%2Fss%3A%20%231@localhost:{office.port}?timeout=5&authorities={file}"
        to_anna(SmtpMailer(url, sender=SENDER))
    assert office.encrypted == [True]
    assert office.readers() == ["anna@acme.example"]


@pytest.mark.rule("GX-04")
@pytest.mark.parametrize("name", ["localhost", "elsewhere.example"])
def test_a_server_with_a_certificate_of_nobodys_or_somebody_elses_gets_no_mail(
    authority: trustme.CA, name: str
) -> None:
    trust = ssl.create_default_context()
    if name != "localhost":
        authority.configure_trust(trust)
    with served(PostOffice(), tls=certified(authority, name)) as office:
        mailer = SmtpMailer(SmtpServer(host="localhost", port=office.port, timeout=5), sender=SENDER, trust=trust)
        with pytest.raises(UnreachableError, match="its certificate is not to be trusted"):
            to_anna(mailer)
    assert office.arrived == []


@pytest.mark.rule("GX-04")
def test_a_server_that_does_not_encrypt_gets_no_mail(office: PostOffice) -> None:
    with pytest.raises(UnreachableError, match="does not offer what is asked for: STARTTLS"):
        to_anna(SmtpMailer(f"smtp+starttls://127.0.0.1:{office.port}?timeout=5", sender=SENDER))
    with pytest.raises(UnreachableError, match="TLS did not come about"):
        to_anna(SmtpMailer(f"smtps://127.0.0.1:{office.port}?timeout=5", sender=SENDER))
    assert office.arrived == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.rule("GX-04")
def test_au_09_a_password_that_is_refused_is_not_repeated(portal: PartnerAuth) -> None:
    invited(portal, "zoe", "kim")
    with served(PostOffice(passwords={"portal": "right"})) as office:
        mailer = SmtpMailer(f"smtp://portal:hunter2hunter2@localhost:{office.port}?timeout=5", sender=SENDER)
        done = deliver(portal, mailer)
    assert "does not take this user and password (535)" in done.stopped
    assert (len(done.failed), done.dead, office.arrived) == (1, {}, [])
    assert "hunter2" not in repr((done, mailer, portal.store.outbox()))


# Settings


def test_a_server_is_named_by_a_url_or_by_arguments() -> None:
    assert parse_server("smtp+starttls://mail.example") == SmtpServer(host="mail.example", port=587)
    assert parse_server("smtps://mail.example/").port == parse_server("smtp+tls://mail.example").port == 465
    assert parse_server("smtp://mail.example?timeout=2.5") == SmtpServer(
        host="mail.example", security="none", port=25, timeout=2.5
    )
    assert parse_server("smtp+tls://u:p%40ss@[::1]:2525").password == "p@ss"


@pytest.mark.rule("GX-04")
@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://u:hunter2@mail.example", "begins with none of"),
        ("mail.example:25", "begins with none of"),
        ("smtp+tls://", "is not one"),
        ("smtp+tls://u:hunter2@mail.example/inbox", "is not one"),
        ("smtp+tls://u:hunter2/x@mail.example", "cannot be read"),
        ("smtp+tls://u:hunter2#x@mail.example", "cannot be read"),
        ("smtp+tls://u:hunter2@mail.example:port", "cannot be read"),
        ("smtp+tls://u@mail.example", "user and password go together"),
        ("smtp+tls://:hunter2@mail.example", "user and password go together"),
        ("smtp://u:hunter2@mail.example", "would travel in the clear"),
        ("smtp+tls://u:hunter2@mail.example?timeout=0", "a number of seconds above 0"),
        ("smtp+tls://u:hunter2@mail.example?timeout=soon", "a number of seconds above 0"),
        ("smtp+tls://u:hunter2@mail.example?verify=no", "unknown verify"),
    ],
)
def test_a_wrong_setting_is_told_without_the_password(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as told:
        parse_server(url)
    assert "hunter2" not in str(told.value)


def test_no_password_is_shown() -> None:
    mailer = SmtpMailer("smtp+tls://user:hunter2@mail.example", sender="portal@portal.example")
    assert "hunter2" not in repr(mailer)
    assert "mail.example" in repr(mailer)
    assert "hunter2" not in repr(parse_server("smtp+tls://user:hunter2@mail.example"))


@pytest.mark.parametrize(
    "sender", ["", "portal", "a@b.example, c@d.example", "P <a@b.example", "a@b.example>", "P\r\nX: y <a@b.example>"]
)
def test_mails_come_from_exactly_one_address(sender: str) -> None:
    with pytest.raises(ValueError, match="is no address; write"):
        SmtpMailer("smtp://localhost", sender=sender)


def test_an_unknown_way_to_encrypt_is_refused() -> None:
    with pytest.raises(ValueError, match="is none of starttls, tls, none"):
        SmtpServer(host="localhost", security="ssl")  # type: ignore[arg-type]


# What a server may do


@pytest.mark.rule("GX-08")
def test_a_server_that_is_down_loses_no_mail(portal: PartnerAuth, clock: FixedClock) -> None:
    invited(portal, "zoe", "kim")
    with served(PostOffice()) as gone:
        pass
    done = deliver(portal, over(gone))
    assert "it cannot be reached" in done.stopped
    assert (len(done.failed), done.sent, done.dead) == (1, (), {})
    clock.advance(FIRST_WAIT)
    with served(PostOffice()) as back:
        assert len(deliver(portal, over(back)).sent) == 2


@pytest.mark.rule("GX-08")
def test_a_mailbox_that_is_busy_is_tried_again_and_one_that_is_not_there_is_not(
    portal: PartnerAuth, clock: FixedClock
) -> None:
    answers = {"kim@acme.example": "450 4.2.1 busy", "lea@acme.example": "550 5.1.1 no such mailbox"}
    invited(portal, "kim", "lea", "zoe")
    kim, lea, zoe = (each.id for each in portal.store.outbox())
    with served(PostOffice(at_recipient=answers.get)) as office:
        done = deliver(portal, over(office))
        assert dict(done.failed) == {kim: "450 4.2.1 busy"}
        assert dict(done.dead) == {lea: "550 5.1.1 no such mailbox"}
        assert (done.sent, done.stopped) == ((zoe,), "")
        answers.clear()
        clock.advance(FIRST_WAIT)
        assert deliver(portal, over(office)).sent == (kim,)
    assert office.readers() == ["zoe@acme.example", "kim@acme.example"]


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("451 4.3.0 later", MailState.WAITING),
        ("552 5.3.4 too large", MailState.DEAD),
        ("554 5.7.1 spam", MailState.DEAD),
    ],
)
def test_what_the_server_says_to_the_mail_itself_is_heard(portal: PartnerAuth, answer: str, state: MailState) -> None:
    async def says(_: SMTP, mail: EmailMessage) -> str | None:
        return answer if mail["To"] == "kim@acme.example" else None

    invited(portal, "kim", "zoe")
    with served(PostOffice(at_data=says)) as office:
        deliver(portal, over(office))
    assert office.readers() == ["zoe@acme.example"]
    kim = portal.store.outbox()[0]
    assert (kim.state, kim.problem) == (state, answer)


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("answer", ["421 4.3.2 closing", "530 5.7.0 log in first"])
def test_a_server_that_takes_nothing_from_us_is_left_alone(portal: PartnerAuth, answer: str) -> None:
    invited(portal, "kim", "zoe")
    with served(PostOffice(at_recipient=lambda _: answer)) as office:
        done = deliver(portal, over(office))
    assert done.stopped == answer
    assert [each.attempts for each in portal.store.outbox()] == [1, 0]


@pytest.mark.rule("GX-08")
def test_a_connection_that_is_cut_in_the_middle_of_a_mail_loses_none(portal: PartnerAuth, clock: FixedClock) -> None:
    cut = {"kim@acme.example"}

    async def cuts(server: SMTP, mail: EmailMessage) -> str | None:
        if mail["To"] in cut:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            await asyncio.sleep(60)
        return None

    invited(portal, "kim", "zoe")
    with served(PostOffice(at_data=cuts)) as office:
        done = deliver(portal, over(office))
        assert ["the connection was lost before the mail was taken" in each for each in done.failed.values()] == [True]
        assert office.readers() == ["zoe@acme.example"]
        cut.clear()
        clock.advance(FIRST_WAIT)
        deliver(portal, over(office))
    assert office.readers() == ["zoe@acme.example", "kim@acme.example"]


@pytest.mark.rule("GX-08")
def test_a_slow_server_is_not_waited_for_without_end(portal: PartnerAuth) -> None:
    async def sleeps(_: SMTP, mail: EmailMessage) -> str | None:
        if mail["To"] == "kim@acme.example":
            await asyncio.sleep(60)
        return None

    invited(portal, "kim", "zoe")
    with served(PostOffice(at_data=sleeps)) as office:
        done = deliver(portal, over(office, timeout=0.3))
    assert len(done.failed) == 1
    assert office.readers() == ["zoe@acme.example"]


@pytest.mark.rule("GX-08")
def test_many_mails_go_over_one_connection(portal: PartnerAuth, office: PostOffice) -> None:
    invited(portal, "kim", "lea", "zoe")
    assert len(deliver(portal, over(office)).sent) == 3
    assert office.greeted == 1


@pytest.mark.rule("GX-08")
def test_a_connection_that_the_server_ends_between_two_mails_is_made_anew() -> None:
    async def ends(server: SMTP, _: EmailMessage) -> None:
        loop, transport = asyncio.get_running_loop(), server.transport
        assert transport
        loop.call_later(0.05, transport.close)

    with served(PostOffice(at_data=ends)) as office, over(office).connected() as line:
        for number in range(3):
            line.send(to="anna@acme.example", subject="S", text="T", html="T", reference=str(number))
            sleep(0.2)
    assert office.greeted == 3
    assert len(office.arrived) == 3


# Several workers, and what becomes of one that dies


WORKER = f"""
import sys
from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.adapters.smtp import SmtpMailer
from partnerauth.embed import PartnerAuth
from partnerauth.outbox import deliver
portal = PartnerAuth("kundenportal", sys.argv[1], key=bytes(range(32)), hasher=Argon2Hasher(*TEST))
print("ready", flush=True)
sys.stdin.readline()
deliver(portal, SmtpMailer(sys.argv[2], sender="{SENDER}"))
"""


def worker(database: str, office: PostOffice) -> subprocess.Popen[str]:
    """Start a process that sends what is due once it is told to."""
    arguments = [sys.executable, "-c", WORKER, database, f"smtp://127.0.0.1:{office.port}?timeout=20"]
    started = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout
    assert started.stdout.readline() == "ready\n"
    return started


def told(*workers: subprocess.Popen[str]) -> None:
    """Let workers begin."""
    for each in workers:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=60)
    return process.returncode


@pytest.mark.rule("GX-08")
@pytest.mark.parametrize("moment", ["before it is sent", "after it was sent"])
def test_cc_10_a_worker_that_is_killed_leads_to_a_second_sending_and_never_to_a_loss(
    database_url: str, moment: str
) -> None:
    processes: list[subprocess.Popen[str]] = []

    def kill() -> None:
        os.kill(processes.pop().pid, signal.SIGKILL)

    async def killed_afterwards(_: SMTP, mail: EmailMessage) -> None:
        if processes and mail["To"] == "lea@acme.example":
            kill()

    def killed_before(address: str) -> str | None:
        if processes and address == "lea@acme.example" and moment == "before it is sent":
            kill()
        return None

    after = moment == "after it was sent"
    with served(PostOffice(at_recipient=killed_before, at_data=killed_afterwards if after else None)) as office:
        with opened(database_url) as portal:
            invited(portal, "kim", "lea", "zoe")
            victim = worker(database_url, office)
            processes.append(victim)
            told(victim)
            assert ended(victim) == -signal.SIGKILL
            assert deliver(portal, over(office)).sent == (3,)
        later = FixedClock(datetime.now(UTC) + LEASE)
        with opened(database_url, later) as portal:
            assert deliver(portal, over(office)).sent == (2,)
    arrived = Counter(mail["Message-ID"] for mail in office.arrived)
    assert sorted(arrived.values()) == ([1, 1, 2] if after else [1, 1, 1])
    assert set(office.readers()) == {"kim@acme.example", "lea@acme.example", "zoe@acme.example"}


@pytest.mark.rule("GX-08")
def test_cc_08_workers_in_several_processes_send_every_mail_once(database_url: str) -> None:
    names = [f"a{number}" for number in range(20)]
    with served(PostOffice()) as office, opened(database_url) as portal:
        invited(portal, *names)
        workers = [worker(database_url, office) for _ in range(2)]
        told(*workers)
        assert [ended(each) for each in workers] == [0, 0]
        assert {each.state for each in portal.store.outbox()} == {MailState.SENT}
    assert sorted(office.readers()) == sorted(f"{name}@acme.example" for name in names)
    assert office.greeted > 1


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Return what a server needs that is called so."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context
