"""A frame for a worker, and what the worker does with it."""

from __future__ import annotations

import struct
from collections import OrderedDict
from typing import TYPE_CHECKING

from services.optimizer.domain.batch.frame import Frame, numbers_of, parts_of
from services.optimizer.domain.engine import Control, Engine
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.resident import whole

if TYPE_CHECKING:
    from services.optimizer.domain.batch.sweep import Sweep

# The header's length, and whether weights are wanted; as long as two doubles, so that what follows stays aligned.
_ORDER = struct.Struct("<QQ")
MOST = 8


def order(header: bytes, frame: Frame, *, weights: bool) -> tuple[bytes, ...]:
    """What joined is the body of a task."""
    return (_ORDER.pack(len(header), int(weights)), header, *parts_of(frame))


class Sweeps:
    """The streams that a worker saw last, each header made ready once."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[bytes, bytes], Sweep] = OrderedDict()

    def solve(self, body: bytearray, universe: bytes, moments: Moments, engine: Engine, control: Control) -> bytes:
        """The answers' canonical bytes. Raises InvalidProblem, OutOfTime, Cancelled."""
        length, weights = _ORDER.unpack_from(body)
        begins = _ORDER.size + length
        sweep = self._ready(universe, bytes(body[_ORDER.size : begins]), moments)
        shared = sweep.shared
        numbers = numbers_of(memoryview(body)[begins:], shared.assets, shared.rows)
        return to_bytes(sweep.solve(numbers, engine, control, weights=bool(weights)))

    def _ready(self, universe: bytes, header: bytes, moments: Moments) -> Sweep:
        # Imported here: the parent names this module too, and needs no solver.
        from services.optimizer.domain.batch.sweep import Sweep

        found = self._kept.pop((universe, header), None)
        if found is None:
            found = Sweep(whole(from_bytes(Problem, bytearray(header)), moments))
        self._kept[universe, header] = found
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found
