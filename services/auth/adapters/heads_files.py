"""Signed heads of the audit chain as files, in a folder that should lie on another disk than the database.

`head.json` is the newest; `heads.jsonl` has one of every hour; `beginning.json` is the last link that is not kept any
more. Each is signed by Ed25519 with a key of auth's own, so that whoever can write there cannot forge one.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import key_files
from services.auth.adapters.signing_keys_files import new_key
from services.auth.domain.audit import START, Head
from services.auth.domain.errors import HeadForged

KEY = "audit_heads.pem"
NEWEST, HOURLY, BEGINNING, LOCK = "head.json", "heads.jsonl", "beginning.json", ".lock"
_PLACE = b"qpo audit head:"


class FiledHeads:
    """The port Heads."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey) -> None:
        self._folder, self._key = folder, key

    async def sign(self, head: Head, now: datetime) -> None:
        """Keep this head as the newest, and once an hour for good; an older one changes nothing."""
        await asyncio.to_thread(self._sign, head, now)

    async def newest(self) -> Head | None:
        """The newest head; None if none was ever kept. Raises HeadForged."""
        return await asyncio.to_thread(self._read, NEWEST)

    async def all(self) -> Mapping[int, bytes]:
        """The codes of all heads that are kept, by number. Raises HeadForged."""
        return await asyncio.to_thread(self._all)

    async def begin_behind(self, head: Head) -> None:
        """Say that links up to this one are not kept any more."""
        await asyncio.to_thread(self._begin_behind, head)

    async def beginning(self) -> Head:
        """The last link that is not kept any more; START if none was ever dropped. Raises HeadForged."""
        return await asyncio.to_thread(self._read, BEGINNING) or START

    def _sign(self, head: Head, now: datetime) -> None:
        with self._alone():
            newest = self._read(NEWEST)
            if newest is not None and newest.seq >= head.seq:
                return
            hour = now.strftime("%Y-%m-%dT%H")
            if self._last_hour() != hour:
                with (self._folder / HOURLY).open("a") as file:
                    file.write(self._signed(head, hour) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            self._write(NEWEST, self._signed(head, hour))

    def _begin_behind(self, head: Head) -> None:
        with self._alone():
            if (self._read(BEGINNING) or START).seq < head.seq:
                self._write(BEGINNING, self._signed(head, ""))

    def _all(self) -> dict[int, bytes]:
        newest = self._read(NEWEST)
        heads = [] if newest is None else [newest]
        hourly = self._folder / HOURLY
        if hourly.exists():
            heads += [self._opened(line) for line in hourly.read_text().splitlines()]
        return {head.seq: head.code for head in heads}

    def _last_hour(self) -> str:
        hourly = self._folder / HOURLY
        lines = hourly.read_text().splitlines() if hourly.exists() else []
        return str(json.loads(lines[-1])["hour"]) if lines else ""

    def _read(self, name: str) -> Head | None:
        try:
            return self._opened((self._folder / name).read_text())
        except FileNotFoundError:
            return None

    def _signed(self, head: Head, hour: str) -> str:
        told = {"seq": head.seq, "code": head.code.hex(), "hour": hour}
        return json.dumps(told | {"signature": self._key.sign(_message(told)).hex()})

    def _opened(self, text: str) -> Head:
        try:
            told = json.loads(text)
            signature = bytes.fromhex(told.pop("signature"))
            self._key.public_key().verify(signature, _message(told))
            return Head(told["seq"], bytes.fromhex(told["code"]))
        except (InvalidSignature, ValueError, KeyError, AttributeError) as error:
            raise HeadForged from error

    def _write(self, name: str, text: str) -> None:
        """Replace the file, whole."""
        descriptor, draft = tempfile.mkstemp(dir=self._folder, prefix=f".{name}.")
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(self._folder / name)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Of several processes one at a time."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def heads_from(folder: Path, keys: Path) -> FiledHeads:
    """The heads in `folder`, signed with the key that lies among `keys`; makes the key. Raises KeyFileExposed."""
    key = serialization.load_pem_private_key(key_files.read_or_make(keys / KEY, new_key), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{keys / KEY} is not an Ed25519 private key")
    return FiledHeads(folder, key)


def _message(told: Mapping[str, object]) -> bytes:
    return _PLACE + json.dumps(told, sort_keys=True).encode()
