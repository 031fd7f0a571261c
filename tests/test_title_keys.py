"""Names of organisations and towns: two spellings of one name have one key."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partnerauth.addresses import title_key


@pytest.mark.rule("DP-02")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fixit N.V.", "FIXIT NV"),
        ("Café du Coin", "cafe  du-coin"),
        ("Straße & Söhne", "STRASSE SOHNE"),
        ("Liège", "Lie\u0300ge"),
        ("ﬁxit", "fixit"),
        ("Ｆｉｘｉｔ", "Fixit"),  # noqa: RUF001 - full-width letters
    ],
)
def test_case_accents_and_punctuation_make_no_difference(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.rule("DP-02")
@pytest.mark.parametrize(("one", "other"), [("Fixit", "Fixit 2"), ("Gent", "Genk"), ("Søren", "Soren")])
def test_another_letter_or_digit_does(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


@pytest.mark.rule("DP-02")
@pytest.mark.parametrize("text", ["", " ", "---", "\u200b", "…"])
def test_what_nobody_can_read_out_has_no_key(text: str) -> None:
    assert title_key(text) == ""


@given(st.text())
@example("İstanbul")
@example("\u0345")
@example("ﬀ")
@example("\ud800")
def test_em_04_the_key_of_a_key_is_that_key(text: str) -> None:
    assert title_key(title_key(text)) == title_key(text)
