"""An answer in the words of google.rpc: a status and its details."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

if TYPE_CHECKING:
    from chassis.errors import Answer, Violation

_DETAILS = "grpc-status-details-bin"
_MOST = 20  # details: trailers are headers, and headers are limited to 8 KiB
_LONGEST = 300  # characters of one description


def status_of(domain: str, answer: Answer, error: BaseException) -> status_pb2.Status:
    """Returns the status that tells `answer`, short enough for the trailers that carry it."""
    message = str(error) if answer.message is None else answer.message
    status = status_pb2.Status(code=answer.code.value[0], message=message[: 3 * _LONGEST])
    if answer.reason:
        metadata = {key: _short(value) for key, value in answer.metadata.items()}
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=answer.reason, domain=domain, metadata=metadata))
    if answer.violations:
        status.details.add().Pack(_bad_request(answer.violations))
    if answer.preconditions:
        status.details.add().Pack(_failed_preconditions(answer.preconditions))
    if answer.retry_after is not None:
        delay = Duration()
        delay.FromMilliseconds(round(answer.retry_after * 1000))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def retry_seconds(status: status_pb2.Status) -> float | None:
    """Returns in how many seconds to come again, None if that is not told."""
    info = error_details_pb2.RetryInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return float(info.retry_delay.ToMilliseconds()) / 1000
    return None


def gives_reason(error: Any) -> bool:
    """Tells whether a failed inner call was answered with a reason of its contract."""
    told = dict(error.trailing_metadata() or ()).get(_DETAILS, b"")
    details = status_pb2.Status.FromString(told).details
    return any(detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR) for detail in details)


def _bad_request(violations: Sequence[Violation]) -> error_details_pb2.BadRequest:
    detail = error_details_pb2.BadRequest()
    for name, mend in violations[:_MOST]:
        detail.field_violations.add(field=_short(name), description=_short(mend))
    return detail


def _failed_preconditions(preconditions: Sequence[tuple[str, str, str]]) -> error_details_pb2.PreconditionFailure:
    detail = error_details_pb2.PreconditionFailure()
    for kind, subject, description in preconditions[:_MOST]:
        detail.violations.add(type=kind, subject=subject, description=_short(description))
    return detail


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
