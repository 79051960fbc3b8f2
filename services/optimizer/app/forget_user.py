"""What is done when a user has left."""

from __future__ import annotations

from services.optimizer.app.ports import Leavings


class ForgetUser:
    """Cancels a departed user's jobs that have not ended, and deletes them all, and what the user put."""

    async def __call__(self, left: Leavings, user_id: str) -> None:
        """Deletes them; none can come about afterwards."""
        await left.depart(user_id)
        await left.cancel_jobs(user_id)
        await left.delete_jobs(user_id)
        await left.delete_universes(user_id)
