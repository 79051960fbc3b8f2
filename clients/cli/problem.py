"""What went wrong, as the person at the terminal is told: what, which field, how to mend it, and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.rpc import error_details_pb2 as details
from google.rpc import status_pb2
from grpc_status import rpc_status
from rich.console import Console
from rich.text import Text

LOCAL = 1
"""Exit code of what failed on this machine: a missing file, no login, a broken promise of the demo."""
USAGE = 2
"""Exit code of a command line that cannot be read."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
FIRST_STATUS = 10
"""A refused call exits with this plus its gRPC status code, so that 15 is NOT_FOUND and 24 is UNAVAILABLE."""

HINTS: Mapping[str, str] = {
    "UNAUTHENTICATED": "log in again: qpo login EMAIL",
    "UNAVAILABLE": "is the mesh up? qpo status, or start it: qpo up",
    "DEADLINE_EXCEEDED": "allow more time: --timeout SECONDS",
    "RESOURCE_EXHAUSTED": "wait for what is running to end, then try again",
}


@dataclass(eq=False)
class Problem(Exception):
    """Something that ends a command, told without a stack trace.

    `fixes` are pairs of a field (or a subject) and how to mend it.
    """

    what: str
    fixes: Sequence[tuple[str, str]] = ()
    reason: str = ""
    hint: str = ""
    exit_code: int = LOCAL
    status: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.what

    def json(self) -> str:
        """The error as the REST edge would have answered it; a local one carries its exit code alone."""
        return json.dumps(self.status or {"message": self.what, "exit_code": self.exit_code}, ensure_ascii=False)

    def print(self, console: Console) -> None:
        """Prints the problem for a person."""
        lines = [Text.assemble(("✗ ", "bold red"), (self.what, "bold"))]
        for subject, mend in self.fixes:
            lines.append(Text.assemble("  ", (subject, "yellow"), ": " if subject else "", mend))
        if self.reason:
            lines.append(Text.assemble("  reason: ", (self.reason, "cyan")))
        if self.hint:
            lines.append(Text.assemble("  → ", self.hint))
        for line in lines:
            console.print(line, soft_wrap=True)


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
    if retry is not None:
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
        return "the edge does not answer"
    if name == "DEADLINE_EXCEEDED":
        return "no answer came in time"
    return text
