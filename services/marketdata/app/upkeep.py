"""What goes on beside the calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from services.marketdata.app.feed_ports import Retention
from services.marketdata.app.ports import Clock, Replays, Timer

PAUSE = 3600.0  # s
TURN = 1.0  # s before a store that is away is asked again


async def keep_tidy(replays: Replays, retention: Retention, clock: Clock, timer: Timer) -> None:
    """Forget what nobody may ask for again, and make room for what comes, every hour, until cancelled."""
    never = asyncio.Event()
    while True:
        await retention.keep_feed(clock.now())
        await replays.forget()
        await timer.wait(never, timer.monotonic() + PAUSE)


async def with_room(retention: Retention, clock: Clock, timer: Timer, process: Callable[[], Awaitable[None]]) -> None:
    """Process once there is room for what is processed."""
    never = asyncio.Event()
    while not await retention.keep_feed(clock.now()):
        await timer.wait(never, timer.monotonic() + TURN)
    await process()
