"""Sending a file of prices: a header, then its bytes in chunks, with a bar that fills as they leave."""

from collections.abc import Iterator
from pathlib import Path

from qpo.marketdata.v1.marketdata_service_pb2 import (
    IngestHeader,
    IngestPricesRequest,
    IngestPricesResponse,
    PriceFormat,
)
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TaskID, TextColumn

from clients.cli.connection import Edge
from clients.cli.console import stderr
from clients.cli.problem import Problem

_CHUNK = 256 * 1024
_FORMATS = {
    ".csv": PriceFormat.PRICE_FORMAT_CSV,
    ".gz": PriceFormat.PRICE_FORMAT_CSV,
    ".parquet": PriceFormat.PRICE_FORMAT_PARQUET,
    ".pq": PriceFormat.PRICE_FORMAT_PARQUET,
}


def format_of(file: Path) -> PriceFormat:
    """How a file is encoded, by its name's ending. Raises Problem on another, or if there is no such file."""
    if not file.is_file():
        raise Problem(f"there is no file {file}")
    known = _FORMATS.get(file.suffix.lower())
    if known is None:
        raise Problem(f"cannot tell what {file.name} is", [("FILE", "name it *.csv, *.csv.gz or *.parquet")])
    return known


def upload(edge: Edge, file: Path, header: IngestHeader, *, timeout: float) -> IngestPricesResponse:
    """Sends the file and returns what became of it."""
    with _bar() as bar:
        task = bar.add_task(f"sending {file.name}", total=file.stat().st_size)
        answer: IngestPricesResponse = edge.marketdata.IngestPrices(_parts(file, header, bar, task), timeout=timeout)
        return answer


def _parts(file: Path, header: IngestHeader, bar: Progress, task: TaskID) -> Iterator[IngestPricesRequest]:
    yield IngestPricesRequest(header=header)
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            yield IngestPricesRequest(chunk=chunk)
            bar.advance(task, len(chunk))
    bar.update(task, description="checking and storing")


def _bar() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = stderr()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
