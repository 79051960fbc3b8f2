"""A file sealed by AES-256-GCM: written and read as a stream, in frames that can be neither changed, moved nor cut off.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, CRYPTO 2015): a nonce is a frame's number and whether it is the last. Each file has a key of its own,
derived from the given one and a random salt, so that no nonce is ever used twice.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import struct
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"QPO sealed 1\n"
KEY_BYTES, SALT_BYTES, NAME_BYTES, TAG_BYTES = 32, 32, 8, 16
FRAME = 1 << 20  # bytes of clear text
_HEADER = len(MAGIC) + SALT_BYTES + NAME_BYTES


class Unsealed(Exception):
    """The file cannot be opened; the text says why."""


def make_key(path: Path) -> None:
    """Writes a new key, 64 hexadecimal digits, mode 0600. Raises FileExistsError if there is a file already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_key(path: Path) -> bytes:
    """Returns the key of a file. Raises OSError if it cannot be read, Unsealed if others may read it or it is none."""
    if path.stat().st_mode & 0o077:
        raise Unsealed(f"{path} can be read by others: chmod 600 it, or better make a new key")
    try:
        key = bytes.fromhex(path.read_text())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Unsealed(f"{path} holds no key: 64 hexadecimal digits")
    return key


class SealedWriter:
    """Seals what is written to it. Without `finish` the file is cut short, which a reader says."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        header = MAGIC + secrets.token_bytes(SALT_BYTES) + _name(key)
        self._file, self._header, self._cipher = file, header, _cipher(key, header)
        self._waiting, self._frames = bytearray(), 0
        file.write(header)

    def write(self, content: bytes) -> int:
        """Takes all of it."""
        self._waiting += content
        while len(self._waiting) > FRAME:
            self._seal(FRAME, last=False)
        return len(content)

    def flush(self) -> None:
        """Nothing: a frame is written when it is full."""

    def finish(self) -> None:
        """Writes the last frame; the file itself stays open."""
        self._seal(len(self._waiting), last=True)

    def _seal(self, size: int, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._frames, last), bytes(self._waiting[:size]), self._header))
        del self._waiting[:size]
        self._frames += 1


class SealedReader(io.RawIOBase):
    """Opens what a SealedWriter sealed. Raises Unsealed at the first frame that is not as it was written."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        header = file.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(MAGIC):
            raise Unsealed("that is no sealed file")
        if header[-NAME_BYTES:] != _name(key):
            raise Unsealed("it was sealed by another key")
        self._file, self._header, self._cipher = file, header, _cipher(key, header)
        self._frames, self._next, self._clear = 0, file.read(FRAME + TAG_BYTES), memoryview(b"")

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fills the buffer as far as a frame goes; 0 behind the last."""
        while not self._clear and (self._next or not self._frames):
            self._open()
        size = min(len(buffer), len(self._clear))
        buffer[:size] = self._clear[:size]
        self._clear = self._clear[size:]
        return size

    def _open(self) -> None:
        frame, self._next = self._next, self._file.read(FRAME + TAG_BYTES)
        try:
            clear = self._cipher.decrypt(_nonce(self._frames, not self._next), frame, self._header)
        except InvalidTag:
            where = self._frames * FRAME / 1e6
            raise Unsealed(f"it is damaged or cut short, {where:,.0f} MB behind its beginning") from None
        self._clear, self._frames = memoryview(clear), self._frames + 1


def _cipher(key: bytes, header: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=header[len(MAGIC) : -NAME_BYTES], info=MAGIC).derive(key))


def _name(key: bytes) -> bytes:
    """Says which key it was, and nothing about it."""
    return hashlib.sha256(b"the name of " + key).digest()[:NAME_BYTES]


def _nonce(frame: int, last: bool) -> bytes:
    return struct.pack(">QI", frame, last)
