"""Typed settings, read from the environment and from files of secrets once, by `__main__`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from chassis.identity import Identity, Peer
from chassis.kafka_url import KafkaUrl

S = TypeVar("S", bound=BaseSettings)
SECRETS_DIR = "QPO_SECRETS_DIR"
"""Folders, parted as in PATH, whose files are named as variables and hold what they would: an environment is inherited,
and can be read by whoever runs as the same user.
"""


LIMIT = r"^(none|[1-9]\d{0,6} per ([1-9]\d{0,3} )?(second|minute|hour|day)s?)$"


class ServiceSettings(BaseSettings):
    """What every service is told; a subclass sets `env_prefix`, e.g. `QPO_PORTFOLIO_`. Durations in seconds."""

    host: str = Field("127.0.0.1", description="the address to listen on")
    port: int = Field(ge=0, le=65535, description="of gRPC; 0: any free port")
    metrics_port: int = Field(ge=0, le=65535, description="of /metrics over HTTP; 0: any free port")
    auth_address: str = Field(min_length=1, description="gRPC address of auth, whose keys verify the tokens")
    issuer: str = Field("https://auth.qpo", description="that an access token must name")
    audience: str = Field("qpo", description="that an access token must name")
    default_deadline: float = Field(10.0, gt=0, description="of a unary call whose caller states none")
    compute_deadline: float = Field(60.0, gt=0, description="the same of one that computes")
    watch_deadline: float = Field(300.0, gt=0, description="of a finite stream whose caller states none")
    subscribe_max_age: float = Field(900.0, gt=0, description="after which an endless stream ends, to be resumed")
    drain_seconds: float = Field(5.0, ge=0, description="that calls in flight have to end after SIGTERM")
    leave_seconds: float = Field(
        68.0,
        ge=0,
        description="the same if SIGUSR1 came before; whoever sends both has to wait a few seconds longer",
    )
    max_connection_age: float | None = Field(None, gt=0, description="so that long-lived channels rebalance")
    reuse_port: bool = Field(False, description="true: several processes may share the port")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="the least that is logged")
    otlp_endpoint: str | None = Field(None, description="host:port of an OTLP gRPC collector; none: no spans kept")
    sql_injection: str = Field(
        "alarm",
        pattern="^(alarm|block)$",
        description="about a text that reads like it; block: the request is refused too",
    )
    version: str = Field("0.1.0", description="as logs and traces name it")
    limit_reads: str = Field("6000 per minute", pattern=LIMIT, description="calls of one method by one user")
    limit_writes: str = Field("600 per minute", pattern=LIMIT, description="the same of one that changes something")
    limit_solves: str = Field("600 per minute", pattern=LIMIT, description="the same of one that computes")
    limit_methods: dict[str, Annotated[str, Field(pattern=LIMIT)]] = Field(
        {}, description='other limits of methods: {"METHOD": "60 per minute"}, or "none"'
    )
    tls_identity_file: Path | None = Field(
        None, description="PEM of this service's key and certificate, read again when replaced; none: clear text"
    )
    tls_authority_file: Path | None = Field(
        None, validate_default=True, description="PEM of the authority whose certificates are believed"
    )
    tls_domain: str = Field("qpo.local", description="of all certificates' ids, which are spiffe://DOMAIN/SERVICE")
    tls_callers: dict[str, tuple[str, ...]] = Field(
        {},
        validate_default=True,
        description='who may call what: {"SERVICE": ["/PACKAGE.SERVICE/METHOD", "/PACKAGE.*"]}',
    )

    @field_validator("tls_identity_file", "tls_authority_file")
    @classmethod
    def _is_there(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError("there is no such file")
        return file

    @field_validator("tls_authority_file", "tls_callers")
    @classmethod
    def _all_or_none(cls, given: Any, others: ValidationInfo) -> Any:
        """Half of it would be clear text that looks like TLS."""
        if bool(given) != bool(others.data.get("tls_identity_file")):
            raise ValueError("is needed beside TLS_IDENTITY_FILE, and only there")
        return given

    def identity(self) -> Identity | None:
        """What this service proves who it is with; None where clear text is spoken."""
        if self.tls_identity_file is None or self.tls_authority_file is None:
            return None
        return Identity(self.tls_identity_file, self.tls_authority_file, self.tls_domain)

    def peer(self, name: str) -> Peer | None:
        """Who must answer where `name` is called; None where clear text is spoken."""
        identity = self.identity()
        return Peer(identity, name) if identity else None


class DatabaseSettings(BaseModel):
    """What a service with a schema of its own is told besides."""

    database_url: SecretStr = Field(description="postgresql://… of the service's own role, which has no DDL")
    migration_url: SecretStr | None = Field(None, description="set: the schema is migrated at start, as this role")
    pool_size: int = Field(8, ge=1, le=100, description="connections of one process")
    page_token_key_file: Path = Field(description="signs page tokens; the same for all replicas; made if absent")


class VaultSettings(BaseModel):
    """What a service that encrypts what it stores is told besides."""

    production: bool = Field(False, description="true: keys in a file beside the service are refused")
    keyring_file: Path | None = Field(
        None, description="of the keys that wrap tenants' keys, 0600; made if absent; none: they are AWS KMS's"
    )
    kms_key: str | None = Field(
        None, validate_default=True, description="ARN or alias of the key of AWS KMS that wraps them; none: a file's do"
    )
    kms_url: str | None = Field(None, description="where AWS KMS answers, if not where the region says")
    key_cache_seconds: float = Field(
        300.0, gt=0, description="that a tenant's key serves on when what unwraps it is away"
    )

    key_days: float = Field(90.0, gt=0, description="after which a key is replaced, and what it sealed is sealed anew")
    rotation_seconds: float = Field(60.0, gt=0, description="between two looks for keys that are so old")

    @field_validator("keyring_file")
    @classmethod
    def _no_file_in_production(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is not None and info.data.get("production"):
            raise ValueError("in production keys are not in a file: leave it out, and name a key of AWS KMS in KMS_KEY")
        return path

    @field_validator("kms_key")
    @classmethod
    def _one_of_two(cls, key: str | None, info: ValidationInfo) -> str | None:
        # Absent from info: refused already.
        if "keyring_file" in info.data and (key is None) == (info.data["keyring_file"] is None):
            raise ValueError("name either a key of AWS KMS here, or a file in KEYRING_FILE")
        return key


class CacheSettings(BaseModel):
    """What a service that caches is told besides: the specification's numbers, unless it says otherwise."""

    cache: bool = Field(True, description="false: every read goes to PostgreSQL")
    cache_entries: int = Field(1000, ge=1, description="in L1")
    cache_seconds: float = Field(300.0, gt=0, description="that an entry stays in L1")
    cache_bytes: int = Field(100_000_000, ge=1, description="that L1 takes at most")
    cache_shared_seconds: float = Field(300.0, gt=0, description="that an entry stays in L2, which is in Redis")


class BusSettings(BaseModel):
    """What a service on the bus is told besides."""

    redis_url: SecretStr = Field(
        description="redis://… or unix://…; the bus too, and then synced always, unless elsewhere"
    )
    bus_url: KafkaUrl | None = Field(
        None,
        description="kafka://HOST:PORT,…, or kafkas://USER:PASSWORD@HOST:PORT,… over TLS; none: the bus is in Redis",
    )

    def bus(self) -> str:
        """The url of the bus."""
        return (self.bus_url or self.redis_url).get_secret_value()


def load(cls: type[S]) -> S:
    """Builds `cls` from the environment, and from the folders that SECRETS_DIR names for what is not in it.

    Names every bad variable at once and exits with 2 if there is one.
    """
    folders = [folder for folder in os.environ.get(SECRETS_DIR, "").split(os.pathsep) if folder]
    try:
        return cls(_secrets_dir=folders or None)
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
