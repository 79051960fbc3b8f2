"""A keyring in a file, instead of a key management service: for one machine, and for tests.

The file holds every KEK there was, the newest last, and is its owner's alone. Whoever reads it and the database reads
everything: in production a service refuses it.
"""

from __future__ import annotations

import asyncio
import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis import key_files
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.vault.kms import KEY_SIZE, Clock, Context, Kek, KeyRefused, Wrapped

_NONCE = 12  # bytes


class LocalKms:
    """Wraps with AES-256-GCM under the newest key of the file; the replicas of a service share it."""

    def __init__(
        self, path: Path, *, clock: Clock | None = None, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        """The file is made when it is first needed."""
        self._path = path
        self._clock = clock or SystemClock()
        self._random = random
        self._state: object = None  # of the file when it was read
        self._read_keys: Mapping[str, tuple[Kek, AESGCM]] = {}

    async def current(self) -> Kek:
        """The newest key of the file. Raises KeyFileExposed."""
        kek, _ = list((await self._keys()).values())[-1]
        return kek

    async def wrap(self, key: bytes, context: Context) -> Wrapped:
        """Nonce, ciphertext and tag."""
        kek, cipher = list((await self._keys()).values())[-1]
        nonce = self._random(_NONCE)
        return Wrapped(kek.id, nonce + cipher.encrypt(nonce, key, _bound(kek.id, context)))

    async def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        """The key, by the file's key of that name. Raises KeyRefused."""
        found = (await self._keys()).get(wrapped.kek_id)
        if found is None:
            raise KeyRefused(f"the keyring {self._path} has no key {wrapped.kek_id}")
        nonce, body = wrapped.body[:_NONCE], wrapped.body[_NONCE:]
        try:
            return found[1].decrypt(nonce, body, _bound(wrapped.kek_id, context))
        except (InvalidTag, ValueError) as error:
            raise KeyRefused(f"a key that {wrapped.kek_id} wrapped was changed or moved") from error

    async def renew(self, before: datetime) -> None:
        """Add a key to the file; of several processes the first does."""
        await asyncio.to_thread(self._renew, before)

    def _renew(self, before: datetime) -> None:
        self._read()
        with _alone(self._path.parent):
            kept = json.loads(key_files.read(self._path))
            if datetime.fromisoformat(kept["keys"][-1]["created_at"]) < before:
                kept["keys"].append(self._made())
                key_files.replace(self._path, _written(kept))

    async def _keys(self) -> Mapping[str, tuple[Kek, AESGCM]]:
        """Every key by its name, the newest last; the file is read again when it has changed."""
        state = _state_of(self._path)
        if state is None or state != self._state:
            kept = json.loads(await asyncio.to_thread(self._read))
            keys = {each["id"]: (_kek(each), AESGCM(base64.b64decode(each["key"]))) for each in kept["keys"]}
            self._state, self._read_keys = state, keys
        return self._read_keys

    def _read(self) -> bytes:
        return key_files.read_or_make(self._path, lambda: _written({"keys": [self._made()]}))

    def _made(self) -> dict[str, str]:
        return {
            "id": f"local:{Uuid7Ids().new()}",
            "created_at": self._clock.now().isoformat(),
            "key": base64.b64encode(self._random(KEY_SIZE)).decode(),
        }


def _state_of(path: Path) -> object:
    """What tells one content of the file, and its mode, from another; None if there is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode


def _kek(kept: Mapping[str, str]) -> Kek:
    return Kek(kept["id"], datetime.fromisoformat(kept["created_at"]))


def _written(kept: object) -> bytes:
    return json.dumps(kept, indent=1).encode() + b"\n"


def _bound(kek_id: str, context: Context) -> bytes:
    """What a wrapped key is bound to."""
    return json.dumps([kek_id, sorted(context.items())]).encode()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Held by one process at a time."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
