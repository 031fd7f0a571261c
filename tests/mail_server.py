"""A real SMTP server in the process of the tests, which answers as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

TAKEN = "250 taken"


@dataclass
class PostOffice:
    """Keeps what arrives.  `at_recipient` and `at_data` answer for it: with None as everybody would."""

    at_recipient: Callable[[str], str | None] = lambda _: None
    at_data: Callable[[SMTP, EmailMessage], Awaitable[str | None]] | None = None
    passwords: dict[str, str] = field(default_factory=dict)
    arrived: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str | None, list[str]]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    greeted: int = 0
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    async def handle_EHLO(  # noqa: N802 - the server's own name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        self.greeted += 1
        return responses

    async def handle_RCPT(  # noqa: N802 - the server's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        if answer := self.at_recipient(address):
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return TAKEN

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - the server's own name
        content = envelope.original_content or b""
        mail = message_from_bytes(content, _class=EmailMessage, policy=POLICY)
        if self.at_data and (answer := await self.at_data(server, mail)):
            return answer
        self.arrived.append(mail)
        self.raw.append(content)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        transport = server.transport
        self.encrypted.append(transport is not None and transport.get_extra_info("ssl_object") is not None)
        return TAKEN

    def authenticate(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        given: Any,  # noqa: ANN401 - the server's own signature
    ) -> AuthResult:
        del server, session, envelope, mechanism
        assert isinstance(given, LoginPassword)
        is_right = self.passwords.get(given.login.decode()) == given.password.decode()
        return AuthResult(success=is_right, handled=False)

    def readers(self) -> list[str]:
        return [to for _, recipients in self.envelopes for to in recipients]

    def texts(self) -> list[str]:
        return [plain(mail) for mail in self.arrived]


def plain(mail: EmailMessage) -> str:
    return _part(mail, "plain")


def markup(mail: EmailMessage) -> str:
    return _part(mail, "html")


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


@contextmanager
def served(office: PostOffice, *, tls: ssl.SSLContext | None = None, at_once: bool = False) -> Iterator[PostOffice]:
    """Serve at a free port of this machine: with STARTTLS where there is a context, or encrypted at once."""
    loop = asyncio.new_event_loop()
    asking = bool(office.passwords)

    def session() -> SMTP:
        return SMTP(
            office,
            hostname="mail.test",
            loop=loop,
            tls_context=None if at_once else tls,
            require_starttls=tls is not None and not at_once,
            auth_required=asking,
            auth_require_tls=tls is not None and not at_once,
            authenticator=office.authenticate if asking else None,
        )

    opening = loop.create_server(session, "127.0.0.1", 0, ssl=tls if at_once else None)
    server = loop.run_until_complete(opening)
    office.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
