"""Doing a thing once: the effect and the memory of its answer are one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.portfolio.app.ports import Once, Portfolios, Reach, Transaction

Effect = Callable[[Transaction], Awaitable[bytes]]


async def once(portfolios: Portfolios, reach: Reach, call: Once | None, effect: Effect) -> bytes:
    """The answer of `effect`; for a repeated call the first answer, without the effect. RequestIdReused."""
    async with portfolios.transaction(reach) as transaction:
        if call is None:
            return await effect(transaction)
        remembered = await transaction.replayed(call)
        if remembered is not None:
            return remembered
        answer = await effect(transaction)
        await transaction.remember(call, answer)
        return answer
