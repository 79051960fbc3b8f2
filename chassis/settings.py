"""Typed settings, read from the environment once, by `__main__`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)


class ServiceSettings(BaseSettings):
    """What every service is told; a subclass sets `env_prefix`, e.g. `QPO_PORTFOLIO_`. Durations in seconds."""

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    metrics_port: int = Field(ge=0, le=65535, description="0: any free port")
    auth_address: str = Field(min_length=1, description="gRPC address of auth, whose keys verify the tokens")
    issuer: str = "https://auth.qpo"
    audience: str = "qpo"
    default_deadline: float = Field(10.0, gt=0, description="of a unary call whose caller states none")
    watch_deadline: float = Field(300.0, gt=0, description="of a finite stream whose caller states none")
    subscribe_max_age: float = Field(900.0, gt=0)
    drain_seconds: float = Field(5.0, ge=0)
    max_connection_age: float | None = Field(None, gt=0, description="so that long-lived channels rebalance")
    reuse_port: bool = Field(False, description="true: several processes may share the port")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$")
    otlp_endpoint: str | None = Field(None, description="host:port of an OTLP gRPC collector; none: no spans kept")
    version: str = "0.1.0"


class DatabaseSettings(BaseModel):
    """What a service with a schema of its own is told besides."""

    database_url: SecretStr
    migration_url: SecretStr | None = Field(None, description="set: the schema is migrated at start, as this role")
    pool_size: int = Field(8, ge=1, le=100)
    page_token_key_file: Path


class CacheSettings(BaseModel):
    """What a service that caches is told besides: the specification's numbers, unless it says otherwise."""

    cache: bool = Field(True, description="false: every read goes to PostgreSQL")
    cache_entries: int = Field(1000, ge=1, description="in L1")
    cache_seconds: float = Field(300.0, gt=0, description="that an entry stays in L1")
    cache_bytes: int = Field(100_000_000, ge=1, description="that L1 takes at most")
    cache_shared_seconds: float = Field(300.0, gt=0, description="that an entry stays in L2")
    redis_url: SecretStr | None = Field(None, description="redis://… or unix://…; none: there is no L2")


def load(cls: type[S]) -> S:
    """Builds `cls` from the environment; names every bad variable at once and exits with 2 if there is one."""
    try:
        return cls()
    except ValidationError as error:
        print(_explained(cls, error), file=sys.stderr)
        raise SystemExit(2) from None


def _explained(cls: type[BaseSettings], error: ValidationError) -> str:
    """Writes one line per bad variable; values are left out, since one may be a secret."""
    prefix = cls.model_config.get("env_prefix", "")
    lines = [f"{cls.__name__}: {error.error_count()} setting(s) cannot be used"]
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"])
        lines.append(f"  {prefix}{name.upper()}: {problem['msg']}")
    return "\n".join(lines)
