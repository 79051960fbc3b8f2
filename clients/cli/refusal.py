"""A refused call, read: google.rpc.Status and its details become a Problem that says how to mend it."""

from collections.abc import Mapping

import grpc
from google.protobuf.json_format import MessageToDict
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from grpc_status import rpc_status

from clients.cli.problem import FIRST_STATUS, Problem

HINTS: Mapping[str, str] = {
    "UNAUTHENTICATED": "log in again: qpo login EMAIL",
    "UNAVAILABLE": "is the mesh up? qpo status, or start it: qpo up",
    "DEADLINE_EXCEEDED": "allow more time: --timeout SECONDS",
    "RESOURCE_EXHAUSTED": "wait for what is running to end, then try again",
}

_UNTRUSTED = "the edge's certificate is not one to trust"
# In grpc's words: signed by nobody who is trusted, or for another host.
_STRANGE = ("CERTIFICATE_VERIFY_FAILED", "Hostname Verification Check failed")


def from_rpc(error: grpc.RpcError) -> Problem:
    """Reads a refused call: its google.rpc.Status if the server sent one, else code and text."""
    code = error.code()
    status = rpc_status.from_call(error)
    if status is None:
        number = code.value[0]
        status = status_pb2.Status(code=number, message=_without_transport_noise(code.name, error.details() or ""))
    return from_status(status)


def from_status(status: status_pb2.Status) -> Problem:
    """Reads a google.rpc.Status with its details."""
    name = _code_name(status.code)
    reason, fixes, retry = _read_details(status)
    hint = HINTS.get(name, "")
    if status.message == _UNTRUSTED:
        hint = "name the authority that vouches for it: --ca-file FILE, or qpo profile set --ca-file FILE"
    elif retry is not None:
        hint = f"try again in {retry:g} s"
    elif reason == "BAD_CREDENTIALS":
        hint = "check the email and the password; no account yet? qpo register EMAIL"
    elif name == "PERMISSION_DENIED" and reason == "SCOPE_MISSING":
        hint = "qpo whoami lists the scopes you have"
    return Problem(
        what=status.message or f"the call was refused with {name}",
        fixes=fixes,
        reason=f"{reason} ({name})" if reason else name,
        hint=hint,
        exit_code=FIRST_STATUS + status.code,
        status=MessageToDict(status, preserving_proto_field_name=True),
        retry_after=retry or 0.0,
    )


def _read_details(status: status_pb2.Status) -> tuple[str, list[tuple[str, str]], float | None]:
    reason, fixes, retry = "", list[tuple[str, str]](), None
    for packed in status.details:
        if packed.Is(details.ErrorInfo.DESCRIPTOR):
            info = details.ErrorInfo()
            packed.Unpack(info)
            reason = info.reason
            fixes += [(key, value) for key, value in sorted(info.metadata.items()) if key != "trace_id"]
        elif packed.Is(details.BadRequest.DESCRIPTOR):
            bad = details.BadRequest()
            packed.Unpack(bad)
            fixes += [(v.field, v.description) for v in bad.field_violations]
        elif packed.Is(details.PreconditionFailure.DESCRIPTOR):
            failure = details.PreconditionFailure()
            packed.Unpack(failure)
            fixes += [(v.subject or v.type, v.description) for v in failure.violations]
        elif packed.Is(details.RetryInfo.DESCRIPTOR):
            wait = details.RetryInfo()
            packed.Unpack(wait)
            retry = wait.retry_delay.seconds + wait.retry_delay.nanos / 1e9
    return reason, fixes, retry


def _code_name(code: int) -> str:
    names = {member.value[0]: member.name for member in grpc.StatusCode}
    return str(names.get(code, f"status {code}"))


def _without_transport_noise(name: str, text: str) -> str:
    """grpc's own words for a dead address are a paragraph of socket talk; ours is a sentence."""
    if name == "UNAVAILABLE":
        strange = any(words in text for words in _STRANGE)
        return _UNTRUSTED if strange else "the edge does not answer"
    if name == "DEADLINE_EXCEEDED":
        return "no answer came in time"
    return text
