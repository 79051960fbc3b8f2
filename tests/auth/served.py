"""auth on its real adapters, as its composition root wires it."""

from prometheus_client import CollectorRegistry

from chassis.vault import Vault
from chassis.vault.kms_local import LocalKms
from services.auth.adapters.attempts_limits import LimitedAttempts
from services.auth.adapters.emails_sealed import emails_from
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.settings import AuthSettings
from services.auth.wiring import Adapters, events_in, trail_in, wire

ANY = "1000000 per minute"


def settings_for(folder, redis_url, **changes):
    """Settings of a server on any port, whose keys lie in this folder, and that lets anybody try anything."""
    told = {"port": 0, "metrics_port": 0, "keys_dir": folder / "keys", "page_token_key_file": folder / "page_token.key"}
    told |= {"keyring_file": folder / "keyring.json"}
    told |= {f"attempts_{whose}": ANY for whose in ("per_account", "per_address", "per_key", "of_everybody")}
    return AuthSettings(**{**told, "database_url": "unused", "redis_url": redis_url, **changes})


async def wired(settings, pool, passwords, signer):
    """Its services, the offer of the bootstrap secret, and the work of the audit trail's sequencer."""
    vault = Vault(pool, LocalKms(settings.keyring_file), "auth")
    emails = await emails_from(vault, settings.keys_dir)
    url = settings.redis_url.get_secret_value()
    attempts = LimitedAttempts(settings.limits(), url, emails.index, CollectorRegistry())
    trail = trail_in(settings, pool)
    users, events = PostgresUsers(pool, emails, trail), events_in(settings, pool, trail)
    on = Adapters(users, attempts, passwords, signer, trail, events, emails.index, vault)
    services, offer, keep, _ = wire(settings, pool, on)
    return services, offer, keep
