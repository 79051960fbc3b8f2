"""The service on its adapters."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.serve import Service
from services.auth.adapters.bootstrap_secret_file import BootstrapSecretFile
from services.auth.adapters.opaque_tokens_secrets import tokens_from
from services.auth.app.offer_bootstrap import OfferBootstrap
from services.auth.app.ports import Attempts, Passwords, RefreshTokens, TokenSigner, Users
from services.auth.rpc.servicer import auth_service
from services.auth.rpc.use_cases import Ports, UseCases
from services.auth.settings import AuthSettings


@dataclass(frozen=True, slots=True)
class Adapters:
    """What auth stands on besides its key folder."""

    users: Users
    attempts: Attempts
    families: RefreshTokens
    passwords: Passwords
    signer: TokenSigner


def wire(settings: AuthSettings, on: Adapters) -> tuple[Service, OfferBootstrap]:
    """AuthService on its adapters, and what is to be done before it is served."""
    secret = BootstrapSecretFile(settings.keys_dir)
    opaque = tokens_from(settings.keys_dir)
    ports = Ports(
        on.users, on.attempts, on.families, on.passwords, on.signer, secret, opaque, Uuid7Ids(), SystemClock()
    )
    use_cases = UseCases.over(ports, settings.issuer, settings.audience)
    return auth_service(use_cases), OfferBootstrap(on.users, secret)
