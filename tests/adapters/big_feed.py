"""A feed with a million lines, from its file to the last organisation; the next one; and some that are refused.

    python tests/adapters/big_feed.py [--lines 1000000] [--filled] [--store URL]

Everybody comes with the first feed, unless `--filled` puts them there straight away.  Of each thousand one leaves with
the second, one comes, and one moves.  Each feed is given with the command `feed import` in a process of its own, so
that the seconds and the most memory that it took are its own.  After those that are refused the users are those of
before.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from sqlalchemy import create_engine, select
from tests.adapters.test_feed_costs import PEOPLE, crowd, home, line

from partnerauth.adapters.feed_files import MOST_LINES
from partnerauth.adapters.sql import SqlStore
from partnerauth.adapters.sql.reading import USER

HEADER: Final = "email,organisation,name\n"
TAKEN_IN, REFUSED, UNUSABLE = 0, 1, 2
MEGABYTE: Final = 1_000_000
SLICE: Final = 500 * PEOPLE


@dataclass(frozen=True)
class Outcome:
    """What came of giving a feed: the exit status, the last line that was said, and what it took."""

    status: int
    said: str
    seconds: float
    computing: float
    megabytes: float


def slightly_other(lines: int) -> Iterator[str]:
    """Yield the lines of the second feed: of each thousand one has left, one comes, and one moves next door."""
    for person in range(lines):
        if person % 1000 == 7:
            yield f"new.{line(person)}"
        elif person % 1000 == 70:
            yield line(person).replace(home(person), home(person + PEOPLE))
        else:
            yield line(person)


def fill(url: str, lines: int) -> None:
    """Make the users whom the first feed would make."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for first in range(0, lines, SLICE):
            crowd(connection, range(first, min(first + SLICE, lines)))
    engine.dispose()


def given(url: str, file: Path, sequence: int) -> Outcome:
    """Give a feed, and measure the process that takes it in.

    What begins a process is small itself, for on Linux the memory that it has then counts as the other's.
    """
    feed = ["feed", "import", str(file), "--unsigned", "--portal", "edi", "--store", url, "--sequence", str(sequence)]
    program = [sys.executable, "-m", "partnerauth", *feed]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    began = time.monotonic()
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert process.stdout
    with process.stdout as output:
        said = output.read().strip()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    unit = 1 if sys.platform == "darwin" else 1024
    computing, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / MEGABYTE
    return Outcome(process.returncode, said, seconds, computing, megabytes)


def users(url: str) -> str:
    """Return the digest of everybody, as he is stored."""
    total, engine = hashlib.sha256(), create_engine(url)
    query = select(USER).order_by(USER.c.id).execution_options(yield_per=PEOPLE)
    with engine.connect() as connection:
        for row in connection.execute(query):
            total.update(repr(tuple(row)).encode())
    engine.dispose()
    return total.hexdigest()


def tried(url: str, folder: Path, lines: int, *, filled: bool) -> Iterator[tuple[str, int, Outcome]]:
    """Give one feed after the other; yield what it is, the exit status that is expected, and what came of it."""
    SqlStore(url).close()
    file = folder / "feed.csv"

    def give(content: Iterable[str], sequence: int) -> Outcome:
        with file.open("w", encoding="utf-8") as out:
            out.write(HEADER)
            out.writelines(content)
        return given(url, file, sequence)

    yield "nobody", REFUSED, give((), 1)
    if filled:
        fill(url, lines)
    else:
        yield "everybody comes", TAKEN_IN, give(map(line, range(lines)), 2)
    yield "of each 1,000 one leaves, one comes, one moves", TAKEN_IN, give(slightly_other(lines), 3)
    before = users(url)
    yield "half of them leave", REFUSED, give(map(line, range(0, lines, 2)), 4)
    yield "one stands in it twice", REFUSED, give(map(line, chain(range(lines - 1), [0])), 4)
    yield "cut off at its end", UNUSABLE, give(chain(map(line, range(lines - 1)), ["person"]), 4)
    yield "too many lines", UNUSABLE, give(map(line, range(MOST_LINES)), 4)
    assert users(url) == before, "a feed that was refused changed something"


def main(arguments: Sequence[str] | None = None) -> int:
    """Try it, and say what came of it; the exit status says whether each feed was taken in, or refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--filled", action="store_true", help="the users of the first feed are there before")
    parser.add_argument("--store", metavar="URL", help="an empty database; left out, a file that is removed again")
    chosen = parser.parse_args(arguments)
    wrong = 0
    with TemporaryDirectory() as folder:
        url = chosen.store or f"sqlite:///{folder}/portal.db"
        for what, expected, out in tried(url, Path(folder), chosen.lines, filled=chosen.filled):
            wrong += out.status != expected
            print(
                f"{what}: exit status {out.status}, {out.seconds:.0f} s ({out.computing:.0f} s computing), "
                f"{out.megabytes:.0f} MB\n  {out.said}",
                flush=True,
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
