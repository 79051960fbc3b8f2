"""The port Trainer: scikit-learn in a process of its own, which is gone when it has trained."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Final

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
            process = await asyncio.create_subprocess_exec(
                *_COMMAND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=_surroundings(),
            )
            try:
                _, answer = await asyncio.gather(self._told(process, points, names), _answer(process))
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        head, _, content = answer.partition(b"\n")
        return Trained(content=content, **json.loads(head))

    async def _told(
        self,
        process: asyncio.subprocess.Process,
        points: AsyncIterator[Sequence[Sequence[float]]],
        names: Sequence[str],
    ) -> None:
        if process.stdin is None:
            raise TrainingFailed("the process has no input")
        sink = process.stdin
        sink.write(json.dumps({"names": list(names), "seed": self._seed}).encode() + b"\n")
        try:
            async for some in points:
                sink.write(json.dumps([list(point) for point in some]).encode() + b"\n")
                await sink.drain()
            sink.close()
            await sink.wait_closed()
        except ConnectionError as error:
            raise TrainingFailed("the process reads no more") from error


def _surroundings() -> dict[str, str]:
    """What the process is told: nothing of ours, among which are the passwords of stores."""
    return {name: value for name, value in os.environ.items() if not name.startswith("QPO_")} | _ONE_THREAD


async def _answer(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:
        raise TrainingFailed("the process has no output")
    answer = await process.stdout.read()
    if await process.wait() != 0:
        raise TrainingFailed(f"it ended with {process.returncode}")
    return answer
