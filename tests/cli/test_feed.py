"""The command `feed`: a file decides who may come in."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerauth.adapters.sql import SqlStore
from partnerauth.cli import main
from partnerauth.directory import EveryUser
from partnerauth.ports import Unit

KEY = "a key of thirty-two bytes or more"
LINES = "email,organisation,name\n" + "".join(f"{name}@north.example,north,\n" for name in ("ann", "bob", "cas"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    SqlStore(f"sqlite:///{tmp_path}/portal.db").close()
    (tmp_path / "key").write_text(f"{KEY}\n")
    return tmp_path


def given(folder: Path, content: str = LINES, *options: str, sequence: int = 7) -> Result:
    (folder / "feed.csv").write_text(content)
    store = ["--store", f"sqlite:///{folder}/portal.db", "--portal", "edi", "--sequence", str(sequence)]
    return CliRunner().invoke(main, ["feed", "import", str(folder / "feed.csv"), *store, *options])


def signature(sequence: int = 7, content: str = LINES) -> str:
    return hmac.new(KEY.encode(), f"{sequence}\n{content}".encode(), hashlib.sha256).hexdigest()


def people(folder: Path) -> list[str]:
    store = SqlStore(f"sqlite:///{folder}/portal.db")
    users = store.read([EveryUser()]).values[EveryUser()]
    store.close()
    return sorted(user.key for user in users)


@pytest.mark.rule("ED-01")
def test_a_signed_feed_is_taken_in_and_told_in_numbers(folder: Path) -> None:
    (folder / "feed.csv.hmac").write_text(signature())
    result = given(folder, LINES, "--feed-key", str(folder / "key"))
    assert (result.exit_code, result.output) == (
        0,
        "✓ feed 7 is in: 3 lines; 3 come, 0 moved, 0 came back, 0 left\n",
    )
    assert people(folder) == ["ann@north.example", "bob@north.example", "cas@north.example"]
    again = given(folder, LINES, "--feed-key", str(folder / "key"), "--signature", signature(8), sequence=8)
    assert "feed 8 is in: 3 lines; 0 come" in again.output


@pytest.mark.rule("ED-01")
def test_fd_08_a_feed_that_nothing_vouches_for_is_not_read_unless_somebody_says_so(folder: Path) -> None:
    key = ["--feed-key", str(folder / "key")]
    for options, says in (
        ([], "--unsigned"),
        (["--signature", signature()], "--unsigned"),
        (["--unsigned", "--signature", signature()], "--feed-key"),
        ([*key, "--unsigned"], "leave one of them out"),
        (key, "feed.csv.hmac"),
        (["--feed-key", "nothing", "--signature", "0"], "nothing"),
        ([*key, "--signature", signature(8)], "the signature is not that of this file"),
    ):
        result = given(folder, LINES, *options)
        assert (result.exit_code, says in result.output) == (2, True), result.output
    assert people(folder) == []
    assert given(folder, LINES, "--unsigned").exit_code == 0


@pytest.mark.rule("ED-01")
def test_a_feed_that_is_refused_changes_nothing_and_says_why(folder: Path) -> None:
    given(folder, LINES, "--unsigned")
    result = given(folder, LINES.replace("bob", "ann"), "--unsigned")
    assert result.exit_code == 1
    assert "feed-out-of-order" in result.output
    assert "feed-contradictory" in result.output
    assert "ann@north.example" in result.output
    assert len(people(folder)) == 3


@pytest.mark.rule("ED-01")
def test_what_cannot_be_used_is_said_with_its_place(folder: Path) -> None:
    broken = given(folder, "email;organisation\nann@north.example\n", "--unsigned")
    assert (broken.exit_code, "feed.csv, line 2: 1 columns" in broken.output) == (2, True)
    assert given(folder, LINES, "--unsigned", sequence=2**63).exit_code == 2
    assert given(folder, LINES, "--unsigned", "--portal", "nowhere").exit_code == 2
    other = given(folder, LINES, "--unsigned", "--portal", "support")
    assert (other.exit_code, "not-offered" in other.output) == (1, True)
    assert people(folder) == []


@pytest.mark.rule("ED-01")
def test_fd_09_the_same_command_goes_on_where_it_was_interrupted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = SqlStore.commit

    def dying(self: SqlStore, unit: Unit) -> int:
        if any(event.name == "UserProvisioned" for event in unit.events):
            raise KeyboardInterrupt
        return commit(self, unit)

    with monkeypatch.context() as patch:
        patch.setattr(SqlStore, "commit", dying)
        assert given(folder, LINES, "--unsigned").exit_code == 1
    assert people(folder) == []
    assert "feed 7 was interrupted before, and is applied whole now" in given(folder, LINES, "--unsigned").output
    assert len(people(folder)) == 3
