"""Bells across replicas: PostgreSQL's NOTIFY carries a topic, and whoever listens rings its bells."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from chassis.patience import raise_if_cancelled
from chassis.postgres import AWAY
from services.optimizer.app.bells import Bells

CHANNEL = "optimizer"
NOTIFY = f"SELECT pg_notify('{CHANNEL}', $1)"
RETRY = 0.5  # seconds before a lost connection is made again


class PostgresBells:
    """Listens on a connection of its own, for LISTEN is session state and pooled connections keep none."""

    def __init__(self, url: str, bells: Bells) -> None:
        self._url = url
        self._bells = bells

    async def listen(self) -> None:
        """Ring until cancelled; a lost connection is made again."""
        while True:
            try:
                await self._listen_once()
            except AWAY as error:
                raise_if_cancelled(error)
                await asyncio.sleep(RETRY)

    async def _listen_once(self) -> None:
        """Ring until the connection is lost."""
        connection = await asyncpg.connect(self._url, timeout=5.0, server_settings={"application_name": "qpo-bells"})
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._ring)
            # What was said before now was not heard.
            self._bells.ring_all()
            await lost.wait()
        finally:
            connection.terminate()

    def _ring(self, _connection: Any, _pid: int, _channel: str, topic: object) -> None:
        self._bells.ring(str(topic))
