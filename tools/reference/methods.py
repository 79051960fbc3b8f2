"""Every RPC: its REST name, who may call it, what its limit counts it as, whether it may be repeated."""

from __future__ import annotations

from typing import Any

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2
from qpo.options.v1 import options_pb2

from tools.reference.contracts import ours, service_of
from tools.reference.markdown import code, table

_HEAD = ("method", "kind", "REST", "who", "counts as", "may be repeated")
_VERBS = ("get", "put", "post", "delete", "patch")
_REPEATED = {
    descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS: "yes, it changes nothing",
    descriptor_pb2.MethodOptions.IDEMPOTENT: "yes",
    descriptor_pb2.MethodOptions.IDEMPOTENCY_UNKNOWN: "no",
}


def tables() -> str:
    """One table per service."""
    parts = []
    for file in ours():
        for service in file.service:
            title = f"### {service_of(file)} — `{file.package}.{service.name}`\n\n"
            parts.append(title + table(_HEAD, (row(file, method) for method in service.method)))
    return "\n".join(parts)


def row(file: descriptor_pb2.FileDescriptorProto, method: descriptor_pb2.MethodDescriptorProto) -> tuple[str, ...]:
    """A line of the table."""
    bindings = " ".join(code(binding) for binding in rest(method)) or "none"
    return code(method.name), kind(method), bindings, who(method), cost(method), repeatable(file, method)


def kind(method: descriptor_pb2.MethodDescriptorProto) -> str:
    """Unary, or which side streams."""
    streams = [
        side for side, flag in (("client", method.client_streaming), ("server", method.server_streaming)) if flag
    ]
    return " and ".join(streams) + " stream" if streams else "unary"


def rest(method: descriptor_pb2.MethodDescriptorProto) -> list[str]:
    """Its verbs and paths."""
    rule = method.options.Extensions[annotations_pb2.http]
    bindings = [(one, one.WhichOneof("pattern")) for one in (rule, *rule.additional_bindings)]
    return [f"{verb.upper()} {getattr(one, verb)}" for one, verb in bindings if verb in _VERBS]


def who(method: descriptor_pb2.MethodDescriptorProto) -> str:
    """The scope that a token needs."""
    extension: Any = options_pb2.access
    access = method.options.Extensions[extension]
    rules = {"open": "anyone", "any_principal": "any token", "scope": code(access.scope)}
    return rules[str(access.WhichOneof("rule"))]


def cost(method: descriptor_pb2.MethodDescriptorProto) -> str:
    """Which limit holds for how often one may call it."""
    extension: Any = options_pb2.computes
    if method.options.Extensions[extension]:
        return "a solve"
    reads = method.options.idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
    return "a read" if reads else "a write"


def repeatable(file: descriptor_pb2.FileDescriptorProto, method: descriptor_pb2.MethodDescriptorProto) -> str:
    """Whether a call whose answer was lost may be sent again."""
    request = next(message for message in file.message_type if method.input_type.endswith(f".{message.name}"))
    if any(field.name == "request_id" for field in request.field):
        return "with a `request_id`"
    return _REPEATED[method.options.idempotency_level]
