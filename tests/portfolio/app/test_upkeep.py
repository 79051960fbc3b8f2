import asyncio

import pytest

from services.portfolio.app.upkeep import keep_count, keep_tidy
from services.portfolio.domain.errors import PeerUnavailable


class Scripted:
    """Answers as scripted; an error is raised."""

    def __init__(self, *script):
        self.script = list(script)

    async def count(self):
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    forget = count


async def test_the_count_is_told_after_every_pause_and_stands_while_the_store_is_away():
    told, counts = [], Scripted(3, PeerUnavailable("PostgreSQL"), 5)

    async def pause():
        if not counts.script:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep_count(counts, told.append, pause)
    assert told == [3, 5]


async def test_old_answers_are_forgotten_after_every_pause_or_the_next_time():
    store, pauses = Scripted(0, PeerUnavailable("PostgreSQL"), 2), []

    async def pause():
        pauses.append(len(store.script))
        if not store.script:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep_tidy(store, pause)
    assert pauses == [2, 1, 0]
