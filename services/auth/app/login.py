"""Login: exchange a password, and a code where there is a second factor, for a pair of tokens."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from services.auth.app.access_tokens import AccessTokens
from services.auth.app.ports import Attempts, Clock, Ids, OpaqueTokens, Passwords, RefreshTokens, Users
from services.auth.app.prove import ProveCode
from services.auth.domain.errors import AccountDisabled, BadCredentials, UserNotFound
from services.auth.domain.refresh_tokens import TokenPair, first_of_family
from services.auth.domain.second_factors import PASSWORD_ALONE, WITH_CODE
from services.auth.domain.user import User, normalized


@dataclass(frozen=True, slots=True)
class Login:
    """Admits whoever knows the password and has the second factor, and starts a family of refresh tokens."""

    users: Users
    attempts: Attempts
    passwords: Passwords
    prove_code: ProveCode
    refresh_tokens: RefreshTokens
    opaque_tokens: OpaqueTokens
    access_tokens: AccessTokens
    ids: Ids
    clock: Clock

    async def __call__(self, email: str, password: str, address: str, code: str = "") -> tuple[TokenPair, User]:
        """The tokens and the user, who calls from this address.

        Raises BadCredentials, AccountDisabled, SecondFactorRequired, SecondFactorWrong, TooManyAttempts or Overloaded.
        Whoever is let in has the account's earlier attempts forgotten; the password alone does not do it where there is
        a second factor, or its codes could be guessed without end.
        """
        await self.attempts.count(address, normalized(email))
        user = await self._admitted(email, password)
        methods = WITH_CODE if await self.prove_code.if_wanted(user.id, code) else PASSWORD_ALONE
        with contextlib.suppress(ConnectionError):
            await self.attempts.forgive(user.email)
        token, family_id = self.opaque_tokens.new(), self.ids.new()
        try:
            await self.refresh_tokens.start(first_of_family(token, family_id, user.id, self.clock.now(), methods))
        except UserNotFound as error:
            raise BadCredentials from error
        return self.access_tokens.pair(user, token, methods), user

    async def _admitted(self, email: str, password: str) -> User:
        found = await self.users.credentials(normalized(email))
        # An unknown email is hashed too, so that the time of the answer does not tell who has an account.
        matches = await self.passwords.verify(found.password_hash if found else None, password)
        if found is None or not matches:
            raise BadCredentials
        try:
            user = await self.users.get(found.user_id)
        except UserNotFound as error:
            raise BadCredentials from error
        if user.disabled_at is not None:
            raise AccountDisabled
        return user
