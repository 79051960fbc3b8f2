"""At start: an installation without an administrator offers a secret that makes one."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import BootstrapSecret, Users


@dataclass(frozen=True, slots=True)
class OfferBootstrap:
    """Keeps the secret there exactly as long as it is of use."""

    users: Users
    secret: BootstrapSecret

    async def __call__(self) -> bool:
        """Offer the secret if there is no administrator, else remove it; returns whether it is offered."""
        if not await self.users.has_admin():
            await self.secret.offer()
            # Another replica may have made the administrator, and removed the secret, just before it was offered.
            if not await self.users.has_admin():
                return True
        await self.secret.remove()
        return False
