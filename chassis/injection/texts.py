"""The free texts of a request: the strings that its contract leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from chassis.injection.grammar import is_odd

# What is a secret is never read, and what we gave out ourselves says nothing.
_NOT_READ: Final = re.compile(r"(?:^|_)(?:password|secret|token|cursor|etag|request_id)$")
_CLOSED: Final = ("const", "uuid", "tuuid", "ulid", "hostname", "ip", "ipv4", "ipv6", "address", "host_and_port")
# Whatever pattern lets one of these in leaves room for an attack.
_ATTACKS: Final = ("a' or 1=1--", "1 union select a", "1; drop table a")
_TOGETHER: Final = 1000  # texts read of one request
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    many: bool
    within: tuple[_Field, ...] | None  # none: a string


@dataclass(frozen=True, slots=True)
class Texts:
    """Finds the texts of one kind of request; false if it can have none."""

    fields: tuple[_Field, ...]

    @classmethod
    def of(cls, message: Descriptor) -> Texts:
        """Reads the contract once: a string that only an id or one of a list can be is not free."""
        return cls(_fields(message, ()))

    def __bool__(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.fields)

    def read(self, request: Any) -> Iterator[tuple[str, str]]:
        """Yields paths and texts that may be odd, the first 1,000."""
        for count, found in enumerate(_read(self.fields, request, "")):
            if count == _TOGETHER:
                return
            yield found


def _fields(message: Descriptor, above: tuple[str, ...]) -> tuple[_Field, ...]:
    if message.full_name in above or len(above) == _DEEPEST:
        return ()
    found = []
    for field in message.fields:
        if field.message_type is not None:
            if field.message_type.GetOptions().map_entry:
                continue
            within = _fields(field.message_type, (*above, message.full_name))
            if within:
                found.append(_Field(field.name, field.is_repeated, within))
        elif field.type == FieldDescriptor.TYPE_STRING and not _NOT_READ.search(field.name) and _free(field):
            found.append(_Field(field.name, field.is_repeated, None))
    return tuple(found)


def _free(field: FieldDescriptor) -> bool:
    extension: Any = validate_pb2.field
    rules = field.GetOptions().Extensions[extension]
    string = rules.repeated.items.string if field.is_repeated else rules.string
    if any(string.HasField(name) for name in _CLOSED) or getattr(string, "in"):
        return False
    return not string.HasField("pattern") or any(re.search(string.pattern, attack) for attack in _ATTACKS)


def _read(fields: tuple[_Field, ...], message: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for field in fields:
        held = getattr(message, field.name)
        if field.many:
            # Of many short texts hardly one is odd: one look tells of all.
            if field.within is None and not is_odd("\n".join(held)):
                continue
            for number, one in enumerate(held):
                yield from _one(field, one, f"{prefix}{field.name}[{number}]")
        elif field.within is None:
            if held:
                yield prefix + field.name, held
        elif message.HasField(field.name):
            yield from _read(field.within, held, f"{prefix}{field.name}.")


def _one(field: _Field, held: Any, path: str) -> Iterator[tuple[str, str]]:
    if field.within is not None:
        yield from _read(field.within, held, f"{path}.")
    elif held:
        yield path, held
