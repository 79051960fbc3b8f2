"""What watching does by itself, beside the calls of every replica."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from chassis.logging import logger
from chassis.patience import Patience, raise_if_cancelled
from chassis.postgres import AWAY
from services.auth.app.detector_ports import Detectors, Usages
from services.auth.app.keep_blocks import KeepBlocks
from services.auth.app.ports import Clock
from services.auth.app.train_detector import TrainDetector
from services.auth.app.watch_usage import TOGETHER, WatchUsage
from services.auth.domain.errors import TooFewMinutes

_PAUSE = 5.0  # seconds between two rounds
_HOUR = 3600.0
_AGE = timedelta(days=1)  # of a detector, after which the next is trained


class SecurityRounds:
    """Judges minutes and keeps blocks every few seconds; makes room and looks whether to train every hour."""

    def __init__(
        self,
        watch: WatchUsage,
        blocks: KeepBlocks,
        train: TrainDetector,
        stores: tuple[Usages, Detectors],
        clock: Clock,
    ) -> None:
        self._watch, self._blocks, self._train, self._clock = watch, blocks, train, clock
        self._usages, self._detectors = stores

    async def watch(self) -> None:
        """Judge until cancelled; while PostgreSQL is away, what was used waits there."""
        patience = Patience("security_rounds")
        while True:
            async with patience.bearing(*AWAY):
                await _quietly(self._judge)
                await _quietly(self._blocks)
            await asyncio.sleep(_PAUSE)

    async def train(self) -> None:
        """Train once a day until cancelled."""
        patience = Patience("security_training")
        while True:
            async with patience.bearing(*AWAY):
                await self._usages.make_room(self._clock.now())
                if await self._is_due():
                    await _quietly(self._trained)
            await asyncio.sleep(_PAUSE if patience.tried else _HOUR)

    async def _judge(self) -> None:
        while await self._watch() == TOGETHER:
            continue

    async def _trained(self) -> None:
        with suppress(TooFewMinutes):
            await self._train()

    async def _is_due(self) -> bool:
        newest: datetime | None = next((one.trained_at for one in await self._detectors.list(1)), None)
        return newest is None or self._clock.now() - newest >= _AGE


async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
    """What goes wrong with a guess is told to the log, and takes nobody's login away; a store that is away is borne."""
    try:
        await work()
    except AWAY:
        raise
    except Exception as error:
        raise_if_cancelled(error)
        logger().error("security_round_failed", exc_info=error)
