"""`partnerauth demo`: the day is played, nothing of it is made up, and no file but its own is ever replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.cli import main, screen
from partnerauth.decision import Accepted, Refused
from partnerauth.demo import Asked, Closing, Done, Happening, StoryClock, closing, play
from partnerauth.embed import PartnerAuth


@pytest.fixture(scope="module")
def portal() -> PartnerAuth:
    """A portal at which the day was played, on a cheap hasher."""
    return PartnerAuth("bpost", hasher=Argon2Hasher(*TEST), clock=StoryClock())


@pytest.fixture(scope="module")
def day(portal: PartnerAuth) -> tuple[Happening, ...]:
    clock = portal.ports.clock
    assert isinstance(clock, StoryClock)
    return tuple(play(portal, clock))


@pytest.fixture(scope="module")
def end(portal: PartnerAuth, day: tuple[Happening, ...]) -> Closing:
    assert day
    return closing(portal)


def refusals(day: tuple[Happening, ...]) -> Iterator[tuple[str, str, set[str]]]:
    for happening in day:
        if isinstance(happening, Done) and isinstance(happening.answer, Refused):
            yield happening.step.who, happening.step.command.word(), set(happening.answer.codes)


def test_every_command_of_the_day_comes_out_as_the_story_has_it(day: tuple[Happening, ...]) -> None:
    assert list(refusals(day)) == [
        ("ben", "update-details", {"password-change-required"}),
        ("ben", "change-password", {"password-policy"}),
        ("ben", "change-password", {"password-policy"}),
        ("anna", "grant", {"contract-inactive", "matrix-mandatory-missing", "matrix-not-applicable"}),
        ("anna", "grant", {"matrix-no-profile"}),
        ("ben", "grant", {"delegation-limit"}),
        ("ben", "set-management", {"management-right-missing", "delegation-limit"}),
        ("anna", "revoke", {"revocation-forbidden"}),
        ("anna", "delegate", {"unknown-subcontractor"}),
        ("mia", "pass-on", {"delegation-limit"}),
        ("mia", "deactivate", {"other-organisation"}),
        ("anna", "delete", {"delete-forbidden"}),
        ("ben", "update-details", {"user-inactive"}),
        ("ben", "sign-in", {"user-inactive"}),
        ("anna", "deactivate", {"last-administrator"}),
    ]


def test_every_question_of_the_day_is_answered_as_the_story_has_it(day: tuple[Happening, ...]) -> None:
    answers = [each.decision.reason.code if each.decision.reason else "yes" for each in day if isinstance(each, Asked)]
    assert answers == [
        "right-missing",
        "yes",
        "resource-not-granted",
        "yes",
        "yes",
        "resource-not-granted",
        "other-organisation",
        "other-organisation",
        "yes",
        "right-missing",
        "user-inactive",
        "yes",
    ]


def test_everything_that_happened_is_on_record(portal: PartnerAuth, day: tuple[Happening, ...]) -> None:
    happened = [
        event
        for each in day
        if isinstance(each, Done) and isinstance(each.answer, Accepted)
        for event in each.answer.events
    ]
    refused = [*refusals(day)]
    assert len(portal.store.records()) == len(happened) + len(refused)


def test_the_closing_table_asks_every_question_of_everybody(end: Closing) -> None:
    assert [user.username for user in end.people] == ["anna", "ben", "dora", "mia", "noor"]
    table = {(each.right, *each.named.values()): [bool(one) for one in answers] for each, answers in end.rows}
    assert table["manage-administrators",] == [True, False, False, True, False]
    assert table["creation", "letter", "B1"] == [True, False, True, True, True]
    assert table["creation", "prior", "B2"] == [True, False, False, False, False]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["demo", *arguments])


@pytest.fixture(scope="module")
def shown() -> str:
    result = run("--store", "memory")
    assert result.exit_code == 0, result.output
    return result.output


def test_refusals_are_shown_with_their_sentence_and_their_reason(shown: str) -> None:
    said = " ".join(shown.split())
    assert "✗ matrix-mandatory-missing The profile pro-2 also needs: general-access." in said
    assert "Without it the application does not work for such a user. (BP-28)" in said
    assert "✓ yes" in said


def test_people_are_called_by_their_names_and_secrets_are_not_told(shown: str) -> None:
    assert "user ben" in shown
    assert "u-" not in shown.replace("menu-", "")
    assert "Winter-Tram-61" not in shown
    assert "password **********" in shown


def test_the_day_ends_with_the_table_and_the_record(shown: str) -> None:
    table, record = shown.index("In the end: who can do what"), shown.index("On record")
    assert table < record
    assert "last-administrator" in shown[record:]


def test_no_line_of_the_day_is_longer_than_the_width(shown: str) -> None:
    assert [line for line in shown.splitlines() if len(line) > screen.WIDTH] == []


def test_the_database_stays_and_the_next_day_starts_from_nothing(tmp_path: Path) -> None:
    file = tmp_path / "day.db"
    for _ in range(2):
        result = run("--store", f"sqlite:///{file}")
        assert result.exit_code == 0, result.output
        assert str(file) in result.output
        assert file.stat().st_size > 0
        with sqlite3.connect(file) as database:
            (found,) = database.execute("select count(*) from sqlite_master where type = 'table'").fetchone()
        database.close()
        assert found > 3


@pytest.mark.parametrize("precious", [b"", b"precious", b"SQLite format 3\x00" + bytes(200)])
def test_a_file_that_is_no_demonstration_is_never_replaced(tmp_path: Path, precious: bytes) -> None:
    file = tmp_path / "precious.db"
    file.write_bytes(precious)
    result = run("--store", f"sqlite:///{file}")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"✗ {file}: is there, and is no demonstration's database")
    assert file.read_bytes() == precious


def test_another_program_s_database_is_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "portal.db"
    with sqlite3.connect(file) as other:
        other.execute("create table customers (name text)")
    other.close()
    before = file.read_bytes()
    assert run("--store", f"sqlite:///{file}").exit_code == 2
    assert file.read_bytes() == before


def test_a_folder_in_the_place_of_the_database_is_left_alone(tmp_path: Path) -> None:
    result = run("--store", f"sqlite:///{tmp_path}")
    assert result.exit_code == 2
    assert tmp_path.is_dir()


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    result = run("--store", f"sqlite:///{tmp_path}/nowhere/day.db")
    assert result.exit_code == 2
    assert "name a file in a folder that you can write to" in result.stderr


def test_no_password_is_shown_of_a_store_that_cannot_be_used() -> None:
    result = run("--store", "postgresql://olga:Tram-61@127.0.0.1:1/portal")
    assert result.exit_code == 2
    assert result.stderr.startswith("✗ postgresql://127.0.0.1:1/portal: ")
    assert "Tram-61" not in result.stderr


def test_a_store_that_is_none_is_told() -> None:
    result = run("--store", "nonsense")
    assert result.exit_code == 2
    assert result.stderr.startswith("✗ nonsense: ")
    assert len(result.stderr.splitlines()) == 1
