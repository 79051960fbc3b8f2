"""What marketdata can be told from outside, as QPO_MARKETDATA_…"""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, DatabaseSettings, ServiceSettings
from services.marketdata.rpc.use_cases import Limits


class MarketDataSettings(ServiceSettings, DatabaseSettings, BusSettings):
    """Settings of marketdata; durations in seconds."""

    model_config = SettingsConfigDict(env_prefix="QPO_MARKETDATA_")

    port: int = Field(7003, ge=0, le=65535)
    metrics_port: int = Field(7103, ge=0, le=65535)
    cache_shared_seconds: float = Field(60.0, gt=0, description="that a close stays in L2")
    max_upload_bytes: int = Field(32 * 1024 * 1024, ge=1024, description="of one upload as it is sent")
    ticks_kept: int = Field(4096, ge=1, description="batches of ticks per dataset that a cursor may go on behind")
    tick_idle: float = Field(15.0, gt=0, description="without ticks, a subscriber is sent an idle message")
    tick_grace: float = Field(10.0, ge=0, description="how long Redis may be gone before subscribers are told")
    max_subscriptions: int = Field(100, ge=1, description="at once, of one user, in one process")
    max_replays: int = Field(5, ge=1, description="at once, of one user")

    def limits(self) -> Limits:
        """The limits that the use cases keep."""
        return Limits(
            upload_bytes=self.max_upload_bytes,
            kept=self.ticks_kept,
            idle=self.tick_idle,
            grace=self.tick_grace,
            subscriptions=self.max_subscriptions,
            replays=self.max_replays,
        )
