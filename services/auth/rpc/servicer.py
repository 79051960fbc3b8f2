"""AuthService: decode, call, encode."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from qpo.auth.v1 import auth_service_pb2 as pb
from qpo.types.v1.export_pb2 import ExportChunk

from chassis import context
from chassis.door import Refused
from chassis.errors import ScopeMissing
from chassis.export import chunked
from chassis.principal import Principal
from chassis.serve import Service
from services.auth.domain.user import normalized
from services.auth.rpc import codec
from services.auth.rpc.codec_export import lines_of
from services.auth.rpc.errors import error_table
from services.auth.rpc.use_cases import UseCases
from services.auth.wire.roles import role_from

ADMINISTRATION = "admin:users"


class AuthServicer:
    """Answers qpo.auth.v1.AuthService; says what each call is about, for whoever writes down that it was refused."""

    def __init__(self, use_cases: UseCases, index: Callable[[str], bytes]) -> None:
        self._use_cases, self._index = use_cases, index

    async def register(self, request: pb.RegisterRequest) -> pb.RegisterResponse:
        """Register a user."""
        self._about_account(request.email)
        user = await self._use_cases.register(request.email, request.password, context.client_address())
        return pb.RegisterResponse(user=codec.user_message(user))

    async def login(self, request: pb.LoginRequest) -> pb.LoginResponse:
        """Log a user in."""
        self._about_account(request.email)
        address = context.client_address()
        pair, user = await self._use_cases.login(request.email, request.password, address, request.code)
        return pb.LoginResponse(tokens=codec.tokens_message(pair), user=codec.user_message(user))

    async def refresh(self, request: pb.RefreshRequest) -> pb.RefreshResponse:
        """Exchange a refresh token for the next pair."""
        pair = await self._use_cases.refresh(request.refresh_token, request.request_id.lower())
        return pb.RefreshResponse(tokens=codec.tokens_message(pair))

    async def logout(self, request: pb.LogoutRequest) -> pb.LogoutResponse:
        """End a refresh token's family."""
        await self._use_cases.logout(request.refresh_token)
        return pb.LogoutResponse()

    async def who_am_i(self, _: pb.WhoAmIRequest) -> pb.WhoAmIResponse:
        """Show the caller to themselves."""
        caller = context.principal()
        user = await self._use_cases.who_am_i(caller.user_id)
        return pb.WhoAmIResponse(
            user=codec.user_message(user),
            scopes=sorted(caller.scopes),
            expires_at=codec.moment(caller.expires_at),
        )

    async def get_jwks(self, _: pb.GetJwksRequest) -> pb.GetJwksResponse:
        """Show the public keys."""
        keys = await self._use_cases.get_jwks()
        return pb.GetJwksResponse(keys=[codec.key_message(key) for key in keys])

    async def bootstrap_admin(self, request: pb.BootstrapAdminRequest) -> pb.BootstrapAdminResponse:
        """Make the first administrator."""
        self._about_account(request.email)
        admin = await self._use_cases.bootstrap_admin(request.bootstrap_secret, request.email, request.password)
        return pb.BootstrapAdminResponse(user=codec.user_message(admin))

    async def update_role(self, request: pb.UpdateRoleRequest) -> pb.UpdateRoleResponse:
        """Replace a user's role."""
        context.about(f"user:{request.user_id.lower()}")
        await self._present()
        user = await self._use_cases.update_role(request.user_id, role_from(request.role))
        return pb.UpdateRoleResponse(user=codec.user_message(user))

    async def logout_everywhere(self, request: pb.LogoutEverywhereRequest) -> pb.LogoutEverywhereResponse:
        """End all sessions: one's own, or as an administrator anybody's."""
        await self._use_cases.logout_everywhere(await self._own_or_administered(request.user_id))
        return pb.LogoutEverywhereResponse()

    async def unlock_user(self, request: pb.UnlockUserRequest) -> pb.UnlockUserResponse:
        """Let an account be logged in to again."""
        context.about(f"user:{request.user_id.lower()}")
        await self._present()
        await self._use_cases.unlock_user(request.user_id.lower())
        return pb.UnlockUserResponse()

    async def delete_user(self, request: pb.DeleteUserRequest) -> pb.DeleteUserResponse:
        """Let a user go: oneself, or as an administrator anybody."""
        await self._use_cases.delete_user(await self._own_or_administered(request.user_id))
        return pb.DeleteUserResponse()

    async def export_my_data(self, _: pb.ExportMyDataRequest) -> AsyncIterator[pb.ExportMyDataResponse]:
        """Give the caller what is kept about them."""
        caller = await self._present()
        context.about(f"user:{caller.user_id}")
        found = self._use_cases.export_my_data(caller.user_id)
        async for chunk in chunked(lines_of(each) async for each in found):
            yield pb.ExportMyDataResponse(chunk=ExportChunk(**chunk._asdict()))

    async def _own_or_administered(self, asked: str) -> str:
        """The user's id, if it is the caller's own or the caller is an administrator."""
        user_id = asked.lower()
        context.about(f"user:{user_id}")
        caller = await self._present()
        if user_id != caller.user_id and not caller.may(ADMINISTRATION):
            raise ScopeMissing(ADMINISTRATION)
        return user_id

    def _about_account(self, email: str) -> None:
        """An account that may not exist is named by a part of its address's blind index."""
        context.about(f"account:{self._index(normalized(email)).hex()[:16]}")

    async def _present(self) -> Principal:
        """The caller in person, whose token knows the account as it is now."""
        caller = context.principal()
        await self._use_cases.present_token(caller.user_id, caller.version, caller.key_id)
        return caller


def auth_service(use_cases: UseCases, index: Callable[[str], bytes], refused: Refused) -> Service:
    """The contract, fulfilled by these use cases; `refused` is told of every refusal."""
    descriptor = pb.DESCRIPTOR.services_by_name["AuthService"]
    return Service(descriptor, AuthServicer(use_cases, index), error_table(), refused)
