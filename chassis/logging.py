"""Logs: one JSON object per line on standard error, with the trace id of the call it belongs to."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from chassis import context

_LONGEST = 2000  # characters of one value
_SECRET_NAMES = re.compile(r"authorization|password|secret|tokens?$|cookie", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"eyJ[\w-]+\.[\w-]*\.?[\w-]*|(?<=://)([^/@:\s]*):[^@/\s]+(?=@)|(?i:bearer)\s+\S+")
_HIDDEN = "[hidden]"

Event = MutableMapping[str, Any]


def configure(service: str, level: str = "info", version: str = "") -> None:
    """Sends this process's logs, also those of libraries, to standard error as JSON."""
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service, version),
        _in_call,
        structlog.processors.format_exc_info,
        _safe,
    ]
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_line)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    _adopt_standard_logging(shared, number)


def logger() -> Any:
    """Returns the log: `logger().info("portfolio_rebalanced", trades=7)`."""
    return structlog.get_logger()


def _adopt_standard_logging(shared: list[Any], number: int) -> None:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    render = structlog.processors.JSONRenderer(serializer=_line)
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, render])
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING))


def _named(service: str, version: str) -> Any:
    def add(_: Any, __: str, event: Event) -> Event:
        event["service"] = service
        if version:
            event["version"] = version
        return event

    return add


def _in_call(_: Any, __: str, event: Event) -> Event:
    call = context.current()
    if call is not None:
        if call.trace_id:
            event.setdefault("trace_id", call.trace_id)
        event.setdefault("method", call.method)
    return event


def _safe(_: Any, __: str, event: Event) -> Event:
    """Hides secrets, by name and by look, and shortens long texts."""
    return {key: _HIDDEN if _SECRET_NAMES.search(key) else _clean(value) for key, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _HIDDEN if _SECRET_NAMES.search(str(key)) else _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = _SECRET_TEXT.sub(_HIDDEN, str(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _line(event: Any, **_: Any) -> str:
    """Writes one line of ASCII: every control character is escaped, DEL too, which JSON would let pass."""
    return json.dumps(event, default=str).replace("\x7f", "\\u007f")
