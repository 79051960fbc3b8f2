"""A refused call, taken apart."""

from dataclasses import dataclass, field

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass
class Refusal:
    code: str
    reason: str
    message: str
    metadata: dict = field(default_factory=dict)
    fields: list = field(default_factory=list)
    conflicts: list = field(default_factory=list)


async def refusal(call):
    """What the awaited call is refused with; fails if it is not."""
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        status = rpc_status.from_call(error)
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        failure = error_details_pb2.PreconditionFailure()
        for detail in status.details if status else ():
            _ = detail.Unpack(info) or detail.Unpack(bad) or detail.Unpack(failure)
        return Refusal(
            error.code().name,
            info.reason,
            error.details(),
            dict(info.metadata),
            [violation.field for violation in bad.field_violations],
            [(violation.type, violation.subject, violation.description) for violation in failure.violations],
        )
    raise AssertionError(f"was answered: {answer}")


async def reason(call):
    """The code and reason alone."""
    refused = await refusal(call)
    return refused.code, refused.reason
