"""The port Trainer: scikit-learn in a process of its own, which is gone when it has trained."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from subprocess import PIPE, Popen
from tempfile import TemporaryFile
from typing import IO, Final

from services.auth.app.detector_ports import Trained

_COMMAND: Final = (sys.executable, "-m", "services.auth.adapters.training")
_LONGEST: Final = 600.0  # seconds
_SEED: Final = 20_260
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class TrainingFailed(Exception):
    """The process ended without a forest."""


class ProcessTrainer:
    """Trains one after the other."""

    def __init__(self, seed: int = _SEED) -> None:
        self._seed, self._one = seed, asyncio.Lock()

    async def train(self, points: AsyncIterator[Sequence[Sequence[float]]], names: Sequence[str]) -> Trained:
        """A forest on these points; raises TrainingFailed."""
        async with self._one, asyncio.timeout(_LONGEST):
            with TemporaryFile() as told:
                await self._tell(told, points, names)
                answer = await _answered(told)
        head, _, content = answer.partition(b"\n")
        return Trained(content=content, **json.loads(head))

    async def _tell(
        self, told: IO[bytes], points: AsyncIterator[Sequence[Sequence[float]]], names: Sequence[str]
    ) -> None:
        """Write down all that the process reads, so that no rows are held open while it imports its library."""
        told.write(json.dumps({"names": list(names), "seed": self._seed}).encode() + b"\n")
        async for some in points:
            told.write(json.dumps([list(point) for point in some]).encode() + b"\n")
        told.seek(0)


def _surroundings() -> dict[str, str]:
    """What the process is told: nothing of ours, among which are the passwords of stores."""
    return {name: value for name, value in os.environ.items() if not name.startswith("QPO_")} | _ONE_THREAD


async def _answered(told: IO[bytes]) -> bytes:
    process = _started(told)
    try:
        answer, _ = await asyncio.to_thread(process.communicate)
    finally:
        process.kill()  # unless it has ended
    if process.returncode != 0:
        raise TrainingFailed(f"it ended with {process.returncode}")
    return answer


def _started(told: IO[bytes]) -> Popen[bytes]:
    """The process, by vfork: uvloop forks, and there what gRPC does at a fork now and then kills the child.

    It is started within a few milliseconds.
    """
    return Popen(_COMMAND, stdin=told, stdout=PIPE, env=_surroundings())
