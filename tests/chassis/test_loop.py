"""A service's loop turns once for all of grpc's operations that have ended, and misses none."""

import asyncio
import functools
import socket

import grpc
import pytest

from chassis.loop import Loop, is_of_grpc


class PollerCompletionQueue:
    """Reads as grpc's does: one byte, and then whatever has ended by now."""

    def __init__(self, looked=lambda looks: None):
        self.read, self.write = socket.socketpair()
        self.looks = 0
        self._looked = looked

    def handle(self, loop):
        self.read.recv(1)
        self.looks += 1
        self._looked(self)


@pytest.fixture
def runner():
    with asyncio.Runner(loop_factory=Loop) as running:
        yield running


async def heard(queue):
    """Lets the loop turn until nothing waits for it any more."""
    loop = asyncio.get_running_loop()
    loop.add_reader(queue.read, functools.partial(queue.handle, loop))
    queue.read.setblocking(True)
    for _ in range(50):
        await asyncio.sleep(0)
    loop.remove_reader(queue.read)
    queue.read.setblocking(False)
    with pytest.raises(BlockingIOError):
        queue.read.recv(1)


@pytest.mark.parametrize("ended", [1, 2, 1000, 4096])
def test_it_looks_once_at_all_that_has_ended(runner, ended):
    queue = PollerCompletionQueue()
    queue.write.send(b"1" * ended)
    runner.run(heard(queue))
    assert queue.looks == 1


def test_what_ends_while_it_looks_is_looked_at_in_a_turn_of_its_own(runner):
    def one_more(queue):
        if queue.looks < 3:
            queue.write.send(b"1")

    queue = PollerCompletionQueue(one_more)
    queue.write.send(b"111")
    runner.run(heard(queue))
    assert queue.looks == 3


def test_other_readers_find_all_that_was_sent(runner):
    read, write = socket.socketpair()
    found, whole = [], asyncio.Event()

    def take():
        found.append(read.recv(2))
        if len(found) == 3:
            whole.set()

    async def asked():
        asyncio.get_running_loop().add_reader(read, take)
        write.send(b"12345")
        await whole.wait()
        asyncio.get_running_loop().remove_reader(read)

    runner.run(asked())
    assert found == [b"12", b"34", b"5"]


def test_grpcs_own_reader_is_known_by_its_name():
    told = []

    class Told(Loop):
        def add_reader(self, fileobj, callback, *args):
            told.append(is_of_grpc(callback))
            super().add_reader(fileobj, callback, *args)

    async def served():
        server = grpc.aio.server()
        server.add_insecure_port("127.0.0.1:0")
        await server.start()
        await server.stop(0)

    with asyncio.Runner(loop_factory=Told) as running:
        running.run(served())
    assert any(told)
