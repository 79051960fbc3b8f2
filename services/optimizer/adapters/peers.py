"""What a peer's refusal says, read from its google.rpc.Status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.rpc import code_pb2, error_details_pb2
from grpc.aio import AioRpcError
from grpc_status import rpc_status

from services.optimizer.app.errors import PeerUnavailable, ScopeMissing
from services.optimizer.domain.errors import Violation


@dataclass(frozen=True, slots=True)
class Refusal:
    """A peer's answer to a refused call: reason as in its contract, text, and what it names."""

    reason: str
    message: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    preconditions: tuple[tuple[str, str, str], ...] = ()


def refusal_of(error: AioRpcError) -> Refusal:
    """The refusal in a failed call; its reason is empty if the peer gave none."""
    status: Any = rpc_status.from_call(error)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    failure = error_details_pb2.PreconditionFailure()
    for detail in status.details if status is not None else ():
        _ = detail.Unpack(info) or detail.Unpack(bad) or detail.Unpack(failure)
    return Refusal(
        info.reason,
        error.details() or "",
        dict(info.metadata),
        tuple(Violation(each.field, each.description) for each in bad.field_violations),
        tuple((each.type, each.subject, each.description) for each in failure.violations),
    )


def raise_common(refusal: Refusal, peer: str, error: AioRpcError) -> None:
    """Raise what any peer may answer: ScopeMissing, PeerUnavailable."""
    if refusal.reason == "SCOPE_MISSING":
        raise ScopeMissing(refusal.metadata.get("scope", "that this call needs")) from error
    # By number: only rpc/errors.py names status codes.
    if error.code().value[0] == code_pb2.UNAVAILABLE or refusal.reason == "PEER_UNAVAILABLE":
        raise PeerUnavailable(peer) from error
