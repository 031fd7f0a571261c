"""`partnerauth db`: a database is shown, checked and upgraded, and what is wrong with it is said in words."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.databases import change
from tests.postgres import Server

from partnerauth.adapters.sql import SqlStore
from partnerauth.cli import main
from partnerauth.entities import Operator, OrganisationId
from partnerauth.flows.open_organisation import OpenOrganisation
from partnerauth.testing.clockwork import world

VERSION_1 = Path(__file__).parents[1] / "adapters" / "schema-1" / "bpost.sql"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["db", *arguments])


@pytest.fixture
def filled(empty_database_url: str) -> str:
    """The URL of a database with something in it."""
    with closing(SqlStore(empty_database_url)) as store:
        world("bpost", store).execute(Operator(), OpenOrganisation(organisation=OrganisationId("acme"), name="Acme"))
    return empty_database_url


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The URL of a database of version 1."""
    with closing(sqlite3.connect(tmp_path / "portal.db")) as file:
        file.executescript(VERSION_1.read_text("utf-8"))
    return f"sqlite:///{tmp_path / 'portal.db'}"


def test_a_database_that_is_whole_is_said_to_be(filled: str) -> None:
    result = run("check", "--store", filled)
    assert result.exit_code == 0
    assert [line[0] for line in result.output.splitlines()] == ["✓"] * 3


def test_what_is_in_a_database_is_shown(filled: str) -> None:
    result = run("show", "--store", filled)
    assert result.exit_code == 0
    facts, rows = (_pairs(part) for part in result.output.split("\nRows "))
    assert facts["kind"].startswith("SQLite 3" if filled.startswith("sqlite") else "PostgreSQL 1")
    assert facts["version"] == "2"
    assert facts["position"] == "1: of the newest commit"
    assert facts["size"].endswith("B")
    assert (rows["organisation"], rows["log"], rows["user"]) == ("1", "1", "0")
    assert max(map(len, result.output.splitlines())) <= 100


def _pairs(text: str) -> dict[str, str]:
    return {name: value.strip() for name, _, value in (line.partition("  ") for line in text.splitlines())}


def test_no_password_is_shown(filled: str) -> None:
    for command in ("show", "check", "upgrade"):
        assert "Tram-61" not in run(command, "--store", filled.replace("postgres@", "postgres:Tram-61@")).output


def test_an_empty_database_gets_its_tables(empty_database_url: str) -> None:
    url = empty_database_url
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).touch()
    result = run("check", "--store", url)
    assert result.exit_code == 1
    assert "there are no tables of ours in it: run `partnerauth db upgrade`" in " ".join(result.output.split())
    result = run("upgrade", "--store", url)
    assert (result.exit_code, "the tables of version 2 were created" in result.output) == (0, True)
    result = run("upgrade", "--store", url)
    assert (result.exit_code, "it is of version 2 already" in result.output) == (0, True)
    assert run("check", "--store", url).exit_code == 0


def test_an_old_database_is_checked_and_upgraded(old: str) -> None:
    result = run("check", "--store", old)
    assert result.exit_code == 1
    assert "its tables are of version 1, this partnerauth has version 2; make a copy of it" in result.output
    assert "version  1; this partnerauth has 2" in run("show", "--store", old).output
    result = run("upgrade", "--store", old)
    assert (result.exit_code, "upgraded from version 1 to version 2, " in result.output) == (0, True)
    assert run("check", "--store", old).exit_code == 0


WRONG = {
    "index": ("DROP INDEX ix_partnerauth_user_domain", "partnerauth_user: ix_partnerauth_user_domain is missing"),
    "column": ("ALTER TABLE partnerauth_user ADD COLUMN age INTEGER", "partnerauth_user.age: this column is there"),
    "table": ("CREATE TABLE partnerauth_extra (number INTEGER)", "partnerauth_extra is there and belongs to no table"),
    "trigger": ("DROP TRIGGER partnerauth_log_kept{on}", "the trigger partnerauth_log_kept"),
    "no table": ("DROP TABLE partnerauth_case", "partnerauth_case is missing"),
}


@pytest.mark.parametrize(("statement", "says"), WRONG.values(), ids=WRONG)
def test_what_differs_is_named(filled: str, statement: str, says: str) -> None:
    change(filled, statement.format(on="" if filled.startswith("sqlite") else " ON partnerauth_log"))
    result = run("check", "--store", filled)
    assert result.exit_code == 1
    assert says in " ".join(result.output.split())


def test_a_constraint_that_is_gone_is_named(postgres: Server) -> None:
    with postgres.database() as url:
        change(url, "ALTER TABLE partnerauth_user DROP CONSTRAINT ck_partnerauth_user_state_known")
        change(url, "ALTER TABLE partnerauth_case ALTER COLUMN kind DROP NOT NULL")
        change(url, "ALTER TABLE partnerauth_case DROP CONSTRAINT fk_partnerauth_case_reporter")
        output = " ".join(run("check", "--store", url).output.split())
    assert "partnerauth_user: ck_partnerauth_user_state_known is missing" in output
    assert "partnerauth_case.kind: nullable is True, and should be False" in output
    assert "partnerauth_case: fk_partnerauth_case_reporter is missing, or differs" in output


def test_a_row_that_refers_to_nothing_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portal.db'}"
    SqlStore(url).close()
    change(url, "INSERT INTO partnerauth_login_name VALUES (1, 1, 'anna', 'nobody')")
    result = run("check", "--store", url)
    assert result.exit_code == 1
    assert "partnerauth_login_name: row 1 refers to a row of partnerauth_user that is not there" in result.output


def test_a_database_of_somebody_else_is_left_alone_until_it_is_said(empty_database_url: str) -> None:
    url = empty_database_url
    change(url, "CREATE TABLE customer (number INTEGER)")
    for command in ("show", "upgrade"):
        result = run(command, "--store", url)
        assert (result.exit_code, "it belongs to something else" in result.output) == (command == "upgrade" and 2, True)
    assert run("upgrade", "--beside", "--store", url).exit_code == 0
    assert run("check", "--store", url).exit_code == 0


@pytest.mark.parametrize("command", ["show", "check"])
def test_a_missing_file_is_told_and_not_made(tmp_path: Path, command: str) -> None:
    file = tmp_path / "portal.db"
    result = run(command, "--store", f"sqlite:///{file}")
    assert (result.exit_code, file.exists()) == (2, False)
    assert f"{file}: there is no such file" in result.output


def test_without_alembic_it_is_said_what_to_install(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith(("alembic", "partnerauth.adapters.sql.migrations"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("partnerauth.adapters.sql.migrations", raising=False)
    monkeypatch.setitem(sys.modules, "alembic", None)
    for command in ("check", "upgrade"):
        result = run(command, "--store", filled)
        assert (result.exit_code, "pip install 'partnerauth[migrations]'" in result.output) == (2, True)
