"""Printing: results to stdout as a table or as JSON, everything else to stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from decimal import Decimal
from typing import Literal, TypeVar

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

Format = Literal["table", "json"]
M = TypeVar("M", bound=Message)
_PIPE_WIDTH = 140


def stdout() -> Console:
    """Where results go; wide enough for a table when nobody watches."""
    console = Console()
    return console if console.is_terminal else Console(width=max(console.width, _PIPE_WIDTH))


def stderr() -> Console:
    """Where progress, notes and errors go."""
    return Console(stderr=True)


@contextmanager
def live(look: Callable[[], RenderableType], *, keep: bool = False) -> Iterator[None]:
    """Shows on stderr what `look` returns, again and again while the block runs; `keep` leaves the last look standing.
    Where nobody watches, only a kept last look is printed.
    """
    console = stderr()
    if console.is_terminal:
        with Live(console=console, transient=not keep, refresh_per_second=8, get_renderable=look):
            yield
        return
    try:
        yield
    finally:
        if keep:
            console.print(look())


def show(message: M, format_: Format, table: Callable[[M], RenderableType]) -> None:
    """Prints a response: as its proto JSON with proto field names and defaults, or as the table made of it."""
    if format_ == "json":
        print_json(message)
    else:
        stdout().print(table(message))


def print_json(message: Message, *, indent: int | None = 2) -> None:
    """Prints one message as JSON, as the REST edge would have."""
    content = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    sys.stdout.write(json.dumps(content, indent=indent, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Says what was done."""
    stderr().print(text, highlight=False, soft_wrap=True)


def grid(columns: Sequence[str], rows: Iterable[Sequence[RenderableType]], *, title: str = "", note: str = "") -> Group:
    """A table between a title and a note; a column whose name begins with `>` is flushed right. A cell of type str is
    printed as it is, brackets and all; style comes in as Text.
    """
    table = Table()
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.removeprefix(">"), justify="right" if right else "left", no_wrap=right)
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
    return f"{fraction * 100:.{digits}f} %"


def money(text: str, currency: str = "") -> str:
    """1234.5 → 1,234.50 USD; nothing → –."""
    if not text:
        return "–"
    return f"{Decimal(text):,.2f} {currency}".rstrip()


def day(date: Date) -> str:
    """A session as ISO 8601; – if it is absent."""
    return f"{date.year:04d}-{date.month:02d}-{date.day:02d}" if date.year else "–"


def moment(stamp: Timestamp) -> str:
    """A time as ISO 8601 in UTC, to the second; – if it is absent."""
    return stamp.ToDatetime(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if stamp.seconds else "–"


def word(enum_name: str, prefix: str) -> str:
    """JOB_STATE_RUNNING → running."""
    return enum_name.removeprefix(prefix).lower().replace("_", "-")
