"""Another task beside one that is busy: how often it has its turn."""

import asyncio
from collections.abc import Coroutine


async def steps_during(work: Coroutine[object, object, object]) -> int:
    """Does the work; returns how many steps another task made until it was done."""
    steps = 0

    async def step() -> None:
        nonlocal steps
        while True:
            await asyncio.sleep(0)
            steps += 1

    other = asyncio.ensure_future(step())
    try:
        await work
    finally:
        other.cancel()
    return steps
