"""What portfolio is told by its environment."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, CacheSettings, DatabaseSettings, ServiceSettings, VaultSettings


class PortfolioSettings(ServiceSettings, DatabaseSettings, VaultSettings, BusSettings, CacheSettings):
    """`QPO_PORTFOLIO_…`."""

    model_config = SettingsConfigDict(env_prefix="QPO_PORTFOLIO_")

    port: int = Field(7002, ge=0, le=65535)
    metrics_port: int = Field(7102, ge=0, le=65535)
    optimizer_address: str = Field(min_length=1, description="gRPC address of optimizer, which rebalances ask")
    marketdata_address: str = Field(min_length=1, description="gRPC address of marketdata, whose closes value holdings")
    census_seconds: float = Field(15.0, gt=0, description="between two counts of the portfolios there are")
