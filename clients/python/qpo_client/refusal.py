"""What a refused call says: google.rpc.Status with its details, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

_DETAILS = "grpc-status-details-bin"


@dataclass(frozen=True)
class Conflict:
    """A limit that stands in the way, and how far it would have to give."""

    type: str
    subject: str
    description: str


@dataclass(frozen=True)
class Refusal:
    """Why a call was refused, or a job failed."""

    code: grpc.StatusCode
    message: str
    # Of ErrorReason in the contract of the service, without its prefix; empty if whoever refused gave none.
    reason: str = ""
    # Who refused, e.g. `optimizer.qpo`.
    domain: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    # What is wrong with the request, by field.
    fields: Mapping[str, str] = field(default_factory=dict)
    # Which limits are in each other's way.
    conflicts: Sequence[Conflict] = ()
    # When to try again, in seconds; None if nothing is said.
    retry_after: float | None = None

    @classmethod
    def of(cls, error: grpc.RpcError) -> Refusal:
        """Reads what a call raised."""
        for key, value in error.trailing_metadata() or ():
            if key == _DETAILS:
                try:
                    return cls.of_status(status_pb2.Status.FromString(value))
                except DecodeError:
                    break
        return cls(error.code(), error.details() or "")

    @classmethod
    def of_status(cls, status: status_pb2.Status) -> Refusal:
        """Reads a status, such as that of a failed job."""
        info, bad, failure, retry = (
            error_details_pb2.ErrorInfo(),
            error_details_pb2.BadRequest(),
            error_details_pb2.PreconditionFailure(),
            error_details_pb2.RetryInfo(),
        )
        told = [detail for detail in (info, bad, failure, retry) if any(each.Unpack(detail) for each in status.details)]
        return cls(
            code=next((code for code in grpc.StatusCode if code.value[0] == status.code), grpc.StatusCode.UNKNOWN),
            message=status.message,
            reason=info.reason,
            domain=info.domain,
            metadata=dict(info.metadata),
            fields={each.field: each.description for each in bad.field_violations},
            conflicts=[Conflict(each.type, each.subject, each.description) for each in failure.violations],
            retry_after=retry.retry_delay.ToTimedelta().total_seconds() if retry in told else None,
        )
