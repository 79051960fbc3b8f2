"""What auth can be told from outside, as QPO_AUTH_…"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, DatabaseSettings, ServiceSettings, VaultSettings


class AuthSettings(ServiceSettings, DatabaseSettings, VaultSettings, BusSettings):
    """Settings of auth."""

    model_config = SettingsConfigDict(env_prefix="QPO_AUTH_")

    port: int = Field(7001, ge=0, le=65535)
    metrics_port: int = Field(7101, ge=0, le=65535)
    keys_dir: Path = Field(description="folder of the keys that sign, and of the bootstrap secret, 0700")
    password_threads: int = Field(2, ge=1, le=64, description="of 19 MiB each")
    cache_shared_seconds: float = Field(86_400.0, gt=0, description="that an account, its email encrypted, stays in L2")
    password_queue: int = Field(64, ge=1, le=10_000, description="passwords in work or waiting, beyond it OVERLOADED")
    # What the others must be told and auth does not use: it verifies with its own keys, and lists nothing by pages.
    auth_address: str = "127.0.0.1:7001"
    page_token_key_file: Path = Path("page_token.key")
