"""What ml can be told from outside, as QPO_ML_…"""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, ServiceSettings


class MlSettings(ServiceSettings, BusSettings):
    """Settings of ml."""

    model_config = SettingsConfigDict(env_prefix="QPO_ML_")

    port: int = Field(7004, ge=0, le=65535)
    metrics_port: int = Field(7104, ge=0, le=65535)
    marketdata_address: str = Field("127.0.0.1:7003", description="gRPC address of marketdata, whose returns are read")
    workers: int = Field(2, ge=1, le=64, description="estimates at once, each on one core")
