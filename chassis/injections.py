"""Texts that read like SQL injection, looked for in what one method is asked: told, and where so set refused."""

from __future__ import annotations

from typing import Any

from chassis.context import Call
from chassis.errors import InvalidRequest
from chassis.house import House
from chassis.injection import Texts, family_of, is_odd
from chassis.logging import logger
from chassis.methods import Method

_AT_ONCE = 2048  # odd characters of a request, behind which no further text is read: a few milliseconds


class Injections:
    """Looks at the requests of a method."""

    def __init__(self, method: Method, texts: Texts, house: House) -> None:
        self._method, self._texts, self._house = method, texts, house

    @classmethod
    def of(cls, method: Method, house: House) -> Injections | None:
        """None for a method whose requests have no free texts."""
        texts = Texts.of(method.request.DESCRIPTOR)
        return cls(method, texts, house) if texts else None

    def look(self, call: Call | None, request: Any) -> None:
        """Tells what it finds, never what the text says; raises InvalidRequest where it is refused."""
        left = _AT_ONCE
        for field, text in self._texts.read(request):
            if not is_odd(text):
                continue
            family = family_of(text)
            if family:
                self._found(call, field, family)
                return
            left -= len(text)
            if left <= 0:
                return

    def _found(self, call: Call | None, field: str, family: str) -> None:
        logger().warning("sql_injection_suspected", field=field, family=family)
        if self._house.watch is not None:
            self._house.watch.suspected(call, self._method, field, family)
        if self._house.refuses_injection:
            raise InvalidRequest([(field, "it reads like SQL; say it in other words")])
