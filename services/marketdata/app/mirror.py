"""Mirrors ticks and sentiment into a store of points, which dashboards and tools may read.

What is stored is written there first, and then it is kept how far that is: at least once, and a point that comes again
takes its own place. Candles are the point store's own work, by continuous queries; these look back for some minutes
only. So ticks that come later than that, after an outage say, leave a debt: once the rest is written, candles are
rolled up anew from the oldest of them on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.marketdata.app.mirror_ports import (
    HOURS,
    TICKS,
    Journal,
    News,
    PointStore,
    PointsUnavailable,
    Report,
    Turn,
)
from services.marketdata.app.ports import Clock, Timer
from services.marketdata.domain.feed.points import price_lines, sentiment_lines
from services.marketdata.domain.feed.records import SECOND, nanoseconds

LOOK = 1.0  # s between two looks for what is new
FIRST, LONGEST = 0.1, 5.0  # s before a store of points that is away is asked again
LATE = 5 * 60 * SECOND  # age of a tick that every continuous query still sees, with minutes to spare
SLACK = 10 * 60 * SECOND  # that is rolled up before the oldest late tick: what was about to be when they failed
PAY_EVERY = 60.0  # s: candles are not rolled up anew for each late tick by itself
PIECE = 6 * 3600 * SECOND  # that is rolled up in one turn: it takes seconds, and news wait for it
AT_ONCE = 5000  # points that are written by one request


@dataclass(slots=True)
class Mirror:
    """Runs in every replica; one at a time has its turn."""

    journal: Journal
    points: PointStore
    clock: Clock
    timer: Timer
    report: Report
    pay_at: float = float("-inf")
    caught_up: bool = False  # as far as this replica's last turn could tell

    async def run(self) -> None:
        """Mirror until cancelled, and go on when the store of points is back. Raises what the journal raises."""
        never, pause, laid_out = asyncio.Event(), 0.0, False
        while True:
            try:
                if not laid_out:
                    await self.lay_out()
                    laid_out = True
                wait = 0.0 if await self.turn() else LOOK
            except PointsUnavailable as error:
                if not pause:
                    self.report.interrupted(str(error))
                # It may come back as another, and its queries did not run meanwhile.
                laid_out = self.caught_up = False
                wait = pause = min(LONGEST, 2 * pause or FIRST)
            else:
                if pause:
                    self.report.resumed()
                pause = 0.0
            await self.timer.wait(never, self.timer.monotonic() + wait)

    async def lay_out(self) -> None:
        """Have a place for points: one that is made anew is filled anew. Raises PointsUnavailable."""
        if not await self.points.exists():
            await self.journal.start_over()
        await self.points.lay_out()
        await self.journal.owe()

    async def turn(self) -> bool:
        """Write what is new, as much as goes at once; tell whether there may be more. Raises PointsUnavailable."""
        async with self.journal.turn() as turn:
            if turn is None:
                return False
            if self._may_pay(turn):
                await self._pay(turn)
                return True
            if turn.idle:
                return False
            news = await turn.news()
            await self._write(news)
            now = self._now()
            await turn.keep(_owed(turn.owed, news, now), now)
            self.caught_up = not turn.behind
            return True

    async def _write(self, news: News) -> None:
        # Thousands of lines take some milliseconds: a thread leaves the event loop its turns.
        prices, sentiment = await asyncio.to_thread(
            lambda: (list(price_lines(news.prices)), list(sentiment_lines(news.sentiment)))
        )
        await self._send(TICKS, prices)
        await self._send(HOURS, sentiment)
        for dataset_id in news.gone:
            await self.points.forget(dataset_id)

    async def _send(self, policy: str, lines: Sequence[str]) -> None:
        for first in range(0, len(lines), AT_ONCE):
            if refused := await self.points.write(policy, lines[first : first + AT_ONCE]):
                self.report.refused(policy, refused)

    def _may_pay(self, turn: Turn) -> bool:
        """While much is still to be written, more debts come."""
        caught_up = turn.idle or self.caught_up
        return turn.owed is not None and caught_up and self.timer.monotonic() >= self.pay_at

    async def _pay(self, turn: Turn) -> None:
        """Roll up a piece of what is owed; then it is the news' turn.

        What fails is put off, so that it never keeps news from being written.
        """
        self.pay_at, self.caught_up = self.timer.monotonic() + PAY_EVERY, False
        now = self._now()
        start = (now if turn.owed is None else turn.owed) - SLACK
        end = min((start // PIECE + 1) * PIECE, now)
        await self.points.roll_up(start, end, now)
        if end < now:
            self.pay_at = float("-inf")
        await turn.pay(end + SLACK if end < now else None)

    def _now(self) -> int:
        return nanoseconds(self.clock.now())


def _owed(before: int | None, news: News, now: int) -> int | None:
    """Since when candles lack ticks, with those that have just been written."""
    oldest = min((at for rows in news.prices for at in rows.occurred_at), default=now)
    late = [] if oldest >= now - LATE else [oldest]
    return min([*late, *([] if before is None else [before])], default=None)
