"""What a cache keeps, and its form outside of this process.

    value = magic "QPC1" | CRC-32 of the rest, uint32 | rest          (little-endian)
    rest  = version, int64 | length of names, uint16 | names | body
    names = form, key, tenant and user in UTF-8, with a zero byte between them

The form is a digest of the contract that the body is written in: what another build wrote in another contract is not
an entry. The key inside makes a value that was copied to another key none either.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import NamedTuple

_MAGIC = b"QPC1"
_SUM = struct.Struct("<4sI")
_HEAD = struct.Struct("<qH")


class Stamp(NamedTuple):
    """The state of a row: its version, which grows with every write, and whose it is."""

    version: int
    tenant_id: str
    user_id: str


class Entry(NamedTuple):
    """A resource as it was answered when its row bore the stamp."""

    stamp: Stamp
    body: bytes


def form_of(contract: bytes) -> str:
    """The name of the form in which entries under `contract` (any bytes that change with it) are written."""
    return hashlib.blake2b(contract, digest_size=8).hexdigest()


def encode(form: str, key: str, entry: Entry) -> bytes:
    """The entry as a value for others to keep."""
    stamp = entry.stamp
    names = "\0".join((form, key, stamp.tenant_id, stamp.user_id)).encode()
    rest = b"".join((_HEAD.pack(stamp.version, len(names)), names, entry.body))
    return _SUM.pack(_MAGIC, zlib.crc32(rest)) + rest


def decode(form: str, key: str, value: bytes) -> Entry | None:
    """The entry of this form that was kept under this key; None if the value is anything else."""
    if len(value) < _SUM.size + _HEAD.size:
        return None
    magic, checksum = _SUM.unpack_from(value)
    rest = value[_SUM.size :]
    if magic != _MAGIC or checksum != zlib.crc32(rest):
        return None
    version, length = _HEAD.unpack_from(rest)
    body = _HEAD.size + length
    names = rest[_HEAD.size : body].split(b"\0")
    if len(names) != 4 or names[:2] != [form.encode(), key.encode()]:
        return None
    return Entry(Stamp(version, names[2].decode(), names[3].decode()), rest[body:])
