"""Tables that examples/partitions.sql has spread over partitions of PostgreSQL are the same store."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, text
from tests.adapters.day import Day

from partnerauth.adapters.sql import SqlStore, schema
from partnerauth.testing.clockwork import world

RECIPE = Path(__file__).parents[2] / "examples/partitions.sql"
SPREAD = ("partnerauth_selection", "partnerauth_selection_element")


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return what the tables hold that are spread."""
    with closing(SqlStore(url)) as store, store.engine.connect() as connection:
        return {table: sorted(tuple(row) for row in connection.exec_driver_sql(f"TABLE {table}")) for table in SPREAD}


def spread(url: str) -> str:
    """Run the example on a database, and return its URL."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(RECIPE.read_text("utf-8"))
    engine.dispose()
    return url


def test_nothing_is_lost_and_every_table_is_as_it_should_be(postgres_url: str) -> None:
    with closing(SqlStore(postgres_url)) as store:
        Day(world("bpost", store)).play()
    before = rows(postgres_url)
    assert all(before.values())
    found = schema.state(spread(postgres_url), whole=True)
    assert found.is_fit, found
    assert rows(postgres_url) == before


def test_a_whole_day_passes_on_partitions(postgres_url: str) -> None:
    with closing(SqlStore(spread(postgres_url))) as store:
        Day(world("bpost", store)).play()
        with store.engine.connect() as connection:
            held = connection.execute(
                text("SELECT DISTINCT tableoid::regclass::text FROM partnerauth_selection_element")
            ).scalars()
            assert {*held} <= {f"partnerauth_selection_element_{number}" for number in range(4)}
    assert schema.state(postgres_url, whole=True).is_fit


def test_what_belongs_to_a_user_is_looked_for_in_his_partition_alone(postgres_url: str) -> None:
    with closing(SqlStore(spread(postgres_url))) as store, store.engine.connect() as connection:
        asked = "EXPLAIN SELECT * FROM partnerauth_selection_element WHERE user_id = 'u-1'"
        plan = "\n".join(connection.execute(text(asked)).scalars())
    assert len({*re.findall(r"selection_element_\d", plan)}) == 1, plan
