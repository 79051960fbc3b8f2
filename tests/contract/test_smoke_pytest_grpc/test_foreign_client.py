"""Our aio server before a client that is not: pytest-grpc's blocking fixtures, in a process of their own.

pytest-grpc can't serve an aio servicer, and in one process with grpc.aio it crashes the interpreter, so that the suite
runs without it (`-p no:grpc`) and this test starts it apart.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest_asyncio
from qpo.ml.v1 import ml_service_pb2

from chassis.channel import open_channel
from chassis.serve import Server, Service
from services.ml.adapters.returns_grpc import MarketDataReturns
from services.ml.adapters.workers_threads import ThreadWorkers
from services.ml.app.estimate_moments import EstimateMoments
from services.ml.rpc.errors import ERRORS
from services.ml.rpc.servicer import MlServicer
from tests.fixtures.serving import service_settings

FOREIGN = Path(__file__).parent / "foreign"


@pytest_asyncio.fixture
async def ml_address(tokens):
    marketdata, workers = open_channel("127.0.0.1:1"), ThreadWorkers(1)
    servicer = MlServicer(EstimateMoments(MarketDataReturns(marketdata), workers), workers)
    service = Service(ml_service_pb2.DESCRIPTOR.services_by_name["MlService"], servicer, ERRORS)
    server = Server(service_settings(), [service], tokens.keys)
    port = await server.start()
    await server.open()
    yield f"127.0.0.1:{port}"
    await server.stop(0)
    workers.close()
    await marketdata.close()


async def test_pytest_grpcs_blocking_client_is_served(ml_address, tokens):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-c", str(FOREIGN / "pytest.ini"), str(FOREIGN)),
        env=environment | {"QPO_SMOKE_ADDRESS": ml_address, "QPO_SMOKE_TOKEN": tokens.mint()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b"4 passed" in output
