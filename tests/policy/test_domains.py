"""Addresses and the domains after their @: spelling, same domain, and domains that stand for nobody."""

from __future__ import annotations

import pytest

from partnerauth.adapters.word_lists import free_mail_domains, public_suffixes
from partnerauth.addresses import EmailAddress, parse
from partnerauth.policy.domains import (
    DOMAIN_MISMATCH,
    EMAIL_MALFORMED,
    EMAIL_NOT_LOWERCASE,
    FREE_MAIL_DOMAIN,
    not_free_mail,
    same_domain,
    well_formed,
    written_in_lower_case,
)

SHARED = free_mail_domains() | public_suffixes()


def address(text: str) -> EmailAddress:
    found = parse(text)
    assert found is not None
    return found


@pytest.mark.rule("KP-05")
@pytest.mark.parametrize("text", ["eva@corp.example", "Eva@CORP.example"])
def test_an_address_of_the_same_domain_is_accepted(text: str) -> None:
    assert same_domain(address(text), frozenset({"corp.example"})) is None


@pytest.mark.rule("KP-05")
@pytest.mark.parametrize("domain", ["evilcorp.example", "corp.example.evil.example", "orp.example"])
def test_em_11_endswith_is_not_a_domain_match(domain: str) -> None:
    reason = same_domain(address(f"eva@{domain}"), frozenset({"corp.example"}))
    assert reason == DOMAIN_MISMATCH.broken(domain=domain, expected=("corp.example",))


@pytest.mark.rule("KP-05")
def test_em_12_a_subdomain_is_another_domain_unless_it_is_listed() -> None:
    invited = address("eva@mail.corp.example")
    assert same_domain(invited, frozenset({"corp.example"})) is not None
    assert same_domain(invited, frozenset({"corp.example", "mail.corp.example"})) is None


@pytest.mark.rule("KP-05")
def test_no_expected_domain_matches_nobody() -> None:
    assert same_domain(address("eva@corp.example"), frozenset()) is not None


@pytest.mark.rule("KP-05", "SP-07")
@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "outlook.com",
        "gmx.de",
        "telenet.be",
        "proximus.be",
        "ziggo.nl",
        "orange.fr",
        "proton.me",
        "mailinator.com",
    ],
)
def test_em_13_a_free_mail_domain_stands_for_no_organisation(domain: str) -> None:
    assert not_free_mail(domain, SHARED) == FREE_MAIL_DOMAIN.broken(domain=domain)


@pytest.mark.rule("KP-05", "SP-07")
@pytest.mark.parametrize("domain", ["co.uk", "com.ck", "ck", "kobe.jp", "xn--p1ai", "com"])
def test_em_13_a_public_suffix_stands_for_no_organisation(domain: str) -> None:
    assert not_free_mail(domain, SHARED) == FREE_MAIL_DOMAIN.broken(domain=domain)


@pytest.mark.rule("KP-05", "SP-07")
@pytest.mark.parametrize(
    "domain", ["corp.example", "example.co.uk", "www.ck", "city.kobe.jp", "example.com", "github.io"]
)
def test_a_domain_of_its_own_stands_for_an_organisation(domain: str) -> None:
    assert not_free_mail(domain, SHARED) is None


@pytest.mark.rule("KP-05")
def test_em_14_the_two_spellings_of_fass_are_two_domains() -> None:
    assert same_domain(address("eva@fa\u00df.example"), frozenset({"fass.example"})) is not None
    assert same_domain(address("eva@fa\u00df.example"), frozenset({"xn--fa-hia.example"})) is None


@pytest.mark.rule("KP-05")
def test_em_15_a_homograph_is_not_the_domain_it_looks_like() -> None:
    lookalike = address("eva@c\N{CYRILLIC SMALL LETTER O}rp.example")
    reason = same_domain(lookalike, frozenset({"corp.example"}))
    assert reason is not None
    assert str(reason.facts["domain"]).startswith("xn--")


@pytest.mark.rule("ED-03")
def test_a_capital_letter_is_refused_where_the_portal_asks_for_lower_case() -> None:
    assert written_in_lower_case("Eva@corp.example", "lowercase-only") == EMAIL_NOT_LOWERCASE.broken()
    assert written_in_lower_case("eva@corp.example", "lowercase-only") is None


@pytest.mark.rule("ED-03")
def test_a_capital_letter_is_fine_where_the_portal_folds() -> None:
    assert written_in_lower_case("Eva@corp.example", "fold") is None


@pytest.mark.rule("GX-12")
def test_what_is_no_address_is_malformed() -> None:
    assert well_formed(parse("eva")) == EMAIL_MALFORMED.broken()
    assert well_formed(parse("eva@corp.example")) is None
