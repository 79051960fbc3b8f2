"""What an access token says may be fifteen minutes old: for what must not be, the account is asked."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Users
from services.auth.domain.errors import TokenSuperseded


@dataclass(frozen=True, slots=True)
class PresentToken:
    """Compares the version in a token with the account's."""

    users: Users

    async def __call__(self, user_id: str, version: int) -> None:
        """Return if it is the present one; raises TokenSuperseded, UserNotFound."""
        if (await self.users.get(user_id)).token_version != version:
            raise TokenSuperseded
