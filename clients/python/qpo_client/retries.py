"""Which calls are repeated: what the contract says, put into words that gRPC itself acts on (gRFC A6).

A method is repeated if it declares itself without side effects or idempotent, or if its request has a `request_id`,
which `Naming` gives to every request that has none. Every other method is called once: whether it was done is not known
if its answer is lost. Repeated is only what was UNAVAILABLE, thrice at most, and less when much fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

import grpc
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

POLICY = {
    "maxAttempts": 3,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
# A failure costs a token and a success gives a tenth back; below half of them nothing is repeated. So a server that
# fails is not called more than a tenth oftener for it, but for the first few calls.
THROTTLING = {"maxTokens": 10, "tokenRatio": 0.1}
REPEATABLE = (MethodOptions.NO_SIDE_EFFECTS, MethodOptions.IDEMPOTENT)


def may_be_repeated(method: MethodDescriptor) -> bool:
    """Whether the contract lets a call be repeated whose answer was lost. A stream cannot be sent twice."""
    if method.client_streaming:
        return False
    return method.GetOptions().idempotency_level in REPEATABLE or "request_id" in method.input_type.fields_by_name


def service_config(files: Iterable[FileDescriptor]) -> str:
    """gRPC's service configuration for these contracts, JSON."""
    methods = [
        {"service": service.full_name, "method": method.name}
        for file in files
        for service in file.services_by_name.values()
        for method in service.methods
        if may_be_repeated(method)
    ]
    return json.dumps({"methodConfig": [{"name": methods, "retryPolicy": POLICY}], "retryThrottling": THROTTLING})


class Naming(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Gives a request that can have an id one, so that the call may be repeated; one that it has stays."""

    def __init__(self, new_id: Callable[[], object] = uuid4) -> None:
        self._new_id = new_id

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        """Calls with a copy of the request that has an id."""
        if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
            named = type(request)()
            named.CopyFrom(request)
            named.request_id = str(self._new_id())
            request = named
        return continuation(client_call_details, request)
