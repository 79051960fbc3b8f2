"""Logs: one JSON object per line on standard error, with the trace id of the call it belongs to."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Any

from chassis import context

_LONGEST = 2000  # characters of one value
_BEGINNING = 500  # of them from its beginning; a trace ends with what was raised, and where
_SECRET_NAMES = re.compile(r"authorization|password|secret|tokens?$|cookie", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]+\.[\w-]*\.?[\w-]*|\bqpo_[0-9A-Za-z]{71}\b|(?<=://)([^/@:\s]*):[^@/\s]+(?=@)|(?i:bearer)\s+\S+"
)
_HIDDEN = "[hidden]"
_HIDDEN_TEXT = f'"{_HIDDEN}"'
_SHORT = 64  # characters of a text whose safe form is remembered
_ENCODER = json.JSONEncoder(default=str)
_quoted = json.encoder.encode_basestring_ascii

Write = Callable[[dict[str, Any]], None]


class Log:
    """Hands lines from `level` up to `write`: what happened, where it belongs, and whatever else is told of it."""

    def __init__(self, write: Write, level: int = logging.DEBUG, common: Mapping[str, str] | None = None) -> None:
        self._write = write
        self._level = level
        self._common = common or {}

    def debug(self, event: str, **told: Any) -> None:
        """Logs what helps to find a fault."""
        self.line(logging.DEBUG, event, told)

    def info(self, event: str, **told: Any) -> None:
        """Logs what is as it should be."""
        self.line(logging.INFO, event, told)

    def warning(self, event: str, **told: Any) -> None:
        """Logs what was got over."""
        self.line(logging.WARNING, event, told)

    def error(self, event: str, *, exc_info: BaseException | None = None, **told: Any) -> None:
        """Logs what somebody has to look at, with the trace of the exception if there is one."""
        if exc_info is not None:
            told["exception"] = "".join(traceback.format_exception(exc_info)).rstrip("\n")
        self.line(logging.ERROR, event, told)

    def line(self, level: int, event: str, told: Mapping[str, Any]) -> None:
        """Logs a line of any level."""
        if level < self._level:
            return
        now = datetime.now(UTC).isoformat()[:-6] + "Z"
        self._write({"timestamp": now, "level": _name(level), **self._common, **_of_call(), "event": event, **told})


class _Adopted(logging.Handler):
    """Takes the lines that libraries log by the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        told = {} if error is None else {"exception": "".join(traceback.format_exception(error)).rstrip("\n")}
        _log.line(record.levelno, record.getMessage(), told)


def configure(service: str, level: str = "info", version: str = "") -> None:
    """Sends this process's logs, also those of libraries, to standard error as JSON."""
    number = logging.getLevelNamesMapping()[level.upper()]
    common = {"service": service, **({"version": version} if version else {})}
    replace(Log(_written_to(sys.stderr), number, common))
    root = logging.getLogger()
    root.handlers[:] = [_Adopted()]
    root.setLevel(max(number, logging.WARNING))


def logger() -> Log:
    """Returns the log: `logger().info("portfolio_rebalanced", trades=7)`."""
    return _log


def replace(log: Log) -> Log:
    """Makes `log` the process's; returns the one before it."""
    global _log
    before, _log = _log, log
    return before


def _written_to(file: Any) -> Write:
    """Writes each line whole and at once: what is killed a moment later has still said it."""

    def write(line: dict[str, Any]) -> None:
        file.write(_text(line) + "\n")
        file.flush()

    return write


def _of_call() -> dict[str, str]:
    call = context.current()
    if call is None:
        return {}
    return {"trace_id": call.trace_id, "method": call.method} if call.trace_id else {"method": call.method}


def _text(line: Mapping[str, Any]) -> str:
    """Returns one line of ASCII without secrets: every control character is escaped, DEL too, which JSON lets pass.

    Put together by hand: every call writes a line, and the encoder's own start costs more than all of this.
    """
    parts = [f"{_label(name)}: {_HIDDEN_TEXT if _is_secret(name) else _json(value)}" for name, value in line.items()]
    return "{" + ", ".join(parts).replace("\x7f", "\\u007f") + "}"


def _json(value: Any) -> str:
    if isinstance(value, str):
        return _short_text(value) if len(value) <= _SHORT else _quoted(_clean(value))
    if type(value) is float and isfinite(value):
        return repr(value)
    return _ENCODER.encode(_clean(value))


@lru_cache(maxsize=4096)
def _short_text(text: str) -> str:
    """Remembered, since most of what a line says was said before: names, codes, ids of users."""
    return _quoted(_clean(text))


@lru_cache(maxsize=1024)
def _label(name: str) -> str:
    return _quoted(name)


@lru_cache(maxsize=16)
def _name(level: int) -> str:
    return logging.getLevelName(level).lower()


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAMES.search(name))


def _clean(value: Any) -> Any:
    """Hides secrets, by name and by look, and shortens long texts."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {key: _HIDDEN if _is_secret(str(key)) else _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    text = _SECRET_TEXT.sub(_HIDDEN, str(value))
    return text if len(text) <= _LONGEST else text[:_BEGINNING] + "…" + text[_BEGINNING - _LONGEST :]


# Until `configure` says whose it is.
_log = Log(_written_to(sys.stderr))
