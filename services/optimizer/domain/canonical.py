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
import struct
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from services.optimizer.domain.vectors import Vector, vector

# None, bool, int, float, str, Vector, and lists and dicts of them.
Tree: TypeAlias = Any

MAGIC = b"QPO1"
_LENGTH = struct.Struct("<I")
# Below this every whole float is an int and is written as one, so that 1, 1.0, 0.0 and -0.0 have one form each.
_EXACT = 2**53


def pack(tree: Tree) -> bytes:
    """The canonical bytes of a tree. Raises ValueError for a number that is not finite outside an array."""
    blocks: list[bytes] = []
    header = json.dumps(
        _outline(tree, blocks), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
    header += b" " * (-len(header) % 8)
    return b"".join([MAGIC, _LENGTH.pack(len(header)), header, *blocks])


def unpack(data: bytes | bytearray) -> Tree:
    """The tree of canonical bytes; arrays are views, read-only if the bytes are. Raises ValueError for other bytes."""
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("not canonical bytes: the magic is missing")
    start = len(MAGIC) + _LENGTH.size
    (length,) = _LENGTH.unpack_from(data, len(MAGIC))
    return _Blocks(data, start + length).fill(json.loads(data[start : start + length]))


def are_words(values: Sequence[Any]) -> bool:
    """Whether a list holds nothing but strings: thousands of symbols are not looked at one by one."""
    return set(map(type, values)) == {str}


def _outline(tree: Tree, blocks: list[bytes]) -> Tree:
    """The tree with its arrays moved to `blocks`."""
    if type(tree) is str:
        return tree
    if isinstance(tree, np.ndarray):
        blocks.append(vector(tree).astype("<f8").tobytes())
        return {"block": len(blocks) - 1, "shape": list(tree.shape)}
    if isinstance(tree, dict):
        # In the order in which they are written, so that the blocks' numbers are canonical too.
        return {key: _outline(tree[key], blocks) for key in sorted(tree)}
    if isinstance(tree, list | tuple):
        return list(tree) if are_words(tree) else [_outline(each, blocks) for each in tree]
    return int(tree) if isinstance(tree, float) and tree.is_integer() and abs(tree) < _EXACT else tree


class _Blocks:
    """Puts arrays back in their places."""

    def __init__(self, data: bytes | bytearray, start: int) -> None:
        self._data = data
        self._at = start

    def fill(self, tree: Tree) -> Tree:
        """The tree with arrays in place of their names, in the order in which they were written."""
        if isinstance(tree, dict):
            if tree.keys() == {"block", "shape"}:
                return self._next(tree["shape"])
            return {key: self.fill(each) for key, each in tree.items()}
        if isinstance(tree, list):
            return tree if are_words(tree) else [self.fill(each) for each in tree]
        return tree

    def _next(self, shape: list[int]) -> Vector:
        count = int(np.prod(shape))
        array = np.frombuffer(self._data, dtype="<f8", count=count, offset=self._at).reshape(shape)
        self._at += 8 * count
        return array
