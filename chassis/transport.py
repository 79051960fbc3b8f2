"""How our ends of a connection behave: sizes, pings, ages."""

from __future__ import annotations

import json

from chassis.settings import ServiceSettings

_MESSAGE = 16 * 1024 * 1024  # bytes
_PING = 30_000  # milliseconds without traffic
_PONG = 10_000
_OFTEN = 10_000  # pings further apart than this are never too many

_WATCHED = json.dumps({"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}})

Options = list[tuple[str, int | str]]


def server_options(settings: ServiceSettings) -> Options:
    """Returns the channel arguments of a server."""
    options: Options = [
        ("grpc.max_receive_message_length", _MESSAGE),
        ("grpc.max_send_message_length", _MESSAGE),
        ("grpc.max_concurrent_streams", 1000),
        ("grpc.keepalive_time_ms", _PING),
        ("grpc.keepalive_timeout_ms", _PONG),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", _OFTEN),
        # With port sharing on, a second server on a taken port would silently get half of the calls.
        ("grpc.so_reuseport", int(settings.reuse_port)),
    ]
    if settings.max_connection_age is not None:
        grace = settings.subscribe_max_age + settings.drain_seconds
        options.append(("grpc.max_connection_age_ms", int(settings.max_connection_age * 1000)))
        options.append(("grpc.max_connection_age_grace_ms", int(grace * 1000)))
    return options


def channel_options(several: bool = False) -> Options:
    """Returns the channel arguments of a client; what is repeated is decided by our own rules (chassis.repeats).

    Of `several` replicas each is watched by its health service: one that says NOT_SERVING is sent no more calls.
    """
    watched: Options = [("grpc.service_config", _WATCHED)] if several else []
    return [
        *watched,
        ("grpc.max_receive_message_length", _MESSAGE),
        ("grpc.max_send_message_length", _MESSAGE),
        ("grpc.keepalive_time_ms", _PING),
        ("grpc.keepalive_timeout_ms", _PONG),
        ("grpc.keepalive_permit_without_calls", 0),
        # Every replica in turn; a lost one is looked for at once and then often, since it is back within seconds.
        ("grpc.lb_policy_name", "round_robin"),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 1_000),  # the time limit of one attempt to connect
        ("grpc.max_reconnect_backoff_ms", 1_000),
        ("grpc.dns_min_time_between_resolutions_ms", 2_000),
        ("grpc.enable_retries", 0),
    ]
