"""CreateApiKey, ListApiKeys, DeleteApiKey and ExchangeApiKey."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.auth.app.access_tokens import AccessTokens
from services.auth.app.ports import ApiKeys, Attempts, Clock, Ids, Secrets, Users
from services.auth.app.prove import ProveCode, ProvePassword
from services.auth.domain.api_keys import ApiKey, fingerprint, read, written
from services.auth.domain.claims import KeyToken
from services.auth.domain.errors import AccountDisabled, ApiKeyInvalid, UserNotFound


@dataclass(frozen=True, slots=True)
class Asked:
    """The key that somebody wants."""

    name: str
    scopes: Collection[str]
    valid_for: timedelta


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """Makes keys for whoever is there in person."""

    prove_password: ProvePassword
    prove_code: ProveCode
    keys: ApiKeys
    secrets: Secrets
    ids: Ids
    clock: Clock

    async def __call__(self, user_id: str, asked: Asked, password: str, code: str, address: str) -> tuple[str, ApiKey]:
        """The key, and what is kept of it; the caller, at this address, holds all of its scopes.

        Raises TooManyApiKeys, SecondFactorRequired, SecondFactorWrong, and whatever ProvePassword does.
        """
        owner = await self.prove_password(user_id, password, address)
        await self.prove_code.if_wanted(user_id, code)
        secret, now = self.secrets.new(), self.clock.now()
        key = ApiKey(
            id=self.ids.new(),
            user_id=user_id,
            tenant_id=owner.tenant_id,
            name=asked.name,
            scopes=frozenset(asked.scopes),
            fingerprint=fingerprint(secret),
            created_at=now,
            expires_at=now + asked.valid_for,
        )
        await self.keys.add(key)
        return written(key.id, secret), key


@dataclass(frozen=True, slots=True)
class ListApiKeys:
    """Lists an account's keys, which are few."""

    keys: ApiKeys

    async def __call__(self, user_id: str) -> Sequence[ApiKey]:
        """All of them, newest first."""
        return await self.keys.of(user_id)


@dataclass(frozen=True, slots=True)
class DeleteApiKey:
    """Deletes a key of one's own."""

    keys: ApiKeys

    async def __call__(self, user_id: str, key_id: str) -> None:
        """Delete it; raises ApiKeyNotFound also for one of somebody else's."""
        await self.keys.remove(user_id, key_id)


@dataclass(frozen=True, slots=True)
class ExchangeApiKey:
    """Gives an access token for a key."""

    users: Users
    keys: ApiKeys
    attempts: Attempts
    access_tokens: AccessTokens
    clock: Clock

    async def __call__(self, key: str, address: str) -> KeyToken:
        """The token, for a caller at this address.

        Raises ApiKeyMistyped, ApiKeyInvalid, AccountDisabled, TooManyAttempts. Only whoever has the key has its own
        limit counted: who has made one up closes it for nobody.
        """
        key_id, secret = read(key)
        await self.attempts.count(address)
        now, stored = self.clock.now(), await self.keys.get(key_id)
        if stored is None or not stored.is_of(secret, now):
            raise ApiKeyInvalid
        await self.attempts.count_key(key_id)
        try:
            owner = await self.users.get(stored.user_id)
        except UserNotFound as error:
            raise ApiKeyInvalid from error
        if owner.disabled_at is not None:
            raise AccountDisabled
        scopes = stored.scopes_for(owner)
        # Last, since it is written down: of a key that was deleted meanwhile there is no token.
        if not scopes or not await self.keys.use(stored, now):
            raise ApiKeyInvalid
        return self.access_tokens.for_key(owner, stored, scopes)
