"""Sending a file of ticks: the feed, then its records symbol by symbol, with a bar that fills as they leave."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from qpo.marketdata.v1.marketdata_service_pb2 import IngestTicksRequest, IngestTicksResponse, TickFeed, TickRecords
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from clients.cli.connection import Edge
from clients.cli.console import stderr
from clients.cli.problem import Problem

_NEEDED = ("occurred_at", "symbol", "price")
_KNOWN = (*_NEEDED, "size", "number", "currency")
_TOGETHER = 1000  # records of a message
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def ticks_in(file: Path) -> list[TickRecords]:
    """The records of a CSV file, those of a symbol in their order. Raises Problem, naming the line."""
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    messages, last = list[TickRecords](), dict[tuple[str, str], TickRecords]()
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        _check(file, rows.fieldnames or [])
        for row in rows:
            key = (row["symbol"], row.get("currency") or "")
            message = last.get(key)
            if message is None or len(message.prices) == _TOGETHER:
                message = last[key] = TickRecords(symbol=key[0], currency=key[1])
                messages.append(message)
            _add(message, row, f"{file.name}, line {rows.line_num}")
    if not messages:
        raise Problem(f"{file.name} holds no ticks")
    return messages


def send(edge: Edge, messages: list[TickRecords], feed: TickFeed, *, timeout: float) -> IngestTicksResponse:
    """Sends the records and returns what the bus has taken."""
    console = stderr()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("sending ticks", total=sum(len(message.prices) for message in messages))

        def requests() -> Iterator[IngestTicksRequest]:
            yield IngestTicksRequest(feed=feed)
            for message in messages:
                yield IngestTicksRequest(records=message)
                bar.advance(task, len(message.prices))

        answer: IngestTicksResponse = edge.marketdata.IngestTicks(requests(), timeout=timeout)
        return answer


def _check(file: Path, columns: Sequence[str]) -> None:
    lacking = [name for name in _NEEDED if name not in columns]
    if lacking:
        fix = f"begin with a header line of {', '.join(_NEEDED)}, and any of size, number, currency"
        raise Problem(f"{file.name} has no column {', '.join(lacking)}", [("FILE", fix)])
    strange = [name for name in columns if name not in _KNOWN]
    if strange:
        raise Problem(f"{file.name} has a column {strange[0]!r}", [("FILE", f"the columns are {', '.join(_KNOWN)}")])


def _add(message: TickRecords, row: dict[str, str], where: str) -> None:
    try:
        message.occurred_at.append(_nanoseconds(row["occurred_at"]))
        message.prices.append(float(row["price"]))
        message.sizes.append(float(row.get("size") or 0.0))
        message.numbers.append(int(row.get("number") or 0))
    except (ValueError, TypeError) as error:
        fix = "occurred_at is ISO 8601 or nanoseconds since 1970, price and size are numbers, number is a whole one"
        raise Problem(f"{where} cannot be read: {error}", [("FILE", fix)]) from None


def _nanoseconds(text: str) -> int:
    """ISO 8601, UTC if it does not say, to the microsecond; or nanoseconds since 1970 as they are."""
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _UNIX
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
