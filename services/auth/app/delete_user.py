"""DeleteUser: let a user go."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Clock, Users


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Deletes an account with its refresh tokens, and says so, so that the others delete what is the user's."""

    users: Users
    clock: Clock

    async def __call__(self, user_id: str) -> None:
        """Delete it; raises UserNotFound."""
        await self.users.remove(user_id, self.clock.now())
