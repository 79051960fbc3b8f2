"""BeginSecondFactor, ConfirmSecondFactor, RemoveSecondFactor and ResetSecondFactor."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Attempts, Clock, OneTimeCodes, SecondFactors, Users
from services.auth.app.prove import ProveCode, ProvePassword
from services.auth.domain.audit import Action
from services.auth.domain.errors import OwnAccount, SecondFactorOff, SecondFactorOn, SecondFactorWrong
from services.auth.domain.second_factors import SecondFactor, fingerprint, plain


@dataclass(frozen=True, slots=True)
class BeginSecondFactor:
    """Gives out a secret, which changes nothing until a code of it comes back."""

    prove_password: ProvePassword
    factors: SecondFactors
    codes: OneTimeCodes
    clock: Clock

    async def __call__(self, user_id: str, password: str, address: str) -> tuple[str, str]:
        """The secret, and its URI; raises SecondFactorOn, and whatever ProvePassword does."""
        user = await self.prove_password(user_id, password, address)
        secret = self.codes.new_secret()
        await self.factors.begin(SecondFactor(user.id, user.tenant_id, secret, self.clock.now()))
        return secret, self.codes.uri(secret, user.email)


@dataclass(frozen=True, slots=True)
class ConfirmSecondFactor:
    """Switches the second factor on, for whoever's app makes its codes."""

    users: Users
    attempts: Attempts
    factors: SecondFactors
    codes: OneTimeCodes
    clock: Clock

    async def __call__(self, user_id: str, code: str, address: str) -> list[str]:
        """The recovery codes.

        Raises SecondFactorWrong, SecondFactorOff, SecondFactorOn, UserNotFound, TooManyAttempts.
        """
        now = self.clock.now()
        factor = await self.factors.of(user_id)
        if factor is not None and factor.is_on:
            raise SecondFactorOn
        if factor is None or not factor.may_be_confirmed(now):
            raise SecondFactorOff
        await self.attempts.count(address, (await self.users.get(user_id)).email)
        step = self.codes.step(factor.secret, plain(code), now)
        if step is None:
            raise SecondFactorWrong
        recovery = self.codes.new_recovery_codes()
        await self.factors.confirm(factor, step, [fingerprint(user_id, each) for each in recovery], now)
        return recovery


@dataclass(frozen=True, slots=True)
class RemoveSecondFactor:
    """Switches the second factor off, for whoever has both."""

    prove_password: ProvePassword
    prove_code: ProveCode
    factors: SecondFactors

    async def __call__(self, user_id: str, password: str, code: str, address: str) -> None:
        """Remove it; raises SecondFactorOff, SecondFactorWrong, and whatever ProvePassword does."""
        await self.prove_password(user_id, password, address)
        factor = await self.factors.of(user_id)
        if factor is None or not factor.is_on:
            raise SecondFactorOff
        await self.prove_code(factor, code)
        await self.factors.remove(user_id, Action.SECOND_FACTOR_OFF)


@dataclass(frozen=True, slots=True)
class ResetSecondFactor:
    """Takes the second factor of somebody else away, who has lost it."""

    users: Users
    factors: SecondFactors

    async def __call__(self, user_id: str, caller_id: str) -> None:
        """Remove it if there is one; raises UserNotFound, OwnAccount for the caller's own."""
        if user_id == caller_id:
            raise OwnAccount
        await self.users.get(user_id)
        await self.factors.remove(user_id, Action.ADMIN_ACTION)
