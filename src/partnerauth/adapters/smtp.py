"""Adapter: a mailer over SMTP, encrypted and with the server's certificate checked unless its URL says otherwise."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from math import inf
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from partnerauth.addresses import EmailAddress, parse
from partnerauth.ports import Mailer, RefusedMailError, UnreachableError

Security: TypeAlias = Literal["starttls", "tls", "none"]
"""How a connection is encrypted: after it is made (RFC 3207), from its first byte on (RFC 8314), or not at all."""

TIMEOUT: Final = 30.0
"""Seconds that the server may take for an answer: twelve tries come, so that nobody has to wait for minutes in one."""

PORTS: Final[Mapping[Security, int]] = MappingProxyType({"starttls": 587, "tls": 465, "none": 25})
"""The usual port of each (RFC 6409, RFC 8314)."""

_SCHEMES: Final[Mapping[str, Security]] = MappingProxyType(
    {"smtp+starttls": "starttls", "smtp+tls": "tls", "smtps": "tls", "smtp": "none"}
)
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FORM: Final = (
    "write smtp+starttls://user:password@host:587, with / ? # @ : and % of a password as %2F %3F %23 %40 %3A %25"
)

_LOGIN: Final = frozenset({530, 534, 535, 538})
"""Answers that ask for another user or password (RFC 4954, 6), whatever command they answer."""
_CLOSING: Final = 421
_TOO_LARGE: Final = 552
_PERMANENT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mails are handed over, and how; `timeout` is the seconds that each answer may take.

    `authorities` is a file of certificates (PEM) that the server's has to be signed by, in place of those that the
    machine trusts.  Raises ValueError where a password would travel in the clear, or one of user and password is
    missing.
    """

    host: str
    security: Security = "starttls"
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = TIMEOUT
    authorities: str = ""

    def __post_init__(self) -> None:
        if self.security not in get_args(Security):
            message = f"security: {self.security!r} is none of {', '.join(get_args(Security))}"
            raise ValueError(message)
        if bool(self.user) != bool(self.password):
            message = f"{self.host}: user and password go together: give both, or neither"
            raise ValueError(message)
        if self.password and self.security == "none" and self.host not in _HERE:
            message = f"{self.host}: the password would travel in the clear; use smtp+starttls:// or smtp+tls://"
            raise ValueError(message)
        if not 0 < self.timeout < inf:
            message = f"{self.host}: the timeout is a number of seconds above 0"
            raise ValueError(message)
        object.__setattr__(self, "port", self.port or PORTS[self.security])

    @property
    def place(self) -> str:
        """What to call the server in a message."""
        return f"{self.host}:{self.port}"


def parse_server(url: str) -> SmtpServer:
    """Return the server that a URL names.  Raises ValueError, which never repeats a password.

    `smtp+starttls://` and `smtp+tls://` (or `smtps://`) are encrypted, `smtp://` is not.  After `?` may stand
    `timeout=` (seconds) and `authorities=` (a file of certificates).
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 0
    except ValueError:
        message = f"the server's URL cannot be read: {_FORM}"
        raise ValueError(message) from None
    security = _SCHEMES.get(parts.scheme)
    if security is None:
        message = f"the server's URL begins with none of {', '.join(f'{scheme}://' for scheme in _SCHEMES)}: {_FORM}"
        raise ValueError(message)
    if not parts.hostname or parts.path not in {"", "/"} or parts.fragment:
        message = f"the server's URL is not one: {_FORM}"
        raise ValueError(message)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - {"timeout", "authorities"}):
        message = f"{parts.hostname}: unknown {', '.join(unknown)} after the ?; known are timeout and authorities"
        raise ValueError(message)
    return SmtpServer(
        host=parts.hostname,
        security=security,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        timeout=_seconds(options.get("timeout", str(TIMEOUT))),
        authorities=options.get("authorities", ""),
    )


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


class SmtpMailer:
    """Hands mails to an SMTP server, one connection for all that `connected` covers.

    `server` is a URL as `parse_server` reads it, or a `SmtpServer`; `sender` whom mails come from, an address with or
    without a name: `Business portal <no-reply@portal.example>`; `trust` says which certificates are good, where the
    machine's own and `SmtpServer.authorities` do not.  Raises ValueError, and OSError where the file of certificates
    cannot be read.

    Addresses are sent to in ASCII, domains as A-labels: nobody's server has to speak SMTPUTF8 (RFC 6531), since an
    address whose local part is not ASCII belongs to no user (EM-03).
    """

    def __init__(self, server: str | SmtpServer, *, sender: str, trust: ssl.SSLContext | None = None) -> None:
        """Take the settings; nothing is connected yet."""
        self._server = parse_server(server) if isinstance(server, str) else server
        self._sender = _sender(sender)
        self._trust = trust or ssl.create_default_context(cafile=self._server.authorities or None)

    def __repr__(self) -> str:
        """Return what mails go through, without the password."""
        return f"SmtpMailer({self._server!r}, sender={str(self._sender)!r})"

    @contextmanager
    def connected(self) -> Iterator[Mailer]:
        """Send many mails over one connection, which is made when the first is sent."""
        line = _Line(self._server, self._sender, self._trust)
        try:
            yield line
        finally:
            line.close()

    def send(self, *, to: str, subject: str, text: str, html: str, reference: str) -> None:
        """Send one mail over a connection of its own.

        Raises RefusedMailError, UnreachableError, OSError and ValueError as `ports.Mailer` says.
        """
        with self.connected() as line:
            line.send(to=to, subject=subject, text=text, html=html, reference=reference)


class _Line:
    """A connection, made when it is needed and made again when the other end has closed it."""

    def __init__(self, server: SmtpServer, sender: Address, trust: ssl.SSLContext) -> None:
        self._server = server
        self._sender = sender
        self._trust = trust
        self._smtp: smtplib.SMTP | None = None

    def send(self, *, to: str, subject: str, text: str, html: str, reference: str) -> None:
        """Send one mail."""
        address = parse(to)
        if address is None:
            message = "the address is not one that mail can be sent to"
            raise RefusedMailError(message)
        mail = written(self._sender, address, subject=subject, text=text, html=html, reference=reference)
        smtp = self._open()
        try:
            smtp.sendmail(self._sender.addr_spec, [address.addr_spec], mail.as_bytes())
        except smtplib.SMTPRecipientsRefused as refused:
            raise _problem(*refused.recipients[address.addr_spec]) from None
        except smtplib.SMTPDataError as refused:
            raise _problem(refused.smtp_code, refused.smtp_error) from None
        except smtplib.SMTPSenderRefused as refused:
            raise self._sender_problem(refused) from None
        except smtplib.SMTPResponseException as refused:
            message = f"{self._server.place}: {_said(refused.smtp_code, refused.smtp_error)}"
            raise UnreachableError(message) from None
        except (OSError, smtplib.SMTPException) as cut:
            self.close()
            message = f"{self._server.place}: the connection was lost before the mail was taken: {cut}"
            raise ConnectionError(message) from None

    def close(self) -> None:
        """Say goodbye, to whoever still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        if self._smtp is not None and not _answers(self._smtp):
            self.close()
        if self._smtp is None:
            self._smtp = self._connected()
        return self._smtp

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        try:
            return self._logged_in()
        except ssl.SSLCertVerificationError as untrusted:
            problem = (
                f"its certificate is not to be trusted ({untrusted.verify_message}); "
                "call it by the name in its certificate, or name the authority that signed it (?authorities=FILE)"
            )
        except ssl.SSLError as unsafe:
            problem = f"TLS did not come about ({unsafe.reason}); smtp+tls:// is for port 465, smtp+starttls:// for 587"
        except smtplib.SMTPAuthenticationError as refused:
            # What the server says to a password is not repeated: it may hold it.
            problem = f"it does not take this user and password ({refused.smtp_code})"
        except smtplib.SMTPNotSupportedError as missing:
            problem = f"it does not offer what is asked for: {missing}"
        except smtplib.SMTPResponseException as refused:
            problem = _said(refused.smtp_code, refused.smtp_error)
        except (OSError, smtplib.SMTPException) as unreachable:
            problem = f"it cannot be reached: {unreachable}"
        message = f"{server.place}: {problem}"
        raise UnreachableError(message) from None

    def _logged_in(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=self._trust)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            if server.security == "starttls":
                smtp.starttls(context=self._trust)
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _sender_problem(self, refused: smtplib.SMTPSenderRefused) -> OSError:
        """Whoever takes no mail from this sender takes none of the others either, unless this one is too large."""
        said = _said(refused.smtp_code, refused.smtp_error)
        if refused.smtp_code == _TOO_LARGE:
            return RefusedMailError(said)
        return UnreachableError(f"{self._server.place}: nothing is taken from {self._sender.addr_spec}: {said}")


def written(  # noqa: PLR0913 - what a mail consists of
    sender: Address, to: EmailAddress, *, subject: str, text: str, html: str, reference: str
) -> EmailMessage:
    """Return a mail as it travels, in 7 bits.  Raises ValueError for a line break in a header (EM-10).

    A repeated sending has the same Message-ID.  Machines that answer mails by themselves are asked not to
    (RFC 3834, 5; the second header is what Exchange reads), so that no loop comes of it (FD-13).
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=to.addr_spec)
    mail["Subject"] = subject
    mail["Date"] = datetime.now(UTC)
    mail["Message-ID"] = f"<{reference}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail


def _sender(text: str) -> Address:
    name, bracket, rest = text.rpartition("<")
    address = parse(rest.removesuffix(">") if bracket else text)
    if address is None or bool(bracket) != text.endswith(">") or not name.isprintable():
        message = f"sender: {text!r} is no address; write portal@example.com or Business portal <portal@example.com>"
        raise ValueError(message)
    return Address(display_name=name.strip().strip('"'), addr_spec=address.addr_spec)


def _answers(smtp: smtplib.SMTP) -> bool:
    try:
        code, _ = smtp.noop()
    except (OSError, smtplib.SMTPException):
        return False
    return code == 250  # noqa: PLR2004 - the one answer to NOOP (RFC 5321, 4.3.2)


def _problem(code: int, text: bytes | str) -> OSError:
    """Return what an answer to a recipient or to the mail itself means (RFC 5321, 4.2.1)."""
    said = _said(code, text)
    if code in _LOGIN or code == _CLOSING:
        return UnreachableError(said)
    return RefusedMailError(said) if code >= _PERMANENT else OSError(said)


def _said(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
