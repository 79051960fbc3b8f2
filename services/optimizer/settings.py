"""What optimizer is told by its environment."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, CacheSettings, DatabaseSettings, ServiceSettings


class OptimizerSettings(ServiceSettings, DatabaseSettings, BusSettings, CacheSettings):
    """`QPO_OPTIMIZER_…`; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="QPO_OPTIMIZER_")

    port: int = Field(7005, ge=0, le=65535)
    metrics_port: int = Field(7105, ge=0, le=65535)
    portfolio_address: str = Field(min_length=1, description="gRPC address of portfolio, whose portfolios are read")
    ml_address: str = Field(min_length=1, description="gRPC address of ml, which estimates moments")
    marketdata_address: str = Field(min_length=1, description="gRPC address of marketdata, whose instruments are read")
    workers: int = Field(2, ge=1, le=64, description="processes that solve; jobs leave one to the calls that wait")
    kill_grace: float = Field(2.0, gt=0, description="before a worker that does not stop is killed")
    lease: float = Field(15.0, gt=0, description="after which a job that nobody holds on to goes to another worker")
    sweep: float = Field(5.0, gt=0, description="between two looks for such jobs")
    max_unfinished_jobs: int = Field(50, ge=1, description="of one user")
    max_universes: int = Field(50, ge=1, description="that are kept for one user")
    max_universe_bytes: int = Field(256 << 20, ge=1, description="of all universes that are kept for one user")
    cache_shared_seconds: float = Field(3600.0, gt=0, description="that a result stays in L2")
