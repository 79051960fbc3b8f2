"""The services on their adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qpo.auth.v1 import api_key_service_pb2, audit_service_pb2, second_factor_service_pb2, user_service_pb2

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.paging import PageTokens
from chassis.pool import Pool
from chassis.serve import Service
from chassis.vault import Vault
from services.auth.adapters.api_keys_postgres import PostgresApiKeys
from services.auth.adapters.audit_postgres import PostgresAudit
from services.auth.adapters.audit_sealed import audit_vault_from, chain_key_from
from services.auth.adapters.bootstrap_secret_file import BootstrapSecretFile
from services.auth.adapters.heads_files import heads_from
from services.auth.adapters.links_postgres import PostgresLinks
from services.auth.adapters.one_time_codes_pyotp import PyotpCodes
from services.auth.adapters.opaque_tokens_secrets import SystemSecrets, tokens_from
from services.auth.adapters.refresh_tokens_postgres import PostgresRefreshTokens
from services.auth.adapters.second_factors_postgres import PostgresSecondFactors
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.app.audit_ports import Trail
from services.auth.app.keep_audit import KeepAudit
from services.auth.app.list_audit_events import ListAuditEvents
from services.auth.app.offer_bootstrap import OfferBootstrap
from services.auth.app.ports import (
    ApiKeys,
    Attempts,
    Links,
    Passwords,
    RefreshTokens,
    SecondFactors,
    TokenSigner,
    Users,
)
from services.auth.app.verify_audit import VerifyAudit
from services.auth.rpc.api_key_servicer import ApiKeyServicer
from services.auth.rpc.audit_servicer import AuditServicer
from services.auth.rpc.errors import error_table
from services.auth.rpc.refusals import Refusals
from services.auth.rpc.second_factor_servicer import SecondFactorServicer
from services.auth.rpc.servicer import auth_service
from services.auth.rpc.use_cases import Ports, UseCases
from services.auth.rpc.user_servicer import UserServicer
from services.auth.settings import AuthSettings


@dataclass(frozen=True, slots=True)
class Adapters:
    """What auth stands on besides its key folder; `index` is the blind index of an email address."""

    users: Users
    attempts: Attempts
    passwords: Passwords
    signer: TokenSigner
    trail: Trail
    index: Callable[[str], bytes]
    links: Links
    factors: SecondFactors
    keys: ApiKeys
    families: RefreshTokens
    audited: ListAuditEvents


def wire(settings: AuthSettings, on: Adapters) -> tuple[list[Service], OfferBootstrap]:
    """What accounts and logins are asked for, on its adapters, and what is to be done before it is served."""
    secret = BootstrapSecretFile(settings.keys_dir)
    opaque = tokens_from(settings.keys_dir)
    ports = Ports(
        users=on.users,
        links=on.links,
        attempts=on.attempts,
        factors=on.factors,
        codes=PyotpCodes(),
        keys=on.keys,
        secrets=SystemSecrets(),
        families=on.families,
        passwords=on.passwords,
        signer=on.signer,
        trail=on.trail,
        secret=secret,
        opaque=opaque,
        audited=on.audited,
        ids=Uuid7Ids(),
        clock=SystemClock(),
    )
    use_cases = UseCases.over(ports, settings.issuer, settings.audience)
    refusals = Refusals(on.trail)
    users = user_service_pb2.DESCRIPTOR.services_by_name["UserService"]
    keeper = UserServicer(use_cases, PageTokens.from_file(settings.page_token_key_file))
    second = second_factor_service_pb2.DESCRIPTOR.services_by_name["SecondFactorService"]
    keys = api_key_service_pb2.DESCRIPTOR.services_by_name["ApiKeyService"]
    services = [
        auth_service(use_cases, on.index, refusals),
        Service(users, keeper, error_table(), refusals),
        Service(second, SecondFactorServicer(use_cases), error_table(), refusals),
        Service(keys, ApiKeyServicer(use_cases), error_table(), refusals),
    ]
    return services, OfferBootstrap(on.users, secret)


def stores_in(
    pool: Pool, vault: Vault, trail: PostgresTrail, wake: Callable[[], None] = lambda: None
) -> tuple[Links, SecondFactors, ApiKeys, RefreshTokens, ListAuditEvents]:
    """What accounts have, and what is written down of them; `wake` is called for each event in the outbox."""
    sealed = PostgresSecondFactors(pool, vault, trail), PostgresApiKeys(pool, vault, trail)
    kept = PostgresRefreshTokens(pool, trail), audited(pool, trail)
    return PostgresLinks(pool, trail, wake), *sealed, *kept


def trail_in(settings: AuthSettings, pool: Pool) -> PostgresTrail:
    """Where what is done is written down."""
    return PostgresTrail(pool, audit_vault_from(settings.keys_dir), Uuid7Ids(), SystemClock())


def audited(pool: Pool, trail: PostgresTrail) -> ListAuditEvents:
    """What was written down, to be read."""
    return ListAuditEvents(PostgresAudit(pool), trail.vault)


def wire_audit(settings: AuthSettings, pool: Pool, trail: PostgresTrail) -> tuple[Service, KeepAudit]:
    """AuditService, and the sequencer's work."""
    key, store = chain_key_from(settings.keys_dir), PostgresAudit(pool)
    heads = heads_from(settings.audit_heads_dir or settings.keys_dir / "audit_heads", settings.keys_dir)
    tokens = PageTokens.from_file(settings.page_token_key_file)
    servicer = AuditServicer(audited(pool, trail), VerifyAudit(store, heads, key), tokens)
    contract = audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"]
    service = Service(contract, servicer, error_table(), Refusals(trail))
    return service, KeepAudit(store, heads, SystemClock(), key)
