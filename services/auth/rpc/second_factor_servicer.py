"""SecondFactorService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from qpo.auth.v1 import second_factor_service_pb2 as pb

from chassis import context
from services.auth.rpc.use_cases import UseCases


@dataclass(frozen=True, slots=True)
class SecondFactorServicer:
    """Serves qpo.auth.v1.SecondFactorService."""

    use: UseCases

    async def begin_second_factor(self, request: pb.BeginSecondFactorRequest) -> pb.BeginSecondFactorResponse:
        """Gives a secret out."""
        user_id = await self._caller()
        secret, uri = await self.use.begin_second_factor(user_id, request.password, context.client_address())
        return pb.BeginSecondFactorResponse(secret=secret, uri=uri)

    async def confirm_second_factor(self, request: pb.ConfirmSecondFactorRequest) -> pb.ConfirmSecondFactorResponse:
        """Switches a second factor on."""
        user_id = await self._caller()
        codes = await self.use.confirm_second_factor(user_id, request.code, context.client_address())
        return pb.ConfirmSecondFactorResponse(recovery_codes=codes)

    async def remove_second_factor(self, request: pb.RemoveSecondFactorRequest) -> pb.RemoveSecondFactorResponse:
        """Switches it off."""
        user_id, address = await self._caller(), context.client_address()
        await self.use.remove_second_factor(user_id, request.password, request.code, address)
        return pb.RemoveSecondFactorResponse()

    async def _caller(self) -> str:
        """Whose account it is, by a token that knows it as it is now."""
        caller = context.principal()
        context.about(f"user:{caller.user_id}")
        await self.use.present_token(caller.user_id, caller.version, caller.key_id)
        return caller.user_id
