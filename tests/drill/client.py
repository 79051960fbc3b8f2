"""A client that means it: every write carries a request_id, and is sent again until its outcome is known.

A try that times out, or meets a mesh that is not there, is *unknown*: it may have taken effect. Only the repetition
under the same request_id tells.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from tests.drill.edge import METHODS, Edge, Refused
from tests.drill.history import Writer
from tests.drill.views import answer_view

# What a try that ends like this has done, nobody knows. INTERNAL is among them, and a finding besides.
UNKNOWN = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "INTERNAL", "UNKNOWN"})
# Refused before anything was begun: worth another try.
NOT_YET = frozenset({"UNAUTHENTICATED", "RESOURCE_EXHAUSTED"})
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.8


@dataclass
class Person:
    """A user, who may sit at several clients."""

    user_id: str
    token: str
    # Gets a new token; None where the token never ends.
    renew: Callable[[], Any] | None = None
    # The portfolios that they know of: id to the newest version seen.
    portfolios: dict[str, int] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)


class Client:
    """One thread of calls, each after the other, all of them recorded."""

    ops = itertools.count(1)

    def __init__(
        self, number: int, person: Person, edge: Edge, writer: Writer, *, chance: random.Random, patience: float = 15.0
    ) -> None:
        self.number, self.person, self.chance = number, person, chance
        self._edge, self._writer, self._patience = edge, writer, patience
        self._marks = itertools.count(1)

    def mark(self) -> str:
        """A word that no other write uses."""
        return f"c{self.number}-{next(self._marks)}"

    async def call(self, method: str, request: Message, *, try_seconds: float = 4.0, again: float = 0.0) -> Any:
        """The answer; None if it was refused or is not known. With the chance `again`, what was answered is asked
        once more, after a moment in which others may write."""
        request = identified(request, self.chance)
        op = next(self.ops)
        answer = await self._tried(op, method, request, try_seconds)
        if answer is not None and self.chance.random() < again:
            await asyncio.sleep(self.chance.uniform(0.0, 0.05))
            await self._tried(op, method, request, try_seconds)
        return answer

    async def _tried(self, op: int, method: str, request: Message, try_seconds: float) -> Any:
        ends_at, pause = time.monotonic() + self._patience, FIRST_PAUSE
        while True:
            self._invoke(op, method, request)
            try:
                answer = await self._edge.call(method, request, self.person.token, try_seconds)
            except Refused as refusal:
                kind = "info" if refusal.code in UNKNOWN | NOT_YET else "fail"
                self._put(kind, op, code=refusal.code, reason=refusal.reason, text=refusal.text[:200])
                if kind == "fail" or time.monotonic() + pause > ends_at:
                    return None
                if refusal.code == "UNAUTHENTICATED" and self.person.renew is not None:
                    await self.person.renew()
            else:
                self._put("ok", op, answer=answer_view(method, answer))
                return answer
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _invoke(self, op: int, method: str, request: Message) -> None:
        body = json_format.MessageToDict(request, preserving_proto_field_name=True)
        self._put(
            "invoke",
            op,
            client=self.number,
            user=self.person.user_id,
            method=method,
            via=self._edge.name,
            request={key: body[key] for key in KEPT if key in body},
        )

    def _put(self, kind: str, op: int, **fields: Any) -> None:
        self._writer.put(kind, op=op, t=round(time.monotonic(), 6), **fields)


# Of a request, what a checker reads; the rest would only fill the disk.
KEPT = ("request_id", "portfolio_id", "job_id", "name", "portfolio", "etag", "page_size")


def identified(request: Message, chance: random.Random) -> Message:
    """The request with an id that makes it safe to repeat, if its contract has room for one."""
    if "request_id" in request.DESCRIPTOR.fields_by_name:
        request.request_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return request


def message(method: str, **fields: Any) -> Message:
    """A request of a method, e.g. `message("GetPortfolio", portfolio_id=…)`."""
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(METHODS[method].input_type)(**fields)
