"""What the service can do, on its ports."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.access_tokens import AccessTokens
from services.auth.app.audit_ports import Trail
from services.auth.app.bootstrap_admin import BootstrapAdmin
from services.auth.app.delete_user import DeleteUser
from services.auth.app.disable_user import DisableUser, EnableUser
from services.auth.app.get_jwks import GetJwks
from services.auth.app.keep_blocks import Blocks
from services.auth.app.list_users import ListUsers
from services.auth.app.login import Login
from services.auth.app.logout import Logout
from services.auth.app.logout_everywhere import LogoutEverywhere
from services.auth.app.ports import (
    Attempts,
    BootstrapSecret,
    Clock,
    Ids,
    OpaqueTokens,
    Passwords,
    RefreshTokens,
    TokenSigner,
    Users,
)
from services.auth.app.present_token import PresentToken
from services.auth.app.refresh import Refresh
from services.auth.app.register import Register
from services.auth.app.unlock_user import UnlockUser
from services.auth.app.update_role import UpdateRole
from services.auth.app.who_am_i import WhoAmI


@dataclass(frozen=True, slots=True)
class Ports:
    """What the use cases stand on."""

    users: Users
    attempts: Attempts
    families: RefreshTokens
    passwords: Passwords
    signer: TokenSigner
    trail: Trail
    secret: BootstrapSecret
    opaque: OpaqueTokens
    blocks: Blocks
    ids: Ids
    clock: Clock


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the servicer calls: one use case per RPC, and what several ask first."""

    register: Register
    login: Login
    refresh: Refresh
    logout: Logout
    who_am_i: WhoAmI
    get_jwks: GetJwks
    bootstrap_admin: BootstrapAdmin
    update_role: UpdateRole
    logout_everywhere: LogoutEverywhere
    unlock_user: UnlockUser
    list_users: ListUsers
    disable_user: DisableUser
    enable_user: EnableUser
    delete_user: DeleteUser
    present_token: PresentToken

    @classmethod
    def over(cls, on: Ports, issuer: str, audience: str) -> UseCases:
        """All of them; their tokens come from `issuer` and are for `audience`."""
        access = AccessTokens(on.signer, on.ids, on.clock, issuer, audience)
        return cls(
            register=Register(on.users, on.attempts, on.passwords, on.ids, on.clock),
            login=Login(on.users, on.attempts, on.passwords, on.families, on.opaque, access, on.ids, on.clock),
            refresh=Refresh(on.users, on.families, on.opaque, access, on.clock),
            logout=Logout(on.families, on.clock),
            who_am_i=WhoAmI(on.users),
            get_jwks=GetJwks(on.signer),
            bootstrap_admin=BootstrapAdmin(on.users, on.passwords, on.secret, on.ids, on.clock),
            update_role=UpdateRole(on.users, on.clock),
            logout_everywhere=LogoutEverywhere(on.users, on.clock),
            list_users=ListUsers(on.users),
            disable_user=DisableUser(on.users, on.blocks, on.clock),
            enable_user=EnableUser(on.users, on.blocks, on.clock),
            unlock_user=UnlockUser(on.users, on.attempts, on.trail),
            delete_user=DeleteUser(on.users, on.clock),
            present_token=PresentToken(on.users),
        )
