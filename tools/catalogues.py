"""Brings the message catalogues up to date with the rules and compiles them; `--check` only tells the faults.

The English of a refusal is the rule's own, that of mails and words stands in the English catalogue.  Each
entry of the other languages notes the English that it translates.  Where that has changed, the entry becomes
`fuzzy`: correct the translation, take the word `fuzzy` away and run this again.
"""
# ruff: noqa: INP001, T201, TID251 - a script for whoever translates, not part of the package

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from io import SEEK_END, BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from partnerauth.messages import languages
from partnerauth.policy.rulebook import RULES

FOLDER = Path(__file__).parent.parent / "src" / "partnerauth" / "locales"
WIDTH = 110
# Babel states a time in what it compiles; equal texts shall give equal files.
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = """# The texts of partnerauth in one language.  tools/catalogues.py keeps the keys and compiles.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def path(language: str, ending: str) -> Path:
    """Return where a catalogue stands; the ending is `po` or `mo`."""
    return FOLDER / language / "LC_MESSAGES" / f"partnerauth.{ending}"


def texts(catalogue: Catalog) -> dict[str, str]:
    """Return the texts of a catalogue by key, without those that are fuzzy."""
    return {str(each.id): str(each.string) for each in catalogue if each.id and not each.fuzzy}


def english() -> dict[str, str]:
    """Return all English texts: those of the rules, then those of the English catalogue."""
    with path("en", "po").open("rb") as file:
        own = {key: text for key, text in texts(read_po(file)).items() if not key.startswith("rule.")}
    return {f"rule.{code}.says": rule.says for code, rule in RULES.items()} | own


def renewed(language: str, old: Catalog) -> Catalog:
    """Return the catalogue with exactly the English keys, in their order."""
    new = Catalog(locale=language, creation_date=WRITTEN, revision_date=WRITTEN, fuzzy=False)
    for key, text in english().items():
        before = old.get(key) or Message(key, "")
        if language == "en":
            new.add(key, text, user_comments=before.user_comments)
            continue
        note = ["English:", *(line for line in text.splitlines() if line)]
        outdated = bool(before.string) and _letters(before.auto_comments) != _letters(note)
        flags = {"fuzzy"} if outdated or before.fuzzy else set[str]()
        new.add(key, before.string, auto_comments=note, user_comments=before.user_comments, flags=flags)
    return new


def problems(language: str) -> list[str]:
    """Return what is missing, outdated or not compiled in a language."""
    written = path(language, "po").read_bytes()
    catalogue = renewed(language, read_po(BytesIO(written)))
    meant = english()
    found = [fault for each in catalogue if each.id for fault in _faults(each, meant[str(each.id)])]
    if _source(language, catalogue) != written:
        found.append("the catalogue is not as this script writes it")
    with path(language, "mo").open("rb") as file:
        if texts(read_mo(file)) != {key: text for key, text in texts(catalogue).items() if text}:
            found.append("the compiled catalogue is out of date")
    return [f"{language}: {problem}" for problem in found]


def write(language: str) -> None:
    """Bring a catalogue up to date and compile it."""
    with path(language, "po").open("rb") as file:
        catalogue = renewed(language, read_po(file))
    path(language, "po").write_bytes(_source(language, catalogue))
    with path(language, "mo").open("wb") as file:
        write_mo(file, catalogue)


def _faults(message: Message, meant: str) -> list[str]:
    text = str(message.string)
    if not text:
        return [f"{message.id} has no text"]
    faults = [f"{message.id} is fuzzy"] if message.fuzzy else []
    if _placeholders(text) != _placeholders(meant):
        faults.append(f"{message.id} names other facts than the English")
    return faults


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{[^}]*\}", text))


def _letters(lines: list[str]) -> str:
    # Comments are wrapped at spaces and hyphens when written, which is no change.
    return "".join("".join(lines).split())


def _source(language: str, catalogue: Catalog) -> bytes:
    # Babel's own header holds times, addresses and its version; the format needs no more than this.
    file = BytesIO(HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
    file.seek(0, SEEK_END)
    write_po(file, catalogue, width=WIDTH, omit_header=True)
    return file.getvalue()


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: catalogues.py [--check]")
    if not sys.argv[1:]:
        for each in languages():
            write(each)
    wrong = [problem for language in languages() for problem in problems(language)]
    print("\n".join(wrong) or "The catalogues are complete and compiled.")
    sys.exit(1 if wrong else 0)
