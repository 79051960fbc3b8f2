"""Keeping count of the portfolios there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from services.portfolio.app.ports import Portfolios
from services.portfolio.domain.errors import PeerUnavailable


async def keep_count(portfolios: Portfolios, tell: Callable[[int], None], pause: Callable[[], Awaitable[None]]) -> None:
    """Tell how many portfolios there are, again after every pause, until cancelled.

    While the store does not answer, the last count stands.
    """
    while True:
        with suppress(PeerUnavailable):
            tell(await portfolios.count())
        await pause()
