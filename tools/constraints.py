"""protovalidate's rules on a field as JSON Schema keywords."""

from __future__ import annotations

from typing import Any

from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FieldDescriptor

Keywords = dict[str, Any]
# The generated stub gives the extension a type that its own accessor does not take.
_FIELD_RULES: Any = validate_pb2.field
NUMBERS = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
STRINGS = {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"}
FORMATS = {"uuid": "uuid", "email": "email"}
ARRAYS = {"min_items": "minItems", "max_items": "maxItems"}
MAPS = {"min_pairs": "minProperties", "max_pairs": "maxProperties"}


def constraints_of(field: FieldDescriptor) -> Keywords:
    """The keywords for a field; those of an array's items or a map's values are under `items`."""
    options = descriptor_pb2.FieldOptions.FromString(field.GetOptions().SerializeToString())
    return _keywords(options.Extensions[_FIELD_RULES])


def _keywords(rules: Any) -> Keywords:
    kind = rules.WhichOneof("type")
    if kind is None:
        return {}
    of_kind = getattr(rules, kind)
    if kind == "string":
        return _string(of_kind)
    if kind == "repeated":
        unique = {"uniqueItems": True} if of_kind.unique else {}
        return _renamed(of_kind, ARRAYS) | unique | _items(of_kind.items)
    if kind == "map":
        return _renamed(of_kind, MAPS) | _items(of_kind.values)
    if kind in ("double", "int32"):
        return _renamed(of_kind, NUMBERS)
    return {}


def _items(rules: Any) -> Keywords:
    keywords = _keywords(rules)
    return {"items": keywords} if keywords else {}


def _string(rules: Any) -> Keywords:
    name = next((name for rule, name in FORMATS.items() if getattr(rules, rule)), None)
    return _renamed(rules, STRINGS) | ({"format": name} if name else {})


def _renamed(rules: Any, names: dict[str, str]) -> Keywords:
    return {keyword: getattr(rules, rule) for rule, keyword in names.items() if rules.HasField(rule)}
