import asyncio
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer

from chassis.probe import serving
from chassis.serve import Server
from tests.chassis.gadget import Workshop, workshop
from tests.fixtures.serving import service_settings

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def server():
    health = HealthServicer()
    server = grpc.server(ThreadPoolExecutor(1))
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield health, f"127.0.0.1:{port}"
    server.stop(None)


def test_a_server_that_serves_is_told_from_one_that_drains(server):
    health, address = server
    health.set("", SERVING)
    assert serving(address)
    health.set("", NOT_SERVING)
    assert not serving(address)


def test_a_server_that_does_not_answer_in_time_does_not_serve():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        taken = threading.Thread(target=deaf.accept, daemon=True)
        taken.start()
        assert not serving(f"127.0.0.1:{deaf.getsockname()[1]}", timeout=0.3)
        taken.join(5)


def test_as_a_program_it_exits_with_what_it_found(server):
    health, address = server
    health.set("", SERVING)
    ask = [sys.executable, "-m", "chassis.probe", address]
    assert subprocess.run(ask, timeout=30, check=False).returncode == 0
    health.set("", NOT_SERVING)
    assert subprocess.run(ask, timeout=30, check=False).returncode == 1


async def test_a_service_that_speaks_tls_is_asked_with_its_own_certificate(tokens, certificates):
    identity = certificates.identity("portfolio")
    files = {"TLS_IDENTITY_FILE": str(identity.file), "TLS_AUTHORITY_FILE": str(identity.authority)}
    callers = {"portfolio": ["/grpc.health.v1.Health/*"]}
    settings = service_settings(**{name.lower(): value for name, value in files.items()}, tls_callers=callers)
    server = Server(settings, [workshop(Workshop())], tokens.keys)
    port = await server.start()
    told = {**os.environ, **{f"QPO_PORTFOLIO_{name}": value for name, value in files.items()}}

    async def asked(environment):
        probe = [sys.executable, "-m", "chassis.probe", f"127.0.0.1:{port}"]
        return await (await asyncio.create_subprocess_exec(*probe, env=environment)).wait()

    try:
        assert await asked(told) == 1
        await server.open()
        assert await asked(told) == 0
        assert await asked(os.environ) == 1
    finally:
        await server.stop(0)
