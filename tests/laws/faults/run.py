"""Breaks the library on purpose, and shows that the public testing kit notices and says how.

Each patch here makes one mistake that somebody could make; its first line says which.  `python
tests/laws/faults/run.py` applies one after the other to a copy of the library, tries the laws on it, prints the law
that broke and the shortest history that breaks it, and fails for every mistake that goes unnoticed.  Patches that are
named are tried alone.  A table of all that were tried stands at the end.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from shutil import copytree, which
from tempfile import TemporaryDirectory

from tabulate import tabulate

HERE = Path(__file__).parent
PROJECT = HERE.parents[2]
PACKAGE = Path("src", "partnerauth")

STEPS = 20000
"""Commands that the kit gives at most, before a mistake counts as unnoticed."""

CONTROL = 500
"""Commands that the library as it is has to stand first."""

LONGEST = 1800
"""Seconds that a mistake may take to be noticed and its history to be shortened."""

_BROKEN = re.compile(r"(?P<law>\w+), on the portal (?P<portal>[\w-]+): ")
_STEP = re.compile(r"^  \d+\. ", re.MULTILINE)


@dataclass(frozen=True)
class Fault:
    """A mistake: what is wrong, the portal on which it shows, and the change to the library."""

    patch: Path
    says: str
    portal: str

    @property
    def name(self) -> str:
        """What the mistake is called."""
        return self.patch.stem


@dataclass(frozen=True)
class Found:
    """What the kit said of a mistake: the law that broke, all of its words, and the processor's seconds it took."""

    law: str
    said: str
    seconds: float

    @property
    def steps(self) -> int:
        """How many steps the shortest history has."""
        return len(_STEP.findall(self.said))


def faults() -> list[Fault]:
    """Return the mistakes, one a patch."""
    return [_fault(patch) for patch in sorted(HERE.glob("*.patch"))]


def _fault(patch: Path) -> Fault:
    says, *header = patch.read_text("utf-8").partition("\n--- ")[0].splitlines()
    portals = [line.partition(":")[2].strip() for line in header if line.startswith("Portal:")]
    return Fault(patch, says, portals[0] if portals else "bpost")


def applies(fault: Fault) -> bool:
    """Return whether the patch still fits the library as it is."""
    return _applied(fault, PROJECT, "--check").returncode == 0


def found(fault: Fault | None, portal: str, steps: int = STEPS) -> Found | None:
    """Return what the kit says of a mistake (None: of the library as it is), or None where it is content.

    Raises RuntimeError where the patch no longer fits, or the kit itself does not run.
    """
    start = _seconds()
    with _copy(fault) as folder:
        command = [sys.executable, "-P", "-m", "partnerauth.testing", portal, f"--steps={steps}"]
        # An environment of its own: a variable that names source folders would let the healthy code in.
        done = _run(command, folder, {"PYTHONPATH": str(folder / "src")})
    if done.returncode == 0:
        return None
    broken = _BROKEN.match(done.stdout)
    if broken is None:
        message = f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        raise RuntimeError(message)
    return Found(broken["law"], done.stdout, _seconds() - start)


@contextmanager
def _copy(fault: Fault | None) -> Iterator[Path]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        copytree(PROJECT / PACKAGE, folder / PACKAGE)
        if fault and (done := _applied(fault, folder)).returncode:
            message = f"{fault.name} no longer fits: {done.stderr}"
            raise RuntimeError(message)
        yield folder


def _applied(fault: Fault, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [which("git") or "git", "apply", "--whitespace=nowarn", *options, str(fault.patch)]
    return _run(command, folder, {"GIT_CEILING_DIRECTORIES": str(folder.parent)})


def _run(command: Sequence[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
    )


def _seconds() -> float:
    """Return how long the processor has worked for the programs that were started here and have ended."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(names: Sequence[str]) -> int:
    """Run from the command line."""
    chosen = [each for each in faults() if not names or each.name in names]
    for portal in sorted({each.portal for each in chosen}):
        if healthy := found(None, portal, steps=CONTROL):
            sys.stdout.write(
                f"The library has a mistake of its own, and proves nothing until it is gone:\n{healthy.said}"
            )
            return 2
    table = []
    for fault in chosen:
        said = found(fault, fault.portal)
        sys.stdout.write(f"\n{fault.name}: {fault.says}\n{said.said if said else 'NOT NOTICED'}\n")
        sys.stdout.flush()
        table.append((fault.name, said.law, said.steps, said.seconds) if said else (fault.name, "NOT NOTICED", "", ""))
    headers = ["mistake", "law that broke", "steps", "seconds"]
    sys.stdout.write(f"\n{tabulate(table, headers, tablefmt='github', floatfmt='.0f')}\n")
    return int(any(law == "NOT NOTICED" for _, law, *_ in table))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
