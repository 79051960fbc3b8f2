"""A span for every statement that a traced call sends to PostgreSQL: what it does to which table, never with what."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

from opentelemetry import trace

from chassis.span import LightSpan

_OPERATION = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|COPY|NOTIFY)\b", re.I)
_TABLE = re.compile(r"(?<!DISTINCT )\b(?:FROM|INTO|UPDATE)\s+([a-z_]\w*)(?![.\w])", re.I)


def traced(statement: Any) -> None:
    """Makes a span of a statement that has ended, below the one that it ran in; a `query_logger` of asyncpg."""
    above = trace.get_current_span()
    now = time.time_ns()
    start = now - int(1e9 * statement.elapsed)
    # What began when the call was over is none of it: a loop that it happened to start goes on for others.
    if not isinstance(above, LightSpan) or start > (above.ended_at or now):
        return
    summary, attributes = _told(statement.query)
    span = above.child(summary, trace.SpanKind.CLIENT, attributes, start)
    if statement.exception is not None:
        span.set_attribute("error.type", type(statement.exception).__qualname__)
        span.set_status(trace.StatusCode.ERROR)
    span.end(now)


@lru_cache(maxsize=1024)
def _told(query: str) -> tuple[str, dict[str, str]]:
    """Returns a statement's summary and attributes. Statements are constants of ours, of which there are few."""
    operation = _operation(query)
    table = _TABLE.search(query) if operation in {"SELECT", "INSERT", "UPDATE", "DELETE"} else None
    summary = f"{operation} {table[1]}" if table else operation
    attributes = {
        "db.system.name": "postgresql",
        "db.operation.name": operation,
        "db.query.summary": summary,
    }
    return summary, attributes | ({"db.collection.name": table[1]} if table else {})


def _operation(query: str) -> str:
    """The first word that says what is done; what changes rows counts before what it reads them with."""
    words = [found.upper() for found in _OPERATION.findall(query)]
    if query.lstrip()[:4].upper() == "WITH":
        words.sort(key=lambda word: word == "SELECT")
    return words[0] if words else "OTHER"
