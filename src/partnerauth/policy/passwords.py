"""Rules: choosing, proving and resetting a password."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from partnerauth.decision import Reason, Rule

PASSWORD_POLICY = Rule(
    code="password-policy",
    holds="A password meets every requirement of the portal.",
    because="A short, common or personal password is guessed.",
    says="Please choose another password: {unmet}.",
    sources=("BP-13", "BP-14", "ED-05", "KP-07", "SP-03", "DP-05", "GX-06"),
)

WRONG_PASSWORD = Rule(
    code="wrong-password",
    holds="Whoever signs in, or changes his password, proves that he knows the current one.",
    because="The same answer for an unknown name and a wrong password tells a stranger nothing.",
    says="The user name or the password is not right. Please try again, or ask for a new password.",
    sources=("BP-15", "GX-03"),
)

CONFIRMATION_MISMATCH = Rule(
    code="confirmation-mismatch",
    holds="A new password is entered twice, both times the same.",
    because="Nobody sees what he types, and a typing error would lock him out.",
    says="The two passwords are not the same. Please enter the new password again, twice.",
    sources=("BP-15", "ED-05", "SP-03", "DP-05"),
)

RESET_NOT_PERMITTED = Rule(
    code="reset-not-permitted",
    holds="Only a user who was given that right resets his own forgotten password.",
    because="Some companies want their administrator to hand out new passwords.",
    says="You cannot reset your password yourself. Ask your administrator or, where you cannot reach one, "
    "the operator of the portal.",
    sources=("BP-03", "BP-16"),
)

LONGEST_TYPED: Final = 1024
"""Characters beyond which nothing is done with a password: more than any policy allows, however typed."""

_LONGEST_MAXIMUM: Final = 256
"""The highest `maximum_length`: four code points at most become one by NFC, and 4 x 256 is LONGEST_TYPED."""

_SHORTEST_MAXIMUM: Final = 64
"""The lowest `maximum_length` (NIST SP 800-63B-4, 3.1.1.2: at least 64 should be permitted)."""

_NFC_SHRINKS_BY: Final = 4
"""Code points that one code point decomposes into at most by NFD (a test asks every one of them)."""

_LONGEST_WORD: Final = 254
"""Characters of a personal word that are looked at: that of the longest, an e-mail address."""

_KINDS: Final = frozenset({"lower", "upper", "letter", "digit", "special"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """What a portal asks of a password (BP-14, ED-05, KP-07, SP-03, DP-05, GX-06).

    Lengths count NFC code points; `require` is a subset of lower, upper, letter, digit, special;
    `personal_run` is the number of letters running of a user's name or address that may not come back.
    Raises ValueError unless the minimum is 1 to 64, the maximum 64 to 256 and the run 1 or more.
    """

    minimum_length: int = 8
    require: frozenset[str] = frozenset()
    maximum_length: int = 128
    personal_run: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.minimum_length <= _SHORTEST_MAXIMUM:
            message = f"minimum_length is {self.minimum_length}, but must be from 1 to {_SHORTEST_MAXIMUM}"
            raise ValueError(message)
        if not _SHORTEST_MAXIMUM <= self.maximum_length <= _LONGEST_MAXIMUM:
            message = (
                f"maximum_length is {self.maximum_length}, but must be from {_SHORTEST_MAXIMUM} to {_LONGEST_MAXIMUM}"
            )
            raise ValueError(message)
        if not self.require <= _KINDS:
            message = f"require names {sorted(self.require - _KINDS)}, but must be of {sorted(_KINDS)}"
            raise ValueError(message)
        if self.personal_run < 1:
            message = f"personal_run is {self.personal_run}, but must be 1 or more"
            raise ValueError(message)


def normalise(password: str) -> str:
    """Return the form that is counted, hashed and verified: NFC, and nothing else changed (GX-06).

    More than 1,024 characters come back as they are: no policy accepts them, and normalising such a text can
    take time quadratic in its length.
    """
    return password if len(password) > LONGEST_TYPED else unicodedata.normalize("NFC", password)


def is_common(password: str, common: frozenset[str]) -> bool:
    """Whether the password is one of the most common ones (GX-06); `common` holds case-folded passwords.

    The entire password is compared (NIST SP 800-63B-4, 3.1.1.2): a passphrase that merely holds a common
    word is none.
    """
    return len(password) <= LONGEST_TYPED and normalise(password).casefold() in common


def unmet(
    policy: PasswordPolicy, password: str, *, personal: Iterable[str], common: bool, unchanged: bool
) -> tuple[str, ...]:
    """Return the names of the requirements that the password does not meet, in the rulebook's order.

    `personal` are user name, address, first and last name; `common` says that `is_common` found it, and
    counts only from the minimum length on; `unchanged` says that it is the password that must go (BP-13).
    A password above the maximum is told so and nothing more is done with it.
    """
    if len(password) > policy.maximum_length * _NFC_SHRINKS_BY:
        return ("maximum",)
    text = normalise(password)
    if len(text) > policy.maximum_length:
        return ("maximum",)
    missing = {"length"} if len(text) < policy.minimum_length else set()
    missing |= policy.require - set(_kinds(text))
    if common and "length" not in missing:
        missing.add("common")
    if _shares_a_run(text, personal, policy.personal_run):
        missing.add("personal")
    if unchanged:
        missing.add("unchanged")
    order = ("length", "lower", "upper", "letter", "digit", "special", "common", "personal", "unchanged")
    return tuple(name for name in order if name in missing)


def _kinds(text: str) -> Iterator[str]:
    """Yield what the characters are good for; marks belong to letters, and controls are good for nothing."""
    for category in map(unicodedata.category, text):
        match category:
            case "Ll":
                yield from ("letter", "lower")
            case "Lu":
                yield from ("letter", "upper")
            case "Lt" | "Lm" | "Lo":
                yield "letter"
            case "Nd":
                yield "digit"
            case _ if category[0] in "NPSZ":
                yield "special"


def _shares_a_run(password: str, personal: Iterable[str], size: int) -> bool:
    runs = _runs_of_letters(password, size)
    return any(not runs.isdisjoint(_runs_of_letters(word[:_LONGEST_WORD], size)) for word in personal)


def _runs_of_letters(text: str, size: int) -> set[str]:
    """Return every stretch of `size` letters, compared without case (Unicode NFKC and case folding)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    stretches = (folded[start : start + size] for start in range(len(folded) - size + 1))
    return {stretch for stretch in stretches if stretch.isalpha()}


def satisfies(
    policy: PasswordPolicy, password: str, *, personal: Iterable[str], common: bool, unchanged: bool
) -> Reason | None:
    """The password meets every requirement; `password-policy` names each that it does not (BP-14)."""
    names = unmet(policy, password, personal=personal, common=common, unchanged=unchanged)
    return PASSWORD_POLICY.broken(unmet=names) if names else None


def entered_twice(password: str, confirm: str) -> Reason | None:
    """Both entries are the same password, whichever way its characters were composed (BP-15)."""
    return None if normalise(password) == normalise(confirm) else CONFIRMATION_MISMATCH.broken()


_BLOCK: Final = ("ACDEFGHJKLMNPQRTUVWXY", "abcdefghjkmnpqrstuvwxyz", "abcdefghjkmnpqrstuvwxyz", "23456789")
"""What stands at each place of a block, without what looks like another: 0 O o, 1 I i l, Z for 2, S for 5,
B for 8."""

_BLOCK_AND_DASH: Final = 5
_FEWEST_BLOCKS: Final = 5
_FEWEST_BYTES: Final = 32


def compose(policy: PasswordPolicy, stream: bytes) -> str:
    """Return the temporary password that these bytes stand for, such as `Kam7-Tre4-Wub9-Hen3-Dac8` (BP-13).

    A capital, two small letters and a digit a block, dashes in between: so it meets every policy, and never
    has four letters of anybody's name running.  Five blocks (24 characters) hold 82 bits, provided that the
    bytes are secret and uniform; longer ones come where the policy asks for more.  Raises ValueError on fewer
    than 32 bytes: at least 40 bits must remain beyond those used, so that every password is equally likely.
    """
    if len(stream) < _FEWEST_BYTES:
        message = f"the stream has {len(stream)} bytes, but must have {_FEWEST_BYTES}"
        raise ValueError(message)
    number = int.from_bytes(stream)
    blocks = []
    for _ in range(max(_FEWEST_BLOCKS, policy.minimum_length // _BLOCK_AND_DASH + 1)):
        block = ""
        for alphabet in _BLOCK:
            number, index = divmod(number, len(alphabet))
            block += alphabet[index]
        blocks.append(block)
    return "-".join(blocks)
