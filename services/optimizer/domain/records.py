"""The domain's dataclasses as canonical bytes and back, by their type annotations."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from services.optimizer.domain.canonical import (
    Tree,
    Writer,
    Written,
    digest,
    header_of,
    pack,
    refused,
    template,
    unpack,
)
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.kept import LARGEST, kept
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.run_record import RunRecord
from services.optimizer.domain.vectors import Vector

T = TypeVar("T")


def to_bytes(record: object) -> bytes:
    """A dataclass's canonical bytes."""
    return pack(record, _written)


def from_bytes(kind: type[T], data: bytes | bytearray) -> T:
    """The dataclass of canonical bytes. Raises ValueError, KeyError or TypeError if they are of another kind."""
    record: T = _reader(kind)(unpack(data))  # type: ignore[arg-type]
    return record


def input_hash(problem: Problem) -> str:
    """SHA-256 of a problem's canonical bytes, hexadecimal."""
    return digest(problem, _written)


def replayable(found: Optimum) -> bytes:
    """What two runs on the same problem must agree on to the byte: the optimum without its timing and its run."""
    return to_bytes(_timeless(found))


def result_hash(found: Optimum) -> str:
    """SHA-256 of what two runs must agree on, hexadecimal."""
    return digest(_timeless(found), _written)


def _timeless(found: Optimum) -> Optimum:
    return replace(found, solved=replace(found.solved, phases_ms={}), elapsed_ms=0.0, run=None)


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
    return replace(found, run=run)


def _written(value: Any, writer: Writer) -> str:
    """A record, or what is part of one."""
    kind = type(value)
    if kind is Constraints:
        return _constraints_text(value)
    if kind is Moments and not writer.blocks and value.numbers <= LARGEST:
        text, blocks = _moments_text(value)
        writer.blocks.extend(blocks)
        return text
    return _record(value, writer)


@kept
def _constraints_text(constraints: Constraints) -> str:
    """There is no array in them, whose number would depend on where they stand."""
    return header_of(constraints, _record)


@kept
def _moments_text(moments: Moments) -> tuple[str, list[Vector]]:
    """And their arrays, which are the first of all."""
    writer = Writer(_record)
    return writer.text(moments), writer.blocks


def _record(value: Any, writer: Writer) -> str:
    return _writing(type(value))(value, writer)  # type: ignore[arg-type]


@cache
def _writing(kind: Hashable) -> Written:  # noqa: PLR0911 — one for each kind
    """How a value of a type is written."""
    if not isinstance(kind, type):
        return refused
    form = _form(kind)
    if form is not None:
        return form.text
    if issubclass(kind, Enum):
        return lambda value, writer: writer.text(value.value)
    if issubclass(kind, Mapping):
        return lambda value, writer: writer.text(dict(value))
    if issubclass(kind, date):
        return lambda value, writer: writer.text(value.isoformat())
    if issubclass(kind, np.generic):
        return lambda value, writer: writer.text(value.item())
    return refused


@dataclass(frozen=True, slots=True)
class _Form:
    """How a record is written: its kind's name under "is", and its fields."""

    template: str
    values: Callable[[Any], Iterable[Any]]
    """Of the fields, in the template's order."""

    def text(self, value: Any, writer: Writer) -> str:
        """The record's text."""
        return self.template % tuple(writer.texts(self.values(value)))


@cache
def _form(kind: Hashable) -> _Form | None:
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return None
    names = sorted(field.name for field in fields(kind))
    stated = template(["is", *names]).replace('"is":%s', f'"is":"{kind.__name__}"')
    if len(names) == 1:
        return _Form(stated, lambda value: (getattr(value, names[0]),))
    return _Form(stated, attrgetter(*names) if names else lambda _: ())


@cache
def _reader(kind: Hashable) -> Callable[[Tree], Any]:
    """How a value of an annotated type is made of its tree. Arrays are there already, whatever the type says."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(inner)
    if origin is tuple:
        return tuple if inner[0] is str else _each_of(inner[0])
    if origin is Mapping:
        value = _reader(inner[1])
        return lambda tree: {key: value(each) for key, each in tree.items()}
    if is_dataclass(kind):
        return _record_of(kind)
    if kind is date:
        return date.fromisoformat
    return kind if kind in (int, float) or (isinstance(kind, type) and issubclass(kind, Enum)) else _as_it_is


def _as_it_is(tree: Tree) -> Any:
    return tree


def _each_of(kind: Any) -> Callable[[Tree], Any]:
    def read(tree: Tree) -> Any:
        value = _reader(kind)
        return tuple([value(each) for each in tree])

    return read


def _record_of(kind: Any) -> Callable[[Tree], Any]:
    """What an older record does not have yet takes its default, if it has one."""

    def read(tree: Tree) -> Any:
        return kind(**{name: value(tree[name]) for name, value in _readers(kind) if name in tree})

    return read


@cache
def _readers(kind: Any) -> tuple[tuple[str, Callable[[Tree], Any]], ...]:
    return tuple((name, _reader(hint)) for name, hint in get_type_hints(kind).items())


def _one_of(kinds: tuple[Any, ...]) -> Callable[[Tree], Any]:
    """The value of a union: None, or the dataclass that wrote its name, or the one other kind."""
    others = [kind for kind in kinds if kind is not types.NoneType]
    named = {kind.__name__: kind for kind in others if is_dataclass(kind) and isinstance(kind, type)}

    def read(tree: Tree) -> Any:
        if tree is None or isinstance(tree, np.ndarray):
            return tree
        which = named.get(tree["is"], others[0]) if isinstance(tree, dict) and "is" in tree else others[0]
        return _reader(which)(tree)

    return read
