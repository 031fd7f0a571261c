"""E-mail addresses: the one place that reads one, and the name space that they share with user names."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

import idna
from email_validator import EmailNotValidError, validate_email

LONGEST_ADDRESS: Final = 254
"""Characters of a whole address (RFC 5321, 4.5.3.1.3, less the angle brackets: RFC 3696, erratum 1690)."""
LONGEST_TITLE: Final = 254
"""Characters of a name that are compared: that of the longest, which is an address."""
_ROUTES: Final = ("!", "%", "=?", "?=")
"""What makes a local part more than a name: a route to another host (RFC 1123, 5.2.16), an encoded word (RFC 2047)."""

_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNSEEN: Final = frozenset(
    chr(point)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for point in range(first, last + 1)
)
"""What no category betrays: Default_Ignorable_Code_Point of the Unicode character database."""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """One mailbox.  Only `parse` makes one from text.

    `original` is what was typed, without the spaces around it; `local` what stands before the @, as typed;
    `domain` what follows it, as lower-case A-label (RFC 5890), so that equal domains are equal strings.
    """

    original: str
    local: str
    domain: str

    @property
    def key(self) -> str:
        """The form that is unique and compared (GX-12): two spellings of one address have one key."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def addr_spec(self) -> str:
        """The form that mail is sent to (RFC 5322, 3.4.1): ASCII, with the local part as it was typed."""
        return f"{self.local}@{self.domain}"

    @property
    def mailbox(self) -> str:
        """The form that limits are counted by, never an identity: without plus tag and dots."""
        return f"{self.local.lower().partition('+')[0].replace('.', '')}@{self.domain}"


def parse(text: str) -> EmailAddress | None:
    """Return the address that the text spells, or None where it is not exactly one plain address.

    The syntax is email-validator's: RFC 5321 and 5322 with the limits on lengths, and UTS #46 for the domain, which
    has two labels or more and is none of those that no mail reaches (RFC 6761: local, invalid, onion …).  Refused
    beyond that: quoted and non-ASCII local parts, display names, address literals, source routes and encoded words,
    and a character beyond ASCII that would turn into ASCII or into nothing, such as a full-width dot, the Kelvin
    sign or a soft hyphen: it makes one domain look like two, or two like one.  Takes time linear in the length,
    does not raise, and gives the same key again when it reads a key.
    """
    if len(text) > LONGEST_ADDRESS:
        return None
    original = text.strip(" ")
    local, _, after = original.partition("@")
    if any(each in local for each in _ROUTES) or not all(map(_stays_what_it_is, after)):
        return None
    try:
        found = validate_email(
            original,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            strict=True,
            check_deliverability=False,
            # What it adds is that "test" is a domain like "example" (RFC 6761).
            test_environment=True,
        )
    except EmailNotValidError:
        return None
    domain = found.ascii_domain
    return EmailAddress(original, local, domain) if domain and "." in domain else None


def parse_domain(text: str) -> str | None:
    """Return the lower-case A-label form of a domain as it could follow an @, or None where it is malformed."""
    address = None if "@" in text or " " in text else parse(f"a@{text}")
    return address.domain if address else None


def _stays_what_it_is(char: str) -> bool:
    """Whether a character is ASCII, or maps to something visible beyond ASCII."""
    if char <= "\x7f":
        return True
    try:
        mapped = idna.uts46_remap(char)
    except UnicodeError:
        return False
    return bool(mapped) and all(each > "\x7f" for each in mapped)


def name_key(text: str) -> str | None:
    """Return the key under which a user name or an address is unique (GX-12), or None where it is neither.

    An address gives its `key`.  Any other name is folded (Unicode NFKC and case, runs of spaces to one) and
    must then hold no @, lest a name passes for somebody's address.  None also for what is empty, has more
    than 254 characters or holds a character that nobody sees.  The key of a key is that key.
    """
    if len(text) > LONGEST_ADDRESS:
        return None
    address = parse(text)
    if address is not None:
        return address.key
    key = _folded(text)
    if not key or "@" in key or len(key) > LONGEST_ADDRESS or not all(map(_is_seen, text)):
        return None
    # Unicode promises no fixed point for case and compatibility together; what has none is nobody's name.
    return key if key == _folded(key) else None


def title_key(text: str) -> str:
    """Return what two spellings of the name of an organisation or a town have in common (DP-02).

    Letters and digits alone, without case, accents and compatibility forms: `Café N.V.` and `CAFE NV` are one
    name.  "" where there is nothing that a person can read out.  Only the first 254 characters are looked at:
    no form takes a longer name, and normalising a long text can take time quadratic in its length.
    """
    short = text[:LONGEST_TITLE]
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", short).casefold())
    return "".join(char for char in apart if char.isalnum())


def _folded(text: str) -> str:
    compatible = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", compatible).split())


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in _UNSEEN_CATEGORIES and char not in _UNSEEN
