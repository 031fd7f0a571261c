"""Choosing a password: what a portal asks, what everybody is refused, and what the portal composes itself."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerauth.adapters.word_lists import common_passwords
from partnerauth.policy.passwords import (
    CONFIRMATION_MISMATCH,
    LONGEST_TYPED,
    PASSWORD_POLICY,
    PasswordPolicy,
    compose,
    entered_twice,
    is_common,
    normalise,
    satisfies,
    unmet,
)

BPOST = PasswordPolicy(minimum_length=7, require=frozenset({"lower", "upper"}))
EDI = PasswordPolicy(minimum_length=12, require=frozenset({"lower", "upper", "digit", "special"}))
KUNDENPORTAL = PasswordPolicy()
SUPPORT = PasswordPolicy(require=frozenset({"letter", "digit", "special"}))
POLICIES = (BPOST, EDI, KUNDENPORTAL, SUPPORT)

ANNA = ("ANNA", "anna.berg@corp.example", "Anna", "Berg")


def missing(
    password: str, policy: PasswordPolicy = KUNDENPORTAL, *, common: bool = False, unchanged: bool = False
) -> tuple[str, ...]:
    return unmet(policy, password, personal=ANNA, common=common, unchanged=unchanged)


@pytest.mark.rule("BP-14")
def test_bpost_asks_for_seven_characters_a_small_letter_and_a_capital() -> None:
    assert missing("Tramway", BPOST) == ()
    assert missing("Tramwa", BPOST) == ("length",)
    assert missing("tramway", BPOST) == ("upper",)
    assert missing("TRAMWAY", BPOST) == ("lower",)
    assert missing("123", BPOST) == ("length", "lower", "upper")


@pytest.mark.rule("ED-05")
def test_edi_asks_for_twelve_characters_of_four_kinds() -> None:
    assert missing("Winter-Tram-6", EDI) == ()
    assert missing("Winter-Tram6", EDI) == ()
    assert missing("Winter-Tra6", EDI) == ("length",)
    assert missing("", EDI) == ("length", "lower", "upper", "digit", "special")


@pytest.mark.rule("KP-07", "DP-05")
def test_kundenportal_and_dealerportal_ask_for_eight_characters() -> None:
    assert missing("tramways") == ()
    assert missing("tramway") == ("length",)


@pytest.mark.rule("SP-03")
def test_support_asks_for_letters_digits_and_symbols() -> None:
    assert missing("tramway-6", SUPPORT) == ()
    assert missing("tramways", SUPPORT) == ("digit", "special")
    assert missing("12345-678", SUPPORT) == ("letter",)


@pytest.mark.rule("BP-14", "GX-06")
def test_the_unmet_are_named_in_the_order_of_the_rulebook() -> None:
    strict = PasswordPolicy(minimum_length=64, require=frozenset({"lower", "upper", "letter", "digit", "special"}))
    assert missing("", strict, common=True, unchanged=True) == (
        "length",
        "lower",
        "upper",
        "letter",
        "digit",
        "special",
        "unchanged",
    )
    assert missing("annaberg", common=True, unchanged=True) == ("common", "personal", "unchanged")


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize(
    ("char", "kinds"),
    [
        ("\u00e9", {"letter", "lower"}),
        ("\u0416", {"letter", "upper"}),
        ("\u01c5", {"letter"}),
        ("\u4e2d", {"letter"}),
        ("\u0663", {"digit"}),
        ("\u00b2", {"special"}),
        (" ", {"special"}),
        ("\u20ac", {"special"}),
        ("\U0001f642", {"special"}),
        ("\u0903", set()),
        ("\0", set()),
        ("\u200b", set()),
        ("\ud800", set()),
    ],
)
def test_any_unicode_counts_for_what_it_is(char: str, kinds: set[str]) -> None:
    every = frozenset({"lower", "upper", "letter", "digit", "special"})
    assert every - set(missing(char * 8, PasswordPolicy(require=every))) == kinds


@pytest.mark.rule("GX-06")
def test_pw_01_a_password_is_refused_by_its_length_and_nothing_more_is_done() -> None:
    assert missing("a" * 129, EDI, common=True, unchanged=True) == ("maximum",)
    assert missing("a" * 100_000_000, EDI) == ("maximum",)
    assert missing("Winter-Tram-" + "6" * 116, EDI) == ()


@pytest.mark.rule("GX-06")
def test_pw_03_nothing_is_trimmed_cut_or_changed_in_case() -> None:
    assert normalise("  Winter Tram ") == "  Winter Tram "
    assert normalise("a" * LONGEST_TYPED + "b") == "a" * LONGEST_TYPED + "b"


@pytest.mark.rule("GX-06")
def test_pw_04_composed_and_decomposed_are_one_password_and_count_alike() -> None:
    composed = "\u00fc" * 128
    decomposed = unicodedata.normalize("NFD", composed)
    assert normalise(decomposed) == composed
    assert missing(decomposed) == missing(composed) == ()
    assert missing("u\u0308" * 7) == ("length",)
    assert entered_twice(composed, decomposed) is None


@pytest.mark.rule("GX-06")
def test_pw_04_compatibility_characters_stay_apart() -> None:
    assert normalise("\ufb01") == "\ufb01"


def test_no_character_decomposes_into_more_than_four() -> None:
    assert max(len(unicodedata.normalize("NFD", chr(point))) for point in range(0x110000)) == 4


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PASSWORD",
        "12345678",
        "Qwerty123",
        "wachtwoord",
        "Motdepasse",
        "Passwort",
    ],
)
def test_pw_05_a_common_password_is_refused(password: str) -> None:
    assert is_common(password, common_passwords())
    assert missing(password, common=True) == ("common",)


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize(
    "password",
    [
        "Winter-Tram-61",
        "correct horse battery staple",
        "password of the red tram",
        "Password839204716",
        "Zomer2026!",
        "",
        "!",
        "2026",
        "\u00e9" * 2000,
    ],
)
def test_pw_05_a_password_that_merely_holds_a_common_word_is_not_common(password: str) -> None:
    assert not is_common(password, common_passwords())


@pytest.mark.rule("GX-06")
def test_pw_05_the_list_counts_from_the_minimum_length_on() -> None:
    assert missing("dragon", common=True) == ("length",)


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize(
    "password",
    [
        "xx-anna-6142",
        "BERG-xx-6142",
        "6142corpxx",
        "tramEXAMtram",
        "Xannabergx",
        "\uff21\uff2e\uff2e\uff21-tram-6",
    ],
)
def test_pw_05_four_letters_running_of_the_users_name_or_address_are_refused(password: str) -> None:
    assert missing(password) == ("personal",)


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize("password", ["ann-a-tram-61", "an2na-tram", "ber-tram-61"])
def test_three_letters_or_letters_that_do_not_run_are_not_personal(password: str) -> None:
    assert missing(password) == ()


@pytest.mark.rule("GX-06")
def test_personal_words_are_compared_without_case_beyond_ascii() -> None:
    assert unmet(KUNDENPORTAL, "GROSSEN-tram", personal=["Gro\u00dfen"], common=False, unchanged=False) == ("personal",)
    assert unmet(
        KUNDENPORTAL,
        "\u0416\u0423\u041a\u041e\u0412-61",
        personal=["\u0416\u0443\u043a\u043e\u0432"],
        common=False,
        unchanged=False,
    ) == ("personal",)


@pytest.mark.rule("GX-06")
def test_a_portal_may_look_at_shorter_runs() -> None:
    policy = PasswordPolicy(personal_run=3)
    assert unmet(policy, "kim-tram-61", personal=["Kim"], common=False, unchanged=False) == ("personal",)


@pytest.mark.rule("BP-13")
def test_pw_06_the_temporary_password_cannot_be_kept() -> None:
    assert missing("Winter-Tram-61", unchanged=True) == ("unchanged",)


@pytest.mark.rule("BP-13")
@given(stream=st.binary(min_size=32, max_size=64), policy=st.sampled_from(POLICIES))
def test_pw_10_a_composed_password_meets_every_policy_and_is_nobodys_name(
    stream: bytes, policy: PasswordPolicy
) -> None:
    password = compose(policy, stream)
    assert password == compose(policy, stream)
    assert len(password) >= 16
    assert not set(password) & set("01OoIilZSB")
    assert not is_common(password, common_passwords())
    everybody = ("abcdefghijklmnopqrstuvwxyz", password.replace("-", "1"))
    assert unmet(policy, password, personal=everybody, common=False, unchanged=False) == ()


@pytest.mark.rule("BP-13")
@pytest.mark.parametrize("minimum", range(1, 65))
def test_pw_10_a_composed_password_is_as_long_as_asked(minimum: int) -> None:
    every = frozenset({"lower", "upper", "letter", "digit", "special"})
    policy = PasswordPolicy(minimum_length=minimum, require=every, maximum_length=64)
    assert unmet(policy, compose(policy, b"\xa5" * 32), personal=(), common=False, unchanged=False) == ()


@pytest.mark.rule("BP-13")
def test_pw_10_different_bytes_compose_different_passwords() -> None:
    streams = [index.to_bytes(32) for index in range(5000)]
    assert len({compose(KUNDENPORTAL, stream) for stream in streams}) == 5000


def test_too_few_bytes_compose_nothing() -> None:
    with pytest.raises(ValueError, match="31 bytes"):
        compose(KUNDENPORTAL, bytes(31))


def test_pw_19_and_20_the_hardest_password_costs_no_more_than_its_length() -> None:
    hard = "a\u0301\u0316" * 85 + "!"
    words = ["a\u0301\u0316" * 100_000, "ab" * 100_000]
    assert unmet(PasswordPolicy(maximum_length=256), hard, personal=words, common=False, unchanged=False) == ()
    assert normalise("a\u0301\u0316" * 1_000_000) == "a\u0301\u0316" * 1_000_000


@pytest.mark.rule("BP-14")
def test_a_refusal_names_each_unmet_requirement() -> None:
    reason = satisfies(BPOST, "tram", personal=(), common=False, unchanged=False)
    assert reason == PASSWORD_POLICY.broken(unmet=("length", "upper"))
    assert satisfies(BPOST, "Tramway", personal=(), common=False, unchanged=False) is None


@pytest.mark.rule("BP-15", "ED-05", "SP-03", "DP-05")
def test_the_two_entries_must_be_the_same() -> None:
    assert entered_twice("Winter-Tram-61", "Winter-Tram-61") is None
    assert entered_twice("Winter-Tram-61", "winter-tram-61") == CONFIRMATION_MISMATCH.broken()
    assert entered_twice("Winter-Tram-61", "Winter-Tram-61 ") == CONFIRMATION_MISMATCH.broken()


@pytest.mark.rule("GX-06")
def test_a_policy_that_no_password_could_meet_is_an_error() -> None:
    for minimum in (0, 65):
        with pytest.raises(ValueError, match=f"minimum_length is {minimum}"):
            PasswordPolicy(minimum_length=minimum)
    for maximum in (63, 257):
        with pytest.raises(ValueError, match=f"maximum_length is {maximum}"):
            PasswordPolicy(maximum_length=maximum)
    with pytest.raises(ValueError, match="personal_run is 0"):
        PasswordPolicy(personal_run=0)
    with pytest.raises(ValueError, match="require names \\['capital'\\]"):
        PasswordPolicy(require=frozenset({"capital"}))


@pytest.mark.rule("GX-06")
@given(password=st.text(), other=st.text(max_size=5), words=st.lists(st.text(max_size=20), max_size=4))
def test_the_judgement_is_total_and_never_softens_with_more_to_say(password: str, other: str, words: list[str]) -> None:
    few = unmet(EDI, password, personal=(), common=False, unchanged=False)
    more = unmet(
        EDI,
        password,
        personal=[*words, other],
        common=is_common(password, common_passwords()),
        unchanged=True,
    )
    assert set(few) <= set(more)
    assert normalise(normalise(password)) == normalise(password)
    assert unmet(EDI, normalise(password), personal=(), common=False, unchanged=False) == few
