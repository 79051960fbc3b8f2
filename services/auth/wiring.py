"""The services on their adapters."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from qpo.auth.v1 import (
    api_key_service_pb2,
    audit_service_pb2,
    second_factor_service_pb2,
    security_service_pb2,
    user_service_pb2,
)

from chassis.backlog import Backlog
from chassis.bus import Bus
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.paging import PageTokens
from chassis.pool import Pool
from chassis.serve import Service
from chassis.vault import Vault
from services.auth.adapters.active_users import active_users
from services.auth.adapters.api_keys_postgres import PostgresApiKeys
from services.auth.adapters.attempts_alarmed import AlarmedAttempts
from services.auth.adapters.audit_postgres import PostgresAudit
from services.auth.adapters.audit_sealed import audit_vault_from, chain_key_from
from services.auth.adapters.blocks_postgres import PostgresBlocks
from services.auth.adapters.bootstrap_secret_file import BootstrapSecretFile
from services.auth.adapters.detectors_postgres import PostgresDetectors
from services.auth.adapters.heads_files import heads_from
from services.auth.adapters.links_postgres import PostgresLinks
from services.auth.adapters.one_time_codes_pyotp import PyotpCodes
from services.auth.adapters.opaque_tokens_secrets import SystemSecrets, tokens_from
from services.auth.adapters.policies_postgres import PostgresPolicies
from services.auth.adapters.refresh_tokens_postgres import PostgresRefreshTokens
from services.auth.adapters.second_factors_postgres import PostgresSecondFactors
from services.auth.adapters.security_events_postgres import PostgresSecurityEvents
from services.auth.adapters.security_rounds import SecurityRounds
from services.auth.adapters.security_sealed import security_key_from
from services.auth.adapters.timer_asyncio import AsyncioTimer
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.adapters.trainer_process import ProcessTrainer
from services.auth.adapters.usages_postgres import PostgresUsages
from services.auth.app.keep_audit import KeepAudit
from services.auth.app.keep_blocks import KeepBlocks
from services.auth.app.list_audit_events import ListAuditEvents
from services.auth.app.list_security_events import ListSecurityEvents
from services.auth.app.offer_bootstrap import OfferBootstrap
from services.auth.app.ports import Attempts, Passwords, TokenSigner, Users
from services.auth.app.present_token import PresentToken
from services.auth.app.security_policy import GetSecurityPolicy, UpdateSecurityPolicy
from services.auth.app.subscribe_security_events import SubscribeSecurityEvents
from services.auth.app.train_detector import ListDetectors, OrderTraining, TrainDetector
from services.auth.app.verify_audit import VerifyAudit
from services.auth.app.watch_usage import WatchUsage
from services.auth.rpc.api_key_servicer import ApiKeyServicer
from services.auth.rpc.audit_servicer import AuditServicer
from services.auth.rpc.errors import error_table
from services.auth.rpc.refusals import Refusals
from services.auth.rpc.second_factor_servicer import SecondFactorServicer
from services.auth.rpc.security_servicer import SecurityServicer, SecurityUse
from services.auth.rpc.servicer import auth_service
from services.auth.rpc.use_cases import Ports, UseCases
from services.auth.rpc.user_servicer import UserServicer
from services.auth.settings import AuthSettings

Job = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Adapters:
    """What auth stands on besides its key folder and its pool.

    `index` is the blind index of an email address, `wake` is called for each event in the outbox.
    """

    users: Users
    attempts: Attempts
    passwords: Passwords
    signer: TokenSigner
    trail: PostgresTrail
    events: PostgresSecurityEvents
    index: Callable[[str], bytes]
    vault: Vault
    wake: Callable[[], None] = lambda: None


def wire(
    settings: AuthSettings, pool: Pool, on: Adapters
) -> tuple[list[Service], OfferBootstrap, KeepAudit, SecurityRounds]:
    """The services on their adapters, what is to be done before they are served, and what is done beside them."""
    blocks = PostgresBlocks(pool)
    accounts, offer = _wire_accounts(settings, pool, on, blocks)
    security, rounds = _wire_security(settings, pool, on, blocks)
    audit, keep = _wire_audit(settings, pool, on.trail)
    return [*accounts, audit, security], offer, keep, rounds


def _wire_accounts(
    settings: AuthSettings, pool: Pool, on: Adapters, blocks: PostgresBlocks
) -> tuple[list[Service], OfferBootstrap]:
    """AuthService, UserService and what accounts log in by besides."""
    secret = BootstrapSecretFile(settings.keys_dir)
    ports = Ports(
        users=on.users,
        links=PostgresLinks(pool, on.trail, on.wake),
        attempts=AlarmedAttempts(on.attempts, on.events, on.index, SystemClock()),
        factors=PostgresSecondFactors(pool, on.vault, on.trail),
        codes=PyotpCodes(),
        keys=PostgresApiKeys(pool, on.vault, on.trail),
        secrets=SystemSecrets(),
        families=PostgresRefreshTokens(pool, on.trail, on.events),
        passwords=on.passwords,
        signer=on.signer,
        trail=on.trail,
        secret=secret,
        opaque=tokens_from(settings.keys_dir),
        usages=PostgresUsages(pool, on.events),
        audited=_audited(pool, on.trail),
        blocks=blocks,
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


def rounds_of(rounds: SecurityRounds, pool: Pool, bus: Bus, registry: CollectorRegistry) -> list[Job]:
    """What watches beside the calls: over how accounts are used, how many are, and what waits for the bus."""
    return [rounds.watch, rounds.train, active_users(pool, registry).run, Backlog(pool, bus, registry).run]


def trail_in(settings: AuthSettings, pool: Pool) -> PostgresTrail:
    """Where what is done is written down."""
    return PostgresTrail(pool, audit_vault_from(settings.keys_dir), Uuid7Ids(), SystemClock())


def _audited(pool: Pool, trail: PostgresTrail) -> ListAuditEvents:
    """What was written down, to be read."""
    return ListAuditEvents(PostgresAudit(pool), trail.vault)


def events_in(settings: AuthSettings, pool: Pool, trail: PostgresTrail) -> PostgresSecurityEvents:
    """Where security events are told."""
    return PostgresSecurityEvents(pool, security_key_from(settings.keys_dir), trail, Uuid7Ids(), SystemClock())


def _wire_security(
    settings: AuthSettings, pool: Pool, on: Adapters, blocks: PostgresBlocks
) -> tuple[Service, SecurityRounds]:
    """SecurityService, and what it and its schedule do."""
    policies, usages = PostgresPolicies(pool, SystemClock()), PostgresUsages(pool, on.events)
    detectors = PostgresDetectors(pool, security_key_from(settings.keys_dir))
    train = TrainDetector(usages, ProcessTrainer(), detectors, SystemClock())
    use = SecurityUse(
        list=ListSecurityEvents(on.events),
        subscribe=SubscribeSecurityEvents(on.events, AsyncioTimer()),
        get_policy=GetSecurityPolicy(policies),
        update_policy=UpdateSecurityPolicy(policies, on.trail),
        train=OrderTraining(train, on.trail),
        list_detectors=ListDetectors(detectors),
        present_token=PresentToken(on.users),
    )
    servicer = SecurityServicer(use, PageTokens.from_file(settings.page_token_key_file))
    contract = security_service_pb2.DESCRIPTOR.services_by_name["SecurityService"]
    service = Service(contract, servicer, error_table(), Refusals(on.trail))
    watch = WatchUsage(usages, detectors, SystemClock())
    keep = KeepBlocks(blocks, on.users, SystemClock())
    return service, SecurityRounds(watch, keep, train, (usages, detectors), SystemClock())


def _wire_audit(settings: AuthSettings, pool: Pool, trail: PostgresTrail) -> tuple[Service, KeepAudit]:
    """AuditService, and the sequencer's work."""
    key, store = chain_key_from(settings.keys_dir), PostgresAudit(pool)
    heads = heads_from(settings.audit_heads_dir or settings.keys_dir / "audit_heads", settings.keys_dir)
    tokens = PageTokens.from_file(settings.page_token_key_file)
    servicer = AuditServicer(_audited(pool, trail), VerifyAudit(store, heads, key), tokens)
    contract = audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"]
    service = Service(contract, servicer, error_table(), Refusals(trail))
    return service, KeepAudit(store, heads, SystemClock(), key)
