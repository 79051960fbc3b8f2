"""scikit-learn in a process of its own."""

import asyncio
import random

import psutil
import pytest

from services.auth.adapters import trainer_process
from services.auth.adapters.trainer_process import ProcessTrainer, TrainingFailed

NAMES = ("a", "b")


async def points(count):
    chance = random.Random(1)
    yield [[chance.random(), chance.random()] for _ in range(count)]


def trainings():
    """The processes that train now."""
    return [each for each in psutil.Process().children() if "services.auth.adapters.training" in each.cmdline()]


async def test_what_is_told_is_what_it_is_trained_on():
    trained = await ProcessTrainer().train(points(600), NAMES)
    assert (trained.points, trained.error < 1e-9) == (600, True)
    assert trainings() == []


async def test_a_process_that_ends_without_a_forest_is_told_of():
    with pytest.raises(TrainingFailed, match="ended with 1"):
        await ProcessTrainer().train(points(0), NAMES)


async def test_whoever_waits_no_longer_leaves_no_process_behind(monkeypatch):
    begun, started = asyncio.Event(), trainer_process._started

    def seen(told):
        begun.set()
        return started(told)

    monkeypatch.setattr(trainer_process, "_started", seen)
    training = asyncio.create_task(ProcessTrainer().train(points(600), NAMES))
    await begun.wait()
    [process] = trainings()
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training
    await asyncio.to_thread(process.wait, 10)


async def test_it_is_not_forked_where_grpc_is_at_work(monkeypatch):
    """What forks runs what gRPC registered for it, of which one child in ten died."""
    monkeypatch.setattr(asyncio, "create_subprocess_exec", None)
    assert (await ProcessTrainer().train(points(600), NAMES)).points == 600
