"""ApiKeyService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from qpo.auth.v1 import api_key_service_pb2 as pb

from chassis import context
from chassis.errors import ScopeMissing
from chassis.principal import Principal
from services.auth.app.api_keys import Asked
from services.auth.domain.api_keys import read
from services.auth.rpc import codec
from services.auth.rpc.use_cases import UseCases


@dataclass(frozen=True, slots=True)
class ApiKeyServicer:
    """Serves qpo.auth.v1.ApiKeyService."""

    use: UseCases

    async def create_api_key(self, request: pb.CreateApiKeyRequest) -> pb.CreateApiKeyResponse:
        """Makes a key."""
        caller = await self._present()
        for scope in sorted(request.scopes):
            if not caller.may(scope):
                raise ScopeMissing(scope)
        asked = Asked(request.name, request.scopes, timedelta(days=request.valid_days))
        proof = (request.password, request.code, context.client_address())
        key, kept = await self.use.create_api_key(caller.user_id, asked, *proof)
        return pb.CreateApiKeyResponse(key=key, api_key=codec.api_key_message(kept))

    async def list_api_keys(self, _: pb.ListApiKeysRequest) -> pb.ListApiKeysResponse:
        """Lists the caller's keys."""
        caller = await self._present()
        return pb.ListApiKeysResponse(api_keys=map(codec.api_key_message, await self.use.list_api_keys(caller.user_id)))

    async def delete_api_key(self, request: pb.DeleteApiKeyRequest) -> pb.DeleteApiKeyResponse:
        """Deletes a key."""
        context.about(f"api_key:{request.key_id.lower()}")
        caller = await self._present()
        await self.use.delete_api_key(caller.user_id, request.key_id.lower())
        return pb.DeleteApiKeyResponse()

    async def exchange_api_key(self, request: pb.ExchangeApiKeyRequest) -> pb.ExchangeApiKeyResponse:
        """Gives an access token for a key."""
        context.about(f"api_key:{read(request.key)[0]}")
        given = await self.use.exchange_api_key(request.key, context.client_address())
        return pb.ExchangeApiKeyResponse(
            access_token=given.access_token,
            expires_in=given.expires_in,
            token_type="Bearer",  # noqa: S106
            scopes=given.scopes,
        )

    async def _present(self) -> Principal:
        """The caller in person, whose token knows the account as it is now."""
        caller = context.principal()
        if not context.resource():
            context.about(f"user:{caller.user_id}")
        await self.use.present_token(caller.user_id, caller.version, caller.key_id)
        return caller
