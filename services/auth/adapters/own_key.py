"""A key of auth's own, of no tenant's: it seals texts for a row, and lies in a file of the key folder."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from pathlib import Path

from chassis import key_files
from chassis.vault import DataKey, Place
from chassis.vault.kms import KEY_SIZE


class OwnKey:
    """Seals what is said of a row of one table, column `sealed`."""

    def __init__(self, purpose: str, table: str, key: bytes) -> None:
        """The key has 32 bytes; its name, of the purpose and a hash, tells nothing of it."""
        self._purpose, self._table = purpose, table
        self._key = DataKey(hashlib.sha256(f"qpo {purpose} key".encode() + key).hexdigest()[:16], key)

    def seal(self, row_id: str, parts: Sequence[str]) -> tuple[str, bytes]:
        """The key's name and the parts, sealed for this row."""
        return self._key.seal(self._place(row_id), json.dumps(list(parts)).encode())

    def open(self, row_id: str, key_id: str, sealed: bytes) -> list[str]:
        """The parts. Raises LookupError if the key is not at hand, Unopenable if they were changed or moved."""
        if key_id != self._key.id:
            raise LookupError(f"the key {key_id} of {self._purpose} is not in the key folder")
        return [str(part) for part in json.loads(self._key.open(self._place(row_id), sealed))]

    def _place(self, row_id: str) -> Place:
        return Place(self._table, "sealed", row_id)


def key_in(folder: Path, name: str) -> bytes:
    """The key in this file, 32 bytes; makes it. Raises KeyFileExposed."""
    return key_files.read_or_make(folder / name, lambda: secrets.token_bytes(KEY_SIZE))
