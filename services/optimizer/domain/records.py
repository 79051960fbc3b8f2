"""The domain's dataclasses as canonical bytes and back, by their type annotations."""

from __future__ import annotations

import dataclasses
import hashlib
import types
from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from services.optimizer.domain.canonical import Tree, are_words, pack, unpack
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.run_record import RunRecord

T = TypeVar("T")


def to_bytes(record: object) -> bytes:
    """A dataclass's canonical bytes."""
    return pack(_tree(record))


def from_bytes(kind: type[T], data: bytes | bytearray) -> T:
    """The dataclass of canonical bytes. Raises ValueError, KeyError or TypeError if they are of another kind."""
    record: T = _value(kind, unpack(data))
    return record


def input_hash(problem: Problem) -> str:
    """SHA-256 of a problem's canonical bytes, hexadecimal."""
    return hashlib.sha256(to_bytes(problem)).hexdigest()


def replayable(found: Optimum) -> bytes:
    """What two runs on the same problem must agree on to the byte: the optimum without its timing and its run."""
    solved = dataclasses.replace(found.solved, phases_ms={})
    return to_bytes(dataclasses.replace(found, solved=solved, elapsed_ms=0.0, run=None))


def result_hash(found: Optimum) -> str:
    """SHA-256 of what two runs must agree on, hexadecimal."""
    return hashlib.sha256(replayable(found)).hexdigest()


def recorded(found: Optimum, seed: int, versions: Mapping[str, str]) -> Optimum:
    """The same with the record of its run; the versions are of what computed it."""
    run = RunRecord(
        input_hash=found.input_hash,
        result_hash=result_hash(found),
        data_cutoff=found.end,
        versions=dict(sorted(versions.items())),
        seed=seed,
        non_replayable=found.solved.clock_stopped,
    )
    return dataclasses.replace(found, run=run)


def _tree(value: Any) -> Tree:
    if isinstance(value, str | float | int | np.ndarray) and not isinstance(value, Enum):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _tree(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {key: _tree(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return list(value) if are_words(value) else [_tree(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, tree: Tree) -> Any:
    if isinstance(tree, np.ndarray):
        # Asked of the value: numpy's array annotations are no classes, and their form changes with its version.
        return tree
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(kind), tree)
    if origin is tuple:
        inner = get_args(kind)[0]
        return tuple(tree) if inner is str else tuple(_value(inner, each) for each in tree)
    if origin is Mapping:
        return {key: _value(get_args(kind)[1], each) for key, each in tree.items()}
    return _plain(kind, tree)


def _plain(kind: Any, tree: Tree) -> Any:
    if hasattr(kind, "__dataclass_fields__"):
        hints: dict[str, Any] = _hints(kind)
        # What an older record does not have yet takes its default, if it has one.
        return kind(**{name: _value(hint, tree[name]) for name, hint in hints.items() if name in tree})
    if kind is date:
        return date.fromisoformat(tree)
    return kind(tree) if kind in (int, float) or issubclass(kind, Enum) else tree


def _one_of(kinds: tuple[Any, ...], tree: Tree) -> Any:
    """The value of a union: None, or the dataclass that wrote its name, or the one other kind."""
    if tree is None:
        return None
    named = [kind for kind in kinds if isinstance(tree, dict) and kind.__name__ == tree.get("is")]
    others = [kind for kind in kinds if kind is not types.NoneType]
    return _value(named[0] if named else others[0], tree)
