"""What the service can do, on its ports."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.access_tokens import AccessTokens
from services.auth.app.api_keys import CreateApiKey, DeleteApiKey, ExchangeApiKey, ListApiKeys
from services.auth.app.audit_ports import Trail
from services.auth.app.bootstrap_admin import BootstrapAdmin
from services.auth.app.delete_user import DeleteUser
from services.auth.app.detector_ports import Usages
from services.auth.app.disable_user import DisableUser, EnableUser
from services.auth.app.end_link import EndLink
from services.auth.app.export_my_data import ExportMyData
from services.auth.app.get_jwks import GetJwks
from services.auth.app.keep_blocks import Blocks
from services.auth.app.link_advisor import LinkAdvisor
from services.auth.app.list_audit_events import ListAuditEvents
from services.auth.app.list_links import ListLinks
from services.auth.app.list_users import ListUsers
from services.auth.app.login import Login
from services.auth.app.logout import Logout
from services.auth.app.logout_everywhere import LogoutEverywhere
from services.auth.app.ports import (
    ApiKeys,
    Attempts,
    BootstrapSecret,
    Clock,
    Ids,
    Links,
    OneTimeCodes,
    OpaqueTokens,
    Passwords,
    RefreshTokens,
    SecondFactors,
    Secrets,
    TokenSigner,
    Users,
)
from services.auth.app.present_token import PresentToken
from services.auth.app.prove import ProveCode, ProvePassword
from services.auth.app.refresh import Refresh
from services.auth.app.register import Register
from services.auth.app.second_factor import (
    BeginSecondFactor,
    ConfirmSecondFactor,
    RemoveSecondFactor,
    ResetSecondFactor,
)
from services.auth.app.unlock_user import UnlockUser
from services.auth.app.update_role import UpdateRole
from services.auth.app.who_am_i import WhoAmI


@dataclass(frozen=True, slots=True)
class Ports:
    """What the use cases stand on."""

    users: Users
    links: Links
    attempts: Attempts
    factors: SecondFactors
    codes: OneTimeCodes
    keys: ApiKeys
    secrets: Secrets
    families: RefreshTokens
    passwords: Passwords
    signer: TokenSigner
    trail: Trail
    secret: BootstrapSecret
    opaque: OpaqueTokens
    usages: Usages
    audited: ListAuditEvents
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
    link_advisor: LinkAdvisor
    list_links: ListLinks
    end_link: EndLink
    export_my_data: ExportMyData
    present_token: PresentToken
    begin_second_factor: BeginSecondFactor
    confirm_second_factor: ConfirmSecondFactor
    remove_second_factor: RemoveSecondFactor
    reset_second_factor: ResetSecondFactor
    create_api_key: CreateApiKey
    list_api_keys: ListApiKeys
    delete_api_key: DeleteApiKey
    exchange_api_key: ExchangeApiKey

    @classmethod
    def over(cls, on: Ports, issuer: str, audience: str) -> UseCases:
        """All of them; their tokens come from `issuer` and are for `audience`."""
        access = AccessTokens(on.signer, on.ids, on.clock, issuer, audience)
        prove_password = ProvePassword(on.users, on.attempts, on.passwords)
        prove_code = ProveCode(on.factors, on.codes, on.clock)
        return cls(
            register=Register(on.users, on.attempts, on.passwords, on.ids, on.clock),
            login=Login(
                on.users, on.attempts, on.passwords, prove_code, on.families, on.opaque, access, on.ids, on.clock
            ),
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
            link_advisor=LinkAdvisor(on.links, on.ids, on.clock),
            list_links=ListLinks(on.links),
            end_link=EndLink(on.links, on.clock),
            export_my_data=ExportMyData(on.users, on.links, on.keys, on.families, on.usages, on.audited, on.trail),
            present_token=PresentToken(on.users),
            begin_second_factor=BeginSecondFactor(prove_password, on.factors, on.codes, on.clock),
            confirm_second_factor=ConfirmSecondFactor(on.users, on.attempts, on.factors, on.codes, on.clock),
            remove_second_factor=RemoveSecondFactor(prove_password, prove_code, on.factors),
            reset_second_factor=ResetSecondFactor(on.users, on.factors),
            create_api_key=CreateApiKey(prove_password, prove_code, on.keys, on.secrets, on.ids, on.clock),
            list_api_keys=ListApiKeys(on.keys),
            delete_api_key=DeleteApiKey(on.keys),
            exchange_api_key=ExchangeApiKey(on.users, on.keys, on.attempts, access, on.clock),
        )
