"""Why each service refuses a call, from its error_reason.proto."""

from __future__ import annotations

from tools.reference.contracts import comments, ours, service_of
from tools.reference.markdown import code, table

_PREFIX = "ERROR_REASON_"


def tables() -> str:
    """One table per service: reason, gRPC status, meaning."""
    parts = []
    for file in ours():
        for enum in (enum for enum in file.enum_type if enum.name == "ErrorReason"):
            values = [value.name for value in enum.value if value.number]
            rows = (row(f"{file.package}.{enum.name}.{name}", name) for name in values)
            title = f"### {service_of(file)}.qpo\n\n"
            parts.append(title + table(("reason", "gRPC status", "meaning"), rows))
    return "\n".join(parts)


def row(full_name: str, name: str) -> tuple[str, str, str]:
    """A line: a reason's comment is `STATUS: what it means`."""
    status, _, meaning = comments().of(full_name).partition(": ")
    return code(name.removeprefix(_PREFIX)), status, meaning
