"""What marketdata can be told from outside, as QPO_MARKETDATA_…"""

from __future__ import annotations

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import BusSettings, CacheSettings, DatabaseSettings, ServiceSettings
from services.marketdata.rpc.use_cases import Limits

_URL = r"^https?://[^\s?#]+[^\s?#/]$"


_KEYS = ("alpha_vantage_key", "fmp_key", "fred_key", "news_api_key", "reddit_client_id", "reddit_client_secret")


class VendorSettings(BaseModel):
    """How vendors are asked; one without a key is not. The limits are those of their free plans."""

    alpha_vantage_key: SecretStr | None = Field(None, description="of Alpha Vantage; none: it is not asked")
    alpha_vantage_url: str = Field("https://www.alphavantage.co", pattern=_URL, description="where it is asked")
    alpha_vantage_calls_per_minute: int = Field(5, ge=1, le=6000, description="evenly spaced; of all replicas together")
    alpha_vantage_calls_per_day: int = Field(25, ge=1, description="UTC; of all replicas together")
    fmp_key: SecretStr | None = Field(None, description="of Financial Modeling Prep; none: it is not asked")
    fmp_url: str = Field("https://financialmodelingprep.com", pattern=_URL, description="where it is asked")
    fmp_calls_per_minute: int = Field(60, ge=1, le=6000, description="evenly spaced; of all replicas together")
    fmp_calls_per_day: int = Field(250, ge=1, description="UTC; of all replicas together")
    fred_key: SecretStr | None = Field(None, description="of FRED; none: it is not asked")
    fred_url: str = Field("https://api.stlouisfed.org", pattern=_URL, description="where it is asked")
    fred_calls_per_minute: int = Field(60, ge=1, le=6000, description="evenly spaced; of all replicas together")
    fred_calls_per_day: int = Field(10_000, ge=1, description="UTC; of all replicas together")
    news_api_key: SecretStr | None = Field(None, description="of News API; none: it is not asked")
    news_api_url: str = Field("https://newsapi.org", pattern=_URL, description="where it is asked")
    news_api_calls_per_minute: int = Field(10, ge=1, le=6000, description="evenly spaced; of all replicas together")
    news_api_calls_per_day: int = Field(100, ge=1, description="UTC; of all replicas together")
    reddit_client_id: SecretStr | None = Field(None, description="of an application at Reddit; none: it is not asked")
    reddit_client_secret: SecretStr | None = Field(None, description="of that application")
    reddit_url: str = Field("https://oauth.reddit.com", pattern=_URL, description="where it is asked")
    reddit_token_url: str = Field("https://www.reddit.com", pattern=_URL, description="where its tokens are given")
    reddit_calls_per_minute: int = Field(60, ge=1, le=6000, description="evenly spaced; of all replicas together")
    reddit_calls_per_day: int = Field(86_400, ge=1, description="UTC; of all replicas together")
    vendor_user_agent: str = Field("qpo-marketdata/0.1", min_length=1, description="that vendors are told")

    @field_validator(*_KEYS)
    @classmethod
    def _empty_is_none(cls, key: SecretStr | None) -> SecretStr | None:
        return key if key is not None and key.get_secret_value() else None


class PointsSettings(BaseModel):
    """Where ticks and sentiment are mirrored for tools that read them; nowhere, unless a url is set."""

    influx_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#@]+[^\s?#@/]$",
        description="of an InfluxDB 1.x, whose readers see every dataset; none: nothing is mirrored",
    )
    influx_database: str = Field("qpo", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="in it; made if absent")
    influx_user: str = Field("", description="an administrator of it; empty: it asks for none")
    influx_password: SecretStr | None = Field(None, description="of that user")


class ArchiveSettings(BaseModel):
    """Where days of bars go before they are dropped."""

    archive_url: str | None = Field(
        None,
        pattern=r"^(file:///|s3://[^/@\s]+)",
        description="file:///FOLDER or s3://BUCKET/PREFIX; none: bars are dropped unarchived",
    )
    archive_endpoint: str | None = Field(None, pattern=_URL, description="of a server that speaks S3; none: Amazon's")
    archive_region: str | None = Field(None, description="of the bucket; none: us-east-1")
    archive_access_key_id: str | None = Field(None, description="none: the machine's own credentials")
    archive_secret_access_key: SecretStr | None = Field(None, description="of that key")


class MarketDataSettings(
    ServiceSettings, DatabaseSettings, BusSettings, CacheSettings, VendorSettings, PointsSettings, ArchiveSettings
):
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
