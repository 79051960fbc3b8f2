"""The short form of `make replicas-drill`, and proof that it would see what it looks for."""

import asyncio
import os
import random
import signal

import grpc
import pytest
from qpo.portfolio.v1 import portfolio_pb2, portfolio_service_pb2

from stack.events import State
from tests.mesh.rest import administrator
from tests.mesh.twins.read_your_writes import Caller, Known, Person, Tally, Ways, World, drilled


@pytest.fixture(scope="module")
def root(mesh):
    """The administrator."""
    return administrator(mesh)


async def test_with_two_replicas_nobody_reads_what_is_older_than_a_write_they_know_of_or_what_is_anothers(mesh, root):
    tally = await drilled(mesh, root, 4_000)
    assert (tally.stale, tally.foreign, dict(tally.failed)) == ([], [], {})
    figures = {name: value for name, (value, _) in tally.figures().items()}
    assert figures["calls"] >= 4_000
    assert figures["reads_after_the_other_replica_wrote"] >= 0.5
    assert figures["l1_hits"] > 0.1
    assert figures["l2_hits"] > 0.01


def restarts(mesh):
    """How often each part but Redis was started again."""
    return {part.name: part.restarts for part in mesh.parts() if part.name != "redis"}


async def test_while_redis_is_killed_again_and_again_no_call_fails_and_no_read_is_stale(mesh, root):
    before = restarts(mesh)
    drill, kills = asyncio.create_task(drilled(mesh, root, 3_000, seed=2)), 0
    while not drill.done():
        redis = next(part for part in mesh.parts() if part.name == "redis")
        if redis.state is State.READY:
            os.kill(redis.pid, signal.SIGKILL)
            kills += 1
        await asyncio.wait([drill], timeout=1.0)
    tally = await drill
    assert kills >= 2
    assert restarts(mesh) == before
    assert (tally.stale, tally.foreign, dict(tally.failed)) == ([], [], {})


class Says:
    """A replica that answers every read with the same portfolio, or refuses it."""

    def __init__(self, answer):
        self._answer = answer

    async def GetPortfolio(self, request, **call):  # noqa: N802 - the contract's name
        if isinstance(self._answer, grpc.StatusCode):
            raise grpc.aio.AioRpcError(self._answer, grpc.aio.Metadata(), grpc.aio.Metadata())
        return portfolio_service_pb2.GetPortfolioResponse(portfolio=portfolio_pb2.Portfolio(**self._answer))


def standing(answer):
    """A caller before that replica, and a portfolio of theirs at version 5."""
    me, stranger = Person("me", "token"), Person("stranger", "token")
    world = World(Ways(Says(answer), (Says(answer), Says(answer))), [me], me, Tally())
    known = Known("p1", me, 5, "five")
    return Caller(random.Random(1), me, world), Caller(random.Random(1), stranger, world), known, world


AS_IT_IS = {"id": "p1", "user_id": "me", "etag": "5", "name": "five"}


async def test_the_drill_is_content_with_what_is_right():
    mine, _, known, world = standing(AS_IT_IS)
    await mine._read(world.ways.edge, known.owner, known, exactly=True)
    assert (world.tally.stale, world.tally.foreign) == ([], [])


@pytest.mark.parametrize(
    ("answer", "deleted"),
    [
        (AS_IT_IS | {"etag": "4", "name": "four"}, False),
        (AS_IT_IS | {"name": "four"}, False),
        (AS_IT_IS, True),
        (grpc.StatusCode.NOT_FOUND, False),
    ],
    ids=["an older version", "older content", "after its deletion", "not there yet"],
)
async def test_the_drill_sees_what_is_stale(answer, deleted):
    mine, _, known, world = standing(answer)
    known.deleted = deleted
    await mine._read(world.ways.edge, known.owner, known, exactly=True)
    assert len(world.tally.stale) == 1


async def test_the_drill_sees_what_is_anothers():
    mine, stranger, known, world = standing(AS_IT_IS | {"id": "p2", "user_id": "other"})
    await mine._read(world.ways.edge, known.owner, known)
    await stranger._pry(world.ways.edge, known)
    assert len(world.tally.foreign) == 2


async def test_the_drill_counts_what_failed():
    mine, _, known, world = standing(grpc.StatusCode.UNAVAILABLE)
    await mine._read(world.ways.edge, known.owner, known)
    assert world.tally.failed == {"UNAVAILABLE": 1}
