"""Abuse cases CH: what the library is made of, and what of it runs by itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from partnerauth.embed import PartnerAuth
from partnerauth.messages import render_mail

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_ch_01_whatever_is_installed_for_building_and_testing_is_pinned() -> None:
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==\S+$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    names = {name.lower().replace("_", "-").replace(".", "-") for name in pinned}
    asked = [*PROJECT["dependencies"], *(each for extra in PROJECT["optional-dependencies"].values() for each in extra)]
    wanted = {re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0].lower().replace("_", "-") for each in asked}
    assert wanted - names - {"partnerauth"} == set()
    assert len(PROJECT["dependencies"]) <= 15


def test_ch_03_importing_the_library_loads_no_store_and_no_adapter() -> None:
    script = "import sys, partnerauth; print(*sorted(each for each in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not {
        each for each in loaded if each.split(".")[0] in {"sqlalchemy", "sqlmodel", "alembic", "psycopg", "casbin"}
    }
    assert not {each for each in loaded if each.startswith("partnerauth.adapters")}


def test_ch_04_nothing_runs_because_it_is_installed_but_the_test_kit_in_pytest() -> None:
    assert set(PROJECT["entry-points"]) == {"pytest11"}


@pytest.mark.parametrize("text", ["{portal.__class__}", "{0}", "{link}", "%(name)s", "{{name}}", "${name}", "{name!r}"])
def test_ch_06_what_people_wrote_is_no_template(text: str) -> None:
    facts = {"portal": "Portal", "name": text, "address": "a@b.example", "organisation": text, "hours": "24"}
    shown = render_mail("invitation", "en", {**facts, "link": "https://portal.example/i#s3cret"})
    assert text in shown.text
    assert "s3cret" not in shown.subject


def test_ch_07_the_repository_holds_no_secret() -> None:
    files = [path for folder in ("src", "tests", "docs", "examples", "tools") for path in (ROOT / folder).rglob("*.*")]
    found = [path.name for path in files if re.search(r"^\.env|\.(pem|key|p12|pfx)$", path.name)]
    assert files
    assert found == []


def test_ch_09_a_store_that_lasts_is_not_opened_without_a_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="key"):
        PartnerAuth("bpost", f"sqlite:///{tmp_path / 'portal.db'}")
    with pytest.raises(ValueError, match="32"):
        PartnerAuth("bpost", key=b"short")
