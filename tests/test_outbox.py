"""The outbox: mails are sent after the commit, at least once, with secrets that are nowhere stored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import StringIO

import pytest
from pydantic import SecretStr

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.adapters.console import ConsoleMailer
from partnerauth.decision import Accepted, Refused
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Member, Operator, OrganisationId, UserId, Visitor
from partnerauth.flows.create_user import CreateUser
from partnerauth.flows.grant_access import GrantAccess
from partnerauth.flows.open_organisation import AccountFields, OpenOrganisation
from partnerauth.flows.request_access import RequestAccess
from partnerauth.flows.reset_password import ResetPassword
from partnerauth.messages import MAILS
from partnerauth.outbox import PAGES, deliver, rendered
from partnerauth.ports import MailState

ACME = OrganisationId("acme")


@dataclass
class Letterbox:
    """A mailer that keeps what it was handed, and cannot hand over to some."""

    closed: set[str] = field(default_factory=set)
    letters: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, *, to: str, subject: str, text: str, html: str) -> None:
        if to in self.closed:
            message = "the other end is down"
            raise ConnectionError(message)
        assert html.startswith("<!DOCTYPE html>")
        self.letters.append((to, subject, text))

    def readers(self) -> list[str]:
        return [to for to, _, _ in self.letters]


@pytest.fixture
def portal() -> PartnerAuth:
    found = PartnerAuth("bpost", hasher=Argon2Hasher(*TEST))
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
    anna = granted(portal)
    deliver(portal, Letterbox())
    token = SecretStr(portal.secret(portal.store.outbox()[0].mail.token))
    portal.execute(Visitor(), ResetPassword(token=token, password=SecretStr("Winter-Tram-61")))
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
def test_a_mail_that_cannot_be_handed_over_waits_and_holds_up_no_other(portal: PartnerAuth) -> None:
    granted(portal)
    portal.execute(
        Visitor(),
        RequestAccess(
            organisation=ACME, application="emasspost", account="hq", details={"email": "chris@acme.example"}
        ),
    )
    box = Letterbox(closed={"anna@acme.example"})
    first = deliver(portal, box)
    assert box.readers() == ["chris@acme.example"]
    assert list(first.failed.values()) == ["the other end is down"]
    box.closed.clear()
    assert deliver(portal, box).sent == tuple(first.failed)
    assert box.readers() == ["chris@acme.example", "anna@acme.example"]


@pytest.mark.rule("GX-08")
def test_a_process_that_dies_while_sending_sends_that_mail_again_and_no_earlier_one(portal: PartnerAuth) -> None:
    granted(portal)
    for name in ("chris", "dora"):
        details = {"email": f"{name}@acme.example"}
        command = RequestAccess(organisation=ACME, application="emasspost", account="hq", details=details)
        portal.execute(Visitor(), command)

    class Dying(Letterbox):
        def send(self, *, to: str, subject: str, text: str, html: str) -> None:
            super().send(to=to, subject=subject, text=text, html=html)
            if len(self.letters) == 2:
                raise KeyboardInterrupt

    dying, box = Dying(), Letterbox()
    with pytest.raises(KeyboardInterrupt):
        deliver(portal, dying)
    deliver(portal, box)
    assert dying.readers() == ["anna@acme.example", "chris@acme.example"]
    assert box.readers() == ["chris@acme.example", "dora@acme.example"]


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
    ConsoleMailer().send(to="a@b.example", subject="S", text="T", html="<p>T</p>")
    assert capsys.readouterr().out == "To: a@b.example\nSubject: S\n\nT\n"
