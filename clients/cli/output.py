"""Printing results to stdout: as a table for people, as JSON or YAML for programs."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from clients.cli.console import stdout

if TYPE_CHECKING:  # what only says how a thing looks needs no protobuf: `qpo status` and `qpo profile` start faster
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp
    from google.type.date_pb2 import Date

Format = Literal["table", "json", "yaml"]
M = TypeVar("M", bound="Message")
_NEVER_CUT = ("id", "job", "symbol", "command")  # what one copies into the next command


def show(message: M, format_: Format, table: Callable[[M], RenderableType]) -> None:
    """Prints a response: as the API's own JSON or YAML, or as the table made of it."""
    if format_ == "table":
        stdout().print(table(message))
    else:
        print_content(content(message), format_)


def content(message: "Message") -> dict[str, Any]:
    """A message as the REST edge would have given it: proto field names, defaults printed."""
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def print_content(what: Any, format_: Format) -> None:
    """Prints one document, as JSON over several lines or as YAML."""
    if format_ == "yaml":
        _write(_yaml(what))
    else:
        _write(json.dumps(what, indent=2, ensure_ascii=False) + "\n")


def append_content(what: Any, format_: Format) -> None:
    """Prints one document of several: a line of NDJSON, or a YAML document of its own."""
    if format_ == "yaml":
        _write("---\n" + _yaml(what))
    else:
        _write(json.dumps(what, ensure_ascii=False) + "\n")


def _yaml(what: Any) -> str:
    import yaml

    return yaml.safe_dump(what, allow_unicode=True, sort_keys=False, width=120)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def grid(columns: Sequence[str], rows: Iterable[Sequence[RenderableType]], *, title: str = "", note: str = "") -> Group:
    """A table between a title and a note; a column whose name begins with `>` is flushed right. A cell of type str is
    printed as it is, brackets and all; style comes in as Text.
    """
    table = Table()
    for column in columns:
        right = column.startswith(">")
        whole = right or column in _NEVER_CUT
        table.add_column(column.removeprefix(">"), justify="right" if right else "left", no_wrap=whole, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    # Beside the table, not in it: there they would wrap at its width, and a page token could not be copied.
    above = [Text(title, "bold")] if title else []
    below = [Text(note, "dim")] if note else []
    return Group(*above, table, *below)


def card(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    """One thing's fields, one under the other."""
    table = Table(show_header=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in rows:
        table.add_row(name, _plain(value))
    return table


def _plain(cell: RenderableType) -> RenderableType:
    return Text(cell) if isinstance(cell, str) else cell


def percent(fraction: float, digits: int = 2) -> str:
    """0.1234 → 12.34 %."""
    return f"{round(fraction * 100, digits) + 0.0:.{digits}f} %"  # + 0.0: there is no minus nothing


def money(text: str, currency: str = "") -> str:
    """1234.5 → 1,234.50 USD; nothing → –."""
    if not text:
        return "–"
    return f"{Decimal(text):,.2f} {currency}".rstrip()


def day(date: "Date") -> str:
    """A session as ISO 8601; – if it is absent."""
    return f"{date.year:04d}-{date.month:02d}-{date.day:02d}" if date.year else "–"


def moment(stamp: "Timestamp") -> str:
    """A time as ISO 8601 in UTC, to the second; – if it is absent."""
    return stamp.ToDatetime(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if stamp.seconds else "–"


def word(enum_name: str, prefix: str) -> str:
    """JOB_STATE_RUNNING → running."""
    return enum_name.removeprefix(prefix).lower().replace("_", "-")
