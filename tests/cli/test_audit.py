"""`partnerauth audit` and `export`: what an auditor sees, and what he can rely on."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.adapters.day import ACME, Day

from partnerauth.adapters.sql import SqlStore
from partnerauth.adapters.sql.append_only import TABLES, for_sqlite
from partnerauth.cli import main, screen
from partnerauth.events import OverviewTaken, UserErased
from partnerauth.ports import Unit
from partnerauth.testing.clockwork import KEY, START, world
from partnerauth.testing.stores import refused

ENVIRONMENT: Mapping[str, str] = {"PARTNERAUTH_OPERATOR": "olga", "PARTNERAUTH_KEY": KEY.hex()}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("audit") / "portal.db"
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        Day(world("bpost", store)).play()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture
def file(played: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "portal.db"
    copy.write_bytes(played.read_bytes())
    return copy


def run(file: Path, *arguments: str, env: Mapping[str, str] = ENVIRONMENT) -> Result:
    return CliRunner().invoke(main, [*arguments, "--store", f"sqlite:///{file}"], env={**env, "COLUMNS": "100"})


def tampered(file: Path, *statements: str) -> None:
    """Do what somebody does who owns the file: drop the triggers, change rows, and put the triggers back."""
    with closing(sqlite3.connect(file)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for statement in (*(f"DROP TRIGGER {name}" for name in names), *statements):
            connection.execute(statement)
        for table in TABLES:
            for statement in for_sqlite(table):
                connection.execute(statement)
        connection.commit()


# Showing.


@pytest.mark.rule("GX-08")
def test_the_record_is_shown_entry_by_entry(file: Path) -> None:
    result = run(file, "audit", "show", "--organisation", "acme")
    assert result.exit_code == 0
    assert result.output.startswith("acme 1  2026-01-05 09:00:00  OrganisationOpened\n    acme, by operator:operator\n")
    assert max(map(len, result.output.splitlines())) <= screen.WIDTH
    margins = [line for line in result.output.splitlines() if not line.startswith(" ")]
    assert all(line.startswith("acme ") for line in margins[:-1])
    assert margins[-1] == f"{len(margins) - 1} records"


@pytest.mark.rule("GX-08")
def test_records_are_chosen_by_whom_they_are_about_and_when(file: Path) -> None:
    assert run(file, "audit", "show", "--about", "nobody").output == "0 records\n"
    assert "SetOption" not in run(file, "audit", "show", "--about", "acme/depot").output
    assert "AccountSet" in run(file, "audit", "show", "--about", "acme/depot").output
    day = run(file, "audit", "show", "--since", "2026-01-05", "--until", "2026-01-05T09:01").output
    assert "UserReactivated" not in day
    later = run(file, "audit", "show", "--since", "2026-01-05T09:01", "--organisation", "acme").output
    assert "UserReactivated" in later
    assert "UserDeactivated" not in later


@pytest.mark.rule("GX-08")
def test_au_14_showing_and_exporting_leave_a_trace(file: Path, tmp_path: Path) -> None:
    run(file, "audit", "show", "--organisation", "acme")
    run(file, "audit", "export", "--form", "csv", "-o", str(tmp_path / "r.csv"), "--as", "piet")
    run(file, "export", "users", "--portal", "bpost", "--form", "csv", "-o", str(tmp_path / "u.csv"))
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        events = [each.event for each in store.records() if isinstance(each.event, OverviewTaken)]
    assert [(each.organisation, each.by, each.overview, each.form) for each in events] == [
        ("acme", "operator:olga", "record", "screen"),
        ("", "operator:piet", "record", "csv"),
        ("", "operator:olga", "users", "csv"),
    ]


@pytest.mark.rule("GX-08")
def test_au_08_what_somebody_typed_forges_no_entry(file: Path) -> None:
    forged = "x\nacme 99  2026-01-05 09:00:00  UserErased\x1b[1A\x1b[2K\u202e\u2067" + " " * 99 + "acme 1"
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        store.commit(Unit(events=(refused(forged),)))
    output = run(file, "audit", "show", "--organisation", "acme").output
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert [line for line in output.splitlines() if line.startswith("acme 99")] == []
    assert r"x\u000aacme 99" in output


# Verifying and sealing.


@pytest.mark.rule("GX-08")
def test_a_whole_record_is_verified(file: Path) -> None:
    result = run(file, "audit", "verify")
    assert result.exit_code == 0
    assert result.output.endswith("chains: every link holds\n")


@pytest.mark.rule("GX-08")
def test_au_03_a_change_is_found_with_its_place(file: Path) -> None:
    tampered(file, "UPDATE partnerauth_log SET by = 'u-mallory' WHERE organisation_id = 'acme' AND place = 7")
    result = run(file, "audit", "verify")
    assert result.exit_code == 1
    assert "✗ acme 7: it was changed: its digest does not fit" in result.output


@pytest.mark.rule("GX-08")
def test_au_04_newest_entries_that_were_cut_off_are_found_by_a_seal(file: Path, tmp_path: Path) -> None:
    seal = str(tmp_path / "seal.json")
    assert run(file, "audit", "seal", "-o", seal).output == f"✓ {seal}: 3 chains sealed\n"
    assert run(file, "audit", "verify", "--seal", seal).exit_code == 0
    tampered(
        file,
        "DELETE FROM partnerauth_personal WHERE (position, number) IN (SELECT position, number FROM partnerauth_log "
        "WHERE organisation_id = 'acme' ORDER BY place DESC LIMIT 1)",
        "DELETE FROM partnerauth_log WHERE organisation_id = 'acme' "
        "AND place = (SELECT length FROM partnerauth_head WHERE organisation_id = 'acme')",
        "UPDATE partnerauth_head SET length = length - 1, digest = (SELECT digest FROM partnerauth_log WHERE "
        "organisation_id = 'acme' ORDER BY place DESC LIMIT 1) WHERE organisation_id = 'acme'",
    )
    assert run(file, "audit", "verify").exit_code == 0
    result = run(file, "audit", "verify", "--seal", seal)
    assert result.exit_code == 1
    assert re.search(r"✗ acme \d+: the newest are cut off: (\d+): \1 were sealed at 2", result.output)


@pytest.mark.rule("GX-08")
def test_a_seal_is_printed_and_tells_no_name(file: Path) -> None:
    text = run(file, "audit", "seal").output
    assert set(json.loads(text)) == {"partnerauth-seal", "at", "chains", "mac"}
    assert set(json.loads(text)["chains"]) == {"", "acme", "print"}


def test_a_seal_is_not_written_over_another(file: Path, tmp_path: Path) -> None:
    seal = tmp_path / "seal.json"
    seal.write_text("mine")
    result = run(file, "audit", "seal", "-o", str(seal))
    assert result.exit_code == 2
    assert "File exists: name another file" in result.output
    assert seal.read_text() == "mine"


@pytest.mark.rule("GX-08")
def test_nobody_seals_a_record_that_does_not_hold(file: Path) -> None:
    tampered(file, "UPDATE partnerauth_log SET by = 'u-mallory' WHERE place = 7")
    result = run(file, "audit", "seal")
    assert result.exit_code == 2
    assert "does not hold in 2 places: run `partnerauth audit verify`" in result.output


@pytest.mark.rule("GX-08")
def test_au_05_a_seal_of_another_key_is_worth_nothing(file: Path, tmp_path: Path) -> None:
    seal = str(tmp_path / "seal.json")
    other = {**ENVIRONMENT, "PARTNERAUTH_KEY": "00" * 32}
    assert run(file, "audit", "seal", "-o", seal, env=other).exit_code == 0
    result = run(file, "audit", "verify", "--seal", seal)
    assert result.exit_code == 2
    assert f"{seal}: it was changed, or made with another key" in result.output


def test_many_findings_are_shown_in_part(file: Path) -> None:
    tampered(file, "UPDATE partnerauth_log SET by = 'u-mallory'")
    part, every = run(file, "audit", "verify").output, run(file, "audit", "verify", "--all").output
    assert "more (--all)" in part
    assert part.count("✗") == 21 < every.count("✗")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("verify", "--seal", "gone.json"), "gone.json: No such file or directory: name the file of a seal"),
        (("erase", "u-nobody", "--yes"), "u-nobody: no such user"),
        (("export", "--form", "csv", "-o", "no/such/folder.csv"), "name another file"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(file: Path, arguments: tuple[str, ...], says: str) -> None:
    result = run(file, "audit", *arguments)
    assert result.exit_code == 2
    assert says in result.output


def test_without_a_key_nothing_is_sealed(file: Path) -> None:
    result = run(file, "audit", "seal", env={"PARTNERAUTH_KEY": ""})
    assert result.exit_code == 2
    assert "no key: set PARTNERAUTH_KEY" in result.output
    for key, says in (("xyz", "not hexadecimal"), ("abcd", "2 bytes: the key has at least 32 bytes")):
        assert says in run(file, "audit", "seal", env={"PARTNERAUTH_KEY": key}).output


def test_the_key_can_be_in_a_file(file: Path, tmp_path: Path) -> None:
    for content in (KEY, KEY.hex().encode() + b"\n"):
        (tmp_path / "key").write_bytes(content)
        seal = tmp_path / f"seal-{len(content)}.json"
        result = run(file, "audit", "seal", "-o", str(seal), "--key-file", str(tmp_path / "key"), env={})
        assert result.exit_code == 0, result.output
        assert run(file, "audit", "verify", "--seal", str(seal)).exit_code == 0
    assert "name the file that holds" in run(file, "audit", "seal", "--key-file", str(tmp_path / "gone")).output


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    result = run(tmp_path / "gone.db", "audit", "verify")
    assert result.exit_code == 2
    assert not (tmp_path / "gone.db").exists()


# Exporting.


@pytest.mark.rule("KP-13", "GX-08")
@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf", "jsonl"])
def test_the_record_is_exported_in_every_form(file: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"record.{form}"
    result = run(file, "audit", "export", "--form", form, "-o", str(out), "--organisation", "acme")
    assert result.exit_code == 0
    assert result.output.startswith(f"✓ {out}: ")
    assert out.stat().st_size > 1000


@pytest.mark.rule("GX-08")
def test_json_lines_have_all_that_an_examination_needs(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "record.jsonl"
    run(file, "audit", "export", "--form", "jsonl", "-o", str(out), "--organisation", "acme", "--since", "2026-01-05")
    lines = [json.loads(line) for line in out.read_text("ascii").splitlines()]
    assert [line["place"] for line in lines] == [*range(1, len(lines) + 1)]
    assert {line["organisation"] for line in lines} == {ACME}
    assert {"digest", "hidden", "personal", "data", "spot"} <= lines[0].keys()


@pytest.mark.rule("KP-13")
@pytest.mark.parametrize("overview", ["users", "rights"])
def test_users_and_rights_are_exported(file: Path, tmp_path: Path, overview: str) -> None:
    out = tmp_path / "o.csv"
    result = run(
        file, "export", overview, "--portal", "bpost", "--organisation", "acme", "--form", "csv", "-o", str(out)
    )
    assert result.exit_code == 0, result.output
    rows = [*csv.DictReader(out.read_text("utf-8-sig").splitlines())]
    assert result.output == f"✓ {out}: {len(rows)} rows\n"
    assert {row["organisation"] for row in rows} == {"acme"}


# Erasing.


@pytest.mark.rule("GX-08", "BP-09")
def test_a_person_is_erased_by_whoever_says_so_and_every_seal_still_holds(file: Path, tmp_path: Path) -> None:
    seal = str(tmp_path / "seal.json")
    run(file, "audit", "seal", "-o", seal)
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        mallory = next(each.event.about for each in store.records() if each.event.name == "AccessRefused")
        chief = next(each.event.about for each in store.records() if each.event.name == "AccessGranted")
    asked = CliRunner().invoke(main, ["audit", "erase", mallory, "--store", f"sqlite:///{file}"], input="n\n")
    assert asked.exit_code == 1
    result = run(file, "audit", "erase", mallory, "--yes", "--as", "piet")
    assert result.exit_code == 0
    assert f"✓ {mallory} is erased from" in result.output
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        event = store.records(about=mallory)[-1].event
    assert isinstance(event, UserErased)
    assert event.by == "operator:piet"
    assert event.at > START + timedelta(days=30)
    assert run(file, "audit", "verify", "--seal", seal).exit_code == 0
    assert "personal data erased" in run(file, "audit", "show", "--about", mallory).output
    assert "is active: deactivate him first" in run(file, "audit", "erase", chief, "--yes").output
