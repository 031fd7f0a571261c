"""`partnerauth lint`: each finding with its line, the reason and the fix."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

import partnerauth.policy.engine
from partnerauth.cli import main

MODELS = Path(partnerauth.policy.engine.__file__).parent / "models"
VANISHING = """\
[request_definition]
r = sub, obj
[policy_definition]
p = sub, obj, eft # who, what, how
[policy_effect]
e = !some(where (p.eft == deny))
[matchers]
m = r.sub == p.sub && r.obj == p.obj
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lint", *arguments])


def test_the_shipped_models_are_sound() -> None:
    result = run(*map(str, sorted(MODELS.glob("*.conf"))))
    assert result.exit_code == 0, result.output
    assert result.output.startswith("✓ nothing found")


def test_a_finding_has_line_reason_and_fix_and_exit_status_1(tmp_path: Path) -> None:
    file = tmp_path / "model.conf"
    file.write_text(VANISHING, "utf-8")
    result = run(str(file))
    assert result.exit_code == 1
    assert f"{file}:4  comment-after-definition" in result.output
    assert "a deny row can vanish with it" in result.output
    assert "→ give the comment a line of its own" in result.output


def test_a_file_that_cannot_be_read_ends_with_status_2_before_anything_is_checked(tmp_path: Path) -> None:
    file, other = tmp_path / "model.conf", tmp_path / "bytes.conf"
    file.write_text(VANISHING, "utf-8")
    other.write_bytes(b"\xff")
    for unreadable in (other, tmp_path / "nowhere.conf", tmp_path):
        result = run(str(file), str(unreadable))
        assert result.exit_code == 2
        assert result.stdout == ""
        assert str(unreadable) in result.stderr
