"""What goes on beside the calls, until cancelled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from services.portfolio.app.ports import Portfolios
from services.portfolio.domain.errors import PeerUnavailable


async def keep_count(portfolios: Portfolios, tell: Callable[[int], None], pause: Callable[[], Awaitable[None]]) -> None:
    """Tell how many portfolios there are, again after every pause. While the store is away, the last count stands."""
    while True:
        with suppress(PeerUnavailable):
            tell(await portfolios.count())
        await pause()


async def keep_tidy(portfolios: Portfolios, pause: Callable[[], Awaitable[None]]) -> None:
    """Forget answers that nobody may ask for again, after every pause; what is left undone is done the next time."""
    while True:
        with suppress(PeerUnavailable):
            await portfolios.forget()
        await pause()
