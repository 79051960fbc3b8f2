"""Whether the server here serves: `python -m chassis.probe [HOST:PORT]` exits with 0 if it does.

A container's health check, where nothing asks gRPC by itself.
"""

from __future__ import annotations

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_HERE = "127.0.0.1:8000"
_TIMEOUT = 2.0  # seconds


def serving(address: str, timeout: float = _TIMEOUT) -> bool:
    """Asks grpc.health.v1 once; a server that drains, or does not answer within `timeout` seconds, is not serving."""
    with grpc.insecure_channel(address, options=(("grpc.enable_http_proxy", 0),)) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


if __name__ == "__main__":
    sys.exit(0 if serving(sys.argv[1] if sys.argv[1:] else _HERE) else 1)
