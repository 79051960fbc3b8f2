"""UserService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from qpo.auth.v1 import user_service_pb2 as pb

from chassis import context
from chassis.paging import Listing, PageTokens
from services.auth.rpc import codec
from services.auth.rpc.use_cases import UseCases


@dataclass(frozen=True, slots=True)
class UserServicer:
    """Serves qpo.auth.v1.UserService."""

    use: UseCases
    tokens: PageTokens

    async def list_users(self, request: pb.ListUsersRequest) -> pb.ListUsersResponse:
        """Lists accounts."""
        listing = Listing(self.tokens, repr(("ListUsers", request.email)))
        before = listing.after(request.page_token)
        users, after = await self.use.list_users(request.email, before[0] if before else None, request.page_size)
        token = listing.token([] if after is None else [after])
        return pb.ListUsersResponse(users=map(codec.user_message, users), next_page_token=token)

    async def get_user(self, request: pb.GetUserRequest) -> pb.GetUserResponse:
        """Gets an account."""
        return pb.GetUserResponse(user=codec.user_message(await self.use.who_am_i(request.user_id.lower())))

    async def disable_user(self, request: pb.DisableUserRequest) -> pb.DisableUserResponse:
        """Disables an account."""
        caller_id, user_id = await self._caller(request.user_id)
        return pb.DisableUserResponse(user=codec.user_message(await self.use.disable_user(user_id, caller_id)))

    async def enable_user(self, request: pb.EnableUserRequest) -> pb.EnableUserResponse:
        """Enables an account."""
        _, user_id = await self._caller(request.user_id)
        return pb.EnableUserResponse(user=codec.user_message(await self.use.enable_user(user_id)))

    async def reset_second_factor(self, request: pb.ResetSecondFactorRequest) -> pb.ResetSecondFactorResponse:
        """Takes a second factor away that was lost."""
        caller_id, user_id = await self._caller(request.user_id)
        await self.use.reset_second_factor(user_id, caller_id)
        return pb.ResetSecondFactorResponse()

    async def _caller(self, asked: str) -> tuple[str, str]:
        """Who calls, whose token knows their account as it is now, and the user whom the call is about."""
        caller, user_id = context.principal(), asked.lower()
        context.about(f"user:{user_id}")
        await self.use.present_token(caller.user_id, caller.version, caller.key_id)
        return caller.user_id, user_id
