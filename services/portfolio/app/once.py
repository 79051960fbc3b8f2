"""Doing a thing once: the effect and the memory of its answer are one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.portfolio.app.ports import Once, Portfolios, Reach, Transaction
from services.portfolio.domain.errors import PortfolioNotFound

Effect = Callable[[Transaction], Awaitable[bytes]]


async def once(portfolios: Portfolios, reach: Reach, call: Once | None, effect: Effect) -> bytes:
    """The answer of `effect`; for a repeated call the first answer, without the effect. RequestIdReused.

    Whoever reaches their clients' portfolios gets no earlier answer about one that is beyond their reach by now:
    PortfolioNotFound.
    """
    async with portfolios.transaction(reach) as transaction:
        if call is None:
            return await effect(transaction)
        remembered = await transaction.replayed(call)
        if remembered is not None:
            if reach.clients and call.portfolio_id and await transaction.lock(reach, call.portfolio_id) is None:
                raise PortfolioNotFound(call.portfolio_id)
            return remembered
        answer = await effect(transaction)
        await transaction.remember(call, answer)
        return answer
