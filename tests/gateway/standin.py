"""Stand-ins for the five services: each answers every method of its contract as it is told, and remembers the call."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from qpo.auth.v1 import (
    api_key_service_pb2,
    audit_service_pb2,
    auth_service_pb2,
    second_factor_service_pb2,
    security_service_pb2,
    user_service_pb2,
)
from qpo.marketdata.v1 import (
    alternative_data_service_pb2,
    data_quality_service_pb2,
    feed_service_pb2,
    marketdata_service_pb2,
)
from qpo.ml.v1 import ml_service_pb2
from qpo.optimizer.v1 import optimizer_service_pb2
from qpo.portfolio.v1 import portfolio_service_pb2

CONTRACTS = {
    "auth": [
        auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"],
        api_key_service_pb2.DESCRIPTOR.services_by_name["ApiKeyService"],
        second_factor_service_pb2.DESCRIPTOR.services_by_name["SecondFactorService"],
        user_service_pb2.DESCRIPTOR.services_by_name["UserService"],
        audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"],
        security_service_pb2.DESCRIPTOR.services_by_name["SecurityService"],
    ],
    "portfolio": [portfolio_service_pb2.DESCRIPTOR.services_by_name["PortfolioService"]],
    "marketdata": [
        marketdata_service_pb2.DESCRIPTOR.services_by_name["MarketDataService"],
        data_quality_service_pb2.DESCRIPTOR.services_by_name["DataQualityService"],
        feed_service_pb2.DESCRIPTOR.services_by_name["FeedService"],
        alternative_data_service_pb2.DESCRIPTOR.services_by_name["AlternativeDataService"],
    ],
    "ml": [ml_service_pb2.DESCRIPTOR.services_by_name["MlService"]],
    "optimizer": [optimizer_service_pb2.DESCRIPTOR.services_by_name["OptimizerService"]],
}


@dataclass(frozen=True)
class Call:
    service: str
    method: str
    metadata: dict[str, str]
    body: bytes
    seconds_left: float | None
    # What the caller's certificate says; nothing in clear text.
    names: list[bytes]


@dataclass
class StandIns:
    """All five, on free ports. `answers` says what a method does instead of answering an empty message."""

    answers: dict[str, Callable[[bytes, grpc.ServicerContext], Any]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    healths: dict[str, health.HealthServicer] = field(default_factory=dict)
    # What a service listens with, by its name; in clear text if nothing is said.
    credentials: dict[str, grpc.ServerCredentials] = field(default_factory=dict)
    _servers: list[grpc.Server] = field(default_factory=list)

    @property
    def asked(self) -> list[Call]:
        """The calls that somebody made: the edge fetches the keys by itself, whenever they grow old."""
        return [call for call in self.calls if call.method != "GetJwks"]

    def start(self) -> None:
        """Answers on free ports; when started again, on the same."""
        for service, contracts in CONTRACTS.items():
            server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", -1)])
            for contract in contracts:
                methods = {method.name: self._handler(service, method) for method in contract.methods}
                server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(contract.full_name, methods),))
            self.healths[service] = health.HealthServicer()
            health_pb2_grpc.add_HealthServicer_to_server(self.healths[service], server)
            self.ports[service] = self._listen(server, service)
            server.start()
            self._servers.append(server)

    def _listen(self, server: grpc.Server, service: str) -> int:
        address = f"127.0.0.1:{self.ports.get(service, 0)}"
        if service in self.credentials:
            return server.add_secure_port(address, self.credentials[service])
        return server.add_insecure_port(address)

    def stop(self) -> None:
        for stopped in [server.stop(0) for server in self._servers]:
            stopped.wait()
        self._servers.clear()

    def serving(self, service: str, yes: bool) -> None:
        status = health_pb2.HealthCheckResponse
        self.healths[service].set("", status.SERVING if yes else status.NOT_SERVING)

    def _handler(self, service: str, method: Any) -> grpc.RpcMethodHandler:
        def answer(body: Any, context: grpc.ServicerContext) -> Any:
            whole = body if isinstance(body, bytes) else b"".join(body)
            metadata = dict(context.invocation_metadata())
            self.calls.append(Call(service, method.name, metadata, whole, context.time_remaining(), _names(context)))
            return self.answers.get(method.name, lambda *_: b"")(whole, context)

        def stream(body: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
            result = answer(body, context)
            yield from ([result] if isinstance(result, bytes) else result)

        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(stream)
        if method.client_streaming:
            return grpc.stream_unary_rpc_method_handler(answer)
        return grpc.unary_unary_rpc_method_handler(answer)


def _names(context: grpc.ServicerContext) -> list[bytes]:
    return list(context.peer_identities() or ())
