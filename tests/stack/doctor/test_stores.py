"""Stores that would lose what they are given, or are not as this version wants them."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from stack.doctor import _made, stores
from stack.process import running as running_alone
from stack.redis import Redis
from tests.stack.doctor.conftest import verdicts, wrong

REVISION = 'revision = "{}"\ndown_revision = {}\n'


def beside(patient, **urls):
    """The patient with stores that run elsewhere."""
    return replace(patient, settings=type(patient.settings)(state_dir=patient.settings.state_dir, **urls))


@pytest.fixture
def folder(tmp_path):
    """Migrations of one schema, two steps."""
    versions = tmp_path / "services" / "books" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001_books.py").write_text(REVISION.format("0001", None))
    (versions / "0002_loans.py").write_text(REVISION.format("0002", '"0001"'))
    return tmp_path / "services"


@pytest.fixture
def at(postgres, database_url, patient):
    """The patient whose schema is at a revision."""

    def put(revision):
        name = database_url.rpartition("/")[2].partition("?")[0]
        postgres.execute("CREATE SCHEMA books", name)
        postgres.execute("CREATE TABLE books.alembic_version (version_num text)", name)
        postgres.execute(f"INSERT INTO books.alembic_version VALUES ('{revision}')", name)  # noqa: S608 - our own word
        return beside(patient, postgres_url=database_url)

    return put


def test_a_schema_at_its_head_is_fine(at, folder):
    assert verdicts(stores.migrations(at("0002"), folder)) == ["fine"]


def test_a_schema_that_was_not_migrated_is_wrong(at, folder):
    (found,) = wrong(stores.migrations(at("0001"), folder))
    assert "books is at 0001, not at 0002" in found.detail
    assert "qpo restart books" in found.fix


def test_a_schema_that_a_newer_version_migrated_is_wrong(at, folder):
    (found,) = wrong(stores.migrations(at("0003"), folder))
    assert "does not know" in found.detail


def test_a_database_without_the_schema_is_wrong(patient, database_url, folder):
    (found,) = wrong(stores.migrations(beside(patient, postgres_url=database_url), folder))
    assert "books is at nothing" in found.detail


def test_the_heads_are_those_of_the_services_themselves():
    assert set(stores.heads()) == {"auth", "portfolio", "marketdata", "optimizer"}


def test_a_postgres_that_does_not_wait_for_the_disk_is_warned_of(patient, postgres):
    found = list(stores.postgres(beside(patient, postgres_url=postgres.url("postgres"))))
    assert "fsync is off" in found[0].detail
    assert verdicts(found) == ["warning"] * 3 + ["fine"]


def test_a_postgres_that_does_not_answer_is_unknown_and_its_password_is_not_told(patient):
    away = beside(patient, postgres_url="postgresql://postgres:of-nobody@127.0.0.1:1/qpo")
    (found,) = _made("postgres", lambda: stores.postgres(away))
    assert found.verdict == "unknown"
    assert "of-nobody" not in found.detail


@pytest.fixture
def redis(tmp_path, patient):
    """A Redis whose settings a test may spoil, the patient that uses it, and a client."""
    import redis as library

    server = Redis(tmp_path / "data", tmp_path / "socket")
    with running_alone(server, tmp_path / "log"), library.Redis(unix_socket_path=server.address) as client:
        yield beside(patient, redis_url=server.url), client


def test_a_redis_as_the_stack_starts_it_is_fine(redis):
    assert verdicts(stores.redis(redis[0])) == ["fine"]


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("appendonly", "no", "appendonly no"),
        ("appendfsync", "everysec", "appendfsync everysec"),
        ("maxmemory-policy", "allkeys-lru", "allkeys-lru: streams are evicted"),
        ("maxmemory", "100mb", "maxmemory 104,857,600"),
    ],
)
def test_a_redis_that_could_lose_what_it_answered_for_is_wrong(redis, setting, value, told):
    patient, client = redis
    client.config_set(setting, value)
    (found,) = wrong(stores.redis(patient))
    assert told in found.detail


def test_a_limit_of_memory_under_which_only_what_has_an_end_is_evicted_is_fine(redis):
    patient, client = redis
    client.config_set("maxmemory", "100mb")
    client.config_set("maxmemory-policy", "volatile-lru")
    assert not wrong(stores.redis(patient))


def test_a_kafka_that_does_not_answer_is_wrong(patient):
    (found,) = wrong(stores.kafka(beside(patient, kafka_url=SecretStr("kafkas://qpo:secret@127.0.0.1:1"))))
    assert "127.0.0.1:1" in found.detail
    assert "secret" not in found.detail
    assert "outboxes" in found.fix


def test_without_a_kafka_none_is_asked(patient):
    assert verdicts(stores.kafka(patient)) == ["unknown"]
