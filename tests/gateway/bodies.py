"""Bodies of REST calls, made from the contracts."""

import copy
import itertools
from collections.abc import Iterator
from typing import Any

from google.api import annotations_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st

from tests.gateway.standin import CONTRACTS

WELL_KNOWN = {
    "google.protobuf.Timestamp": "2026-01-02T03:04:05Z",
    "google.protobuf.Duration": "1.5s",
    "google.protobuf.FieldMask": "name",
}
TEXT, BYTES, TRUTH = FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_BOOL


def bindings() -> Iterator[tuple[str, str, Descriptor, frozenset[str]]]:
    """Verb, path, message of the body and the fields that the path gives, of each binding with a body."""
    for service in itertools.chain.from_iterable(CONTRACTS.values()):
        for method in service.methods:
            rule = method.GetOptions().Extensions[annotations_pb2.http]
            for each in (rule, *rule.additional_bindings):
                if not each.body:
                    continue
                verb = each.WhichOneof("pattern")
                path = getattr(each, verb)
                whole = each.body == "*"
                body = method.input_type if whole else method.input_type.fields_by_name[each.body].message_type
                in_path = frozenset(part[1:-1] for part in path.split("/") if part.startswith("{")) if whole else ()
                yield verb.upper(), path, body, frozenset(in_path)


def is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def inside(field: FieldDescriptor) -> FieldDescriptor:
    """The field itself, or the value of its map."""
    return field.message_type.fields_by_name["value"] if is_map(field) else field


def plain(field: FieldDescriptor) -> Any:
    """A value of a scalar or well-known field; None of another message."""
    if field.message_type is not None:
        return WELL_KNOWN.get(field.message_type.full_name)
    if field.enum_type is not None:
        return field.enum_type.values[-1].name
    return {TEXT: "text", BYTES: "AAEC", TRUTH: True}.get(field.type, 1)


def one_per_oneof(message: Descriptor) -> list[FieldDescriptor]:
    return [f for f in message.fields if f.containing_oneof is None or f == f.containing_oneof.fields[-1]]


def full(message: Descriptor, *, camel: bool = False, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A body with every field set, of a oneof the last."""
    body = {}
    for field in one_per_oneof(message):
        if field.name in without:
            continue
        value = plain(inside(field))
        value = full(inside(field).message_type, camel=camel) if value is None else value
        if is_map(field):
            value = {"KEY": value}
        elif field.is_repeated:
            value = [value, copy.deepcopy(value)]
        body[field.json_name if camel else field.name] = value
    return body


def objects(body: Any) -> Iterator[dict[str, Any]]:
    """Every object in a body, but not those that are a map."""
    if isinstance(body, list):
        for each in body:
            yield from objects(each)
    elif isinstance(body, dict):
        if "KEY" not in body:
            yield body
        for each in body.values():
            yield from objects(each)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def bodies(draw: st.DrawFn, message: Descriptor, strangers: st.SearchStrategy[bool]) -> dict[str, Any]:
    """A body with some of the message's fields in either spelling; where `strangers` says so, one it does not have."""
    body: dict[str, Any] = {}
    for field in one_per_oneof(message):
        if not draw(st.booleans()):
            continue
        value = plain(inside(field))
        values = st.just(value) if value is not None else bodies(inside(field).message_type, strangers)
        if is_map(field):
            values = st.dictionaries(st.text(max_size=6), values, max_size=2)
        elif field.is_repeated:
            values = st.lists(values, max_size=2)
        body[draw(st.sampled_from([field.name, field.json_name]))] = draw(values)
    if draw(strangers):
        known = {spelling for field in message.fields for spelling in (field.name, field.json_name)}
        near = st.sampled_from(sorted(known) or ["x"]).map(lambda name: name[1:] + name[:1])
        body[draw((st.text(max_size=10) | near).filter(lambda name: name not in known))] = draw(ANYTHING)
    return body
