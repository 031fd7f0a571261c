"""Passwords are hashed with Argon2id: as typed, at equal cost, and a few at a time."""

from __future__ import annotations

import threading
import unicodedata

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type, hash_secret, verify_secret

from partnerauth.adapters.argon2 import (
    LONGEST_SECRET,
    OWASP,
    RFC_9106_LOW_MEMORY,
    TEST,
    Argon2Hasher,
    Cost,
    HasherBusyError,
)
from partnerauth.policy.passwords import normalise

HASHER = Argon2Hasher(*TEST)
UNUSABLE = [
    None,
    "",
    "!",
    "\u00fc",
    "$2b$12$saltsaltsaltsaltsaltsO8vJSTzqGCsXvPqY9aNU4cZsRwxQ2nHO",
    "$argon2id$",
    "$argon2id$v=19$m=8,t=1,p=1$$",
    "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$",
    "$argon2id$v=19$m=99999999999999,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=-8,t=-1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
]


@pytest.mark.rule("GX-06")
def test_a_hash_verifies_its_password_and_no_other() -> None:
    stored = HASHER.hash("Winter-Tram-61")
    assert HASHER.verify(stored, "Winter-Tram-61")
    assert not HASHER.verify(stored, "Winter-Tram-62")
    assert "Winter" not in stored


@pytest.mark.rule("GX-06")
def test_every_hash_has_a_salt_of_its_own() -> None:
    assert HASHER.hash("Winter-Tram-61") != HASHER.hash("Winter-Tram-61")


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize("cost", [OWASP, RFC_9106_LOW_MEMORY])
def test_the_presets_are_those_of_their_sources(cost: Cost) -> None:
    stored = extract_parameters(Argon2Hasher(*cost).hash("Winter-Tram-61"))
    assert (stored.type, stored.version) == (Type.ID, 19)
    assert (stored.time_cost, stored.memory_cost, stored.parallelism) == cost
    assert (stored.salt_len, stored.hash_len) == (16, 32)


def test_the_default_is_what_owasp_recommends() -> None:
    assert OWASP == (2, 19 * 1024, 1)
    assert extract_parameters(Argon2Hasher().hash("Winter-Tram-61")).memory_cost == OWASP.memory_cost


@pytest.mark.rule("GX-06")
def test_pw_01_an_overlong_password_is_not_hashed() -> None:
    long = "a" * 100_000_000
    with pytest.raises(ValueError, match="longer than 1024 bytes") as caught:
        HASHER.hash(long)
    assert "aaaa" not in str(caught.value)
    assert not HASHER.verify(HASHER.hash("a" * LONGEST_SECRET), long)
    with pytest.raises(ValueError, match="longer than 1024 bytes"):
        HASHER.hash("\u20ac" * LONGEST_SECRET)


@pytest.mark.rule("GX-06")
def test_pw_02_every_byte_counts() -> None:
    stored = HASHER.hash("a" * 72 + "b")
    assert not HASHER.verify(stored, "a" * 72)
    assert not HASHER.verify(stored, "a" * 72 + "c")
    assert not HASHER.verify(HASHER.hash("a\0b"), "a\0c")


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize("typed", ["winter-tram-61", "Winter-Tram-61 ", " Winter-Tram-61", "Winter-Tram-6"])
def test_pw_03_a_password_is_verified_exactly_as_typed(typed: str) -> None:
    assert not HASHER.verify(HASHER.hash("Winter-Tram-61"), typed)


@pytest.mark.rule("GX-06")
def test_pw_04_composed_and_decomposed_entries_open_the_same_account() -> None:
    decomposed = unicodedata.normalize("NFD", "Z\u00fcrich-Tram-61")
    assert HASHER.verify(HASHER.hash(normalise("Z\u00fcrich-Tram-61")), normalise(decomposed))


def test_any_text_can_be_hashed_lone_surrogates_included() -> None:
    stored = HASHER.hash("\ud800-tram")
    assert HASHER.verify(stored, "\ud800-tram")
    assert not HASHER.verify(stored, "\ud801-tram")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What Argon2 was made to do: KiB times passes of each call, by the parameters that it really ran with."""
    done: list[int] = []

    def hashing(secret: bytes, salt: bytes, *cost: int, hash_len: int, type: Type) -> bytes:  # noqa: A002 - its word
        time_cost, memory_cost, parallelism = cost
        done.append(time_cost * memory_cost)
        return hash_secret(secret, salt, time_cost, memory_cost, parallelism, hash_len, type)

    def verifying(stored: bytes, secret: bytes, kind: Type) -> bool:
        ran = extract_parameters(stored.decode())
        try:
            return verify_secret(stored, secret, kind)
        except VerifyMismatchError:
            done.append(ran.time_cost * ran.memory_cost)
            raise

    monkeypatch.setattr("partnerauth.adapters.argon2.hash_secret", hashing)
    monkeypatch.setattr("partnerauth.adapters.argon2.verify_secret", verifying)
    return done


@pytest.mark.rule("GX-03")
def test_pw_11_an_unknown_user_costs_as_much_as_a_wrong_password(work: list[int]) -> None:
    hasher = Argon2Hasher(2, 8192, 1)
    right = hasher.hash("right")
    tries: list[tuple[str | None, str]] = [
        (right, "wrong"),
        (None, "wrong"),
        ("!", "wrong"),
        ("$argon2id$v=19$m=8,t=1,p=1$$", "wrong"),
        (Argon2Hasher(*TEST).hash("right"), "wrong"),
        (Argon2Hasher(1, 8192, 1).hash("right"), "wrong"),
        (right, "a" * 5000),
    ]
    for stored, password in tries:
        work.clear()
        assert not hasher.verify(stored, password)
        assert sum(work) == pytest.approx(2 * 8192, rel=0.01)


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize("stored", UNUSABLE)
@pytest.mark.parametrize("password", ["", "!", "Winter-Tram-61"])
def test_pw_22_no_empty_or_unusable_hash_verifies(stored: str | None, password: str) -> None:
    assert not HASHER.verify(stored, password)
    assert HASHER.outdated(stored or "")


@pytest.mark.rule("GX-06")
def test_pw_24_an_older_hash_still_verifies_and_is_known_as_outdated() -> None:
    for old in (Cost(1, 16, 1), Cost(2, 8, 1)):
        stored = Argon2Hasher(*old).hash("Winter-Tram-61")
        raised = Argon2Hasher(2, 16, 1)
        assert raised.verify(stored, "Winter-Tram-61")
        assert raised.outdated(stored)
        assert not raised.outdated(raised.hash("Winter-Tram-61"))


@pytest.mark.rule("GX-06")
def test_pw_24_a_stronger_hash_is_not_weakened() -> None:
    stored = Argon2Hasher(2, 32, 1).hash("Winter-Tram-61")
    assert HASHER.verify(stored, "Winter-Tram-61")
    assert not HASHER.outdated(stored)


@pytest.mark.rule("GX-06")
@pytest.mark.parametrize(
    ("kind", "hash_len", "salt"), [(Type.I, 32, b"s" * 16), (Type.ID, 16, b"s" * 16), (Type.ID, 32, b"s" * 8)]
)
def test_pw_24_another_variant_or_a_shorter_tag_or_salt_is_outdated(kind: Type, hash_len: int, salt: bytes) -> None:
    stored = hash_secret(b"Winter-Tram-61", salt, *TEST, hash_len=hash_len, type=kind).decode()
    assert HASHER.verify(stored, "Winter-Tram-61")
    assert HASHER.outdated(stored)


def test_pw_24_an_older_version_of_argon2_is_outdated() -> None:
    stored = hash_secret(b"Winter-Tram-61", b"s" * 16, *TEST, hash_len=32, type=Type.ID, version=0x10).decode()
    assert HASHER.verify(stored, "Winter-Tram-61")
    assert HASHER.outdated(stored)


def test_pw_18_a_hasher_shows_nothing_of_what_it_hashed() -> None:
    hasher = Argon2Hasher(*TEST)
    hasher.hash("Winter-Tram-61")
    assert "Tram" not in repr(vars(hasher))


def test_ds_01_a_hash_waits_until_another_is_done() -> None:
    hasher = Argon2Hasher(*TEST, concurrent=1, waiting=1)
    waiting = threading.Thread(target=hasher.hash, args=("Winter-Tram-61",))
    with hasher._turn():  # noqa: SLF001 - stands for a hash that takes as long as this test wants
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()


def test_ds_01_nobody_waits_where_the_line_is_full() -> None:
    hasher = Argon2Hasher(*TEST, concurrent=1, waiting=0)
    with hasher._turn():  # noqa: SLF001 - stands for a hash that takes as long as this test wants
        with pytest.raises(HasherBusyError):
            hasher.hash("Winter-Tram-61")
        with pytest.raises(HasherBusyError):
            hasher.verify(None, "Winter-Tram-61")
    assert hasher.hash("Winter-Tram-61")


def test_ds_01_a_failed_hash_leaves_its_place() -> None:
    hasher = Argon2Hasher(0, 8, 1, concurrent=1, waiting=0)
    for _ in range(3):
        with pytest.raises(Exception, match="Time cost"):
            hasher.hash("Winter-Tram-61")
