"""A database of each kind that the library speaks to, for the tests that have to hold on both."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database: with our tables in it where it is PostgreSQL's, and a file that is not there yet."""
    return _url(request, tmp_path, "postgres_url")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database with nothing in it, or of a file that is not there yet."""
    return _url(request, tmp_path, "empty_postgres_url")


def _url(request: pytest.FixtureRequest, folder: Path, on_the_server: str) -> str:
    return f"sqlite:///{folder / 'portal.db'}" if request.param == "sqlite" else request.getfixturevalue(on_the_server)


def change(url: str, *statements: str) -> None:
    """Change a database in one transaction, as somebody does who does not know what he is doing."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for each in statements:
            connection.execute(text(each))
    engine.dispose()
