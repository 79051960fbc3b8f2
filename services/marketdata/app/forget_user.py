"""What is done when a user has left."""

from __future__ import annotations

from services.marketdata.app.ports import Leavings


class ForgetUser:
    """Deletes a departed user's private datasets and replays, and stops their feeds.

    What they shared stays, for others may rest on it.
    """

    async def __call__(self, left: Leavings, user_id: str) -> None:
        """Deletes them; none can come about afterwards."""
        await left.depart(user_id)
        await left.delete_replays(user_id)
        await left.stop_feeds(user_id)
        for dataset in await left.private_datasets(user_id):
            await left.delete(dataset)
