"""`partnerauth init`: a portal of one's own, from a shipped one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerauth.cli import main
from partnerauth.portals import portal_text, read_portal, shipped


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


@pytest.mark.parametrize("origin", shipped())
def test_the_new_portal_is_the_shipped_one_under_its_own_name(tmp_path: Path, origin: str) -> None:
    file = tmp_path / "mine.toml"
    result = run(str(file), "--from", origin, "--name", "workshop")
    assert result.exit_code == 0, result.output
    made = read_portal(file)
    assert made.portal == "workshop"
    assert made.model_copy(update={"portal": origin}) == read_portal(origin)


def test_comments_and_layout_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    run(str(file), "--name", "workshop")
    before, after = portal_text("bpost").splitlines(), file.read_text("utf-8").splitlines()
    assert [new for old, new in zip(before, after, strict=True) if old != new] == ['portal = "workshop"']


@pytest.mark.parametrize(("file", "name"), [("portal.toml", "my-portal"), ("Workshop.toml", "workshop")])
def test_the_name_left_out_is_that_of_the_file_or_the_folder(tmp_path: Path, file: str, name: str) -> None:
    folder = tmp_path / "my-portal"
    folder.mkdir()
    assert run(str(folder / file)).exit_code == 0
    assert read_portal(folder / file).portal == name


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("precious", "utf-8")
    result = run(str(file), "--name", "workshop")
    assert result.exit_code == 2
    assert result.stderr == f"✗ {file}: is there already: name another file, or move this one away\n"
    assert file.read_text("utf-8") == "precious"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--name", "My Portal"), "lower-case letters and digits"),
        (("--name", ""), "lower-case letters and digits"),
        (("--name", "a" * 65), "at most 64 characters"),
        (("--from", "nowhere", "--name", "workshop"), "shipped are bpost"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(tmp_path: Path, arguments: tuple[str, ...], problem: str) -> None:
    result = run(str(tmp_path / "mine.toml"), *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run(str(tmp_path / "nowhere" / "mine.toml"), "--name", "workshop")
    assert result.exit_code == 2
    assert "name a file in a folder that you can write to" in result.stderr
