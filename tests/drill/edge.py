"""The two ways into the mesh: native gRPC, and REST as the contract's own annotations spell it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

import grpc
import httpx
from google.api import annotations_pb2
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from qpo.auth.v1 import auth_service_pb2
from qpo.marketdata.v1 import marketdata_service_pb2
from qpo.ml.v1 import ml_service_pb2
from qpo.optimizer.v1 import optimizer_service_pb2
from qpo.portfolio.v1 import portfolio_service_pb2

CONTRACTS = (auth_service_pb2, marketdata_service_pb2, ml_service_pb2, optimizer_service_pb2, portfolio_service_pb2)
METHODS: Mapping[str, MethodDescriptor] = {
    method.name: method
    for contract in CONTRACTS
    for service in contract.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
# A client that waits long for its next try would be measured in the server's place.
CHANNEL = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 250),
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),
)
_PLACE = re.compile(r"{(\w+)}")


class Refused(Exception):
    """A call was not answered; `code` is gRPC's name for why, `reason` the contract's."""

    def __init__(self, code: str, reason: str, text: str) -> None:
        super().__init__(f"{code} {reason} {text}")
        self.code, self.reason, self.text = code, reason, text


class Edge(Protocol):
    """A way in."""

    name: str

    async def call(self, method: str, request: Message, token: str, seconds: float) -> Any:
        """The answer's message. Raises Refused."""
        ...


class GrpcEdge:
    """Over one channel."""

    name = "grpc"

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    async def call(self, method: str, request: Message, token: str, seconds: float) -> Any:
        """See Edge.call."""
        described = METHODS[method]
        stub = self._channel.unary_unary(
            f"/{described.containing_service.full_name}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(described.output_type).FromString,
        )
        try:
            return await stub(request, metadata=_bearer(token), timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise Refused(error.code().name, _reason(error), error.details() or "") from error


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),) if token else ()


def _reason(error: grpc.aio.AioRpcError) -> str:
    try:
        status = rpc_status.from_call(error)
    except ValueError:
        return ""
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in status.details if detail.Unpack(info)), "") if status else ""


class RestEdge:
    """Over HTTP, transcoded at the edge."""

    name = "rest"

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def call(self, method: str, request: Message, token: str, seconds: float) -> Any:
        """See Edge.call."""
        described = METHODS[method]
        verb, path, body, query = _spelled(described, request)
        headers = dict(_bearer(token))
        try:
            sent = self._client.request(verb, path, json=body, params=query, headers=headers, timeout=seconds)
            reply = await sent
        except httpx.TimeoutException as error:
            raise Refused("DEADLINE_EXCEEDED", "", type(error).__name__) from error
        except httpx.HTTPError as error:
            raise Refused("UNAVAILABLE", "", f"{type(error).__name__} {error}") from error
        if reply.status_code != httpx.codes.OK:
            raise _refusal(reply)
        answer = message_factory.GetMessageClass(described.output_type)()
        return json_format.Parse(reply.text, answer, ignore_unknown_fields=True)


def _spelled(method: MethodDescriptor, request: Message) -> tuple[str, str, Any, dict[str, Any] | None]:
    """Verb, path, body and query, as google.api.http says."""
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    verb = rule.WhichOneof("pattern")
    fields = json_format.MessageToDict(request, preserving_proto_field_name=True)
    path = _PLACE.sub(lambda place: str(fields.pop(place[1])), getattr(rule, verb))
    if rule.body == "*":
        return verb.upper(), path, fields, None
    body = fields.pop(rule.body, {}) if rule.body else None
    return verb.upper(), path, body, fields or None


def _refusal(reply: httpx.Response) -> Refused:
    """What a status of HTTP means; an answer that is not ours comes from an edge that has nobody to ask."""
    try:
        body = reply.json()
        code = next(each.name for each in grpc.StatusCode if each.value[0] == body["code"])
        reasons = [detail["reason"] for detail in body.get("details", ()) if "reason" in detail]
        return Refused(code, reasons[0] if reasons else "", body.get("message", ""))
    except (ValueError, KeyError, TypeError, StopIteration):
        code = "UNAUTHENTICATED" if reply.status_code == httpx.codes.UNAUTHORIZED else "UNAVAILABLE"
        return Refused(code, "", f"HTTP {reply.status_code} {reply.text[:80]}")
