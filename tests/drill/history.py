"""What the clients saw, the final rows and the event log: one JSONL file, from which every verdict can be had again.

A line is one record, told apart by `type`. Of a call: `invoke`, then `ok`, `fail` or `info` per try. `info` is
Knossos's word for an outcome that is not known: the try may have taken effect or not. All times are seconds on one
clock, the drill's own, which every client shares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Record = dict[str, Any]
FOREVER = float("inf")


@dataclass(slots=True)
class Call:
    """A call with all its tries, which carry one request_id."""

    op: int
    client: int
    user: str
    method: str
    via: str
    request: Record
    began: float
    # Of the first answer, whatever it says; FOREVER if there was none.
    ended: float = FOREVER
    # In order: an `ok` that comes again is a repetition by intent.
    answers: list[Record] = field(default_factory=list)
    # Of the refusal that ended the call; empty if none did.
    code: str = ""
    reason: str = ""
    # Tries whose outcome is not known.
    lost: int = 0
    lost_codes: list[str] = field(default_factory=list)
    # Of these, what a service answered because it did not know what had happened to it.
    unforeseen: int = 0

    @property
    def ok(self) -> bool:
        """Whether it was answered."""
        return bool(self.answers)

    @property
    def refused(self) -> bool:
        """Whether it was refused for good."""
        return bool(self.code)

    @property
    def unknown(self) -> bool:
        """Whether the client ran out of patience."""
        return not self.ok and not self.refused

    @property
    def request_id(self) -> str:
        """The caller's own id; empty if the call has none."""
        return str(self.request.get("request_id", ""))

    @property
    def name(self) -> str:
        """The call, for people."""
        return f"call {self.op} ({self.method} of client {self.client})"


@dataclass(slots=True)
class Run:
    """All that the checkers are given."""

    calls: list[Call] = field(default_factory=list)
    # Final rows by table: portfolio.portfolios, portfolio.requests, optimizer.optimizations, optimizer.requests.
    rows: dict[str, list[Record]] = field(default_factory=dict)
    # The outboxes in their own order, by service.
    log: dict[str, list[Record]] = field(default_factory=dict)
    # The bus, every stream in its order.
    bus: list[Record] = field(default_factory=list)
    kills: list[Record] = field(default_factory=list)

    def of(self, *methods: str) -> Iterator[Call]:
        """The calls of some methods."""
        return (call for call in self.calls if call.method in methods)

    def table(self, name: str) -> list[Record]:
        """The final rows of a table."""
        return self.rows.get(name, [])


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken invariant, e.g. `I3`, and what shows it."""

    invariant: str
    text: str


Checker = Callable[[Run], list[Violation]]


class Writer:
    """Appends records; a line is whole or not there."""

    def __init__(self, path: Path | None = None) -> None:
        self.records: list[Record] = []
        self._file = path.open("w", encoding="utf-8") if path else None

    def put(self, kind: str, /, **fields: Any) -> None:
        """Keeps a record."""
        record = {"type": kind, **fields}
        self.records.append(record)
        if self._file:
            self._file.write(json.dumps(record, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Writes out what is buffered."""
        if self._file:
            self._file.close()


def read(path: Path) -> Run:
    """The run that a file tells of."""
    with path.open(encoding="utf-8") as lines:
        return assembled(json.loads(line) for line in lines)


def assembled(records: Iterable[Record]) -> Run:
    """The run that records tell of."""
    run, calls = Run(), dict[int, Call]()
    take: Mapping[str, Callable[[Record], None]] = {
        "invoke": lambda record: _invoked(calls, record),
        "ok": lambda record: _answered(calls[record["op"]], record),
        "fail": lambda record: _refused(calls[record["op"]], record),
        "info": lambda record: _lost(calls[record["op"]], record),
        "row": lambda record: run.rows.setdefault(record["table"], []).append(record["row"]),
        "event": lambda record: run.log.setdefault(record["service"], []).append(record["event"]),
        "bus": run.bus.append,
        "kill": run.kills.append,
    }
    for record in records:
        if handle := take.get(record["type"]):
            handle(record)
    run.calls = list(calls.values())
    return run


def _invoked(calls: dict[int, Call], record: Record) -> None:
    op = record["op"]
    if op not in calls:
        fields = ("client", "user", "method", "via", "request")
        calls[op] = Call(op, *(record[name] for name in fields), began=record["t"])
    elif record["method"].startswith(("Get", "List")):
        # A read that was lost has done nothing: the one that is answered begins with its own try.
        calls[op].began = record["t"]


def _answered(call: Call, record: Record) -> None:
    call.ended = min(call.ended, record["t"])
    call.answers.append(record["answer"])


def _refused(call: Call, record: Record) -> None:
    if call.ok:  # the repetition of an answered call
        call.answers.append({"refused": record["reason"] or record["code"]})
        return
    call.ended, call.code, call.reason = record["t"], record["code"], record["reason"]


def _lost(call: Call, record: Record) -> None:
    call.lost += 1
    call.lost_codes.append(record["code"])
    call.unforeseen += record["code"] in {"INTERNAL", "UNKNOWN"} and record["text"] == "internal error"
