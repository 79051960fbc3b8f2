"""What the stack is told: where it keeps its state, on which ports its parts answer, which parts others run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

SECRETS_DIR = "QPO_SECRETS_DIR"
PREFIX = "QPO_STACK_"


class MeshSettings(BaseSettings):
    """Read from `QPO_STACK_<FIELD>`; an argument wins over the environment, which wins over files of that name in the
    folders of QPO_SECRETS_DIR.

    A port is where the part is started; if it is taken, a free one is used. The second replica of a service has a port
    ten higher, the third twenty. An address, or url, says that the part already runs there: it is not started, only
    asked whether it is ready; of a service several may be given, separated by commas.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    state_dir: Path = Field(default=Path(".qpo"), description="where data, keys and logs are kept")
    host: str = Field(default="127.0.0.1", description="the address that every part listens on")
    replicas: int = Field(default=1, ge=1, le=9, description="of each service that is started here")
    tls: bool = Field(
        default=False, description="true: TLS at the edge and mutual TLS behind it, by an authority of this machine"
    )
    tls_hours: float = Field(
        default=24.0, ge=0.01, description="that a certificate counts; renewed after two thirds of it"
    )
    edge_certificate: Path | None = Field(
        default=None,
        description="with tls: PEM of a certificate that a public authority gave, with its chain; shown beside the"
        " machine's own to whoever asks for its names, and taken anew within a minute of being replaced",
    )
    edge_key: Path | None = Field(default=None, description="PEM of its private key")
    edge_everywhere: bool = Field(
        default=False, description="true: the edge listens on all addresses of this machine, the rest on `host`"
    )
    free_ports: bool = Field(default=False, description="true: never the ports below, always free ones")
    edge_port: int = Field(default=8080, description="REST, gRPC and gRPC-Web")
    edge_tls_port: int = Field(default=8443, description="the same with tls, and then instead of the port above")
    edge_admin_port: int = Field(default=9901, description="of Envoy itself, loopback only")
    edge_jwks_port: int = Field(default=9902, description="auth's keys as Envoy reads them, loopback only")
    auth_port: int = Field(default=7001, description="gRPC of auth")
    portfolio_port: int = Field(default=7002, description="gRPC of portfolio")
    marketdata_port: int = Field(default=7003, description="gRPC of marketdata")
    ml_port: int = Field(default=7004, description="gRPC of ml")
    optimizer_port: int = Field(default=7005, description="gRPC of optimizer")
    auth_metrics_port: int = Field(default=7101, description="/metrics of auth")
    portfolio_metrics_port: int = Field(default=7102, description="/metrics of portfolio")
    marketdata_metrics_port: int = Field(default=7103, description="/metrics of marketdata")
    ml_metrics_port: int = Field(default=7104, description="/metrics of ml")
    optimizer_metrics_port: int = Field(default=7105, description="/metrics of optimizer")

    monitoring: bool = Field(
        default=False,
        description="true: Prometheus with its rules, Alertmanager and the exporters of PostgreSQL, Redis and this"
        " machine run beside; the programs must be on the PATH",
    )
    alerts_url: SecretStr | None = Field(
        default=None, description="of the webhook that alerts are sent to; none: nobody"
    )
    scrape_seconds: float | None = Field(
        default=None, ge=0.1, description="between two looks of Prometheus; none: 15 s, and 30 s of the stores"
    )
    prometheus_port: int = Field(default=9090, description="with monitoring: of Prometheus")
    alertmanager_port: int = Field(default=9093, description="with monitoring: of Alertmanager")
    postgres_exporter_port: int = Field(default=9187, description="with monitoring: what is read of PostgreSQL")
    redis_exporter_port: int = Field(default=9121, description="with monitoring: what is read of Redis")
    node_exporter_port: int = Field(default=9100, description="with monitoring: what is read of this machine")
    otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^[^:/\s]+:\d+$",
        description="host:port of an OTLP collector (gRPC) of traces; none: no spans",
    )
    traces_percent: float = Field(
        default=100.0, ge=0, le=100, description="of the requests at the edge whose caller decided nothing, traced"
    )

    postgres_url: SecretStr | None = Field(default=None, description="of a role that may create schemas and roles")
    redis_url: SecretStr | None = Field(default=None, description="redis://… or unix://…")
    kafka_url: SecretStr | None = Field(
        default=None, description="kafka://… or kafkas://… of a bus that runs already; none: Redis is it"
    )
    auth_address: str | None = Field(default=None, description="where auth already runs")
    portfolio_address: str | None = Field(default=None, description="where portfolio already runs")
    marketdata_address: str | None = Field(default=None, description="where marketdata already runs")
    ml_address: str | None = Field(default=None, description="where ml already runs")
    optimizer_address: str | None = Field(default=None, description="where optimizer already runs")
    edge_url: str | None = Field(default=None, description="where an edge already runs")

    service_command: tuple[str, ...] = Field(
        default=(sys.executable, "-m", "services.{name}"), description="how a service is started"
    )
    preload: tuple[str, ...] = Field(
        default=(
            "chassis.serve",
            "chassis.postgres",
            "chassis.channel",
            "redis.asyncio",
            "limits.aio.storage",
            "numpy",
        ),
        description="imported once, for all services to be forked with; []: each service imports all by itself",
    )
    preload_to_migrate: tuple[str, ...] = Field(
        default=("chassis.migrations",), description="imported besides at the first start, when all schemas are made"
    )
    optimizer_workers: int | None = Field(default=None, ge=1, description="none: the optimizer decides")
    edge_drain: int = Field(
        default=65, ge=1, description="seconds that calls and streams at the edge have to end when it is restarted"
    )
    cors_origins: str = Field(
        default=r"https?://(localhost|127\.0\.0\.1)(:[0-9]+)?", description="RE2 of the whole origin"
    )
    calls_per_address: int = Field(
        default=60_000,
        ge=60,
        le=1_000_000_000,
        description="a minute that the edge lets in from one network address, in bursts of a minute's worth",
    )
    calls_at_once: int = Field(
        default=64,
        ge=1,
        le=1_000_000,
        description="that the edge has under way to one service, all replicas together; more are refused at once."
        " Streams and calls that wait for a job do not count",
    )
    limits: bool = Field(
        default=True, description="false: everybody may call as often as they like; for drills and benches only"
    )
    durable: bool = Field(default=True, description="false: PostgreSQL does not wait for the disk; for tests only")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_: Any, **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, the environment, files."""
        folders = [folder for folder in os.environ.get(SECRETS_DIR, "").split(os.pathsep) if folder]
        files = SecretsSettingsSource(settings_cls, folders or None)
        return sources["init_settings"], sources["env_settings"], files
