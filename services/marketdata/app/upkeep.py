"""What goes on beside the calls."""

from __future__ import annotations

import asyncio

from services.marketdata.app.ports import Replays, Timer

PAUSE = 3600.0  # s


async def keep_tidy(replays: Replays, timer: Timer) -> None:
    """Forget what nobody may ask for again, every hour, until cancelled."""
    never = asyncio.Event()
    while True:
        await replays.forget()
        await timer.wait(never, timer.monotonic() + PAUSE)
