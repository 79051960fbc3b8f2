"""A client's stream as a header and the chunks behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from qpo.marketdata.v1 import marketdata_service_pb2 as pb

from chassis.errors import InvalidRequest

Requests = AsyncIterator[pb.IngestPricesRequest]


async def header_of(requests: Requests) -> pb.IngestHeader:
    """The header, which is the first message. Raises InvalidRequest."""
    first = await anext(requests, None)
    if first is None or first.WhichOneof("part") != "header":
        raise InvalidRequest([("header", "send the header as the first message, then chunks")])
    return first.header


async def chunks_of(requests: Requests) -> AsyncIterator[bytes]:
    """The chunks behind the header. Raises InvalidRequest on a second header."""
    async for request in requests:
        if request.WhichOneof("part") != "chunk":
            raise InvalidRequest([("header", "send one header only; behind it come chunks")])
        yield request.chunk
