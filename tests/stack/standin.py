"""Stands in for a service: `python -m tests.stack.standin NAME` answers health and, for auth, a public key."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from qpo.auth.v1 import auth_service_pb2, user_pb2


def jwks(_request: bytes, _context: grpc.ServicerContext) -> bytes:
    key = user_pb2.JsonWebKey(kty="OKP", crv="Ed25519", x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", kid="1")
    return auth_service_pb2.GetJwksResponse(keys=[key]).SerializeToString()


class Health(health.HealthServicer):
    """Says in its log when it was asked after it was to leave."""

    left = False

    def leave(self) -> None:
        self.left = True

    def Check(self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        if not self.left:
            return super().Check(request, context)
        print("told that it leaves", flush=True)
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.NOT_SERVING)


def main(name: str) -> None:
    if Path(os.environ.get("STANDIN_BREAKS", "/nowhere"), name).exists():
        sys.exit(f"{name}: told to break")
    server = grpc.server(ThreadPoolExecutor(2))
    healthy = Health()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    methods = {"GetJwks": grpc.unary_unary_rpc_method_handler(jwks)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("qpo.auth.v1.AuthService", methods),))
    prefix = f"QPO_{name.upper()}_"
    server.add_insecure_port(f"{os.environ[prefix + 'HOST']}:{os.environ[prefix + 'PORT']}")
    server.start()
    print(f"{name} listens", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGUSR1, lambda *_: healthy.leave())
    stop.wait()
    print("ends", flush=True)
    server.stop(0).wait()


if __name__ == "__main__":
    main(sys.argv[1])
