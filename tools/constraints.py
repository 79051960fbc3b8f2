"""protovalidate's rules on a field as JSON Schema keywords."""

from __future__ import annotations

from typing import Any

from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FieldDescriptor

Keywords = dict[str, Any]
# The generated stub gives the extension a type that its own accessor does not take.
_FIELD_RULES: Any = validate_pb2.field
_IF_ZERO = validate_pb2.IGNORE_IF_ZERO_VALUE
NUMBERS = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
STRINGS = {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"}
FORMATS = {"uuid": "uuid", "email": "email"}
ARRAYS = {"min_items": "minItems", "max_items": "maxItems"}
MAPS = {"min_pairs": "minProperties", "max_pairs": "maxProperties"}


def constraints_of(field: FieldDescriptor) -> Keywords:
    """The keywords for a field; those of an array's items or a map's values are under `items`.

    Where a contract's rule leaves out the value that a field has when it is not set, that value is admitted beside.
    """
    options = descriptor_pb2.FieldOptions.FromString(field.GetOptions().SerializeToString())
    rules = options.Extensions[_FIELD_RULES]
    keywords = _keywords(rules, field)
    if keywords and rules.ignore == _IF_ZERO and not field.has_presence and not field.is_repeated:
        return {"anyOf": [keywords, {"const": field.default_value}]}
    return keywords


def _keywords(rules: Any, field: FieldDescriptor) -> Keywords:
    kind = rules.WhichOneof("type")
    if kind == "repeated":
        unique = {"uniqueItems": True} if rules.repeated.unique else {}
        return _renamed(rules.repeated, ARRAYS) | unique | _items(rules.repeated.items, field)
    if kind == "map":
        return _renamed(rules.map, MAPS) | _items(rules.map.values, field) | _names(rules.map.keys, field)
    return _scalar(rules, kind, field)


def _scalar(rules: Any, kind: str | None, field: FieldDescriptor) -> Keywords:
    if kind == "string":
        return _string(rules.string)
    if kind == "enum":
        return _enum(rules.enum, field)
    return _renamed(getattr(rules, kind), NUMBERS) if kind in ("double", "int32") else {}


def _items(rules: Any, field: FieldDescriptor) -> Keywords:
    keywords = _keywords(rules, field)
    return {"items": keywords} if keywords else {}


def _names(rules: Any, field: FieldDescriptor) -> Keywords:
    keywords = _keywords(rules, field)
    return {"propertyNames": keywords} if keywords else {}


def _string(rules: Any) -> Keywords:
    name = next((name for rule, name in FORMATS.items() if getattr(rules, rule)), None)
    among = {"enum": list(getattr(rules, "in"))} if getattr(rules, "in") else {}
    return _renamed(rules, STRINGS) | among | ({"format": name} if name else {})


def _enum(rules: Any, field: FieldDescriptor) -> Keywords:
    if field.enum_type is None or not rules.not_in:
        return {}
    return {"not": {"enum": [field.enum_type.values_by_number[number].name for number in rules.not_in]}}


def _renamed(rules: Any, names: dict[str, str]) -> Keywords:
    return {keyword: getattr(rules, rule) for rule, keyword in names.items() if rules.HasField(rule)}
