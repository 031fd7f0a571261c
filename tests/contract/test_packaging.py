"""The wheel: what whoever installs partnerauth gets, and what he does not."""

from __future__ import annotations

import re
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "partnerauth"

SECRET_FILE = re.compile(r"(^|/)\.env|\.(pem|key|p12|pfx|db|db-wal|db-shm|sqlite3?)$")
SECRET_TEXT = re.compile(rb"BEGIN [A-Z ]*PRIVATE KEY")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Build the wheel as an installer does, without a network, and return its files by path."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    with ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata(wheel: dict[str, bytes], name: str) -> bytes:
    """Return one file of the wheel's .dist-info folder."""
    (found,) = [path for path in wheel if PurePosixPath(path).match(f"partnerauth-*.dist-info/{name}")]
    return wheel[found]


def test_every_file_of_the_package_is_in_the_wheel(wheel: dict[str, bytes]) -> None:
    written = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {path for path in wheel if path.startswith("partnerauth/")} == written


@pytest.mark.parametrize("suffix", [".py", ".toml", ".conf", ".po"])
def test_portals_models_and_catalogues_are_shipped(wheel: dict[str, bytes], suffix: str) -> None:
    assert [path for path in wheel if path.startswith("partnerauth/") and path.endswith(suffix)]


def test_the_wheel_says_that_it_is_typed(wheel: dict[str, bytes]) -> None:
    assert "partnerauth/py.typed" in wheel


def test_nothing_but_the_package_and_its_metadata_is_in_the_wheel(wheel: dict[str, bytes]) -> None:
    assert {path.split("/")[0].split("-")[0] for path in wheel} == {"partnerauth"}


def test_no_test_is_in_the_wheel(wheel: dict[str, bytes]) -> None:
    names = [PurePosixPath(path).name for path in wheel]
    assert [name for name in names if name.startswith("test_") or name == "conftest.py"] == []


def test_no_secret_is_in_the_wheel(wheel: dict[str, bytes]) -> None:
    assert [path for path in wheel if SECRET_FILE.search(path) or SECRET_TEXT.search(wheel[path])] == []


def test_the_maintained_casbin_is_required_and_never_the_frozen_one(wheel: dict[str, bytes]) -> None:
    required = message_from_bytes(metadata(wheel, "METADATA")).get_all("Requires-Dist", [])
    names = {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower() for line in required}
    assert "pycasbin" in names
    assert "casbin" not in names


def test_the_command_and_the_licence_come_along(wheel: dict[str, bytes]) -> None:
    assert b"partnerauth = partnerauth.cli:main" in metadata(wheel, "entry_points.txt")
    assert metadata(wheel, "licenses/LICENSE").startswith(b"MIT License")
