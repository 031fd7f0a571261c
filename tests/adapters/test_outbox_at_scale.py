"""The outbox with very many mails that wait: the next one is found in one step, and no more than one is in memory."""

from __future__ import annotations

import tracemalloc
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text

from partnerauth.adapters.argon2 import TEST, Argon2Hasher
from partnerauth.adapters.sql import SqlStore
from partnerauth.embed import PartnerAuth
from partnerauth.outbox import deliver

MANY = 100_000

MOMENTS = {"sqlite": "'2026-03-02 08:00:00.000000'", "postgresql": "timestamptz '2026-03-02 08:00:00+00'"}
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}

FILLED = """
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :many)
INSERT INTO partnerauth_outbox
(template, address, language, facts, token, at, state, attempts, next_try_at, problem)
SELECT 'email-changed', 'a@acme.example', 'en', :facts, '', {moment}, 'waiting', 0, {moment}, '' FROM counted
"""
NEXT = """
{explain} SELECT * FROM partnerauth_outbox WHERE state = 'waiting' AND next_try_at <= '2027-01-01'
ORDER BY next_try_at, id LIMIT 1
"""


class Nowhere:
    """A mailer that throws mails away."""

    def send(self, *, to: str, subject: str, text: str, html: str, reference: str) -> None:
        """Forget a mail."""


@pytest.mark.rule("GX-08")
def test_ds_08_many_mails_that_wait_are_not_read_at_once(database_url: str) -> None:
    with closing(SqlStore(database_url)) as store:
        engine = create_engine(database_url)
        name = engine.dialect.name
        with engine.begin() as connection:
            filled = text(FILLED.format(moment=MOMENTS[name]))
            connection.execute(filled, {"many": MANY, "facts": '{"portal":"P"}'})
            connection.execute(text("ANALYZE"))
            plan = repr(connection.execute(text(NEXT.format(explain=EXPLAIN[name]))).all())
        engine.dispose()
        assert "ix_partnerauth_outbox_state_next_try_at_id" in plan
        assert "TEMP B-TREE" not in plan
        assert "Sort" not in plan
        portal = PartnerAuth("kundenportal", store, key=bytes(32), hasher=Argon2Hasher(*TEST))
        deliver(portal, Nowhere(), limit=1)
        tracemalloc.start()
        try:
            assert len(deliver(portal, Nowhere(), limit=20).sent) == 20
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 2_000_000
