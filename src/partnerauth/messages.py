"""The words for people: refusals, notices and mails in Dutch, French, German and English.

A text's key is a promise like a refusal code: it survives every rewording of the English, is what a portal's
overrides name (`mail.password-reset.subject.nl`), and is the msgid of the gettext catalogues in `locales/`.
"""

from __future__ import annotations

import gettext
import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from math import ceil
from types import MappingProxyType
from typing import Final

from partnerauth.decision import Fact, Reason
from partnerauth.policy.rulebook import FACTS

_LANGUAGES: Final = ("nl", "fr", "de", "en")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFacts:
    """What a mail may say: the facts it needs, and those without which their paragraph is left out.

    `greets` is false where `name` is not the reader's.
    """

    needs: tuple[str, ...]
    may_have: tuple[str, ...] = ()
    greets: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMail:
    """A mail in the reader's language: one line of subject, and the same body as plain text and as HTML."""

    subject: str
    text: str
    html: str


MAILS: Final[Mapping[str, MailFacts]] = MappingProxyType(
    {
        "invitation": MailFacts(needs=("portal", "link"), may_have=("name", "organisation", "hours")),
        "verification-code": MailFacts(needs=("portal", "code"), may_have=("hours",)),
        "already-registered": MailFacts(needs=("portal",), may_have=("name",)),
        "password-reset": MailFacts(needs=("portal", "link"), may_have=("name", "username", "hours")),
        "reset-not-permitted": MailFacts(needs=("portal",), may_have=("name", "username")),
        "temporary-password": MailFacts(needs=("portal", "password"), may_have=("name", "username", "hours")),
        "join-request": MailFacts(needs=("portal", "name", "address", "organisation"), greets=False),
        "join-approved": MailFacts(needs=("portal", "organisation"), may_have=("name",)),
        "join-rejected": MailFacts(needs=("portal", "organisation"), may_have=("name",)),
        "confirm-email": MailFacts(needs=("portal", "link"), may_have=("name", "address", "hours")),
        "email-changed": MailFacts(needs=("portal",), may_have=("name",)),
        "account-created": MailFacts(needs=("portal",), may_have=("name", "username", "address")),
        "access-granted": MailFacts(
            needs=("portal",), may_have=("name", "application", "organisation", "link", "hours")
        ),
        "access-refused": MailFacts(needs=("portal",), may_have=("name", "application")),
        "administrator-exists": MailFacts(needs=("portal",), may_have=("name", "organisation")),
        "case-update": MailFacts(needs=("portal", "case", "status"), may_have=("name",)),
    }
)
"""The templates of mails.  `hours` is how long a link, code or password is good for, as a decimal number."""

NOTICES: Final = ("reset-requested", "no-mail", "reset-chain", "known-addresses", "unknown-address")
"""What a page tells every visitor alike (GX-03): about the link he asked for (SP-04, BP-16), or why he may be
unknown (ED-01, SP-05).
"""

_VOCABULARIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "unmet": ("requirement",),
        "fields": ("field",),
        "state": ("state",),
        "kind": ("kind", "field"),
        "status": ("status",),
    }
)
"""The facts that are words of the rulebook, and the vocabularies that translate them."""

_VOCABULARY_KEYS: Final = ("word.requirement.", "word.field.", "word.state.", "word.kind.", "word.status.")

_SECRETS: Final = frozenset({"link", "code", "password"})
"""The facts that arrive letter by letter, and never in a subject, which shows on locked screens."""

_SECONDS: Final[Mapping[str, int]] = MappingProxyType({"seconds": 1, "hours": 3600})
"""The facts that are lengths of time, and the seconds of their unit."""

_TIMES: Final = ("second", "seconds", "minute", "minutes", "hour", "hours", "day", "days")

_NAMEABLE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {f"rule.{code}.says": facts for code, facts in FACTS.items()}
    | {
        f"mail.{template}.subject": tuple(name for name in facts.needs if name not in _SECRETS)
        for template, facts in MAILS.items()
    }
    | {f"mail.{template}.text": (*facts.needs, *facts.may_have) for template, facts in MAILS.items()}
    | {"mail.greeting": ("name",), "mail.greeting-unnamed": (), "mail.closing": ("portal",)}
    | {f"notice.{name}": () for name in NOTICES}
    | {f"word.time.{unit}": ("count",) for unit in _TIMES}
)
"""The facts that each text may name, the words of the vocabularies aside."""

_PLACEHOLDER: Final = re.compile(r"\{([a-z]+)\}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_WEB_ADDRESS: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//\S+"  # any scheme, or none
    r"|\bwww\.\S+"
    r"|[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}[/?#:]\S*",  # a host and more
    re.IGNORECASE,
)
# Styles stand within the elements: several mail programs drop a style sheet, and none of them loads one.
_BODY: Final = (
    "margin: 0; padding: 24px 12px; background: #f3f4f6; color: #1f2937; "
    "font: 16px/1.5 -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
)
_CARD: Final = (
    "max-width: 34em; margin: 0 auto; padding: 12px 28px; "
    "background: #ffffff; border: 1px solid #e5e7eb; border-radius: 8px"
)
_CLOSING: Final = "margin-top: 24px; border-top: 1px solid #e5e7eb; color: #6b7280; font-size: 13px"
_ANCHOR: Final = "color: #1d4ed8; word-break: break-all"
_COPIED: Final = "font: 18px/1.5 Consolas, Menlo, monospace; word-break: break-all"

_DOT_IN_A_NAME: Final = re.compile(r"(?<=\w)\.(?=\w\w)")
_LINK: Final = re.compile(r"https?://[^\s\"'<>]+")


def languages() -> tuple[str, ...]:
    """Return the languages that every text exists in, as ISO 639 codes (GX-09)."""
    return _LANGUAGES


def say(reason: Reason, language: str, *, overrides: Mapping[str, str] = _NOTHING) -> str:
    """Return one broken rule as a sentence for whoever broke it (GX-09); plain text, to be escaped in a page.

    `overrides` are a portal's own texts, such as `rule.delegation-limit.says.nl`.  Raises KeyError for a
    language or a rule without text, and ValueError where the reason lacks a fact that the text names.
    """
    shown = {name: _shown(name, fact, language, overrides) for name, fact in reason.facts.items()}
    key = f"rule.{reason.code}.says"
    return _fill(_text(key, language, overrides), lambda name: _fact(shown, name, key))


def notice(name: str, language: str, *, overrides: Mapping[str, str] = _NOTHING) -> str:
    """Return one of NOTICES.  Raises KeyError for another name, or a language without texts."""
    return _text(f"notice.{name}", language, overrides)


def render_mail(
    template: str, language: str, facts: Mapping[str, str], *, overrides: Mapping[str, str] = _NOTHING
) -> RenderedMail:
    """Return a mail in the reader's language.

    What people wrote is escaped and loses its web addresses, so that a mail has no link but `link` (abuse
    case WB-04).  Raises KeyError for an unknown template or language, and ValueError for a missing fact or a
    `link` that is no http address.
    """
    if template not in MAILS:
        message = f"no mail is called {template!r}; there are {', '.join(MAILS)}"
        raise KeyError(message)
    known = MAILS[template]
    given = {name: facts[name] for name in (*known.needs, *known.may_have) if facts.get(name)}
    for name in known.needs:
        _fact(given, name, f"mail.{template}")
    if not _LINK.fullmatch(given.get("link", "https://-")):
        message = f"mail.{template}: the link is not an http address"
        raise ValueError(message)
    shown = {name: _mailed(name, fact, language, overrides) for name, fact in given.items()}
    greeting = "mail.greeting" if known.greets and "name" in given else "mail.greeting-unnamed"
    body = _text(f"mail.{template}.text", language, overrides).strip().split("\n\n")
    paragraphs = [
        _text(greeting, language, overrides),
        *(each for each in body if _sayable(each, known, shown, f"mail.{template}.text")),
        _text("mail.closing", language, overrides),
    ]
    subject = _text(f"mail.{template}.subject", language, overrides)
    public = {name: fact for name, fact in shown.items() if name not in _SECRETS}
    headline = _one_line(_fill(subject, lambda name: _fact(public, name, f"mail.{template}.subject")))
    return RenderedMail(
        subject=headline,
        text="\n\n".join(_fill(each, shown.__getitem__) for each in paragraphs) + "\n",
        html=_page(headline, language, [_marked_up(each, shown) for each in paragraphs]),
    )


def override_problems(overrides: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is wrong with a portal's own texts: unknown keys, facts that there are none of, a link left out."""
    problems = []
    for name, text in overrides.items():
        key, _, language = name.rpartition(".")
        allowed = _nameable(key) if language in _LANGUAGES else None
        if allowed is None:
            problems.append(f"{name}: no such text; a key is for example mail.password-reset.subject.nl")
        elif strange := sorted(set(_PLACEHOLDER.findall(text)) - set(allowed)):
            problems.append(f"{name}: nothing fills {', '.join(strange)}; it may name {', '.join(allowed) or 'none'}")
        elif missing := _untold(key, text):
            problems.append(f"{name}: a mail that does not tell its {missing} is of no use: add {{{missing}}}")
    return tuple(problems)


def _untold(key: str, text: str) -> str | None:
    """Return what a mail is there to tell and does not."""
    template = key.removeprefix("mail.").removesuffix(".text")
    told = MAILS[template].needs if key == f"mail.{template}.text" and template in MAILS else ()
    return next((name for name in told if name in _SECRETS and f"{{{name}}}" not in text), None)


def _nameable(key: str) -> tuple[str, ...] | None:
    """Return the facts that a text may name; None where there is no such text."""
    if key.startswith(_VOCABULARY_KEYS):
        return ()  # A portal's own fields and statuses have words too.
    return _NAMEABLE.get(key)


@cache
def _catalogue(language: str) -> gettext.GNUTranslations:
    if language not in _LANGUAGES:
        message = f"no texts in {language!r}; there are texts in {', '.join(_LANGUAGES)}"
        raise KeyError(message)
    file = resources.files("partnerauth") / "locales" / language / "LC_MESSAGES" / "partnerauth.mo"
    with file.open("rb") as compiled:
        return gettext.GNUTranslations(compiled)


def _find(key: str, language: str, overrides: Mapping[str, str]) -> str | None:
    text = _catalogue(language).gettext(key)
    return overrides.get(f"{key}.{language}", None if text == key else text)


def _text(key: str, language: str, overrides: Mapping[str, str]) -> str:
    text = _find(key, language, overrides)
    if text is None:
        message = f"no text {key!r} in {language!r}: add it to the catalogues, or override {key}.{language}"
        raise KeyError(message)
    return text


def _fill(template: str, fact: Callable[[str], str]) -> str:
    # Not str.format: a portal's own text must not reach into objects, and braces in a fact stay braces.
    return _PLACEHOLDER.sub(lambda found: fact(found[1]), template)


def _fact(shown: Mapping[str, str], name: str, key: str) -> str:
    if name not in shown:
        message = f"{key}: the fact {name!r} is missing; given are {', '.join(shown) or 'none'}"
        raise ValueError(message)
    return shown[name]


def _shown(name: str, fact: Fact, language: str, overrides: Mapping[str, str]) -> str:
    if name in _SECONDS:
        if not _NUMBER.fullmatch(str(fact)):
            message = f"{name}: {fact!r} is not a length of time, such as 24 or 0.5"
            raise ValueError(message)
        return _length_of_time(ceil(Decimal(str(fact)) * _SECONDS[name]), language, overrides)
    words = fact if isinstance(fact, tuple) else (str(fact),)
    return ", ".join(_word(name, word, language, overrides) for word in words) or "–"  # noqa: RUF001 - a dash


def _word(name: str, word: str, language: str, overrides: Mapping[str, str]) -> str:
    kind, _, resource = word.partition(" ")
    if name == "exceeding" and resource:
        return f"{_word('kind', kind, language, overrides)} {_one_line(resource)}"
    for vocabulary in _VOCABULARIES.get(name, ()):
        if translated := _find(f"word.{vocabulary}.{word.replace(' ', '-')}", language, overrides):
            return translated
    # A name of the portal file that no vocabulary has, such as a form's own field, is shown as it stands.
    return _one_line(word)


def _length_of_time(seconds: int, language: str, overrides: Mapping[str, str]) -> str:
    count, unit = seconds, "second"
    for size, larger in ((60, "minute"), (60, "hour"), (24, "day")):
        # Nobody counts 847 seconds: whole minutes do, rounded up so that waiting that long is enough.
        if count % size and not (unit == "second" and count > 2 * size):
            break
        count, unit = ceil(count / size), larger
    key = f"word.time.{unit}" if count == 1 else f"word.time.{unit}s"
    return _fill(_text(key, language, overrides), lambda _: str(count))


def _mailed(name: str, fact: str, language: str, overrides: Mapping[str, str]) -> str:
    if name in _SECRETS:
        return fact
    shown = _shown(name, fact, language, overrides)
    return shown if name == "portal" else _WEB_ADDRESS.sub("[…]", shown)


def _one_line(text: str) -> str:
    visible = (" " if unicodedata.category(character) in _INVISIBLE else character for character in text)
    return " ".join("".join(visible).split())


def _sayable(paragraph: str, known: MailFacts, shown: Mapping[str, str], key: str) -> bool:
    named = _PLACEHOLDER.findall(paragraph)
    for name in named:
        if name not in known.may_have:
            _fact(shown, name, key)
    return all(name in shown for name in named)


def _marked_up(paragraph: str, shown: Mapping[str, str]) -> str:
    return _fill(html.escape(paragraph).replace("\n", "<br>\n"), lambda name: _marked_up_fact(name, shown[name]))


def _marked_up_fact(name: str, fact: str) -> str:
    escaped = html.escape(fact)
    match name:
        case "link":
            return f'<a href="{escaped}" style="{_ANCHOR}">{escaped}</a>'
        case "code" | "password":
            return f'<span style="{_COPIED}"><strong>{escaped}</strong></span>'
        case "portal" | "address" | "hours" | "status":
            return escaped
        case _:
            # Mail programs make links of anything like `evil.example`, but not across an element.
            return _DOT_IN_A_NAME.sub("<span>.</span>", escaped)


def _page(subject: str, language: str, paragraphs: list[str]) -> str:
    *body, closing = (f"<p>{paragraph}</p>" for paragraph in paragraphs)
    said = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n'
        '<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(subject)}</title>\n</head>\n"
        f'<body style="{_BODY}">\n<div style="{_CARD}">\n{said}\n<div style="{_CLOSING}">{closing}</div>\n</div>\n'
        "</body>\n</html>\n"
    )
