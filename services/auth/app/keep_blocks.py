"""Blocks: accounts that are disabled for a while, because of what was found of them, and enabled again behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.auth.app.ports import Clock, Users
from services.auth.domain.errors import UserNotFound


class Blocks(Protocol):
    """Who is shut out, until when."""

    async def asked(self) -> Sequence[str]:
        """Users who are to be shut out and are not yet."""
        ...

    async def begun(self, user_id: str, since: datetime) -> None:
        """Keep since when the account is disabled for it."""
        ...

    async def over(self, now: datetime) -> Sequence[tuple[str, datetime]]:
        """Users whose time is over, and since when their accounts are disabled for it."""
        ...

    async def forget(self, user_id: str) -> None:
        """What an administrator says of the account counts from now on; nothing happens if it is not shut out."""
        ...


@dataclass(frozen=True, slots=True)
class KeepBlocks:
    """Disables accounts that are to be shut out, and enables those whose time is over. Each step may be repeated."""

    blocks: Blocks
    users: Users
    clock: Clock

    async def __call__(self) -> None:
        """Do what is due."""
        now = self.clock.now()
        for user_id in await self.blocks.asked():
            try:
                user = await self.users.disable(user_id, now)
            except UserNotFound:
                continue
            await self.blocks.begun(user_id, user.disabled_at or now)
        for user_id, since in await self.blocks.over(now):
            try:
                # Disabled since another time, it was by an administrator.
                if (await self.users.get(user_id)).disabled_at == since:
                    await self.users.enable(user_id, now)
            except UserNotFound:
                continue
            await self.blocks.forget(user_id)
