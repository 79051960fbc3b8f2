"""The prose of the contracts, by full name."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import EnumDescriptor

# Field numbers of descriptor.proto that a source location's path walks along.
MESSAGE, ENUM, SERVICE = 4, 5, 6
FIELD, NESTED_MESSAGE, NESTED_ENUM, ENUM_VALUE, METHOD = 2, 3, 4, 2, 2


class Comments:
    """Leading comments of a descriptor set that was made with source info."""

    def __init__(self, image: descriptor_pb2.FileDescriptorSet) -> None:
        self._texts: dict[str, str] = {}
        for file in image.file:
            locations = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
            for path, name in _named_paths(file):
                if text := locations.get(path):
                    self._texts[name] = "\n".join(line.strip() for line in text.strip().splitlines())

    def of(self, full_name: str) -> str:
        """The comment above a message, field, enum, service or method; empty if there is none."""
        return self._texts.get(full_name, "")

    def of_value(self, enum: EnumDescriptor, value: str) -> str:
        """The comment above an enum's value."""
        return self.of(f"{enum.full_name}.{value}")


def _named_paths(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    for index, message in enumerate(file.message_type):
        yield from _message_paths(message, (MESSAGE, index), f"{file.package}.{message.name}")
    for index, enum in enumerate(file.enum_type):
        yield from _enum_paths(enum, (ENUM, index), f"{file.package}.{enum.name}")
    for index, service in enumerate(file.service):
        path, name = (SERVICE, index), f"{file.package}.{service.name}"
        yield path, name
        for number, method in enumerate(service.method):
            yield (*path, METHOD, number), f"{name}.{method.name}"


def _message_paths(
    message: descriptor_pb2.DescriptorProto, path: tuple[int, ...], name: str
) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, name
    for index, field in enumerate(message.field):
        yield (*path, FIELD, index), f"{name}.{field.name}"
    for index, nested in enumerate(message.nested_type):
        yield from _message_paths(nested, (*path, NESTED_MESSAGE, index), f"{name}.{nested.name}")
    for index, enum in enumerate(message.enum_type):
        yield from _enum_paths(enum, (*path, NESTED_ENUM, index), f"{name}.{enum.name}")


def _enum_paths(
    enum: descriptor_pb2.EnumDescriptorProto, path: tuple[int, ...], name: str
) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, name
    for index, value in enumerate(enum.value):
        yield (*path, ENUM_VALUE, index), f"{name}.{value.name}"
