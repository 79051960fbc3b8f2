"""LogoutEverywhere: end every session of an account."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Clock, Users


@dataclass(frozen=True, slots=True)
class LogoutEverywhere:
    """Revokes all families of an account, and supersedes the access tokens given before."""

    users: Users
    clock: Clock

    async def __call__(self, user_id: str) -> None:
        """End them; raises UserNotFound."""
        await self.users.end_sessions(user_id, self.clock.now())
