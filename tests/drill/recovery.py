"""How soon the mesh does again what a killed process did: a real call that needs it, until one succeeds."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import httpx
from google.type.date_pb2 import Date
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from tests.drill.client import Person, message
from tests.drill.edge import GrpcEdge, Refused
from tests.drill.load import DATASET, SYMBOLS, problem

# Seconds. A try has as long as a client gives one: what waits in line for a worker is not sent to its end again.
TRY, PAUSE = 4.0, 0.02


class Observer:
    """Asks, and asks again."""

    def __init__(self, channel: Any, rest: httpx.AsyncClient, person: Person, portfolio_id: str, workers: int) -> None:
        self._channel, self._rest, self._person = channel, rest, person
        self._edge, self._portfolio, self._workers = GrpcEdge(channel), portfolio_id, workers
        self._chance = random.Random()
        self._asks: dict[str, Callable[[], Awaitable[object]]] = {
            "auth": lambda: self._call("WhoAmI"),
            "portfolio": lambda: self._call("GetPortfolio", portfolio_id=self._portfolio),
            "marketdata": lambda: self._call("ListCloses", dataset=DATASET, symbols=SYMBOLS),
            "ml": lambda: self._call("EstimateMoments", dataset={"dataset": DATASET, "symbols": SYMBOLS}),
            "optimizer": self._solve,
            "worker": self._every_worker,
            "envoy": self._edge_is_ready,
            "postgres": self._every_schema,
            "redis": self._ticks,
        }

    async def recovered(self, kind: str, killed_at: float, patience: float = 60.0) -> float:
        """The seconds from the kill to the first success; raises TimeoutError after `patience`."""
        async with asyncio.timeout(patience):
            while True:
                try:
                    async with asyncio.timeout(TRY):
                        await self._asks[kind]()
                except (Refused, grpc.aio.AioRpcError, httpx.HTTPError, TimeoutError) as error:
                    await self._renewed(error)
                    await asyncio.sleep(PAUSE)
                else:
                    return time.monotonic() - killed_at

    async def _renewed(self, error: Exception) -> None:
        if isinstance(error, Refused) and error.code == "UNAUTHENTICATED" and self._person.renew is not None:
            await self._person.renew()

    async def _call(self, method: str, **fields: Any) -> Any:
        return await self._edge.call(method, message(method, **fields), self._person.token, TRY)

    async def _solve(self) -> Any:
        return await self._edge.call("Solve", problem(self._chance), self._person.token, TRY)

    async def _every_worker(self) -> None:
        """As many solves at once as there are workers: one meets the place of the dead one."""
        await asyncio.gather(*(self._solve() for _ in range(self._workers)))

    async def _edge_is_ready(self) -> None:
        (await self._rest.get("/ready", timeout=TRY)).raise_for_status()
        await self._call("GetPortfolio", portfolio_id=self._portfolio)

    async def _every_schema(self) -> None:
        """A read that nobody caches, by each service that keeps rows."""
        asked = ("WhoAmI", "ListPortfolios", "ListDatasets", "ListOptimizations")
        await asyncio.gather(*(self._call(method) for method in asked))

    async def _ticks(self) -> None:
        """A replay of two sessions, and the tick that it leaves."""
        first, last = Date(year=2024, month=1, day=1), Date(year=2024, month=1, day=2)
        fields = {"dataset": DATASET, "start": first, "end": last, "speed": 1000.0, "request_id": str(uuid.uuid4())}
        await self._call("StartReplay", **fields)
        metadata = (("authorization", f"Bearer {self._person.token}"),)
        request = marketdata.SubscribeTicksRequest(dataset=DATASET)
        stream = MarketDataServiceStub(self._channel).SubscribeTicks(request, metadata=metadata, timeout=TRY)
        try:
            await stream.read()
        finally:
            stream.cancel()
