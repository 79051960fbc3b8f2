"""The users of a drill: registered, logged in, with prices of their own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc
from qpo.marketdata.v1.marketdata_service_pb2 import IngestHeader, IngestPricesRequest, PriceFormat
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from tests.drill.client import Person, message
from tests.drill.edge import GrpcEdge, Refused
from tests.drill.load import DATASET, closes

PASSWORD = "correct horse battery staple"
FRESH = 600.0  # seconds that a token of 15 minutes is used


async def person(channel: Any, email: str, seed: int) -> Person:
    """Registers a user, logs in and imports prices."""
    edge = GrpcEdge(channel)
    credentials = {"email": email, "password": PASSWORD}
    await edge.call("Register", message("Register", **credentials), "", 20)
    login = await edge.call("Login", message("Login", **credentials), "", 20)
    made = Person(login.user.id, login.tokens.access_token)
    made.renew = _renewal(edge, credentials, made)
    await _import(channel, made, seed)
    return made


def _renewal(edge: GrpcEdge, credentials: dict[str, str], made: Person) -> Any:
    """Logs in again, one client for all of the user's; a mesh that refuses a fresh token is not asked for another."""
    turn, last = asyncio.Lock(), time.monotonic()

    async def renew() -> None:
        nonlocal last
        async with turn:
            if time.monotonic() - last < 5.0:
                return
            try:
                login = await edge.call("Login", message("Login", **credentials), "", 4)
            except Refused:
                return  # whoever asked will be refused again, and ask again
            made.token, last = login.tokens.access_token, time.monotonic()

    return renew


async def _import(channel: Any, made: Person, seed: int) -> None:
    header = IngestHeader(dataset=DATASET, format=PriceFormat.PRICE_FORMAT_CSV)
    parts = [IngestPricesRequest(header=header), IngestPricesRequest(chunk=closes(seed))]
    metadata = (("authorization", f"Bearer {made.token}"),)
    await MarketDataServiceStub(channel).IngestPrices(iter(parts), metadata=metadata, timeout=60)


async def keep_fresh(people: list[Person]) -> None:
    """Renews tokens before they end, until cancelled."""
    while True:
        await asyncio.sleep(FRESH)
        for each in people:
            if each.renew is not None:
                await each.renew()


def channel_to(address: str) -> Any:
    """A channel of its own connection."""
    from tests.drill.edge import CHANNEL

    return grpc.aio.insecure_channel(address, CHANNEL)
