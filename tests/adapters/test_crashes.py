"""Crashes: whoever was told that something is done finds it done, whatever is killed and whenever.

More of them: `python -m tests.adapters.crashing --times 500`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.adapters.crashing import kill_often, own_server

TIMES = 10


@pytest.mark.rule("GX-08")
def test_cc_10_a_process_killed_at_any_moment_leaves_an_sqlite_file_whole(tmp_path: Path) -> None:
    crashes = kill_often(f"sqlite:///{tmp_path / 'portal.db'}", TIMES, seed=10)
    assert crashes.outcomes["acknowledged"] > TIMES / 2


@pytest.mark.rule("GX-08")
def test_cc_10_a_process_or_a_server_killed_at_any_moment_leaves_a_postgresql_database_whole() -> None:
    with own_server() as (url, crash):
        crashes = kill_often(url, TIMES, seed=10, crash=crash, every=3)
    assert crashes.outcomes["acknowledged"] > TIMES / 2
    assert crashes.outcomes["with the server"] == TIMES // 3
