"""Breaks the compiler and the specialiser on purpose, and shows that the differential test notices.

Each patch here makes one mistake.  `python tests/engine/mutants/run.py` applies one after the other to a copy
of the engine, compares that with pycasbin, and fails for every mistake that goes unnoticed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree, which
from tempfile import TemporaryDirectory
from time import perf_counter

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]
ENGINE = Path("src", "partnerauth", "policy", "engine")
DECISIONS = "30000"


def patches() -> list[Path]:
    """Return the mistakes, one a file."""
    return sorted(HERE.glob("*.patch"))


def caught(patch: Path | None) -> bool:
    """Whether the differential test finds a difference once a patch is applied (None: in the code as it is).

    Raises:
        RuntimeError: the patch no longer fits, or the mutant does not even run.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        copytree(PROJECT / ENGINE, folder / ENGINE)
        for package in (folder / ENGINE.parent, folder / ENGINE.parent.parent):
            package.joinpath("__init__.py").touch()
        if patch is not None:
            _run([which("git") or "git", "apply", "--whitespace=nowarn", str(patch)], folder, expected=(0,))
        compare = [sys.executable, "-P", str(HERE.parent / "differential.py"), "--decisions", DECISIONS]
        return _run(compare, folder, expected=(0, 1)) == 1


def _run(command: list[str], folder: Path, expected: tuple[int, ...]) -> int:
    # An environment of its own: a variable that names source folders would let the healthy code in.
    environment = {"PYTHONPATH": str(folder / "src"), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    output = done.stdout + done.stderr
    if done.returncode not in expected or (done.returncode == 1 and not output.startswith("different: ")):
        message = f"{' '.join(command)} ended with {done.returncode}:\n{output}"
        raise RuntimeError(message)
    return done.returncode


def main() -> int:
    """Run from the command line."""
    missed = 0
    for patch in patches():
        start = perf_counter()
        found = caught(patch)
        missed += not found
        word = "caught" if found else "MISSED"
        sys.stdout.write(f"{word} in {perf_counter() - start:.1f} s: {patch.stem}\n")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
