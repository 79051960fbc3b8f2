"""What the stack is told: where it keeps its state, on which ports its parts answer, which parts others run."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class MeshSettings(BaseSettings):
    """Read from `QPO_STACK_<FIELD>`; an argument wins over the environment.

    A port is where the part is started; if it is taken, a free one is used. The second replica of a service has a port
    ten higher, the third twenty. An address, or url, says that the part already runs there: it is not started, only
    asked whether it is ready; of a service several may be given, separated by commas.
    """

    model_config = SettingsConfigDict(env_prefix="QPO_STACK_", extra="ignore")

    state_dir: Path = Path(".qpo")
    host: str = "127.0.0.1"
    replicas: int = Field(default=1, ge=1, le=9, description="of each service that is started here")
    free_ports: bool = Field(default=False, description="true: never the ports below, always free ones")
    edge_port: int = 8080
    edge_admin_port: int = 9901
    edge_jwks_port: int = 9902
    auth_port: int = 7001
    portfolio_port: int = 7002
    marketdata_port: int = 7003
    ml_port: int = 7004
    optimizer_port: int = 7005
    auth_metrics_port: int = 7101
    portfolio_metrics_port: int = 7102
    marketdata_metrics_port: int = 7103
    ml_metrics_port: int = 7104
    optimizer_metrics_port: int = 7105

    postgres_url: SecretStr | None = Field(default=None, description="of a role that may create schemas and roles")
    redis_url: SecretStr | None = None
    auth_address: str | None = None
    portfolio_address: str | None = None
    marketdata_address: str | None = None
    ml_address: str | None = None
    optimizer_address: str | None = None
    edge_url: str | None = None

    service_command: tuple[str, ...] = Field(
        default=(sys.executable, "-m", "services.{name}"), description="how a service is started"
    )
    preload: tuple[str, ...] = Field(
        default=("chassis.serve", "chassis.postgres", "chassis.channel", "numpy"),
        description="imported once, for all services to be forked with; []: each service imports all by itself",
    )
    preload_to_migrate: tuple[str, ...] = Field(
        default=("chassis.migrations",), description="imported besides at the first start, when all schemas are made"
    )
    optimizer_workers: int | None = Field(default=None, ge=1, description="none: the optimizer decides")
    cors_origins: str = Field(
        default=r"https?://(localhost|127\.0\.0\.1)(:[0-9]+)?", description="RE2 of the whole origin"
    )
    durable: bool = Field(default=True, description="false: PostgreSQL does not wait for the disk; for tests only")
