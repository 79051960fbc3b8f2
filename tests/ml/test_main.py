"""`python -m services.ml` as whoever supervises it meets it."""

import asyncio
import json
import os
import signal
import sys

import grpc
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc

SETTINGS = {
    "PORT": "0",
    "METRICS_PORT": "0",
    "AUTH_ADDRESS": "127.0.0.1:1",
    "MARKETDATA_ADDRESS": "127.0.0.1:1",
    "REDIS_URL": "redis://127.0.0.1:1",
}


async def started(**settings):
    own = {f"QPO_ML_{name}": value for name, value in (SETTINGS | settings).items()}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ml"), env=os.environ | own, stderr=asyncio.subprocess.PIPE
    )


@pytest_asyncio.fixture
async def process():
    process = await started()
    yield process
    if process.returncode is None:
        process.kill()
        await process.wait()


async def logged(process, event):
    """The first log line of that event."""
    async for line in process.stderr:
        entry = json.loads(line)
        if entry["event"] == event:
            return entry
    raise AssertionError(f"ml ended without saying {event}")


async def test_ml_starts_answers_health_and_ends_when_told(process):
    port = (await logged(process, "listening"))["port"]
    await logged(process, "serving")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service="qpo.ml.v1.MlService")
        )
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    process.send_signal(signal.SIGTERM)
    await logged(process, "stopped")
    assert await process.wait() == 0


async def test_settings_that_can_not_be_used_are_named_together_and_end_the_start():
    process = await started(WORKERS="0", PORT="harbour")
    _, said = await process.communicate()
    assert process.returncode == 2
    assert "QPO_ML_WORKERS" in said.decode()
    assert "QPO_ML_PORT" in said.decode()
