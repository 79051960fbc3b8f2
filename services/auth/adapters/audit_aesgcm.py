"""Audit entries as they lie in the store: where they came from and what they were done to, encrypted.

AES-256-GCM with a random 96-bit nonce, written nonce ‖ ciphertext ‖ tag; the additional data name table, column and
entry, so that what is sealed opens in no other's place.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis import key_files
from services.auth.domain.audit import Action, Entry, Stored

SEALING = "audit.key"
CHAINING = "audit_chain.key"
_KEY_SIZE = 32
_NONCE_SIZE = 12
_PLACE = b"auth.audit.sealed:"


class AuditVault:
    """Seals entries with one key."""

    def __init__(self, key: bytes) -> None:
        """The key has 32 bytes."""
        self._cipher = AESGCM(key)
        self._key_id = hashlib.sha256(b"qpo audit key" + key).hexdigest()[:16]

    def seal(self, entry: Entry) -> Stored:
        """The entry as it is stored."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        clear = json.dumps([entry.resource, entry.ip_address, entry.user_agent]).encode()
        sealed = nonce + self._cipher.encrypt(nonce, clear, _PLACE + entry.id.encode())
        return Stored(entry.id, entry.occurred_at, entry.user_id, entry.action, entry.result, self._key_id, sealed)

    def open(self, stored: Stored) -> Entry:
        """The entry in clear.

        Raises LookupError if its key is not at hand, cryptography's InvalidTag if it was changed or moved.
        """
        if stored.key_id != self._key_id:
            raise LookupError(f"the audit key {stored.key_id} is not in the key folder")
        nonce, body = stored.sealed[:_NONCE_SIZE], stored.sealed[_NONCE_SIZE:]
        resource, ip_address, user_agent = json.loads(self._cipher.decrypt(nonce, body, _PLACE + stored.id.encode()))
        return Entry(
            stored.id,
            stored.occurred_at,
            stored.user_id,
            Action(stored.action),
            resource,
            ip_address,
            user_agent,
            stored.result,
        )


def audit_vault_from(folder: Path) -> AuditVault:
    """The vault whose key lies in this folder; makes it. Raises KeyFileExposed."""
    return AuditVault(key_files.read_or_make(folder / SEALING, _new_key))


def chain_key_from(folder: Path) -> bytes:
    """The key of the chain's codes, 32 bytes; makes it. Raises KeyFileExposed."""
    return key_files.read_or_make(folder / CHAINING, _new_key)


def _new_key() -> bytes:
    return secrets.token_bytes(_KEY_SIZE)
