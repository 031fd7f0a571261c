"""What every benchmark does with processes: each measurement has one of its own, and knows what it takes of memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def apart(function: Callable[..., T], *arguments: object) -> T:
    """Return what a function of a module returns in a fresh process, which ends then."""
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        return fresh.submit(function, *arguments).result()


def resident() -> int:
    """Return the bytes of memory that this process has in use."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE
