"""Breaks the library on purpose, and shows that the public testing kit notices and says how.

Each patch here makes one mistake.  `python tests/laws/faults/run.py` applies one after the other to a copy of the
library, tries the laws on it, prints the law that broke and the shortest history that breaks it, and fails for every
mistake that goes unnoticed.  Patches that are named are tried alone.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, which
from tempfile import TemporaryDirectory
from time import perf_counter

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]
PACKAGE = Path("src", "partnerauth")

PORTALS: dict[str, tuple[str, ...]] = {
    "a-link-works-twice": ("dealerportal",),
    "domains-that-end-alike-are-the-same": ("kundenportal",),
    "invite-forgets-the-delegation-limit": ("kundenportal",),
}
"""Where a mistake shows, where that is not bpost."""

STEPS = 20000
LONGEST = 1800
"""Seconds that a mistake may take to be noticed and its history to be shortened."""


@dataclass(frozen=True)
class Found:
    """What the kit said of a mistake: the law that broke, and the history that breaks it."""

    law: str
    history: str


def patches() -> list[Path]:
    """Return the mistakes, one a file."""
    return sorted(HERE.glob("*.patch"))


def found(patch: Path | None, steps: int = STEPS) -> Found | None:
    """Return what the kit says once a patch is applied (None: of the library as it is), or None where it is content.

    Raises RuntimeError where the patch no longer fits, or the kit itself does not run.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        copytree(PROJECT / PACKAGE, folder / PACKAGE)
        if patch is not None:
            _run([which("git") or "git", "apply", "--whitespace=nowarn", str(patch)], folder, expected=(0,))
        names = PORTALS.get(patch.stem if patch else "", ("bpost",))
        options = [f"--portal={name}" for name in names]
        command = [sys.executable, "-P", "-m", "partnerauth.testing", *options, f"--steps={steps}"]
        code, output = _run(command, folder, expected=(0, 1))
    if code == 0:
        return None
    first, _, history = output.partition("\n")
    return Found(law=first, history=history)


def _run(command: Sequence[str], folder: Path, expected: tuple[int, ...]) -> tuple[int, str]:
    # An environment of its own: a variable that names source folders would let the healthy code in.
    environment = {"PYTHONPATH": str(folder / "src"), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
    )
    if done.returncode not in expected or (done.returncode and "state = " not in done.stdout):
        message = f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        raise RuntimeError(message)
    return done.returncode, done.stdout


def main(names: Sequence[str]) -> int:
    """Run from the command line."""
    missed = 0
    for patch in [each for each in patches() if not names or each.stem in names]:
        start = perf_counter()
        said = found(patch)
        missed += said is None
        word = "MISSED" if said is None else "caught"
        sys.stdout.write(f"{word} in {perf_counter() - start:.0f} s: {patch.stem}\n")
        if said is not None:
            sys.stdout.write(f"  {said.law}\n{said.history}\n")
        sys.stdout.flush()
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
