"""`python -m services.marketdata`, as a supervisor sees it."""

import asyncio
import json
import os
import signal
import sys

import grpc
import pytest_asyncio
from grpc_health.v1 import health_pb2, health_pb2_grpc

SERVICE = "qpo.marketdata.v1.MarketDataService"


async def started(**settings):
    """The process; settings are given as its environment."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("QPO_")}
    told = {f"QPO_MARKETDATA_{key.upper()}": str(value) for key, value in settings.items()}
    command = [sys.executable, "-m", "services.marketdata"]
    return await asyncio.create_subprocess_exec(*command, env=plain | told, stderr=asyncio.subprocess.PIPE)


async def logged(process, event):
    """The first log line of that event."""
    async for line in process.stderr:
        entry = json.loads(line)
        if entry["event"] == event:
            return entry
    raise AssertionError(f"marketdata ended without saying {event}")


@pytest_asyncio.fixture
async def process(database_url, redis_url, tmp_path):
    process = await started(
        port=0,
        metrics_port=0,
        auth_address="127.0.0.1:1",
        database_url=database_url.replace("postgres@", "qpo_marketdata@"),
        migration_url=database_url,
        redis_url=redis_url,
        page_token_key_file=tmp_path / "key",
    )
    yield process
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_it_migrates_serves_and_drains_on_sigterm(process):
    async with asyncio.timeout(60):
        port = (await logged(process, "listening"))["port"]
        await logged(process, "serving")
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=SERVICE))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        process.send_signal(signal.SIGTERM)
        await logged(process, "stopped")
        assert await process.wait() == 0


async def test_without_settings_it_names_all_that_it_needs():
    process = await started()
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    for name in ("DATABASE_URL", "PAGE_TOKEN_KEY_FILE", "AUTH_ADDRESS", "REDIS_URL"):
        assert f"QPO_MARKETDATA_{name}" in said.decode()
