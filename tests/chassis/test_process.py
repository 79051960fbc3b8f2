import asyncio
import json
import os
import signal
import socket
import sys
import urllib.request
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc import StatusCode

from tests.chassis.gadget import gadget, unary
from tests.chassis.refusals import refused


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A service in a process of its own, read line by line."""

    def __init__(self, process, port: int) -> None:
        self.process = process
        self.port = port
        self.lines: list[dict] = []

    async def until(self, event: str) -> dict:
        while True:
            line = json.loads(await asyncio.wait_for(self.process.stderr.readline(), 20))
            self.lines.append(line)
            if line["event"] == event:
                return line

    async def ended(self) -> int:
        """Waits for the end; every line that is left must be JSON."""
        out, err = await asyncio.wait_for(self.process.communicate(), 20)
        self.out = out.decode()
        self.rest = err.decode()
        return self.process.returncode


@asynccontextmanager
async def running(**changes):
    port = free_port()
    told = {"PORT": port, "METRICS_PORT": 0, "AUTH_ADDRESS": "unix:/nowhere", "DRAIN_SECONDS": 5} | changes
    environment = os.environ | {f"QPO_GADGET_{key}": str(value) for key, value in told.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chassis.gadget_service", env=environment, stdout=-1, stderr=-1
    )
    try:
        yield Process(process, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answered(call):
    return await call


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_signal_drains_the_process_and_ends_it_well(number):
    async with running() as service, grpc.aio.insecure_channel(f"127.0.0.1:{service.port}") as channel:
        await service.until("serving")
        call = asyncio.ensure_future(answered(unary(channel, "ReadGadget")(gadget("0.5"))))
        await channel.channel_ready()
        await asyncio.sleep(0.2)  # the call is under way
        service.process.send_signal(number)
        await service.until("draining")
        async with grpc.aio.insecure_channel(f"127.0.0.1:{service.port}") as late:
            refusal = await refused(unary(late, "ReadGadget")(gadget("0")))
        assert refusal.code is StatusCode.UNAVAILABLE
        assert (await call).name == "done"
        assert await service.ended() == 0
    assert service.out.split("\n") == ["ready", "beat ended", ""]
    *calls, last = [json.loads(line) for line in service.rest.splitlines()]
    assert sorted(line["code"] for line in calls) == ["OK", "UNAVAILABLE"]
    assert last["event"] == "stopped"


async def test_a_process_that_is_to_leave_takes_calls_until_it_is_to_end_and_then_lets_the_longest_finish():
    async with running(DRAIN_SECONDS=0) as service:
        await service.until("serving")
        async with grpc.aio.insecure_channel(f"127.0.0.1:{service.port}") as channel:
            service.process.send_signal(signal.SIGUSR1)
            await service.until("leaving")
            assert (await unary(channel, "ReadGadget")(gadget("0"))).name == "done"
            call = asyncio.ensure_future(answered(unary(channel, "ReadGadget")(gadget("0.5"))))
            await asyncio.sleep(0.2)  # the call is under way
            service.process.terminate()
            assert (await call).name == "done"
        assert await service.ended() == 0


async def test_a_process_that_leaves_with_a_call_that_does_not_end_ends_all_the_same_and_leaves_nothing_out():
    async with running(LEAVE_SECONDS=1) as service:
        await service.until("serving")
        async with grpc.aio.insecure_channel(f"127.0.0.1:{service.port}") as channel:
            call = asyncio.ensure_future(refused(unary(channel, "ReadGadget")(gadget("60"), timeout=70)))
            await channel.channel_ready()
            await asyncio.sleep(0.2)  # the call is under way
            service.process.send_signal(signal.SIGUSR1)
            await service.until("leaving")
            service.process.terminate()
            assert (await call).code in (StatusCode.UNAVAILABLE, StatusCode.CANCELLED)
            assert await service.ended() == 0
    assert service.out.split("\n") == ["ready", "beat ended", ""]
    assert json.loads(service.rest.splitlines()[-1])["event"] == "stopped"


async def test_metrics_are_served_beside_the_calls():
    async with running() as service:
        port = (await service.until("listening"))["metrics_port"]
        await service.until("serving")
        text = await asyncio.to_thread(_fetched, f"http://127.0.0.1:{port}/metrics")
        service.process.terminate()
        assert await service.ended() == 0
    assert "beats_total 1.0" in text


def _fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
        return answer.read().decode()


async def test_a_background_job_that_breaks_ends_the_process_with_a_failure():
    async with running(BREAKS="true") as service:
        assert await service.ended() == 1
    assert "the background job broke" in service.rest


async def test_a_process_that_is_told_nonsense_says_all_of_it_and_ends_with_2():
    async with running(PORT="high", METRICS_PORT="low") as service:
        assert await service.ended() == 2
    assert "QPO_GADGET_PORT" in service.rest
    assert "QPO_GADGET_METRICS_PORT" in service.rest


async def test_a_process_whose_port_is_taken_ends_with_a_failure():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with running(PORT=taken.getsockname()[1]) as service:
            assert await service.ended() == 1
