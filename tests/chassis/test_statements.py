"""A traced call shows what it asked PostgreSQL, and never with what."""

import asyncio

import asyncpg
import pytest
import pytest_asyncio
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.postgres import open_pool
from chassis.settings import DatabaseSettings, ServiceSettings
from chassis.statements import _told
from chassis.telemetry import Telemetry
from services.auth.adapters import usages_postgres
from services.marketdata.adapters import alternative_postgres, bars_sql, feed_sql
from services.optimizer.adapters import job_queue_postgres
from services.portfolio.adapters import sql
from tests.chassis.conftest import SCHEMA

SECRET = "a-secret-parameter"


class Call:
    """A traced call, and the spans below it."""

    def __init__(self):
        self.spans = InMemorySpanExporter()
        self.span = Telemetry("gadget", processors=[SimpleSpanProcessor(self.spans)]).begin("/a/b", {}).span

    def __enter__(self):
        self.token = telemetry.attach(self.span)
        return self

    def __exit__(self, *_):
        telemetry.detach(self.token)

    async def below(self):
        await asyncio.sleep(0)  # asyncpg tells of a statement with the loop's next turn
        return [span for span in self.spans.get_finished_spans() if span.kind is trace.SpanKind.CLIENT]


class Settings(ServiceSettings, DatabaseSettings):
    """As a service has them."""


def settings_of(database, **changes):
    return Settings(**database.model_dump(), auth_address="unix:/nowhere", port=0, metrics_port=0, **changes)


@pytest_asyncio.fixture
async def traced_pool(pool, settings):
    """As a service opens it that sends its spans somewhere."""
    opened = await open_pool(settings_of(settings, otlp_endpoint="127.0.0.1:1"), SCHEMA)
    yield opened
    await opened.close()


async def test_each_statement_is_a_span_below_the_call_and_no_parameter_is_in_it(traced_pool):
    with Call() as call:
        await traced_pool.fetchval("SELECT count(*) FROM pg_class WHERE relname = $1", SECRET)
        async with traced_pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT set_config('qpo.reach', $1, true)", SECRET)
        spans = await call.below()
    assert [span.name for span in spans] == ["SELECT pg_class", "BEGIN", "SELECT", "COMMIT"]
    assert {span.parent.span_id for span in spans} == {call.span.get_span_context().span_id}
    assert dict(spans[0].attributes) == {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.query.summary": "SELECT pg_class",
        "db.collection.name": "pg_class",
    }
    assert SECRET not in "".join(span.to_json() for span in spans)
    assert all(span.start_time <= span.end_time for span in spans)


async def test_a_statement_that_fails_says_with_which_error_and_not_its_text(traced_pool):
    with Call() as call:
        with pytest.raises(asyncpg.InvalidTextRepresentationError):
            await traced_pool.fetchval("SELECT 'secret text'::integer")
        (span,) = await call.below()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.attributes["error.type"] == "InvalidTextRepresentationError"
    assert "secret" not in span.to_json()


async def test_what_begins_after_the_call_is_none_of_it(traced_pool):
    with Call() as call:
        call.span.end()
        await traced_pool.fetchval("SELECT 1")
        assert await call.below() == []


async def test_outside_of_calls_no_span_is_made(traced_pool):
    call = Call()
    await traced_pool.fetchval("SELECT 1")
    assert await call.below() == []


async def test_a_service_without_a_collector_does_not_look_at_its_statements(pool, settings):
    untraced = await open_pool(settings_of(settings), SCHEMA)
    try:
        with Call() as call:
            await untraced.fetchval("SELECT 1")
            assert await call.below() == []
    finally:
        await untraced.close()


@pytest.mark.parametrize(
    ("query", "summary"),
    [
        (
            "\nINSERT INTO usage_minutes AS u VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = 1",
            "INSERT usage_minutes",
        ),
        ("UPDATE optimizations SET state = 'x' WHERE id = (SELECT id FROM others)", "UPDATE optimizations"),
        ("WITH due AS (SELECT 1 FROM a) DELETE FROM b USING due", "DELETE b"),
        ("WITH gone AS (DELETE FROM a RETURNING id) INSERT INTO b SELECT id FROM gone", "INSERT b"),
        ("WITH gone AS (DELETE FROM a RETURNING id) SELECT count(*) FROM gone", "DELETE a"),
        ("WITH due AS (SELECT 1 FROM a FOR UPDATE SKIP LOCKED) SELECT 1 FROM due", "SELECT a"),
        ("WITH due (n) AS MATERIALIZED (SELECT 1 FROM a) SELECT 1 FROM due JOIN b USING (n)", "SELECT b"),
        ("SELECT 1 FROM a FOR\n  NO KEY UPDATE", "SELECT a"),
        ("SELECT x FROM unnest($1::int[]) AS x JOIN a ON a.id = x", "SELECT a"),
        ("SELECT x FROM unnest($1::int[]) AS x", "SELECT"),
        ("SELECT (SELECT min(b.at) FROM b) FROM unnest($1::int[]) AS x", "SELECT b"),
        ("SELECT avg(age) FROM (SELECT extract(epoch FROM now() - made) AS age FROM a) AS ages", "SELECT a"),
        ("SELECT 1 FROM pg_temp.a", "SELECT a"),
        ("SELECT 'DELETE FROM b' -- it's UPDATE c\n FROM a", "SELECT a"),
        ("CREATE TEMPORARY TABLE a ON COMMIT DROP AS SELECT 1 FROM b", "OTHER"),
        ("SELECT a FROM b WHERE a IS DISTINCT FROM c.d", "SELECT b"),
        ("SELECT extract(epoch FROM d.at) FROM e", "SELECT e"),
        ("BEGIN;", "BEGIN"),
        ("ROLLBACK TO __asyncpg_savepoint_1__;", "ROLLBACK"),
        ("LISTEN bell", "OTHER"),
    ],
)
def test_a_statement_is_named_by_what_it_does_to_what(query, summary):
    assert _told(query)[0] == summary


@pytest.mark.parametrize(
    ("statement", "summary"),
    [
        (usages_postgres._UNSCORED, "SELECT usage_minutes"),
        (usages_postgres._BLOCK, "INSERT user_blocks"),
        (usages_postgres._FORGET, "DELETE usage_minutes"),
        (alternative_postgres.KEEP_FIGURES, "INSERT figures"),
        (bars_sql.BETWEEN, "SELECT bars"),
        (feed_sql.KEEP_SERIES, "UPDATE series"),
        (feed_sql.SUPERSEDE, "DELETE tick_bars"),
        (job_queue_postgres._CLAIM, "UPDATE optimizations"),
        (sql.WHOLE_PAGE, "SELECT portfolios"),
        (sql.LINK, "INSERT links"),
        (sql.LOCK_ALL, "SELECT portfolios"),
    ],
)
def test_what_services_ask_is_named_by_the_table_they_ask(statement, summary):
    assert _told(statement)[0] == summary
