"""ListUsers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.auth.app.ports import Users
from services.auth.domain.errors import UserNotFound
from services.auth.domain.user import User, normalized

PAGE = 50


@dataclass(frozen=True, slots=True)
class ListUsers:
    """Lists accounts page by page, newest first; or the one with an address."""

    users: Users

    async def __call__(self, email: str, before: str | None, page_size: int) -> tuple[Sequence[User], str | None]:
        """A page, and the id that the next one lies before; None on the last. A size of 0 means 50."""
        if email:
            return await self._with(normalized(email)), None
        size = page_size or PAGE
        page = await self.users.page(before, size + 1)
        return page[:size], page[size - 1].id if len(page) > size else None

    async def _with(self, email: str) -> Sequence[User]:
        found = await self.users.credentials(email)
        try:
            return [] if found is None else [await self.users.get(found.user_id)]
        except UserNotFound:
            return []
