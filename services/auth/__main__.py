"""Composition root of auth: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

from pathlib import Path

from chassis.bus_redis import open_bus
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.keys import StaticKeys
from chassis.logging import configure, logger
from chassis.postgres import prepare
from chassis.relay import Relay
from chassis.serve import Service, run, serve
from chassis.settings import load
from services.auth.adapters.bootstrap_secret_file import BootstrapSecretFile
from services.auth.adapters.emails_aesgcm import vault_from
from services.auth.adapters.opaque_tokens_secrets import SystemTokens
from services.auth.adapters.passwords_argon2 import Argon2Passwords
from services.auth.adapters.refresh_tokens_postgres import PostgresRefreshTokens
from services.auth.adapters.signing_keys_files import signer_from
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.app.offer_bootstrap import OfferBootstrap
from services.auth.app.ports import Passwords, RefreshTokens, TokenSigner, Users
from services.auth.rpc.servicer import auth_service
from services.auth.rpc.use_cases import Ports, UseCases
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
        async with open_bus(settings.redis_url.get_secret_value()) as bus:
            relay = Relay(pool, bus)
            users = PostgresUsers(pool, vault_from(settings.keys_dir), relay.wake)
            service, offer = wire(settings, users, PostgresRefreshTokens(pool), passwords, signer)
            logger().info("started", bootstrap_offered=await offer())
            keys = StaticKeys(signer.verification_keys())
            await serve(settings, [service], keys=keys, background=[relay.run])
    finally:
        await pool.close()
        passwords.close()


def wire(
    settings: AuthSettings, users: Users, families: RefreshTokens, passwords: Passwords, signer: TokenSigner
) -> tuple[Service, OfferBootstrap]:
    """AuthService on its adapters, and what is to be done before it is served."""
    secret = BootstrapSecretFile(settings.keys_dir)
    ports = Ports(users, families, passwords, signer, secret, SystemTokens(), Uuid7Ids(), SystemClock())
    use_cases = UseCases.over(ports, settings.issuer, settings.audience)
    return auth_service(use_cases), OfferBootstrap(users, secret)


if __name__ == "__main__":
    main()
