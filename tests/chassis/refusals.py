"""How a test reads what a refused caller was told."""

from dataclasses import dataclass, field

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass
class Refusal:
    code: grpc.StatusCode
    message: str
    reason: str = ""
    domain: str = ""
    metadata: dict = field(default_factory=dict)
    violations: list = field(default_factory=list)
    kinds: list = field(default_factory=list)  # the names of the details


async def refused(call) -> Refusal:
    """Awaits a call that must fail; returns how it did."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return told(caught.value)


def told(error: grpc.aio.AioRpcError) -> Refusal:
    refusal = Refusal(error.code(), error.details() or "")
    status = rpc_status.from_call(error)
    for detail in [] if status is None else status.details:
        refusal.kinds.append(detail.type_url.rpartition(".")[2])
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            refusal.reason, refusal.domain, refusal.metadata = info.reason, info.domain, dict(info.metadata)
        elif detail.Unpack(bad):
            refusal.violations = [(v.field, v.description) for v in bad.field_violations]
    return refusal
