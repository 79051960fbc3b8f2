"""`python -m services.optimizer`, as a supervisor sees it."""

import asyncio
import os
import signal
import socket
import sys
import time
import urllib.request
from pathlib import Path

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

ROOT = Path(__file__).parent.parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def started(**settings):
    """The process; settings are given as its environment."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("QPO_")}
    told = {f"QPO_OPTIMIZER_{key.upper()}": str(value) for key, value in settings.items()}
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "services.optimizer"]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=plain | told, stderr=pipe)


async def serving(port):
    """Return once the service says SERVING."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service="qpo.optimizer.v1.OptimizerService"), wait_for_ready=True, timeout=60
        )
        async for answer in watch:
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return


@pytest.fixture
async def process(database_url, redis_url, tmp_path):
    """A running service with three workers."""
    port, metrics_port = free_port(), free_port()
    made = await started(
        port=port,
        metrics_port=metrics_port,
        auth_address="127.0.0.1:1",
        ml_address="127.0.0.1:1",
        marketdata_address="127.0.0.1:1",
        portfolio_address="127.0.0.1:1",
        database_url=database_url.replace("postgres@", "qpo_optimizer@"),
        migration_url=database_url,
        page_token_key_file=tmp_path / "key",
        redis_url=redis_url,
        workers=3,
    )
    made.metrics_port = metrics_port
    await serving(port)
    yield made
    if made.returncode is None:
        made.kill()
        await made.communicate()


async def test_it_migrates_serves_and_drains_on_sigterm_with_its_workers(process, tmp_path):
    family = await asyncio.to_thread(settled, process.pid)
    metrics = await asyncio.to_thread(
        urllib.request.urlopen, f"http://127.0.0.1:{process.metrics_port}/metrics", timeout=10
    )
    assert b"portfolio_optimizations_total" in metrics.read()
    process.send_signal(signal.SIGTERM)
    _, log = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, log.decode()
    assert b'"event": "stopped"' in log
    await gone(family)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


async def test_its_workers_do_not_outlive_it_when_it_is_killed(process):
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    await process.communicate()
    await gone(family)


def settled(pid):
    """Its processes once all three workers are there: they start beside the calls."""
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at:
        family = psutil.Process(pid).children(recursive=True)
        if len([each for each in family if each.status() != psutil.STATUS_ZOMBIE]) >= 3:
            return family
        time.sleep(0.05)
    raise AssertionError("three workers did not start within half a minute")


async def gone(family):
    """Until none of the processes is left."""
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, 10)
    assert not alive


async def test_without_settings_it_names_all_that_it_needs():
    process = await started()
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    for name in (
        "DATABASE_URL",
        "PAGE_TOKEN_KEY_FILE",
        "AUTH_ADDRESS",
        "PORTFOLIO_ADDRESS",
        "ML_ADDRESS",
        "MARKETDATA_ADDRESS",
    ):
        assert f"QPO_OPTIMIZER_{name}" in said.decode()
