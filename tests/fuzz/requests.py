"""Requests that nobody in their senses sends: messages of the contract's own shape with anything in them, and bytes.

Half of them are nearly right, so that what lies behind the contract's rules is reached too.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

DEPTH = 5
WEIRD = (
    *("", " ", "a", "A" * 300, "\0", "\x1f", "ü", "𝔘", "\u202e", "%00", "null", "NaN", "-1", "0", "1e400"),
    *("' OR 1=1 --", '"; DROP TABLE users; --', "${jndi:ldap://x}", "{{7*7}}", "<script>", "a@example.com"),
    *("../../etc/passwd", "2024-02-30", "9999999999999.99"),
)
INTEGERS = (0, 1, 2, 3, 7, 12, 60, 252, 1000, 10_000, -1, 2**31 - 1, -(2**31))
LARGE = (2**32 - 1, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, 0.5, -1.0, 1e-300, 1e300, math.inf, -math.inf, math.nan, 0.1, 252.0)


SENSIBLE = (1, 2, 5, 20, 60, 252)
SHARES = (0.0, 0.05, 0.25, 0.5, 1.0, 2.5)


class Generator:
    """Makes messages; `known` are texts that mean something to the services, by the end of the names of fields."""

    def __init__(self, chance: random.Random, known: Mapping[str, Sequence[str]]) -> None:
        self._chance, self._by_name = chance, known
        self._known = [text for texts in known.values() for text in texts]
        self._tame = False

    def body(self, of: Descriptor) -> bytes:
        """A message's bytes; now and then some that are none."""
        self._tame = self._often(0.5)
        return self._bitten(self.message(of).SerializeToString())

    def text(self, of: Descriptor) -> bytes:
        """A message's JSON; now and then some that is none."""
        self._tame = self._often(0.5)
        try:
            tree = json_format.MessageToDict(self.message(of), preserving_proto_field_name=True)
        except (ValueError, json_format.Error):
            tree = {}  # a moment or a span of time out of range
        if self._often(0.3):
            tree = self._twisted(tree)
        text = json.dumps(tree).encode()
        return self._bitten(text) if self._often(0.2) else text

    def word(self) -> str:
        """A text for any place."""
        return self._chance.choice(self._known) if self._often(0.6) else self._chance.choice(WEIRD)

    def message(self, of: Descriptor, depth: int = 0) -> Message:
        """One with about half of its fields."""
        made = GetMessageClass(of)()
        for field in of.fields:
            if self._is_wanted(field, depth):
                self._fill(made, field, depth)
        return made

    def _is_wanted(self, field: FieldDescriptor, depth: int) -> bool:
        if depth >= DEPTH:
            return self._often(0.1)
        needed = field_behavior_pb2.REQUIRED in field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
        return self._often((0.98 if needed else 0.2) if self._tame else 0.55)

    def _fill(self, made: Message, field: FieldDescriptor, depth: int) -> None:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            self._fill_map(getattr(made, field.name), field.message_type, depth)
        elif field.message_type is not None and depth >= DEPTH:
            return
        elif field.is_repeated:
            values = getattr(made, field.name)
            for _ in range(self._chance.choice((0, 1, 1, 2, 5))):
                if field.message_type is not None:
                    values.add().CopyFrom(self.message(field.message_type, depth + 1))
                else:
                    values.append(self._scalar(field))
        elif field.message_type is not None:
            getattr(made, field.name).CopyFrom(self.message(field.message_type, depth + 1))
        else:
            setattr(made, field.name, self._scalar(field))

    def _fill_map(self, values: Any, entry: Descriptor, depth: int) -> None:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        for _ in range(self._chance.choice((0, 1, 2))):
            if value.message_type is not None:
                values[self._scalar(key)].CopyFrom(self.message(value.message_type, depth + 1))
            else:
                values[self._scalar(key)] = self._scalar(value)

    def _scalar(self, field: FieldDescriptor) -> Any:
        if self._tame and self._often(0.9) and (sensible := self._sensible(field)):
            return self._chance.choice(sensible)
        if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
            is_text = field.type != FieldDescriptor.TYPE_BYTES
            return self.word() if is_text else self._chance.randbytes(self._chance.choice((0, 1, 8, 16, 80, 400)))
        return self._chance.choice(_numbers(field))

    def _sensible(self, field: FieldDescriptor) -> Sequence[Any]:
        """What such a field may well hold; nothing if that is not known."""
        kind = field.cpp_type
        if kind == FieldDescriptor.CPPTYPE_STRING and field.type != FieldDescriptor.TYPE_BYTES:
            place = f"{field.containing_type.name}.{field.name}".lower()
            return next((texts for name, texts in self._by_name.items() if place.endswith(name)), ())
        if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
            return SHARES
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return [value.number for value in field.enum_type.values if value.number]
        return SENSIBLE if kind not in (FieldDescriptor.CPPTYPE_BOOL, FieldDescriptor.CPPTYPE_STRING) else ()

    def _twisted(self, tree: Any) -> Any:
        """Another kind of value in some place, or a name that does not exist."""
        odd = (None, [], {}, "text", 1e400, -7, True, [[]], {"a": {"a": {"a": 1}}}, [None])
        if isinstance(tree, dict) and tree:
            name = self._chance.choice(sorted(tree))
            return {**tree, name: self._twisted(tree[name])} if self._often(0.6) else {**tree, self.word(): 1}
        if isinstance(tree, list) and tree and self._often(0.5):
            return [self._twisted(tree[0]), *tree[1:]]
        return self._chance.choice(odd)

    def _bitten(self, data: bytes) -> bytes:
        """As it is, mostly; else with bytes changed, left out or put in."""
        if not data or self._often(0.75):
            return data
        at, bytes_of = self._chance.randrange(len(data)), self._chance.randbytes
        put_in = data[:at] + bytes_of(9) + data[at:]
        return self._chance.choice((data[:at], data[:at] + bytes_of(1) + data[at + 1 :], put_in))

    def _often(self, share: float) -> bool:
        return self._chance.random() < share


def _numbers(field: FieldDescriptor) -> Sequence[Any]:
    """What a field that is no text can hold at all."""
    kind = field.cpp_type
    if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return FLOATS
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return (True, False)
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return [value.number for value in field.enum_type.values] + [999]
    low = 0 if kind in (FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64) else -(2**63)
    is_short = kind in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32)
    return [number for number in (*INTEGERS, *LARGE) if number >= low and (not is_short or -(2**31) <= number < 2**31)]
