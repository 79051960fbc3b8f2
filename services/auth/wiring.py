"""The services on their adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qpo.auth.v1 import audit_service_pb2, security_service_pb2, user_service_pb2

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.paging import PageTokens
from chassis.pool import Pool
from chassis.serve import Service
from services.auth.adapters.audit_postgres import PostgresAudit
from services.auth.adapters.audit_sealed import audit_vault_from, chain_key_from
from services.auth.adapters.bootstrap_secret_file import BootstrapSecretFile
from services.auth.adapters.detectors_postgres import PostgresDetectors
from services.auth.adapters.heads_files import heads_from
from services.auth.adapters.opaque_tokens_secrets import tokens_from
from services.auth.adapters.policies_postgres import PostgresPolicies
from services.auth.adapters.security_events_postgres import PostgresSecurityEvents
from services.auth.adapters.security_rounds import SecurityRounds
from services.auth.adapters.security_sealed import security_key_from
from services.auth.adapters.timer_asyncio import AsyncioTimer
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.adapters.trainer_process import ProcessTrainer
from services.auth.adapters.usages_postgres import PostgresUsages
from services.auth.app.audit_ports import Trail
from services.auth.app.keep_audit import KeepAudit
from services.auth.app.keep_blocks import Blocks, KeepBlocks
from services.auth.app.list_audit_events import ListAuditEvents
from services.auth.app.list_security_events import ListSecurityEvents
from services.auth.app.offer_bootstrap import OfferBootstrap
from services.auth.app.ports import Attempts, Passwords, RefreshTokens, TokenSigner, Users
from services.auth.app.present_token import PresentToken
from services.auth.app.security_policy import GetSecurityPolicy, UpdateSecurityPolicy
from services.auth.app.subscribe_security_events import SubscribeSecurityEvents
from services.auth.app.train_detector import ListDetectors, TrainDetector
from services.auth.app.verify_audit import VerifyAudit
from services.auth.app.watch_usage import WatchUsage
from services.auth.rpc.audit_servicer import AuditServicer
from services.auth.rpc.errors import error_table
from services.auth.rpc.refusals import Refusals
from services.auth.rpc.security_servicer import SecurityServicer, SecurityUse
from services.auth.rpc.servicer import auth_service
from services.auth.rpc.use_cases import Ports, UseCases
from services.auth.rpc.user_servicer import UserServicer
from services.auth.settings import AuthSettings


@dataclass(frozen=True, slots=True)
class Adapters:
    """What auth stands on besides its key folder; `index` is the blind index of an email address."""

    users: Users
    attempts: Attempts
    families: RefreshTokens
    passwords: Passwords
    signer: TokenSigner
    trail: Trail
    blocks: Blocks
    index: Callable[[str], bytes]


def wire(settings: AuthSettings, on: Adapters) -> tuple[list[Service], OfferBootstrap]:
    """AuthService and UserService on their adapters, and what is to be done before they are served."""
    secret = BootstrapSecretFile(settings.keys_dir)
    opaque = tokens_from(settings.keys_dir)
    ports = Ports(
        users=on.users,
        attempts=on.attempts,
        families=on.families,
        passwords=on.passwords,
        signer=on.signer,
        trail=on.trail,
        secret=secret,
        opaque=opaque,
        blocks=on.blocks,
        ids=Uuid7Ids(),
        clock=SystemClock(),
    )
    use_cases = UseCases.over(ports, settings.issuer, settings.audience)
    refusals = Refusals(on.trail)
    users = user_service_pb2.DESCRIPTOR.services_by_name["UserService"]
    keeper = UserServicer(use_cases, PageTokens.from_file(settings.page_token_key_file))
    services = [auth_service(use_cases, on.index, refusals), Service(users, keeper, error_table(), refusals)]
    return services, OfferBootstrap(on.users, secret)


def trail_in(settings: AuthSettings, pool: Pool) -> PostgresTrail:
    """Where what is done is written down."""
    return PostgresTrail(pool, audit_vault_from(settings.keys_dir), Uuid7Ids(), SystemClock())


def security_events_in(settings: AuthSettings, pool: Pool, trail: PostgresTrail) -> PostgresSecurityEvents:
    """Where security events are told."""
    return PostgresSecurityEvents(pool, security_key_from(settings.keys_dir), trail, Uuid7Ids(), SystemClock())


def wire_security(
    settings: AuthSettings, pool: Pool, trail: PostgresTrail, events: PostgresSecurityEvents, on: Adapters
) -> tuple[Service, SecurityRounds]:
    """SecurityService, and what it and its schedule do."""
    policies, usages = PostgresPolicies(pool, SystemClock()), PostgresUsages(pool, events)
    detectors = PostgresDetectors(pool, security_key_from(settings.keys_dir))
    train = TrainDetector(usages, ProcessTrainer(), detectors, SystemClock())
    use = SecurityUse(
        list=ListSecurityEvents(events),
        subscribe=SubscribeSecurityEvents(events, AsyncioTimer()),
        get_policy=GetSecurityPolicy(policies),
        update_policy=UpdateSecurityPolicy(policies, trail),
        train=train,
        list_detectors=ListDetectors(detectors),
        present_token=PresentToken(on.users),
    )
    servicer = SecurityServicer(use, PageTokens.from_file(settings.page_token_key_file))
    contract = security_service_pb2.DESCRIPTOR.services_by_name["SecurityService"]
    service = Service(contract, servicer, error_table(), Refusals(trail))
    watch = WatchUsage(usages, detectors, SystemClock())
    blocks = KeepBlocks(on.blocks, on.users, SystemClock())
    return service, SecurityRounds(watch, blocks, train, (usages, detectors), SystemClock())


def wire_audit(settings: AuthSettings, pool: Pool, trail: PostgresTrail) -> tuple[Service, KeepAudit]:
    """AuditService, and the sequencer's work."""
    key, store = chain_key_from(settings.keys_dir), PostgresAudit(pool)
    heads = heads_from(settings.audit_heads_dir or settings.keys_dir / "audit_heads", settings.keys_dir)
    tokens = PageTokens.from_file(settings.page_token_key_file)
    servicer = AuditServicer(ListAuditEvents(store, trail.vault), VerifyAudit(store, heads, key), tokens)
    contract = audit_service_pb2.DESCRIPTOR.services_by_name["AuditService"]
    service = Service(contract, servicer, error_table(), Refusals(trail))
    return service, KeepAudit(store, heads, SystemClock(), key)
