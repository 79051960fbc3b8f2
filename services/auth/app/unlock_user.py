"""UnlockUser: forget the attempts that closed an account."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.audit_ports import Trail
from services.auth.app.ports import Attempts, Users
from services.auth.domain.audit import Action


@dataclass(frozen=True, slots=True)
class UnlockUser:
    """Lets an account be logged in to again before its window has passed, and writes it down."""

    users: Users
    attempts: Attempts
    trail: Trail

    async def __call__(self, user_id: str) -> None:
        """Unlock it; raises UserNotFound, ConnectionError if its attempts cannot be forgotten everywhere."""
        user = await self.users.get(user_id)
        await self.attempts.forgive(user.email)
        await self.trail.done(Action.ADMIN_ACTION, f"user:{user.id}")
