import asyncio

import pytest

from services.portfolio.app.census import keep_count
from services.portfolio.domain.errors import PeerUnavailable


class Counts:
    """Counts as scripted; an error is raised."""

    def __init__(self, *script):
        self.script = list(script)

    async def count(self):
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


async def test_the_count_is_told_after_every_pause_and_stands_while_the_store_is_away():
    told, counts = [], Counts(3, PeerUnavailable("PostgreSQL"), 5)

    async def pause():
        if not counts.script:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep_count(counts, told.append, pause)
    assert told == [3, 5]
