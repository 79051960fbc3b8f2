"""The service on its adapters."""

from __future__ import annotations

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.serve import Service
from services.auth.adapters.bootstrap_secret_file import BootstrapSecretFile
from services.auth.adapters.opaque_tokens_secrets import tokens_from
from services.auth.app.offer_bootstrap import OfferBootstrap
from services.auth.app.ports import Passwords, RefreshTokens, TokenSigner, Users
from services.auth.rpc.servicer import auth_service
from services.auth.rpc.use_cases import Ports, UseCases
from services.auth.settings import AuthSettings


def wire(
    settings: AuthSettings, users: Users, families: RefreshTokens, passwords: Passwords, signer: TokenSigner
) -> tuple[Service, OfferBootstrap]:
    """AuthService on its adapters, and what is to be done before it is served."""
    secret = BootstrapSecretFile(settings.keys_dir)
    opaque = tokens_from(settings.keys_dir)
    ports = Ports(users, families, passwords, signer, secret, opaque, Uuid7Ids(), SystemClock())
    use_cases = UseCases.over(ports, settings.issuer, settings.audience)
    return auth_service(use_cases), OfferBootstrap(users, secret)
