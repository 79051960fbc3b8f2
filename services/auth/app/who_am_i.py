"""WhoAmI: the caller as the store knows them."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Users
from services.auth.domain.user import User


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Looks the bearer of a token up."""

    users: Users

    async def __call__(self, user_id: str) -> User:
        """The user as stored now; raises UserNotFound if the account is gone."""
        return await self.users.get(user_id)
