"""Register: make an account that may own portfolios."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Attempts, Clock, Ids, Passwords, Users
from services.auth.domain.passwords import refuse_weak
from services.auth.domain.roles import Role
from services.auth.domain.user import User, newcomer


@dataclass(frozen=True, slots=True)
class Register:
    """Makes accounts with the role `user`; no caller can ask for another."""

    users: Users
    attempts: Attempts
    passwords: Passwords
    ids: Ids
    clock: Clock

    async def __call__(self, email: str, password: str, address: str) -> User:
        """The new user, who calls from this address; raises WeakPassword, EmailTaken, TooManyAttempts or Overloaded."""
        refuse_weak(password, email)
        await self.attempts.count(address)
        user = newcomer(self.ids.new(), email, Role.USER, self.clock.now())
        await self.users.add(user, await self.passwords.hash(password))
        return user
