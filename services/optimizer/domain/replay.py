"""Whether a problem solved again gave the same answer, to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from services.optimizer.domain.records import replayable, result_hash, to_bytes
from services.optimizer.domain.result import Optimum, Solved

_TIMES = frozenset({"elapsed_ms", "phases_ms"})


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """The answer of another run, beside the one that was kept."""

    again: Optimum
    identical: bool
    result_hash: str
    original_result_hash: str
    differences: tuple[str, ...]
    """What differs, by field; empty if nothing does."""


def compared(original: Optimum, again: Optimum) -> Replay:
    """Compare canonical bytes; a run that the clock stopped is never called identical, since that would be chance."""
    stopped = original.solved.clock_stopped or again.solved.clock_stopped
    same = replayable(original) == replayable(again)
    differences = [*_stopped(original, again)] + ([] if same else [*_differences(original, again)])
    return Replay(again, same and not stopped, result_hash(again), result_hash(original), tuple(differences))


def _stopped(original: Optimum, again: Optimum) -> Iterator[str]:
    for which, found in (("original", original), ("replay", again)):
        if found.solved.clock_stopped:
            told = f"the clock stopped the {which} after {found.solved.iterations} iterations"
            yield f"non_replayable: {told}, so that another run may end elsewhere"


def _differences(original: Optimum, again: Optimum) -> Iterator[str]:
    yield from _weights(original, again)
    for record, of, then in ((Solved, original.solved, again.solved), (Optimum, original, again)):
        for field in fields(record):
            if field.name not in _TIMES | {"solved", "weights", "run"}:
                yield from _difference(field.name, getattr(of, field.name), getattr(then, field.name))
    yield from _versions(original, again)


def _weights(original: Optimum, again: Optimum) -> Iterator[str]:
    before, after = original.solved.weights, again.solved.weights
    if before.shape != after.shape:
        yield f"weights: {before.size} → {after.size} of them"
    elif not np.array_equal(before, after):
        index = int(np.abs(after - before).argmax())
        yield f"weights: most in {original.symbols[index]}, {before[index]:.17g} → {after[index]:.17g}"


def _difference(name: str, before: object, after: object) -> Iterator[str]:
    plain = isinstance(before, float | int | str | None) and isinstance(after, float | int | str | None)
    if plain and before != after:
        yield f"{name}: {before} → {after}"
    elif not plain and _bytes(before) != _bytes(after):
        yield name


def _bytes(value: object) -> bytes:
    return to_bytes({"value": value})


def _versions(original: Optimum, again: Optimum) -> Iterator[str]:
    before = {} if original.run is None else original.run.versions
    after = {} if again.run is None else again.run.versions
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"versions.{name}: {before.get(name, 'unknown')} → {after.get(name, 'unknown')}"
