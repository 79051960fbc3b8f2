"""Canonical bytes: equal values have equal bytes, on every machine and in every run.

    bytes  = magic "QPO1" | length of the header, uint32 little-endian | header | blocks
    header = JSON, UTF-8, keys sorted, no spaces but those at its end that make its length a multiple of 8; numbers as
             Python's shortest round-trip form, no NaN or infinity
    blocks = the arrays that the header names {"block": i, "shape": […]}, float64 little-endian, row-major, in order

A whole number is written without a point and negative zero as zero. A problem's bytes are what a job stores, what a
worker receives and what the input hash, SHA-256, is taken of.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Any, TypeAlias

import numpy as np

from services.optimizer.domain.kept import kept
from services.optimizer.domain.vectors import Vector, vector

# None, bool, int, float, str, Vector, and lists and dicts of them.
Tree: TypeAlias = Any

MAGIC = b"QPO1"
_LENGTH = struct.Struct("<I")
# Below this every whole float is an int and is written as one, so that 1, 1.0, 0.0 and -0.0 have one form each.
_EXACT = 2**53
_NAMED = {"block", "shape"}
MANY = 50
"""Parts of a tuple from which on its text is kept."""

Written: TypeAlias = Callable[[Any, "Writer"], str]


def refused(part: object, _: Writer) -> str:
    """Raise TypeError."""
    raise TypeError(f"a {type(part).__name__} has no canonical form")


def pack(tree: Tree, written: Written = refused) -> bytes:
    """The canonical bytes of a tree; `written` gives the header's text of what is no part of one, by a writer of parts.

    Raises ValueError for a number that is not finite outside an array, TypeError for what cannot be written.
    """
    return b"".join(_parts(tree, written))


def digest(tree: Tree, written: Written = refused) -> str:
    """SHA-256 of the canonical bytes, hexadecimal. Raises as `pack`."""
    sha = hashlib.sha256()
    for part in _parts(tree, written):
        sha.update(part)
    return sha.hexdigest()


def _parts(tree: Tree, written: Written) -> list[Any]:
    """The canonical bytes one after the other, arrays as they are."""
    writer = Writer(written)
    header = writer.text(tree).encode()
    header += b" " * (-len(header) % 8)
    return [MAGIC + _LENGTH.pack(len(header)) + header, *writer.blocks]


def header_of(tree: Tree, written: Written = refused) -> str:
    """The header's text of a tree without arrays. Raises as `pack`."""
    return Writer(written).text(tree)


def template(names: Iterable[str]) -> str:
    """The text of an object with these names, in their order, and `%s` for each value."""
    return "{" + ",".join([f"{encode_basestring(name)}:%s" for name in sorted(names)]) + "}"


def unpack(data: bytes | bytearray) -> Tree:
    """The tree of canonical bytes; arrays are views, read-only if the bytes are. Raises ValueError for other bytes."""
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("not canonical bytes: the magic is missing")
    start = len(MAGIC) + _LENGTH.size
    (length,) = _LENGTH.unpack_from(data, len(MAGIC))
    return json.loads(data[start : start + length], object_hook=_Blocks(data, start + length).placed)


class Writer:
    """Writes a tree's header; its arrays are moved to `blocks`."""

    def __init__(self, written: Written) -> None:
        self.blocks: list[Vector] = []
        self._written = written

    def text(self, tree: Tree) -> str:
        """The text of a part; objects by their sorted names, so that the blocks' numbers are canonical too."""
        kind = type(tree)
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf(tree)
        if kind is dict:
            return "{" + ",".join([f"{encode_basestring(name)}:{self.text(tree[name])}" for name in sorted(tree)]) + "}"
        if kind is list or kind is tuple:
            words = _words_of(tree) if kind is tuple and len(tree) >= MANY else _words(tree)
            return words or "[" + ",".join(self.texts(tree)) + "]"
        if kind is np.ndarray:
            self.blocks.append(vector(tree).astype("<f8", copy=False))
            return f'{{"block":{len(self.blocks) - 1},"shape":[{",".join(map(str, tree.shape))}]}}'
        return self._written(tree, self)

    def texts(self, parts: Iterable[Tree]) -> list[str]:
        """The text of each."""
        return [leaf(part) if (leaf := _LEAVES.get(type(part))) else self.text(part) for part in parts]


@kept
def _words_of(values: tuple[Any, ...]) -> str | None:
    """Of a universe's symbols, which come again."""
    return _words(values)


def _words(values: Sequence[Any]) -> str | None:
    """A list of nothing but plain strings, thousands of symbols at once; None if it is another."""
    try:
        joined = '","'.join(values)
    except TypeError:
        return None
    quotes = 2 * (len(values) - 1)
    plain = joined.isprintable() and "\\" not in joined and joined.count('"') == quotes
    return f'["{joined}"]' if values and plain else None


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return repr(int(value))
    if not math.isfinite(value):
        raise ValueError(f"{value} has no form in JSON")
    return repr(value)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _null(_: None) -> str:
    return "null"


_LEAVES: Mapping[type, Callable[[Any], str]] = {
    str: encode_basestring,
    float: _number,
    bool: _truth,
    int: repr,
    type(None): _null,
}


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
