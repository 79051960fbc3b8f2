"""UpdateRole: replace what a user may do."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Clock, Users
from services.auth.domain.roles import Role
from services.auth.domain.user import User


@dataclass(frozen=True, slots=True)
class UpdateRole:
    """Gives a user one role in place of the present ones; a change raises the user's token version."""

    users: Users
    clock: Clock

    async def __call__(self, user_id: str, role: Role) -> User:
        """The user after the change; raises UserNotFound."""
        return await self.users.give_role(user_id, role, self.clock.now())
