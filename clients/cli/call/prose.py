"""The contracts' own words: the comments of the .proto files, out of the descriptor set beside the generated code."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import qpo
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6  # the numbers of these fields in FileDescriptorProto
_FIELDS, _NESTED, _NESTED_ENUMS = 2, 3, 4  # and in DescriptorProto
_VALUES, _METHODS = 2, 2

Path_ = tuple[int, ...]


def of(full_name: str) -> str:
    """What the contract says of a service, method, message, field or enum, without line breaks inside paragraphs;
    empty where the descriptor set is not at hand or says nothing.
    """
    return prose().get(full_name, "")


def first_sentence(full_name: str) -> str:
    """The first sentence of it."""
    return re.split(r"(?<=\.) |\n", of(full_name), maxsplit=1)[0]


@cache
def prose() -> Mapping[str, str]:
    """Every comment, by the full name of what it stands above."""
    found: dict[str, str] = {}
    for file in _descriptor_set().file:
        if file.package.startswith("qpo."):
            comments = {tuple(it.path): it.leading_comments for it in file.source_code_info.location}
            found |= {name: _joined(comments[path]) for name, path in _names(file) if comments.get(path)}
    return found


def _descriptor_set() -> FileDescriptorSet:
    folders = [Path(folder) for folder in qpo.__path__]
    for file in [folder.parents[1] / "descriptors" / "qpo.binpb" for folder in folders]:
        if file.is_file():
            return FileDescriptorSet.FromString(file.read_bytes())
    return FileDescriptorSet()


def _names(file: FileDescriptorProto) -> Iterator[tuple[str, Path_]]:
    for at, service in enumerate(file.service):
        name = f"{file.package}.{service.name}"
        yield name, (_SERVICES, at)
        yield from _listed(f"{name}/", service.method, (_SERVICES, at, _METHODS))
    for at, message in enumerate(file.message_type):
        yield from _in_message(f"{file.package}.{message.name}", message, (_MESSAGES, at))
    for at, enum in enumerate(file.enum_type):
        yield from _in_enum(f"{file.package}.{enum.name}", enum, (_ENUMS, at))


def _in_message(name: str, message: Any, path: Path_) -> Iterator[tuple[str, Path_]]:
    yield name, path
    yield from _listed(f"{name}.", message.field, (*path, _FIELDS))
    for at, nested in enumerate(message.nested_type):
        yield from _in_message(f"{name}.{nested.name}", nested, (*path, _NESTED, at))
    for at, enum in enumerate(message.enum_type):
        yield from _in_enum(f"{name}.{enum.name}", enum, (*path, _NESTED_ENUMS, at))


def _in_enum(name: str, enum: Any, path: Path_) -> Iterator[tuple[str, Path_]]:
    yield name, path
    yield from _listed(f"{name}.", enum.value, (*path, _VALUES))


def _listed(prefix: str, items: Sequence[Any], path: Path_) -> Iterator[tuple[str, Path_]]:
    for at, item in enumerate(items):
        yield prefix + item.name, (*path, at)


def _joined(comment: str) -> str:
    """Lines of a paragraph are joined, paragraphs and numbered steps are not."""
    text = ""
    for line in (line.strip() for line in comment.strip().splitlines()):
        if not line:
            text = text.rstrip() + "\n\n"
        elif line[:2].rstrip(".").isdigit() and text:
            text = text.rstrip(" ") + ("" if text.endswith("\n") else "\n") + line + " "
        else:
            text += line + " "
    return text.strip()
