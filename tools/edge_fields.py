"""Write which fields a REST body may have, as the table that the edge reads: descriptor set in, one Lua chunk out.

A field without `of` is a scalar or one of the well-known types that JSON writes as a scalar or as it likes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

VERBS = ("get", "put", "post", "delete", "patch")
HEADER = """-- Written by `make gen` from the contracts: which fields the body of a REST call may have.
-- gateway/unknown_fields.lua says how it is read.
"""


def emit(image: descriptor_pb2.FileDescriptorSet) -> str:
    """Returns `CONTRACTS`, the bindings that have a body and the messages they reach, as Lua.

    Raises ValueError if a path or a body is of a kind that the edge cannot tell apart.
    """
    pool = descriptor_pool.DescriptorPool()
    for file in image.file:
        pool.Add(file)
    bindings: dict[str, list[tuple[str, str]]] = {}
    messages: dict[str, Descriptor] = {}
    for method in _methods(image, pool):
        for verb, path, body in _bodies(method):
            bindings.setdefault(verb, []).append((path, body.full_name))
            _reach(body, messages)
    return HEADER + "local CONTRACTS = {\n" + _bindings(bindings) + _messages(messages) + "}\n"


def _methods(image: descriptor_pb2.FileDescriptorSet, pool: Any) -> Iterator[MethodDescriptor]:
    for file in image.file:
        for service in file.service if file.package.startswith("qpo.") else ():
            yield from pool.FindServiceByName(f"{file.package}.{service.name}").methods


def _bodies(method: MethodDescriptor) -> Iterator[tuple[str, str, Descriptor]]:
    """Verb, pattern of the path and message of each binding that has a body."""
    options = descriptor_pb2.MethodOptions.FromString(method.GetOptions().SerializeToString())
    rule = options.Extensions[annotations_pb2.http]
    for binding in (rule, *rule.additional_bindings):
        if not binding.body:
            continue
        verb = binding.WhichOneof("pattern")
        message = method.input_type if binding.body == "*" else _field(method, binding.body).message_type
        if verb not in VERBS or message is None or _is_plain(message):
            raise ValueError(f"{method.full_name}: a body must be a message, at one of {VERBS}")
        yield verb.upper(), path_pattern(getattr(binding, verb)), message


def _field(method: MethodDescriptor, name: str) -> FieldDescriptor:
    field: FieldDescriptor = method.input_type.fields_by_name[name]
    return field


def path_pattern(path: str) -> str:
    """Returns a path of the contract as a Lua pattern. Raises ValueError if it is more than names and {field}."""
    if not re.fullmatch(r"(/([\w.-]+|{\w+}))+", path):
        raise ValueError(f"{path}: only plain segments and {{field}} are understood at the edge")
    parts = (part if part.startswith("{") else re.sub(r"([.-])", r"%\1", part) for part in path.split("/"))
    return "^" + "/".join("[^/]+" if part.startswith("{") else part for part in parts) + "$"


def _reach(message: Descriptor, messages: dict[str, Descriptor]) -> None:
    """Adds a message and all that lie in it."""
    if message.full_name in messages:
        return
    messages[message.full_name] = message
    for field in message.fields:
        if inner := _inside(field):
            _reach(inner, messages)


def _is_plain(message: Descriptor) -> bool:
    """Tells whether JSON writes the message otherwise than by its fields, as all of google.protobuf but Empty."""
    return message.full_name.startswith("google.protobuf.") and message.name != "Empty"


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _inside(field: FieldDescriptor) -> Descriptor | None:
    """The message that a field, or a value of its map, is; None of a scalar."""
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        message = message.fields_by_name["value"].message_type
    return None if message is None or _is_plain(message) else message


def _bindings(bindings: dict[str, list[tuple[str, str]]]) -> str:
    lines = ["  bindings = {"]
    for verb, each in sorted(bindings.items()):
        rows = [f"      {{{json.dumps(path)}, {json.dumps(message)}}}," for path, message in sorted(each)]
        lines += [f"    {verb} = {{", *rows, "    },"]
    return "\n".join([*lines, "  },", ""])


def _messages(messages: dict[str, Descriptor]) -> str:
    lines = ["  messages = {"]
    for name, message in sorted(messages.items()):
        rows = [f"      {{{', '.join(_entry(field))}}}," for field in message.fields]
        lines += [f"    [{json.dumps(name)}] = {{", *rows, "    },"]
    return "\n".join([*lines, "  },", ""])


def _entry(field: FieldDescriptor) -> Iterator[str]:
    yield json.dumps(field.name)
    if field.json_name != field.name:
        yield json.dumps(field.json_name)
    if inner := _inside(field):
        yield f"of = {json.dumps(inner.full_name)}"
    if _is_map(field):
        yield "map = true"
