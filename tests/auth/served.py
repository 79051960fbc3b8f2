"""auth on its real adapters, as its composition root wires it."""

from prometheus_client import CollectorRegistry

from chassis.clock import SystemClock
from chassis.vault import Vault
from chassis.vault.kms_local import LocalKms
from services.auth.adapters.attempts_alarmed import AlarmedAttempts
from services.auth.adapters.attempts_limits import LimitedAttempts
from services.auth.adapters.blocks_postgres import PostgresBlocks
from services.auth.adapters.emails_sealed import emails_from
from services.auth.adapters.refresh_tokens_postgres import PostgresRefreshTokens
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.settings import AuthSettings
from services.auth.wiring import Adapters, security_events_in, trail_in, wire, wire_audit, wire_security

ANY = "1000000 per minute"


def settings_for(folder, redis_url, **changes):
    """Settings of a server on any port, whose keys lie in this folder, and that lets anybody try anything."""
    told = {"port": 0, "metrics_port": 0, "keys_dir": folder / "keys", "page_token_key_file": folder / "page_token.key"}
    told |= {"keyring_file": folder / "keyring.json"}
    told |= {f"attempts_{whose}": ANY for whose in ("per_account", "per_address", "of_everybody")}
    return AuthSettings(**{**told, "database_url": "unused", "redis_url": redis_url, **changes})


async def wired(settings, pool, passwords, signer):
    """Its services, the offer of the bootstrap secret, and the work of the audit trail's sequencer."""
    emails = await emails_from(Vault(pool, LocalKms(settings.keyring_file), "auth"), settings.keys_dir)
    url = settings.redis_url.get_secret_value()
    attempts = LimitedAttempts(settings.limits(), url, emails.index, CollectorRegistry())
    trail = trail_in(settings, pool)
    alarms = security_events_in(settings, pool, trail)
    attempts = AlarmedAttempts(attempts, alarms, emails.index, SystemClock())
    families = PostgresRefreshTokens(pool, trail, alarms)
    on = Adapters(
        PostgresUsers(pool, emails, trail),
        attempts,
        families,
        passwords,
        signer,
        trail,
        PostgresBlocks(pool),
        emails.index,
    )
    services, offer = wire(settings, on)
    security, *_ = wire_security(settings, pool, trail, alarms, on)
    audit, keep = wire_audit(settings, pool, trail)
    return [*services, audit, security], offer, keep
