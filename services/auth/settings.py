"""What auth can be told from outside, as QPO_AUTH_…"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, CacheSettings, DatabaseSettings, ServiceSettings, VaultSettings
from services.auth.domain.attempts import Limits

ATTEMPTS = r"^[1-9]\d{0,6} per ([1-9]\d{0,3} )?(second|minute|hour|day)s?$"


class AuthSettings(ServiceSettings, DatabaseSettings, VaultSettings, BusSettings, CacheSettings):
    """Settings of auth."""

    model_config = SettingsConfigDict(env_prefix="QPO_AUTH_")

    port: int = Field(7001, ge=0, le=65535)
    metrics_port: int = Field(7101, ge=0, le=65535)
    keys_dir: Path = Field(description="folder of the keys that sign, and of the bootstrap secret, 0700")
    audit_heads_dir: Path | None = Field(
        None, description="signed heads of the audit chain, for another disk than PostgreSQL's; none: in the key folder"
    )
    password_threads: int = Field(2, ge=1, le=64, description="of 19 MiB each")
    cache_shared_seconds: float = Field(86_400.0, gt=0, description="that an account, its email encrypted, stays in L2")
    password_queue: int = Field(64, ge=1, le=10_000, description="passwords in work or waiting, beyond it OVERLOADED")
    attempts_per_account: str = Field(
        "10 per 15 minutes", pattern=ATTEMPTS, description="to log in, until one succeeds"
    )
    attempts_per_address: str = Field("60 per minute", pattern=ATTEMPTS, description="to log in or register")
    attempts_of_everybody: str = Field("600 per minute", pattern=ATTEMPTS, description="to log in or register")
    auth_address: str = "127.0.0.1:7001"  # the others must be told; auth verifies with its own keys

    def limits(self) -> Limits:
        """How many attempts to log in count."""
        return Limits(self.attempts_per_account, self.attempts_per_address, self.attempts_of_everybody)
