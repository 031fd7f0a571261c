"""E-mail addresses are read in one place, and names are unique as people see them."""

from __future__ import annotations

import unicodedata
from email.headerregistry import Address

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partnerauth.addresses import LONGEST_ADDRESS, EmailAddress, name_key, parse, parse_domain


def key(text: str) -> str | None:
    address = parse(text)
    return None if address is None else address.key


def read(text: str) -> EmailAddress:
    address = parse(text)
    assert address is not None, text
    return address


@pytest.mark.rule("GX-12")
def test_em_01_case_makes_no_second_address() -> None:
    assert key("USER@Corp.Example") == key("user@corp.example") == "user@corp.example"


def test_em_01_mail_goes_to_the_local_part_as_it_was_typed() -> None:
    address = read(" Anna.Berg@CORP.example ")
    assert address.original == "Anna.Berg@CORP.example"
    assert address.addr_spec == "Anna.Berg@corp.example"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("m\N{LATIN SMALL LETTER DOTLESS I}ke@corp.example", id="dotless i"),
        pytest.param("mi\N{KELVIN SIGN}e@corp.example", id="Kelvin sign"),
        pytest.param("u\N{LATIN SMALL LETTER LONG S}er@corp.example", id="long s"),
        pytest.param("mike@\N{LATIN SMALL LETTER LONG S}hop.example", id="long s in the domain"),
        pytest.param("mike@\N{KELVIN SIGN}iosk.example", id="Kelvin sign in the domain"),
        pytest.param("mike@\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}t.example", id="dotted I in the domain"),
    ],
)
def test_em_02_a_letter_that_only_folds_to_ascii_equals_no_ascii_account(text: str) -> None:
    assert parse(text) is None
    assert name_key(text) is None


def test_em_03_local_parts_beyond_ascii_are_refused_in_either_form() -> None:
    assert parse("ren\u00e9@corp.example") is None
    assert parse("rene\u0301@corp.example") is None


def test_em_03_composed_and_decomposed_domains_are_one() -> None:
    assert key("a@m\u00fcnchen.example") == key("a@mu\u0308nchen.example") == "a@xn--mnchen-3ya.example"


ODD = (
    st.text(max_size=40)
    | st.text(
        alphabet="aAzZ09.@-_+=?\"' ,;()<>\t\r\n\0üß\u017f\u212a\uff20\u3002\uff0e\uff61\u2024\u00ad\u200b\u202eאب1xn",
        max_size=30,
    )
    | st.builds("{}@{}.{}".format, st.text(max_size=8), st.text(max_size=12), st.sampled_from(["de", "example"]))
    | st.emails()
)


@given(ODD)
@example("a@xn--.example")
@example("a@\ud800.example")
@example("\ud800@corp.example")
def test_em_04_parsing_is_total_and_idempotent(text: str) -> None:
    address = parse(text)
    if address is not None:
        again = read(address.key)
        assert again.key == address.key
        assert read(address.addr_spec).key == address.key
        assert read(address.original) == address
        assert address.key.isascii()
        assert len(address.addr_spec) <= LONGEST_ADDRESS
        assert address.addr_spec.count("@") == 1


@given(ODD)
@example("\u0345\u0399")
@example("a\u00a0 b")
def test_em_04_the_key_of_a_key_is_that_key(text: str) -> None:
    folded = name_key(text)
    if folded is not None:
        assert name_key(folded) == folded


def test_em_04_every_character_alone_has_a_key_that_lasts() -> None:
    assigned = (chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) not in {"Cn", "Co", "Cs"})
    keys = {folded for char in assigned if (folded := name_key(f"a{char}b")) is not None}
    assert len(keys) > 100_000
    assert {name_key(folded) for folded in keys} == keys


@pytest.mark.parametrize("at", ["\uff20", "\ufe6b"])
def test_em_05_only_the_one_at_sign_splits(at: str) -> None:
    assert parse(f"a{at}corp.example") is None
    assert parse(f"a@evil.example{at}corp.example") is None
    assert parse(f"a@corp{at}evil.example") is None
    assert name_key(f"a{at}corp.example") is None


@pytest.mark.parametrize("dot", ["\u3002", "\uff0e", "\uff61", "\u2024"])
def test_em_05_only_the_one_dot_separates(dot: str) -> None:
    assert parse(f"a@corp{dot}example") is None
    assert parse(f"a@sub{dot}corp.example") is None


@pytest.mark.parametrize(
    "text",
    [
        "a@corp.example@evil.example",
        '"a@corp.example"@evil.example',
        '"a"@corp.example',
        "a@",
        "@corp.example",
        "a",
    ],
)
def test_em_06_there_is_exactly_one_at_sign_and_no_quoting(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "a@evil.example,b@corp.example",
        "a@evil.example;b@corp.example",
        "a,b@corp.example",
        "a@evil.example b@corp.example",
        "Anna <a@corp.example>",
        "<a@corp.example>",
        "a(b@evil.example)@corp.example",
    ],
)
def test_em_07_a_list_is_not_an_address(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    "local",
    [
        "=?utf-8?q?a=40evil.example?=",
        "=?x?q?=41=42?=",
        "a=?b",
        "a?=b",
        "evil.example!user",
        "user%evil.example",
    ],
)
def test_em_09_encoded_words_and_source_routes_are_refused(local: str) -> None:
    assert parse(f"{local}@corp.example") is None


@pytest.mark.parametrize(
    "char",
    [
        "\r",
        "\n",
        "\r\nBcc: b@corp.example",
        "\0",
        "\t",
        "\x7f",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u200d",
        "\ufeff",
    ],
)
def test_em_10_no_character_that_nobody_sees(char: str) -> None:
    for text in (
        f"a{char}b@corp.example",
        f"a@co{char}rp.example",
        f"a@corp.example{char}",
        f"{char}a@corp.example",
    ):
        assert parse(text) is None
    assert name_key(f"an{char}na") is None


def test_em_14_sharp_s_is_a_letter_of_its_own() -> None:
    assert key("a@fa\u00df.example") == "a@xn--fa-hia.example"
    assert key("a@XN--FA-HIA.example") == "a@xn--fa-hia.example"
    assert key("a@fass.example") == "a@fass.example"


def test_em_15_a_homograph_is_a_different_domain() -> None:
    assert read("a@ex\N{CYRILLIC SMALL LETTER A}mple.example").domain == "xn--exmple-4nf.example"


@pytest.mark.parametrize(
    "text",
    [
        "a@corp.example.",
        "a@.corp.example",
        "a@corp..example",
        "a @corp.example",
        "a@ corp.example",
        "a@co\u00adrp.example",
        "a@corp.example\u00a0",
        ".a@corp.example",
        "a.@corp.example",
        "a..b@corp.example",
    ],
)
def test_em_16_what_would_have_to_be_cut_off_is_refused(text: str) -> None:
    assert parse(text) is None


def test_em_16_spaces_around_are_stripped_once() -> None:
    assert read("  a@corp.example ").original == "a@corp.example"


@pytest.mark.rule("GX-05")
def test_em_17_tags_and_dots_are_identities_of_their_own_but_one_mailbox_for_limits() -> None:
    plain, tagged, dotted = (
        read("annaberg@corp.example"),
        read("AnnaBerg+1@corp.example"),
        read("anna.berg@corp.example"),
    )
    assert len({plain.key, tagged.key, dotted.key}) == 3
    assert plain.mailbox == tagged.mailbox == dotted.mailbox == "annaberg@corp.example"


@pytest.mark.rule("GX-12")
def test_em_21_user_names_and_addresses_share_one_name_space() -> None:
    assert (
        name_key("Ben@M\u00fcnchen.example") == name_key("ben@xn--mnchen-3ya.example") == "ben@xn--mnchen-3ya.example"
    )
    assert name_key("\uff22\uff25\uff2e") == name_key(" Ben ") == "ben"


@pytest.mark.rule("GX-12")
@pytest.mark.parametrize("text", ["ben@corp", "\uff42en@corp.example", "ben@@corp.example", "@ben"])
def test_em_21_a_name_with_an_at_sign_that_is_no_address_is_no_name(text: str) -> None:
    assert name_key(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{'a' * 65}@corp.example", id="local part of 65"),
        pytest.param(f"a@{'b' * 64}.example", id="label of 64"),
        pytest.param("a@" + "\u00fc" * 60 + ".example", id="label of more than 63 as A-label"),
        pytest.param(f"a@{'.'.join(['b' * 60] * 5)}", id="address of more than 254"),
        pytest.param("a" * 60 + "@" + "\u00fcber." * 20 + "example", id="more than 254 as A-labels"),
        pytest.param("a" * 1_000_000 + "@corp.example", id="a million"),
        pytest.param("a@" + "\u0661" * 1_000_000 + ".example", id="a million digits of an Arabic label"),
    ],
)
def test_em_23_what_is_too_long_is_refused_by_its_length(text: str) -> None:
    assert parse(text) is None


def test_em_23_the_longest_is_still_read() -> None:
    domain = ".".join(["b" * 46] * 4) + ".c"
    address = f"{'a' * 64}@{domain}"
    assert len(address) == LONGEST_ADDRESS
    assert key(address) == address
    assert parse(f"a{address}") is None


def test_ds_03_and_05_long_input_is_cut_off_before_it_is_normalised() -> None:
    assert name_key("a\u0301\u0316" * 1_000_000) is None
    assert parse_domain("\u0301\u0316" * 1_000_000) is None


@pytest.mark.rule("GX-12")
def test_a_name_that_grows_beyond_the_limit_by_folding_is_refused() -> None:
    assert name_key("\ufdfa" * 200) is None


@pytest.mark.rule("GX-12")
@pytest.mark.parametrize("text", ["", " ", "\u00a0", "\u3164", "an\ufe0fna", "an\u034fna", "a" * 255])
def test_an_empty_overlong_or_invisible_name_has_no_key(text: str) -> None:
    assert name_key(text) is None


@pytest.mark.parametrize("domain", ["corp.example", "corp.test", "EXAMPLE.COM", "xn--fa-hia.de"])
def test_domains_for_documents_and_tests_are_domains(domain: str) -> None:
    assert parse_domain(domain) == domain.lower()


@pytest.mark.parametrize("domain", ["corp.invalid", "mail.corp.local", "a.localhost", "a.onion", "1.in-addr.arpa"])
def test_a_domain_that_no_mail_can_reach_is_refused(domain: str) -> None:
    assert parse_domain(domain) is None


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "localhost",
        "192.0.2.1",
        "[192.0.2.1]",
        "corp.11",
        "test",
        "b@corp.example",
        " corp.example",
        "corp.example ",
        "co_rp.example",
        "-corp.example",
        "co--rp.example",
        "xn--a.example",
    ],
)
def test_what_is_no_domain_of_two_labels_is_refused(domain: str) -> None:
    assert parse_domain(domain) is None


PLAIN = st.text(alphabet="aAbZ09.@-_+=?!%\"' ,üß", max_size=24)


@given(st.builds("{}@{}.{}".format, PLAIN, PLAIN, st.sampled_from(["de", "example", "c0m", "1"])) | st.emails())
def test_whatever_is_read_means_the_same_to_other_readers(text: str) -> None:
    address = parse(text)
    if address is None:
        return
    theirs = Address(addr_spec=address.addr_spec)
    assert (theirs.username, theirs.domain) == (address.local, address.domain)
    after = address.original.partition("@")[2]
    assert idna.encode(after, strict=True, uts46=True, std3_rules=True).decode() == address.domain
    assert idna.encode(idna.decode(address.domain)).decode() == address.domain
