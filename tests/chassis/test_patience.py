import asyncio
from contextlib import suppress

import pytest

from chassis.patience import Patience


async def test_what_is_borne_is_tried_again_after_a_pause():
    patience, tries = Patience("test"), 0
    for _ in range(3):
        async with patience.bearing(OSError):
            tries += 1
            if tries < 3:
                raise OSError("away")
    assert tries == 3


async def test_a_cancellation_that_a_driver_answers_by_an_error_of_its_own_is_still_one():
    """As asyncpg does where the connection is lost at the same time."""
    began = asyncio.Event()

    async def loop():
        patience = Patience("test")
        while True:
            async with patience.bearing(OSError):
                began.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    raise OSError("the connection is closed")

    task = asyncio.ensure_future(loop())
    await began.wait()
    task.cancel()
    async with asyncio.timeout(2):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_cancellation_that_got_lost_is_raised_behind_the_block():
    rounds, began = 0, asyncio.Event()

    async def work():
        nonlocal rounds
        patience = Patience("test")
        while True:
            async with patience.bearing(ConnectionError):
                rounds += 1
                began.set()
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait([task])
    assert task.cancelled()
    assert rounds == 1
