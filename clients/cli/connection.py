"""The way to the edge: one channel, the services' stubs on it, and the caller's token on every call."""

import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import grpc
from qpo.auth.v1.api_key_service_pb2 import ExchangeApiKeyRequest
from qpo.auth.v1.api_key_service_pb2_grpc import ApiKeyServiceStub
from qpo.auth.v1.audit_service_pb2_grpc import AuditServiceStub
from qpo.auth.v1.auth_service_pb2 import RefreshRequest, RefreshResponse
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from qpo.auth.v1.second_factor_service_pb2_grpc import SecondFactorServiceStub
from qpo.auth.v1.security_service_pb2_grpc import SecurityServiceStub
from qpo.auth.v1.user_pb2 import Tokens
from qpo.auth.v1.user_service_pb2_grpc import UserServiceStub
from qpo.marketdata.v1.alternative_data_service_pb2_grpc import AlternativeDataServiceStub
from qpo.marketdata.v1.data_quality_service_pb2_grpc import DataQualityServiceStub
from qpo.marketdata.v1.feed_service_pb2_grpc import FeedServiceStub
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceStub
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from clients.cli.problem import Problem
from clients.cli.profile import RENEW_BEFORE, ProfileFile, StoredLogin
from clients.cli.where import HERE, Trust, parts_of

_CHANNEL_OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.primary_user_agent", "qpo-cli"),
    # Nothing is repeated here but a call that a connection's end left unsent: the edge repeats what may be.
    ("grpc.service_config_disable_resolution", 1),
]

EVERYBODY = Trust()


class Edge:
    """A connection to the platform. Nothing is dialled before the first call."""

    def __init__(
        self, url: str, login: "Login | KeyInHand | None" = None, *, timeout: float = 30.0, trust: Trust = EVERYBODY
    ) -> None:
        self.url = url.rstrip("/")
        self._login = login
        self._timeout = timeout
        self._trust = trust

    @cached_property
    def _plain(self) -> grpc.Channel:
        return dial(self.url, self._trust)

    @cached_property
    def unsigned(self) -> grpc.Channel:
        """A channel without a token: what one calls before one has a token."""
        return grpc.intercept_channel(self._plain, _Signing(None, self._timeout))

    @cached_property
    def signed(self) -> grpc.Channel:
        """A channel that carries the caller's token."""
        return grpc.intercept_channel(self._plain, _Signing(self._token, self._timeout))

    def _token(self) -> str:
        if self._login is None:
            raise Problem("this call needs a login", [("", "qpo login EMAIL")])
        return self._login.access_token(self)

    @cached_property
    def door(self) -> AuthServiceStub:
        """auth without a token: what one calls before one has a token."""
        return AuthServiceStub(self.unsigned)

    @cached_property
    def exchange(self) -> ApiKeyServiceStub:
        """Keys for machines without a token: what exchanges one for a token."""
        return ApiKeyServiceStub(self.unsigned)

    @cached_property
    def keys(self) -> ApiKeyServiceStub:
        """The keys for machines of the logged-in user."""
        return ApiKeyServiceStub(self.signed)

    @cached_property
    def auth(self) -> AuthServiceStub:
        """auth as the logged-in user."""
        return AuthServiceStub(self.signed)

    @cached_property
    def second_factor(self) -> SecondFactorServiceStub:
        """The second factor of the logged-in user."""
        return SecondFactorServiceStub(self.signed)

    @cached_property
    def users(self) -> UserServiceStub:
        """Everybody's accounts."""
        return UserServiceStub(self.signed)

    @cached_property
    def security(self) -> SecurityServiceStub:
        """What looks like an attack."""
        return SecurityServiceStub(self.signed)

    @cached_property
    def audit(self) -> AuditServiceStub:
        """The audit trail."""
        return AuditServiceStub(self.signed)

    @cached_property
    def portfolios(self) -> PortfolioServiceStub:
        """The portfolio service."""
        return PortfolioServiceStub(self.signed)

    @cached_property
    def marketdata(self) -> MarketDataServiceStub:
        """The market-data service."""
        return MarketDataServiceStub(self.signed)

    @cached_property
    def quality(self) -> DataQualityServiceStub:
        """The quality of what feeds bring."""
        return DataQualityServiceStub(self.signed)

    @cached_property
    def feeds(self) -> FeedServiceStub:
        """The feeds from vendors."""
        return FeedServiceStub(self.signed)

    @cached_property
    def alternative(self) -> AlternativeDataServiceStub:
        """What is known besides prices."""
        return AlternativeDataServiceStub(self.signed)

    @cached_property
    def optimizer(self) -> OptimizerServiceStub:
        """The optimizer service."""
        return OptimizerServiceStub(self.signed)

    @cached_property
    def ml(self) -> MlServiceStub:
        """The service of estimates."""
        return MlServiceStub(self.signed)

    def close(self) -> None:
        """Ends every call and closes the channel."""
        if "_plain" in self.__dict__:
            self._plain.close()

    def __enter__(self) -> "Edge":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Login:
    """The tokens of a profile; the access token is renewed shortly before it ends."""

    def __init__(self, file: ProfileFile, url: str) -> None:
        self._file = file
        self._url = url

    def access_token(self, edge: Edge) -> str:
        """A token that is still good for a while. Raises Problem if nobody is logged in here."""
        login = self.read()
        if login.stale(time.time()):
            login = self.renew(edge.door, login)
        return login.access_token

    def read(self) -> StoredLogin:
        """The login as it is stored. Raises Problem if there is none, or one at another installation."""
        login = self._file.settings().login
        if login is None:
            raise Problem("you are not logged in", [("", "qpo login EMAIL, or first qpo register EMAIL")])
        there, here = parts_of(login.edge), parts_of(self._url)
        if there.hostname != here.hostname:
            raise Problem(
                f"you are logged in at {login.edge}, not at {self._url}",
                [("--edge", "a token is sent to the installation that gave it, and to no other: log in there")],
            )
        if there.scheme == "https" and here.scheme != "https":
            raise Problem(
                f"you are logged in at {login.edge}, and {self._url} is clear text",
                [("--edge", "a token that was given over TLS is sent over TLS alone")],
            )
        return login

    def renew(self, door: AuthServiceStub, seen: StoredLogin) -> StoredLogin:
        """Spends the refresh token that was seen, unless another qpo has done so while we waited for the lock."""
        with self._file.locked():
            login = self.read()
            if login != seen:
                return login
            tokens = _refreshed(door, login.refresh_token)
            renewed = login.renewed(tokens.access_token, tokens.refresh_token, tokens.expires_in)
            self._file.log_in(renewed)
            return renewed


class KeyInHand:
    """A key for machines, exchanged for a token as often as one ends; the token stays in this process."""

    def __init__(self, key: str) -> None:
        self._key, self._lock = key, Lock()
        self._token, self._until = "", 0.0

    def access_token(self, edge: Edge) -> str:
        """A token that is still good for a while."""
        with self._lock:
            if time.time() > self._until - RENEW_BEFORE:
                given = edge.exchange.ExchangeApiKey(ExchangeApiKeyRequest(key=self._key))
                self._token, self._until = given.access_token, time.time() + given.expires_in
            return self._token


def _refreshed(door: AuthServiceStub, refresh_token: str) -> Tokens:
    """The next pair of tokens; asked for once more if the answer was lost, since the token may be spent by then."""
    asked = RefreshRequest(refresh_token=refresh_token, request_id=str(uuid4()))
    try:
        answer: RefreshResponse = door.Refresh(asked)
    except grpc.RpcError as lost:
        if lost.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        answer = door.Refresh(asked)
    return answer.tokens


def dial(url: str, trust: Trust = EVERYBODY) -> grpc.Channel:
    """Opens a channel to `http://host:port` (clear text) or `https://host:port`. Raises Problem on another address."""
    parts = parts_of(url)
    options = list(_CHANNEL_OPTIONS)
    if parts.hostname in HERE:
        options.append(("grpc.enable_http_proxy", 0))  # a proxy of the environment does not lead back to this machine
    target = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if parts.scheme != "https":
        return grpc.insecure_channel(target, options=options)
    if trust.host:
        options.append(("grpc.ssl_target_name_override", trust.host))
    authority, own = (Path(file).read_bytes() if file else None for file in (trust.authority, trust.own))
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(authority, own, own), options=options)


class _Signing(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[misc]
    grpc.StreamStreamClientInterceptor,  # type: ignore[misc]
):
    """Adds the bearer token, and a deadline to every call that has none of its own."""

    def __init__(self, token: Callable[[], str] | None, timeout: float) -> None:
        self._token = token
        self._timeout = timeout

    def _signed(self, details: Any) -> Any:
        metadata = list(details.metadata or ())
        if self._token is not None:
            metadata.append(("authorization", f"Bearer {self._token()}"))
        timeout = self._timeout if details.timeout is None else details.timeout
        return _Details(details, timeout if timeout > 0 else None, metadata)

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(self._signed(client_call_details), request)

    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(self._signed(client_call_details), request)

    def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return continuation(self._signed(client_call_details), request_iterator)

    def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return continuation(self._signed(client_call_details), request_iterator)


class _Details(grpc.ClientCallDetails):  # type: ignore[misc]
    def __init__(self, given: Any, timeout: float | None, metadata: list[tuple[str, str]]) -> None:
        self.method = given.method
        self.timeout = timeout
        self.metadata = metadata
        self.credentials = given.credentials
        self.wait_for_ready = given.wait_for_ready
        self.compression = given.compression
