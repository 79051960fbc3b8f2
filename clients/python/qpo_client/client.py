"""The connection: one channel, every service, one caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import grpc
from google.protobuf.message import Message
from qpo.auth.v1 import (
    api_key_service_pb2,
    audit_service_pb2,
    auth_service_pb2,
    second_factor_service_pb2,
    security_service_pb2,
    user_service_pb2,
)
from qpo.auth.v1.api_key_service_pb2_grpc import ApiKeyServiceStub
from qpo.auth.v1.audit_service_pb2_grpc import AuditServiceStub
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from qpo.auth.v1.second_factor_service_pb2_grpc import SecondFactorServiceStub
from qpo.auth.v1.security_service_pb2_grpc import SecurityServiceStub
from qpo.auth.v1.user_service_pb2_grpc import UserServiceStub
from qpo.marketdata.v1 import (
    alternative_data_service_pb2,
    data_quality_service_pb2,
    feed_service_pb2,
    marketdata_service_pb2,
)
from qpo.marketdata.v1.alternative_data_service_pb2_grpc import AlternativeDataServiceStub
from qpo.marketdata.v1.data_quality_service_pb2_grpc import DataQualityServiceStub
from qpo.marketdata.v1.feed_service_pb2_grpc import FeedServiceStub
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub
from qpo.ml.v1 import ml_service_pb2
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceStub
from qpo.optimizer.v1 import optimizer_service_pb2
from qpo.optimizer.v1.optimization_pb2 import Optimization, OptimizationResult
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub
from qpo.portfolio.v1 import portfolio_service_pb2
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from qpo_client import jobs, pages, prices, streams
from qpo_client.retries import Naming, service_config
from qpo_client.session import Machine, Person, Session
from qpo_client.signing import Signing

CONTRACTS = [
    module.DESCRIPTOR
    for module in (
        api_key_service_pb2,
        audit_service_pb2,
        auth_service_pb2,
        second_factor_service_pb2,
        security_service_pb2,
        user_service_pb2,
        alternative_data_service_pb2,
        data_quality_service_pb2,
        feed_service_pb2,
        marketdata_service_pb2,
        ml_service_pb2,
        optimizer_service_pb2,
        portfolio_service_pb2,
    )
]
_Stub = TypeVar("_Stub")
LOCAL = ("localhost", "127.0.0.1", "::1")
LARGEST_ANSWER = 64 << 20


class Client:
    """QPO at an address, seen by one caller. Threads may share it. Nothing is dialled before the first call."""

    def __init__(self, url: str, *, timeout: float = 30.0, authority: str | Path | None = None) -> None:
        """`url` is `https://host:port`, or `http://` on one's own machine; `timeout`, in seconds, is for calls with one
        request and one answer that have none of their own; `authority` is a file of certificates to trust instead of
        the system's.
        """
        self._channel = _dial(url, authority)
        self._timeout = timeout
        self._session: Session | None = None

    def register(self, email: str, password: str) -> None:
        """Makes an account. Raises grpc.RpcError as Register refuses."""
        self._door(AuthServiceStub).Register(auth_service_pb2.RegisterRequest(email=email, password=password))

    def log_in(self, email: str, password: str, code: str = "") -> None:
        """Makes the caller somebody; `code` is for an account with a second factor."""
        login = auth_service_pb2.LoginRequest(email=email, password=password, code=code)
        self._session = Person(self._door(AuthServiceStub), login)

    def use_key(self, key: str) -> None:
        """Makes the caller a program with an API key."""
        self._session = Machine(self._door(ApiKeyServiceStub), key)

    @cached_property
    def auth(self) -> AuthServiceStub:
        """Accounts and tokens."""
        return AuthServiceStub(self._signed)

    @cached_property
    def api_keys(self) -> ApiKeyServiceStub:
        """Keys for programs."""
        return ApiKeyServiceStub(self._signed)

    @cached_property
    def second_factor(self) -> SecondFactorServiceStub:
        """The caller's second factor."""
        return SecondFactorServiceStub(self._signed)

    @cached_property
    def users(self) -> UserServiceStub:
        """Users, and who advises whom."""
        return UserServiceStub(self._signed)

    @cached_property
    def security(self) -> SecurityServiceStub:
        """What looks like an attack."""
        return SecurityServiceStub(self._signed)

    @cached_property
    def audit(self) -> AuditServiceStub:
        """The audit trail."""
        return AuditServiceStub(self._signed)

    @cached_property
    def portfolios(self) -> PortfolioServiceStub:
        """Portfolios."""
        return PortfolioServiceStub(self._signed)

    @cached_property
    def marketdata(self) -> MarketDataServiceStub:
        """Prices and ticks."""
        return MarketDataServiceStub(self._signed)

    @cached_property
    def quality(self) -> DataQualityServiceStub:
        """What is wrong with what feeds bring."""
        return DataQualityServiceStub(self._signed)

    @cached_property
    def feeds(self) -> FeedServiceStub:
        """Feeds from vendors."""
        return FeedServiceStub(self._signed)

    @cached_property
    def alternative(self) -> AlternativeDataServiceStub:
        """What is written of instruments."""
        return AlternativeDataServiceStub(self._signed)

    @cached_property
    def ml(self) -> MlServiceStub:
        """Estimates."""
        return MlServiceStub(self._signed)

    @cached_property
    def optimizer(self) -> OptimizerServiceStub:
        """Optimal weights."""
        return OptimizerServiceStub(self._signed)

    def every(self, method: Callable[[Any], Any], request: Message) -> Iterator[Any]:
        """The items of a List method through all pages; see `pages.every`."""
        return pages.every(method, request)

    def wait(
        self,
        job_id: str,
        *,
        timeout: float = 600.0,
        on_progress: Callable[[Optimization], object] = lambda _: None,
    ) -> OptimizationResult:
        """The result of a job; see `jobs.wait`."""
        return jobs.wait(self.optimizer, job_id, timeout=timeout, on_progress=on_progress)

    def follow(self, method: Callable[[Any], Any], request: Message) -> Iterator[Any]:
        """The messages of a Subscribe method without an end; see `streams.follow`."""
        return streams.follow(method, request)

    def import_prices(
        self, dataset: str, file: str | Path, *, timeout: float = 300.0, validate_only: bool = False
    ) -> marketdata_service_pb2.IngestPricesResponse:
        """Imports a file of prices, CSV (or gzipped) or `.parquet`; the answer says what was kept and what was not.

        Raises OSError for a file that cannot be read, before anything is sent.
        """
        with Path(file).open("rb") as opened:
            parts = prices.parts(dataset, opened, validate_only=validate_only)
            answer: marketdata_service_pb2.IngestPricesResponse = self.marketdata.IngestPrices(parts, timeout=timeout)
        return answer

    def close(self) -> None:
        """Ends every call and closes the channel."""
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _signed(self) -> grpc.Channel:
        return grpc.intercept_channel(self._channel, Naming(), Signing(self._token, self._timeout))

    def _door(self, stub: Callable[[grpc.Channel], _Stub]) -> _Stub:
        """A service without a token: what one calls before one has a token."""
        return stub(grpc.intercept_channel(self._channel, Signing(None, self._timeout)))

    def _token(self) -> str:
        if self._session is None:
            raise LookupError("nobody is logged in here: call log_in or use_key first")
        return self._session.token()


def _dial(url: str, authority: str | Path | None) -> grpc.Channel:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no address: write https://host:port, or http:// for this one")
    target = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    options: Sequence[tuple[str, Any]] = [
        ("grpc.service_config", service_config(CONTRACTS)),
        ("grpc.max_receive_message_length", LARGEST_ANSWER),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.primary_user_agent", "qpo-client-python"),
        # A proxy of the environment does not lead back to this machine.
        *([("grpc.enable_http_proxy", 0)] if parts.hostname in LOCAL else []),
    ]
    if parts.scheme == "http":
        return grpc.insecure_channel(target, options=options)
    trusted = Path(authority).read_bytes() if authority else None
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(trusted), options=options)
