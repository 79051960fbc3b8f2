"""A span for every statement that a traced call sends to PostgreSQL: what it does to which table, never with what."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

from opentelemetry import trace

from chassis.span import LightSpan

_FIRST = re.compile(r"\W*(\w+)")
_KNOWN = {"SELECT", "INSERT", "UPDATE", "DELETE", "COPY", "NOTIFY"}
_KNOWN |= {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}
_NAME = r"(?:\w+\.)?([a-z_]\w*)"
_CHANGE = re.compile(
    rf"\b(INSERT) INTO {_NAME}|\b(DELETE) FROM (?:ONLY )?{_NAME}"
    rf"|(?<!\bFOR )(?<!\bKEY )(?<!\bDO )\b(UPDATE) (?:ONLY )?{_NAME}",
    re.I,
)
_READ = re.compile(
    rf"(?<!DISTINCT )\b(?:FROM|JOIN) (?:ONLY |LATERAL )?(?!LATERAL\b|SELECT\b){_NAME}(?![\w.(\x00])", re.I
)
_MAIN = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE)\b", re.I)
# What WITH gives a name to, in a text without what stands in parentheses.
_NAMED = re.compile(r"(\w+) (?:\x00 )?AS (?:NOT )?(?:MATERIALIZED )?\x00", re.I)
# A FROM that names no table, and what is none of the statement's own words.
_PART = re.compile(r"\b(?:EXTRACT|TRIM|SUBSTRING|OVERLAY) ?\([^()]*? FROM ", re.I)
_SAID = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.S)
_PARENTHESES = re.compile(r"\([^()]*\)")


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
    operation, table = _meant(query)
    summary = f"{operation} {table}" if table else operation
    attributes = {
        "db.system.name": "postgresql",
        "db.operation.name": operation,
        "db.query.summary": summary,
    }
    return summary, attributes | ({"db.collection.name": table} if table else {})


def _meant(query: str) -> tuple[str, str]:
    """What is done to which table, "" if that is not said: by the statement itself, and not by what it begins with.

    A statement that only reads what its own first part changed is told as that change.
    """
    text = " ".join(_SAID.sub(lambda said: "''" if said[0].startswith("'") else " ", query).split())
    outside = _without_parentheses(text)
    first = _FIRST.match(text)
    operation = first[1].upper() if first else ""
    if operation == "WITH":
        main = _MAIN.search(outside)
        operation = main[1].upper() if main else ""
        if operation == "SELECT" and (change := _CHANGE.search(text)):
            return _changed(change)
    if operation == "SELECT":
        return operation, _read(text, outside)
    change = _CHANGE.search(outside)
    if change and _changed(change)[0] == operation:
        return _changed(change)
    return (operation if operation in _KNOWN else "OTHER"), ""


def _changed(found: re.Match[str]) -> tuple[str, str]:
    operation, table = (group for group in found.groups() if group)
    return operation.upper(), table


def _read(text: str, outside: str) -> str:
    """The first table that is read from: by the statement itself, else by what stands in its parentheses."""
    named = {name.lower() for name in _NAMED.findall(outside)}
    for where in (outside, _PART.sub("(", text)):
        for table in _READ.findall(where):
            if table.lower() not in named:
                return str(table)
    return ""


def _without_parentheses(text: str) -> str:
    """The text with a mark in place of each pair of parentheses and all within."""
    while (less := _PARENTHESES.sub("\0", text)) != text:
        text = less
    return text
