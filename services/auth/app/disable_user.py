"""DisableUser and EnableUser: close an account, and open it again."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.keep_blocks import Blocks
from services.auth.app.ports import Clock, Users
from services.auth.domain.errors import OwnAccount
from services.auth.domain.user import User


@dataclass(frozen=True, slots=True)
class DisableUser:
    """Ends an account's sessions and lets nobody log in; what it owns stays."""

    users: Users
    blocks: Blocks
    clock: Clock

    async def __call__(self, user_id: str, caller_id: str) -> User:
        """The account after it; raises UserNotFound, OwnAccount for the caller's own."""
        if user_id == caller_id:
            raise OwnAccount
        await self.blocks.forget(user_id)
        return await self.users.disable(user_id, self.clock.now())


@dataclass(frozen=True, slots=True)
class EnableUser:
    """Lets the owner of an account log in again."""

    users: Users
    blocks: Blocks
    clock: Clock

    async def __call__(self, user_id: str) -> User:
        """The account after it; raises UserNotFound."""
        await self.blocks.forget(user_id)
        return await self.users.enable(user_id, self.clock.now())
