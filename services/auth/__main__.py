"""Composition root of auth: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from chassis.buses import open_bus
from chassis.cache import open_layers
from chassis.consumers import Consumer
from chassis.keys import StaticKeys
from chassis.logging import configure, logger
from chassis.postgres import prepare
from chassis.relay import Relay
from chassis.serve import run, serve
from chassis.settings import load
from chassis.vault import open_vault, rotation_of
from services.auth.adapters.api_keys_postgres import NAME
from services.auth.adapters.attempts_limits import LimitedAttempts
from services.auth.adapters.emails_sealed import emails_from
from services.auth.adapters.events_outbox import TOPIC
from services.auth.adapters.news_for_audit import subscriptions
from services.auth.adapters.news_of_use import subscription
from services.auth.adapters.passwords_argon2 import Argon2Passwords
from services.auth.adapters.second_factors_postgres import SECRET
from services.auth.adapters.sequencer import Sequencer
from services.auth.adapters.signing_keys_files import signer_from
from services.auth.adapters.users_cached import FORM, CachedUsers
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.settings import AuthSettings
from services.auth.wiring import Adapters, events_in, rounds_of, trail_in, wire

MIGRATIONS = Path(__file__).parent / "migrations"


def main() -> None:
    """Start auth, and serve until told to stop."""
    run(_serve(load(AuthSettings)))


async def _serve(settings: AuthSettings) -> None:
    configure("auth", settings.log_level, settings.version)
    signer = signer_from(settings.keys_dir)
    passwords = Argon2Passwords(settings.password_threads, settings.password_queue)
    registry = CollectorRegistry()
    pool = await prepare(settings, "auth", MIGRATIONS)
    try:
        async with (
            open_vault(settings, settings, "auth") as vault,
            open_bus(settings.bus()) as bus,
            open_layers(settings, settings.redis_url, "user", FORM, registry) as layers,
        ):
            relay, emails = Relay(pool, bus, TOPIC), await emails_from(vault, settings.keys_dir)
            rotation = rotation_of(settings, pool, vault, [emails.column(), SECRET, NAME], registry)
            background: list[Callable[[], Coroutine[Any, Any, None]]] = [relay.run, rotation.run]
            trail = trail_in(settings, pool)
            users = PostgresUsers(pool, emails, trail, relay.wake)
            if layers:
                users = cached = CachedUsers(pool, emails, trail, layers, relay.wake)
                background.append(partial(cached.follow, bus))
            counted = LimitedAttempts(settings.limits(), settings.redis_url.get_secret_value(), emails.index, registry)
            events = events_in(settings, pool, trail)
            on = Adapters(users, counted, passwords, signer, trail, events, emails.index, vault, relay.wake)
            services, offer, keep, rounds = wire(settings, pool, on)
            news = [Consumer(pool, bus, told).run for told in (*subscriptions(trail), subscription(events))]
            background += [Sequencer(keep, events, registry).run, *news, *rounds_of(rounds, pool, bus, registry)]
            logger().info("started", bootstrap_offered=await offer())
            keys = StaticKeys(signer.verification_keys())
            await serve(settings, services, keys=keys, bus=bus, registry=registry, background=background)
    finally:
        await pool.close()
        passwords.close()


if __name__ == "__main__":
    main()
