"""`python -m services.portfolio`, as a supervisor sees it."""

import asyncio
import os
import signal
import socket
import sys
import urllib.request
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

ROOT = Path(__file__).parent.parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def started(**settings):
    """The process; settings are given as its environment."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("QPO_")}
    told = {f"QPO_PORTFOLIO_{key.upper()}": str(value) for key, value in settings.items()}
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "services.portfolio"]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=plain | told, stderr=pipe)


async def test_it_migrates_serves_counts_and_drains_on_sigterm(database_url, redis_url, tmp_path):
    port, metrics_port = free_port(), free_port()
    process = await started(
        port=port,
        metrics_port=metrics_port,
        auth_address="127.0.0.1:1",
        optimizer_address="127.0.0.1:1",
        marketdata_address="127.0.0.1:1",
        redis_url=redis_url,
        database_url=database_url.replace("postgres@", "qpo_portfolio@"),
        migration_url=database_url,
        page_token_key_file=tmp_path / "key",
        keyring_file=tmp_path / "keyring.json",
    )
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(
                health_pb2.HealthCheckRequest(service="qpo.portfolio.v1.PortfolioService"),
                wait_for_ready=True,
                timeout=60,
            )
            async for answer in watch:
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    break
        metrics = await asyncio.to_thread(
            urllib.request.urlopen, f"http://127.0.0.1:{metrics_port}/metrics", timeout=10
        )
        assert b"active_portfolios_count 0.0" in (found := metrics.read())
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, log.decode()
    assert b'"event": "stopped"' in log
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert b"vault_rows_left" in found


async def test_without_settings_it_names_all_that_it_needs():
    process = await started()
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    for name in (
        "DATABASE_URL",
        "PAGE_TOKEN_KEY_FILE",
        "KMS_KEY",
        "AUTH_ADDRESS",
        "OPTIMIZER_ADDRESS",
        "MARKETDATA_ADDRESS",
    ):
        assert f"QPO_PORTFOLIO_{name}" in said.decode()
