"""What ml can be told from outside, as QPO_ML_…"""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class MlSettings(ServiceSettings):
    """Settings of ml; `workers` estimates run at once, each on one core."""

    model_config = SettingsConfigDict(env_prefix="QPO_ML_")

    port: int = Field(7004, ge=0, le=65535)
    metrics_port: int = Field(7104, ge=0, le=65535)
    marketdata_address: str = "127.0.0.1:7003"
    workers: int = Field(2, ge=1, le=64)
