"""Whether the server here serves: `python -m chassis.probe [HOST:PORT]` exits with 0 if it does.

A container's health check, where nothing asks gRPC by itself. A service that speaks TLS is asked with its own
certificate: it must be among its callers, for `/grpc.health.v1.Health/*`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.identity import Identity, Peer

_HERE = "127.0.0.1:8000"
_TIMEOUT = 2.0  # seconds
_TOLD = re.compile(r"QPO_([A-Z]+)_TLS_IDENTITY_FILE")


def serving(address: str, timeout: float = _TIMEOUT, peer: Peer | None = None) -> bool:
    """Asks grpc.health.v1 once; a server that drains, or does not answer within `timeout` seconds, is not serving."""
    with _channel(address, peer) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def own(environment: Mapping[str, str]) -> Peer | None:
    """The service that this environment tells to speak TLS; None if it tells nobody."""
    for variable, file in environment.items():
        if told := _TOLD.fullmatch(variable):
            prefix = f"QPO_{told[1]}_TLS"
            domain = environment.get(f"{prefix}_DOMAIN", "qpo.local")
            return Peer(Identity(Path(file), Path(environment[f"{prefix}_AUTHORITY_FILE"]), domain), told[1].lower())
    return None


def _channel(address: str, peer: Peer | None) -> Any:
    direct: tuple[tuple[str, str | int], ...] = (("grpc.enable_http_proxy", 0),)
    if peer is None:
        return grpc.insecure_channel(address, options=direct)
    options = (*direct, ("grpc.ssl_target_name_override", peer.host))
    return grpc.secure_channel(address, peer.identity.channel_credentials(), options=options)


if __name__ == "__main__":
    sys.exit(0 if serving(sys.argv[1] if sys.argv[1:] else _HERE, peer=own(os.environ)) else 1)
