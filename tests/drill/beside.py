"""What the drill of a feed runs beside the mesh, and kills too: a Kafka, an InfluxDB."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import Any, NamedTuple

from stack.kafka import Kafka
from tests.fixtures.influx import Influx


class Broker:
    """A Kafka that is started again as soon as it was killed."""

    def __init__(self, folder: Path) -> None:
        self.part = Kafka(folder / "kafka", *_free_ports(2))
        self._log = (folder / "kafka.log").open("ab")
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Broker:
        await asyncio.to_thread(self.part.prepare)
        await self._start()
        self._keeping = asyncio.ensure_future(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        await self.kill()
        self._log.close()

    async def kill(self) -> None:
        """Kills -9."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self.part.command.argv, stdout=self._log, stderr=self._log
        )

    async def _keep(self) -> None:
        while self._process is not None:
            await self._process.wait()
            await self._start()


class Mirror:
    """An InfluxDB that the mesh started meanwhile mirrors its store into."""

    URL = "QPO_MARKETDATA_INFLUX_URL"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir()
        self._server = Influx(folder)

    async def __aenter__(self) -> Mirror:
        await asyncio.to_thread(self._server.start)
        os.environ[self.URL] = self._server.url
        return self

    async def __aexit__(self, *_: object) -> None:
        del os.environ[self.URL]
        await asyncio.to_thread(self._server.stop)

    async def kill(self) -> None:
        """Kills -9, and starts it again."""
        self._server.kill()
        await asyncio.to_thread(self._server.start)

    async def ticks(self) -> dict[str, tuple[int, float]]:
        """How many ticks it has of each symbol, and the sum of their prices; none before the mesh made its database."""
        if "qpo" not in [row["name"] for row in await self._ask("SHOW DATABASES")]:
            return {}
        text = "SELECT count(price), sum(price) FROM raw.prices WHERE data_source = 'drill' GROUP BY symbol"
        return {row["symbol"]: (row["count"], row["sum"]) for row in await self._ask(text)}

    async def _ask(self, text: str) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._server.query, text, "qpo")


class Beside(NamedTuple):
    """What the drill itself runs beside the mesh; None: it does not."""

    kafka: Broker | None
    influx: Mirror | None

    @property
    def kinds(self) -> dict[str, Broker | Mirror]:
        """Those there are, by the kind of their kills."""
        return {kind: each for kind, each in self._asdict().items() if each is not None}


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
