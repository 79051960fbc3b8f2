"""A file of prices, as IngestPrices takes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from qpo.marketdata.v1.marketdata_service_pb2 import (
    PRICE_FORMAT_CSV,
    PRICE_FORMAT_PARQUET,
    IngestHeader,
    IngestPricesRequest,
)

CHUNK = 256 << 10


def parts(dataset: str, file: IO[bytes], *, validate_only: bool = False) -> Iterator[IngestPricesRequest]:
    """The header, then the file's bytes; no more of it is held at a time than is sent."""
    kind = PRICE_FORMAT_PARQUET if file.name.endswith(".parquet") else PRICE_FORMAT_CSV
    yield IngestPricesRequest(header=IngestHeader(dataset=dataset, format=kind, validate_only=validate_only))
    while chunk := file.read(CHUNK):
        yield IngestPricesRequest(chunk=chunk)
