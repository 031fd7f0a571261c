"""`partnerauth mail`: the worker sends, ends when it is told to, and the outbox can be looked at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.mail_server import PostOffice, served

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.adapters.sql import SqlStore
from partnerauth.cli import main
from partnerauth.decision import Accepted
from partnerauth.embed import PartnerAuth
from partnerauth.entities import Operator, OrganisationId
from partnerauth.flows.invite import Invite
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.outbox import rendered
from partnerauth.ports import MailState

KEY = bytes(range(32))
SENDER = "Kundenportal <no-reply@portal.example>"
SECRET = "hunter2hunter2"


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'portal.db'}"


@contextmanager
def portal_of(database: str) -> Iterator[PartnerAuth]:
    with closing(SqlStore(database)) as store:
        yield PartnerAuth("kundenportal", store, key=KEY, hasher=Argon2Hasher(*TEST))


@pytest.fixture
def invited(database: str) -> list[str]:
    """Three who wait for a mail."""
    names = ["kim", "lea", "zoe"]
    with portal_of(database) as portal:
        portal.execute(Operator(), OpenOrganisation(organisation=OrganisationId("acme"), name="Acme"))
        for name in names:
            invite(portal, name)
    return names


def invite(portal: PartnerAuth, name: str) -> None:
    command = Invite(email=f"{name}@acme.example", organisation=OrganisationId("acme"))
    assert isinstance(portal.execute(Operator(), command), Accepted)


def environment(database: str, office: PostOffice | None = None) -> dict[str, str]:
    found = {"PARTNERAUTH_STORE": database, "PARTNERAUTH_KEY": KEY.hex(), "PARTNERAUTH_FROM": SENDER}
    return found | ({"PARTNERAUTH_SMTP": f"smtp://127.0.0.1:{office.port}?timeout=20"} if office else {})


def mail(*arguments: str, database: str, office: PostOffice | None = None, **more: str) -> Result:
    return CliRunner(env=environment(database, office) | more).invoke(main, ["mail", *arguments])


def run_once(database: str, office: PostOffice | None, *more: str, **env: str) -> Result:
    return mail("run", "--portal", "kundenportal", "--once", *more, database=database, office=office, **env)


@pytest.mark.rule("GX-08")
def test_what_is_due_is_sent_once(database: str, invited: list[str]) -> None:
    with served(PostOffice()) as office:
        first, second = run_once(database, office), run_once(database, office)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "3 mails sent" in first.output
    assert second.output == ""
    assert office.readers() == [f"{name}@acme.example" for name in invited]
    with portal_of(database) as portal:
        assert office.texts() == [rendered(portal, each).text for each in portal.store.outbox()]


@pytest.mark.rule("GX-08")
def test_a_server_that_is_down_is_told_and_nothing_is_lost(database: str, invited: list[str]) -> None:
    with served(PostOffice()) as gone:
        pass
    result = run_once(database, gone)
    assert result.exit_code == 1
    assert "mail 1 waits" in result.output
    assert "it cannot be reached" in result.output
    listed = mail("list", "--state", "waiting", database=database).output
    assert all(f"{name}@acme.example" in listed for name in invited)


@pytest.mark.rule("GX-08")
@pytest.mark.usefixtures("invited")
def test_a_dead_mail_is_listed_with_its_reason_and_can_be_tried_again(database: str) -> None:
    answers = {"lea@acme.example": "550 no such mailbox"}
    with served(PostOffice(at_recipient=answers.get)) as office:
        assert "mail 2 is dead" in run_once(database, office).output
        listed = mail("list", "--state", "dead", database=database).output
        assert "550 no such mailbox" in listed
        assert "kim@" not in listed
        assert "lea@" in mail("list", "--to", "lea@acme.example", database=database).output
        answers.clear()
        assert "1 mail due now" in mail("retry", "2", database=database).output
        assert "1 mail sent" in run_once(database, office).output
        again = mail("retry", "2", "9", database=database)
    assert again.exit_code == 1
    assert "2: it was sent" in again.output
    assert "9: there is no such mail" in again.output


@pytest.mark.rule("GX-08")
@pytest.mark.usefixtures("invited")
def test_all_dead_mails_can_be_tried_again_at_once(database: str) -> None:
    with served(PostOffice(at_recipient=lambda _: "550 no such mailbox")) as office:
        run_once(database, office)
    assert "3 mails due now" in mail("retry", "--dead", database=database).output
    assert "0 mails due now" in mail("retry", "--dead", database=database).output
    assert "never been tried" in mail("retry", "1", database=database).output
    for wrong in (["retry"], ["retry", "1", "--dead"]):
        assert mail(*wrong, database=database).exit_code == 2


@pytest.mark.usefixtures("invited")
def test_a_long_list_is_shown_in_parts(database: str) -> None:
    first = mail("list", "--limit", "2", database=database).output
    assert "there are more: --after 2" in first
    rest = mail("list", "--after", "2", database=database).output
    assert "zoe@" in rest
    assert "there are more" not in rest
    assert mail("list", "--after", "3", database=database).output == "no mails\n"


@pytest.mark.rule("GX-04")
@pytest.mark.usefixtures("invited")
def test_tk_09_a_listing_shows_no_link(database: str) -> None:
    with portal_of(database) as portal:
        secrets = [portal.secret(each.mail.token) for each in portal.store.outbox()]
    assert not any(secret in mail("list", database=database).output for secret in secrets)


@pytest.mark.usefixtures("invited")
def test_mails_can_be_printed_in_development(database: str) -> None:
    printed = run_once(database, None, "--print").output
    assert printed.count("To: ") == 3
    assert "accept-invitation#" in printed


@pytest.mark.parametrize(
    ("more", "env", "problem"),
    [
        ([], {}, "--smtp (or PARTNERAUTH_SMTP) is needed"),
        (["--smtp", f"http://user:{SECRET}@mail.example"], {}, "begins with none of"),
        (["--smtp", f"smtp://user:{SECRET}@mail.example"], {}, "would travel in the clear"),
        (["--smtp", "smtp+tls://mail.example?authorities=/none.pem"], {}, "No such file"),
        (["--smtp", "smtp://localhost"], {"PARTNERAUTH_FROM": ""}, "--from (or PARTNERAUTH_FROM) is needed"),
        (["--smtp", "smtp://localhost", "--from", "portal"], {}, "is no address"),
        (["--print"], {"PARTNERAUTH_KEY": ""}, "no key"),
        (["--print", "--portal", "none.toml"], {}, "none.toml"),
        (["--print", "--store", "sqlite:///none/none.db"], {}, "none.db"),
    ],
)
def test_a_wrong_setting_is_told_before_anything_is_sent(
    database: str, more: list[str], env: dict[str, str], problem: str
) -> None:
    result = run_once(database, None, *more, **env)
    assert result.exit_code == 2
    assert problem in result.output
    assert SECRET not in result.output


@pytest.mark.rule("GX-08")
@pytest.mark.usefixtures("invited")
def test_the_worker_sends_what_comes_later_and_ends_when_it_is_told_to(database: str) -> None:
    with served(PostOffice()) as office:
        command = [sys.executable, "-m", "partnerauth", "mail", "run", "--portal", "kundenportal", "--every", "1"]
        worker = subprocess.Popen(command, env=os.environ | environment(database, office), stderr=subprocess.PIPE)
        try:
            until(office, 3)
            with portal_of(database) as portal:
                invite(portal, "max")
            until(office, 4)
            worker.send_signal(signal.SIGTERM)
            _, said = worker.communicate(timeout=30)
        finally:
            worker.kill()
    assert (worker.returncode, said) == (0, b"")
    with portal_of(database) as portal:
        assert {each.state for each in portal.store.outbox()} == {MailState.SENT}


def until(office: PostOffice, count: int) -> None:
    last = time.monotonic() + 60
    while len(office.arrived) < count:
        assert time.monotonic() < last
        time.sleep(0.05)
