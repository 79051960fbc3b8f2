"""Composition root of auth: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

from pathlib import Path

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.keys import StaticKeys
from chassis.logging import configure, logger
from chassis.postgres import prepare
from chassis.serve import Service, run, serve
from chassis.settings import load
from services.auth.adapters.bootstrap_secret_file import BootstrapSecretFile
from services.auth.adapters.emails_aesgcm import vault_from
from services.auth.adapters.opaque_tokens_secrets import SystemTokens
from services.auth.adapters.passwords_argon2 import Argon2Passwords
from services.auth.adapters.refresh_tokens_postgres import PostgresRefreshTokens
from services.auth.adapters.signing_keys_files import signer_from
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.app.access_tokens import AccessTokens
from services.auth.app.bootstrap_admin import BootstrapAdmin
from services.auth.app.get_jwks import GetJwks
from services.auth.app.login import Login
from services.auth.app.logout import Logout
from services.auth.app.offer_bootstrap import OfferBootstrap
from services.auth.app.ports import Passwords, RefreshTokens, TokenSigner, Users
from services.auth.app.refresh import Refresh
from services.auth.app.register import Register
from services.auth.app.update_role import UpdateRole
from services.auth.app.who_am_i import WhoAmI
from services.auth.rpc.servicer import UseCases, auth_service
from services.auth.settings import AuthSettings

MIGRATIONS = Path(__file__).parent / "migrations"


def main() -> None:
    """Start auth, and serve until told to stop."""
    run(_serve(load(AuthSettings)))


async def _serve(settings: AuthSettings) -> None:
    configure("auth", settings.log_level, settings.version)
    signer = signer_from(settings.keys_dir)
    passwords = Argon2Passwords(settings.password_threads, settings.password_queue)
    pool = await prepare(settings, "auth", MIGRATIONS)
    try:
        users = PostgresUsers(pool, vault_from(settings.keys_dir))
        service, offer = wire(settings, users, PostgresRefreshTokens(pool), passwords, signer)
        logger().info("started", bootstrap_offered=await offer())
        await serve(settings, [service], keys=StaticKeys(signer.verification_keys()))
    finally:
        await pool.close()
        passwords.close()


def wire(
    settings: AuthSettings, users: Users, families: RefreshTokens, passwords: Passwords, signer: TokenSigner
) -> tuple[Service, OfferBootstrap]:
    """AuthService on its adapters, and what is to be done before it is served."""
    opaque, ids, clock, secret = SystemTokens(), Uuid7Ids(), SystemClock(), BootstrapSecretFile(settings.keys_dir)
    access = AccessTokens(signer, ids, clock, settings.issuer, settings.audience)
    use_cases = UseCases(
        register=Register(users, passwords, ids, clock),
        login=Login(users, passwords, families, opaque, access, ids, clock),
        refresh=Refresh(users, families, opaque, access, clock),
        logout=Logout(families, clock),
        who_am_i=WhoAmI(users),
        get_jwks=GetJwks(signer),
        bootstrap_admin=BootstrapAdmin(users, passwords, secret, ids, clock),
        update_role=UpdateRole(users),
    )
    return auth_service(use_cases), OfferBootstrap(users, secret)


if __name__ == "__main__":
    main()
