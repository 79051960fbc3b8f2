"""The contract's rules (protovalidate, and masks), answered with the path of the field and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import protovalidate
from google.protobuf.message import DecodeError

from chassis.errors import InvalidRequest
from chassis.methods import Method


class Validation:
    """Decodes requests and holds them to their contract."""

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()

    def warm(self, methods: Iterable[Method]) -> None:
        """Compiles every request's rules, so that no call waits for it and a bad rule stops the start."""
        for method in methods:
            self._validator.collect_violations(method.request())

    def decode(self, method: Method, body: bytes) -> Any:
        """Returns the request; raises InvalidRequest if it is malformed or breaks rules, FieldNotMutable."""
        try:
            request = method.request.FromString(body)
        except DecodeError as error:
            name = method.request.DESCRIPTOR.full_name
            raise InvalidRequest([("", f"send a well-formed {name}")], f"the body is not a {name}") from error
        violations = self._validator.collect_violations(request)
        if violations:
            raise InvalidRequest([_mended(violation.proto) for violation in violations])
        if method.mask is not None:
            method.mask.check(request)
        return request


def _mended(violation: Any) -> tuple[str, str]:
    path = "" if violation.field is None else _path(violation.field.elements)
    return path, violation.message or f"breaks the rule {violation.rule_id}"


def _path(elements: Iterable[Any]) -> str:
    """Writes a field's path, e.g. `constraints.groups[2].weights["AAPL"].max`."""
    parts = []
    for element in elements:
        subscript = element.subscript
        parts.append(element.field_name + ("" if subscript is None else f"[{_key(subscript.value)}]"))
    return ".".join(parts)


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
