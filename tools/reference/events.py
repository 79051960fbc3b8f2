"""Every event that a service tells, from its events.proto: one topic per service, one kind per field of the oneof."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import descriptor_pb2

from tools.reference.contracts import comments, ours
from tools.reference.markdown import code, table


def tables() -> str:
    """One table per topic: the kind of event, and when it is told."""
    parts = []
    for topic, message in topics():
        rows = ((code(field.name), comments().of(f"{topic}.{field.name}")) for field in kinds(message))
        parts.append(f"### `{topic}`\n\n" + table(("event", "when, and what it carries"), rows))
    return "\n".join(parts)


def topics() -> Iterator[tuple[str, descriptor_pb2.DescriptorProto]]:
    """The messages of an events.proto that hold one of several events, by full name."""
    for file in ours():
        if file.name.endswith("/events.proto"):
            yield from ((f"{file.package}.{message.name}", message) for message in file.message_type if kinds(message))


def kinds(message: descriptor_pb2.DescriptorProto) -> list[descriptor_pb2.FieldDescriptorProto]:
    """The fields of its oneof `event`."""
    names = [oneof.name for oneof in message.oneof_decl]
    wanted = names.index("event") if "event" in names else None
    return [field for field in message.field if field.HasField("oneof_index") and field.oneof_index == wanted]
