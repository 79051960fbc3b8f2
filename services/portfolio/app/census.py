"""Keeping count of the portfolios there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.portfolio.app.ports import Portfolios


async def keep_count(portfolios: Portfolios, tell: Callable[[int], None], pause: Callable[[], Awaitable[None]]) -> None:
    """Tell how many portfolios there are, again after every pause, until cancelled."""
    while True:
        tell(await portfolios.count())
        await pause()
