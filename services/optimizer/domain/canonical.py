"""Canonical bytes: equal values have equal bytes, on every machine and in every run.

    bytes  = magic "QPO1" | length of the header, uint32 little-endian | header | blocks
    header = JSON, UTF-8, keys sorted, no spaces but those at its end that make its length a multiple of 8; numbers as
             Python's shortest round-trip form, no NaN or infinity
    blocks = the arrays that the header names {"block": i, "shape": […]}, float64 little-endian, row-major, in order

A whole number is written without a point and negative zero as zero. A problem's bytes are what a job stores, what a
worker receives and what the input hash, SHA-256, is taken of.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from services.optimizer.domain.vectors import Vector, vector

# None, bool, int, float, str, Vector, and lists and dicts of them.
Tree: TypeAlias = Any

MAGIC = b"QPO1"
_LENGTH = struct.Struct("<I")
# Below this every whole float is an int and is written as one, so that 1, 1.0, 0.0 and -0.0 have one form each.
_EXACT = 2**53
_NAMED = {"block", "shape"}
_PLAIN = frozenset({str, int, bool, type(None)})
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def refused(part: object) -> Tree:
    """Raise TypeError."""
    raise TypeError(f"a {type(part).__name__} has no canonical form")


def pack(tree: Tree, opened: Callable[[Any], Tree] = refused) -> bytes:
    """The canonical bytes of a tree; `opened` turns what is no part of one into a part, one level of it.

    Raises ValueError for a number that is not finite outside an array, TypeError for what cannot be written.
    """
    outline = _Outline(opened)
    header = _ENCODER.encode(outline.of(tree)).encode()
    header += b" " * (-len(header) % 8)
    return b"".join([MAGIC, _LENGTH.pack(len(header)), header, *outline.blocks])


def unpack(data: bytes | bytearray) -> Tree:
    """The tree of canonical bytes; arrays are views, read-only if the bytes are. Raises ValueError for other bytes."""
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("not canonical bytes: the magic is missing")
    start = len(MAGIC) + _LENGTH.size
    (length,) = _LENGTH.unpack_from(data, len(MAGIC))
    return json.loads(data[start : start + length], object_hook=_Blocks(data, start + length).placed)


def are_words(values: Sequence[Any]) -> bool:
    """Whether a list holds nothing but strings: thousands of symbols are not looked at one by one."""
    return set(map(type, values)) == {str}


class _Outline:
    """A tree with its arrays moved to `blocks`."""

    def __init__(self, opened: Callable[[Any], Tree]) -> None:
        self.blocks: list[bytes] = []
        self._opened = opened

    def of(self, tree: Tree) -> Tree:
        """The outline; dicts in the order in which they are written, so that the blocks' numbers are canonical too."""
        kind = type(tree)
        if kind in _PLAIN:
            return tree
        if kind is float:
            return int(tree) if tree.is_integer() and abs(tree) < _EXACT else tree
        if kind is dict:
            return {key: self.of(tree[key]) for key in sorted(tree)}
        if kind is list or kind is tuple:
            return tree if are_words(tree) else [self.of(each) for each in tree]
        if kind is np.ndarray:
            self.blocks.append(vector(tree).astype("<f8", copy=False).tobytes())
            return {"block": len(self.blocks) - 1, "shape": list(tree.shape)}
        return self.of(self._opened(tree))


class _Blocks:
    """Puts arrays back in their places."""

    def __init__(self, data: bytes | bytearray, start: int) -> None:
        self._data = data
        self._at = start

    def placed(self, tree: dict[str, Tree]) -> Tree:
        """The array that a dict names, if it names one; they are asked for in the order in which they were written."""
        return self._next(tree["shape"]) if tree.keys() == _NAMED else tree

    def _next(self, shape: list[int]) -> Vector:
        count = math.prod(shape)
        array = np.frombuffer(self._data, dtype="<f8", count=count, offset=self._at).reshape(shape)
        self._at += 8 * count
        return array
