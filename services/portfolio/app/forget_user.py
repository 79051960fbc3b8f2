"""What is done when a user has left."""

from __future__ import annotations

from services.portfolio.app.ports import Clock, Transaction
from services.portfolio.domain.events import Deleted


class ForgetUser:
    """Deletes a departed user's portfolios, what was told of them, and their links to advisors and clients."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, transaction: Transaction, user_id: str, tenant_id: str) -> None:
        """Deletes them, and their tenant's keys with the last; none can come about afterwards.

        What was deleted before is not deleted again.
        """
        await transaction.depart(user_id)
        now = self._clock.now()
        portfolios = await transaction.lock_all(user_id)
        for portfolio in portfolios:
            await transaction.delete(portfolio.id)
            await transaction.tell(Deleted(portfolio, now))
        await transaction.silence(user_id, [portfolio.id for portfolio in portfolios])
        await transaction.unlink_all(user_id)
        await transaction.shred(tenant_id)
