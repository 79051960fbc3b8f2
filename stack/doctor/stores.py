"""Whether the stores keep what they are given, and are as this version wants them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from stack.doctor.finding import Finding, fine, unknown, warning, wrong
from stack.doctor.patient import Patient
from stack.layout import ROOT
from stack.part import NotReady

MIGRATIONS = ROOT / "services"
_TIMEOUT = 3
_REVISION = re.compile(r'^(down_)?revision(?:: [^=]+)? = "([^"]+)"', re.MULTILINE)
_ELSEWHERE = "a mesh's own has it so: compare stack/{}.py with the configuration of the one that runs elsewhere"


@contextmanager
def connect(url: str) -> Iterator[Any]:
    """A connection to PostgreSQL. Raises NotReady with the server's words, which have no password."""
    import psycopg

    try:
        connection = psycopg.connect(url, connect_timeout=_TIMEOUT, autocommit=True)
    except psycopg.OperationalError as error:
        raise NotReady(f"PostgreSQL: {str(error).strip().splitlines()[-1]}") from None
    with connection:
        yield connection


@contextmanager
def redis_at(url: str) -> Iterator[Any]:
    """A connection to Redis. Raises NotReady if it does not answer."""
    import redis

    client = redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, decode_responses=True)
    try:
        client.ping()
        yield client
    except redis.RedisError as error:
        raise NotReady(f"Redis: {error}") from None
    finally:
        client.close()


def heads(folder: Path = MIGRATIONS) -> dict[str, tuple[str, frozenset[str]]]:
    """Returns each schema's newest revision and all of them, as the files of its migrations say."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for versions in sorted(folder.glob("*/migrations/versions")):
        stated = [_REVISION.findall(file.read_text(encoding="utf-8")) for file in versions.glob("*.py")]
        known = {name for each in stated for down, name in each if not down}
        before = {name for each in stated for down, name in each if down}
        (head,) = known - before
        found[versions.parent.parent.name] = (head, frozenset(known))
    return found


def migrations(patient: Patient, folder: Path = MIGRATIONS) -> Iterator[Finding]:
    """Each schema at the newest revision that this version knows."""
    if patient.postgres_url is None:
        yield unknown("migrations", "no mesh runs here: its schemas cannot be asked")
        return
    at_head, others = [], []
    with connect(patient.postgres_url) as connection:
        for schema, (head, known) in heads(folder).items():
            there = _revision(connection, schema)
            if there == head:
                at_head.append(f"{schema} {head}")
            elif there is None or there in known:
                fix = f"qpo restart {schema}: it migrates when it starts (in a cluster, the job of migrations)"
                others.append(wrong("migrations", f"{schema} is at {there or 'nothing'}, not at {head}", fix))
            else:
                fix = "run the version that migrated it, or a newer one; schemas are never taken back"
                others.append(wrong("migrations", f"{schema} is at {there}, which this version does not know", fix))
    yield from others
    if at_head:
        yield fine("migrations", ", ".join(at_head))


def _revision(connection: Any, schema: str) -> str | None:
    table = f"{schema}.alembic_version"
    if connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()[0] is None:
        return None
    from psycopg import sql

    row = connection.execute(sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(schema, "alembic_version")))
    return next((str(version) for (version,) in row), None)


def postgres(patient: Patient) -> Iterator[Finding]:
    """Whether it waits for the disk, takes writes, and has connections left."""
    if patient.postgres_url is None:
        yield unknown("postgres", "no mesh runs here")
        return
    with connect(patient.postgres_url) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            (value,) = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
            if value == "off":
                fix = f"ALTER SYSTEM SET {setting} = on, unless losing writes is wanted (QPO_STACK_DURABLE=false)"
                yield warning("postgres", f"{setting} is off: a crash loses acknowledged writes", fix)
        (standby,) = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        if standby:
            yield wrong(
                "postgres", "it is a standby and takes no writes", "point QPO_STACK_POSTGRES_URL at the primary"
            )
        used, most = connection.execute(
            "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
        ).fetchone()
        if used > 0.9 * most:
            yield wrong("postgres", f"{used} of {most} connections are in use", "fewer replicas, or max_connections")
        else:
            (version,) = connection.execute("SHOW server_version").fetchone()
            yield fine("postgres", f"{version}, {used} of {most} connections in use")


def redis(patient: Patient) -> Iterator[Finding]:
    """Whether it keeps what it is given, and evicts no stream."""
    if patient.redis_url is None:
        yield unknown("redis", "no mesh runs here")
        return
    from redis import ResponseError

    with redis_at(patient.redis_url) as client:
        fix = _ELSEWHERE.format("redis")
        try:
            settings = client.config_get("*")
        except ResponseError:
            yield unknown("redis", "it does not tell its settings: CONFIG is forbidden", fix)
            return
        if settings["appendonly"] != "yes" or settings["appendfsync"] != "always":
            told = f"appendonly {settings['appendonly']}, appendfsync {settings['appendfsync']}"
            yield wrong(
                "redis", f"{told}: ticks that were answered can be lost", f"appendonly yes, appendfsync always; {fix}"
            )
        policy, limit = settings["maxmemory-policy"], int(settings["maxmemory"])
        if policy.startswith("allkeys") or (limit and policy == "noeviction"):
            fix = "maxmemory-policy volatile-lru where there is a maxmemory, else noeviction"
            yield wrong("redis", f"maxmemory {limit:,} with {policy}: streams are evicted, or writes refused", fix)
        about = client.info("persistence")
        if about.get("aof_last_write_status", "ok") != "ok":
            yield wrong("redis", "its last write to the disk failed", "make room on its disk; see qpo logs redis")
        yield fine("redis", f"{client.info('server')['redis_version']}, {policy}")


def kafka(patient: Patient) -> Iterator[Finding]:
    """Whether the Kafka that is the bus answers, if there is one."""
    url = patient.settings.kafka_url
    if url is None:
        yield unknown("kafka", "not used: Redis is the bus")
        return
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    connection = _librdkafka(url.get_secret_value())
    admin = AdminClient({**connection, "socket.timeout.ms": 2000, "log_level": 0})
    try:
        about = admin.list_topics(timeout=3)
    except KafkaException as error:
        fix = "start it, or mend QPO_STACK_KAFKA_URL; until then events wait in the outboxes"
        yield wrong("kafka", f"{connection['bootstrap.servers']}: {error.args[0].str()}", fix)
    else:
        yield fine("kafka", f"{len(about.brokers)} brokers, {len(about.topics)} topics")


def _librdkafka(url: str) -> dict[str, str]:
    """As a service connects that is told of the url."""
    parts = urlsplit(url)
    settings = {"bootstrap.servers": parts.netloc.rpartition("@")[2], **dict(parse_qsl(parts.query))}
    if parts.scheme == "kafkas":
        settings["security.protocol"] = "SASL_SSL" if parts.username else "SSL"
    if parts.username:
        settings |= {"sasl.username": unquote(parts.username), "sasl.password": unquote(parts.password or "")}
        settings.setdefault("sasl.mechanism", "SCRAM-SHA-512")
    return settings
