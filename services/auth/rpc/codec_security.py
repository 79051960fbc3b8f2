"""Security events and their policy between the contract's messages and the domain; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from qpo.auth.v1 import security_service_pb2 as pb

from chassis.errors import InvalidRequest
from services.auth.app.detector_ports import Detector
from services.auth.app.security_ports import Wanted
from services.auth.domain.security import Kind, Policy, Response, SecurityEvent

_KINDS = {kind: f"SECURITY_EVENT_KIND_{kind.name}" for kind in Kind}
_NAMED = {pb.SecurityEventKind.Value(name): str(kind) for kind, name in _KINDS.items()}
_ACTIONS = {each: f"SECURITY_ACTION_{each.name}" for each in Response}
_RESPONSES = {pb.SecurityAction.Value(name): each for each, name in _ACTIONS.items()}
FIELDS = (
    "anomaly_action",
    "anomaly_score",
    "consecutive_minutes",
    "least_calls",
    "injection_action",
    "block_minutes",
)


def event_message(event: SecurityEvent) -> pb.SecurityEvent:
    """An event as the contract shows one."""
    return pb.SecurityEvent(
        id=event.id,
        occurred_at=stamp(event.occurred_at),
        kind=_KINDS[event.kind],
        user_id=event.user_id,
        subject=event.subject,
        ip_address=event.ip_address,
        detail=event.detail,
    )


def wanted_from(request: pb.ListSecurityEventsRequest) -> Wanted:
    """What a listing asks for."""
    return Wanted(_NAMED.get(request.kind, ""), request.user_id.lower())


def policy_message(policy: Policy) -> pb.SecurityPolicy:
    """The policy as the contract shows it."""
    return pb.SecurityPolicy(
        anomaly_action=_ACTIONS[policy.anomaly_action],
        anomaly_score=policy.anomaly_score,
        consecutive_minutes=policy.consecutive_minutes,
        least_calls=policy.least_calls,
        injection_action=_ACTIONS[policy.injection_action],
        block_minutes=policy.block_minutes,
        etag=str(policy.version),
        updated_at=None if policy.updated_at is None else stamp(policy.updated_at),
    )


def changes_from(request: pb.UpdateSecurityPolicyRequest) -> dict[str, Any]:
    """The fields that change, and to what; one that is named and absent to what it is unless changed."""
    given, usual = request.policy, Policy()
    paths: Iterable[str] = request.update_mask.paths or [name for name in FIELDS if given.HasField(name)]
    return {name: _value(given, name) if given.HasField(name) else getattr(usual, name) for name in paths}


def version_from(etag: str) -> int | None:
    """The version that an etag names; None for an empty one, -1 for one that was never given."""
    if not etag:
        return None
    return int(etag) if etag.isascii() and etag.isdecimal() else -1


def detector_message(detector: Detector) -> pb.Detector:
    """A detector as the contract shows one."""
    return pb.Detector(
        id=detector.id,
        state=f"DETECTOR_STATE_{detector.state.name}",
        trained_at=stamp(detector.trained_at),
        history_end=stamp(detector.history_end),
        minutes=detector.minutes,
        contamination=detector.contamination,
        library_version=detector.library_version,
        problem=detector.problem,
    )


def stamp(moment: datetime) -> Timestamp:
    """A time, aware, as a Timestamp."""
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp


def _value(given: pb.SecurityPolicy, name: str) -> Any:
    value = getattr(given, name)
    if not name.endswith("_action"):
        return value
    if value not in _RESPONSES:
        raise InvalidRequest([(f"policy.{name}", "name what is to be done: observe, alarm or block")])
    return _RESPONSES[value]
