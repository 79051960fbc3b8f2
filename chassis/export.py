"""What a user takes along: files of lines, sent in chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from chassis.turns import Turns

LARGEST = 256 * 1024  # bytes in a chunk, but for a line that is longer
_TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv"}


class Lines(NamedTuple):
    """Some whole lines of a file, of which so many are rows."""

    file: str
    data: bytes
    rows: int = 1


class Chunk(NamedTuple):
    """The next part of a file."""

    file: str
    content_type: str
    data: bytes
    rows: int


def line_of(file: str, message: Message) -> Lines:
    """Returns a message as a line of JSON, its fields named as in the contract."""
    text = MessageToJson(
        message, indent=None, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return Lines(file, text.encode() + b"\n")


async def chunked(
    lines: AsyncIterator[Lines], largest: int = LARGEST, turns: Turns | None = None
) -> AsyncIterator[Chunk]:
    """Gathers lines of one file after the other; between two of them others have their turn, however many are ready."""
    file, parts, size, rows = "", list[bytes](), 0, 0
    turns = turns or Turns()
    async for found in lines:
        await turns.give()
        if parts and (found.file != file or size + len(found.data) > largest):
            yield _chunk(file, parts, rows)
            parts, size, rows = [], 0, 0
        file = found.file
        parts.append(found.data)
        size, rows = size + len(found.data), rows + found.rows
    if parts:
        yield _chunk(file, parts, rows)


def _chunk(file: str, parts: list[bytes], rows: int) -> Chunk:
    return Chunk(file, _TYPES[file.rpartition(".")[2]], b"".join(parts), rows)
