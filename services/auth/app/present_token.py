"""What an access token says may be fifteen minutes old: for what must not be, the account is asked, and no machine."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Users
from services.auth.domain.errors import LoginRequired, TokenSuperseded


@dataclass(frozen=True, slots=True)
class PresentToken:
    """Lets a login's token pass whose version is the account's."""

    users: Users

    async def __call__(self, user_id: str, version: int, key_id: str) -> None:
        """Return if it is one; raises TokenSuperseded, UserNotFound, LoginRequired if it was given for a key."""
        if key_id:
            raise LoginRequired
        if (await self.users.get(user_id)).token_version != version:
            raise TokenSuperseded
