"""The audit trail between the contract's messages and the domain; pure."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from qpo.auth.v1 import audit_service_pb2 as pb

from chassis.errors import InvalidRequest
from services.auth.app.audit_ports import Asked
from services.auth.app.verify_audit import Progress
from services.auth.domain.audit import Action, Entry

_ACTIONS = {action.value: f"AUDIT_ACTION_{action.name}" for action in Action}
_NAMED = {pb.AuditAction.Value(name): action for action, name in _ACTIONS.items()} | {pb.AUDIT_ACTION_UNSPECIFIED: ""}


def event_message(seq: int, entry: Entry) -> pb.AuditEvent:
    """An entry as the contract shows one."""
    occurred_at = Timestamp()
    occurred_at.FromDatetime(entry.occurred_at)
    return pb.AuditEvent(
        seq=seq,
        occurred_at=occurred_at,
        user_id=entry.user_id,
        action=_ACTIONS[entry.action],
        resource=entry.resource,
        ip_address=entry.ip_address,
        user_agent=entry.user_agent,
        result=entry.result,
        method=entry.method,
    )


def asked_from(request: pb.ListAuditEventsRequest) -> Asked:
    """What a listing asks for."""
    return Asked(
        user_id=request.user_id.lower(),
        action=_NAMED[request.action],
        result=request.result,
        start=_moment(request, "start"),
        end=_moment(request, "end"),
    )


def progress_message(progress: Progress) -> pb.VerifyAuditResponse:
    """How far a verification is."""
    answer = pb.VerifyAuditResponse(verified=progress.verified, total=progress.total)
    if progress.broken is not None:
        answer.outcome = pb.AUDIT_OUTCOME_BROKEN
        answer.first_broken, answer.problem = progress.broken.seq, progress.broken.problem
    elif progress.over:
        answer.outcome = pb.AUDIT_OUTCOME_INTACT
    return answer


def _moment(request: pb.ListAuditEventsRequest, name: str) -> datetime | None:
    """The time in a field, None if it is absent. Raises InvalidRequest if it is none, of the years 1 to 9999."""
    if not request.HasField(name):
        return None
    try:
        found: datetime = getattr(request, name).ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest([(name, "give a time of the years 1 to 9999, its nanos from 0 to 999,999,999")]) from None
    return found
