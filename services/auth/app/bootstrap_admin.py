"""BootstrapAdmin: make the installation's first administrator."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import BootstrapSecret, Clock, Ids, Passwords, Users
from services.auth.domain.errors import AlreadyBootstrapped, BootstrapSecretWrong
from services.auth.domain.passwords import refuse_weak
from services.auth.domain.roles import Role
from services.auth.domain.user import User, newcomer


@dataclass(frozen=True, slots=True)
class BootstrapAdmin:
    """Makes one administrator, once, for whoever can read the key folder."""

    users: Users
    passwords: Passwords
    secret: BootstrapSecret
    ids: Ids
    clock: Clock

    async def __call__(self, secret: str, email: str, password: str) -> User:
        """The administrator; raises AlreadyBootstrapped or BootstrapSecretWrong, and whatever Register does."""
        if await self.users.has_admin():
            raise AlreadyBootstrapped
        if not await self.secret.matches(secret):
            raise BootstrapSecretWrong
        refuse_weak(password, email)
        admin = newcomer(self.ids.new(), email, Role.ADMIN, self.clock.now())
        await self.users.add_first_admin(admin, await self.passwords.hash(password))
        await self.secret.remove()
        return admin
