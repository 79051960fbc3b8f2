"""That the caller is the owner: by the password once more, by a code of the second factor."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Attempts, Clock, OneTimeCodes, Passwords, SecondFactors, Users
from services.auth.domain.errors import BadCredentials, SecondFactorRequired, SecondFactorWrong
from services.auth.domain.second_factors import SecondFactor, fingerprint, is_of_app, plain
from services.auth.domain.user import User


@dataclass(frozen=True, slots=True)
class ProvePassword:
    """Asks for the password of an account that somebody is logged in to; counted as an attempt to log in."""

    users: Users
    attempts: Attempts
    passwords: Passwords

    async def __call__(self, user_id: str, password: str, address: str) -> User:
        """The user, who calls from this address; raises BadCredentials, UserNotFound, TooManyAttempts, Overloaded."""
        user = await self.users.get(user_id)
        await self.attempts.count(address, user.email)
        found = await self.users.credentials(user.email)
        if found is None or not await self.passwords.verify(found.password_hash, password):
            raise BadCredentials
        return user


@dataclass(frozen=True, slots=True)
class ProveCode:
    """Asks for a code that was not used before. Whoever calls has counted the attempt."""

    factors: SecondFactors
    codes: OneTimeCodes
    clock: Clock

    async def if_wanted(self, user_id: str, code: str) -> bool:
        """Use the code up if the account's second factor is on, and say whether it is.

        Raises SecondFactorRequired without a code, SecondFactorWrong.
        """
        factor = await self.factors.of(user_id)
        if factor is None or not factor.is_on:
            return False
        if not code:
            raise SecondFactorRequired
        await self(factor, code)
        return True

    async def __call__(self, factor: SecondFactor, code: str) -> None:
        """Use the code up: the app's, or a recovery code; raises SecondFactorWrong."""
        if not await self._taken(factor, plain(code)):
            raise SecondFactorWrong

    async def _taken(self, factor: SecondFactor, code: str) -> bool:
        if not is_of_app(code):
            return await self.factors.recover(factor, fingerprint(factor.user_id, code))
        step = self.codes.step(factor.secret, code, self.clock.now())
        return step is not None and await self.factors.take(factor, step)
