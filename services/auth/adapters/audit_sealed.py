"""Audit entries as they lie in the store: where they came from and what they were done to, sealed.

Under a key of the trail's own, not of a tenant's: an account that is deleted takes no record of what it did with it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path

from chassis import key_files
from chassis.vault import DataKey, Place
from chassis.vault.kms import KEY_SIZE
from services.auth.domain.audit import Action, Entry, Stored

SEALING = "audit.key"
CHAINING = "audit_chain.key"


class AuditVault:
    """Seals entries with one key."""

    def __init__(self, key: bytes) -> None:
        """The key has 32 bytes."""
        self._key = DataKey(hashlib.sha256(b"qpo audit key" + key).hexdigest()[:16], key)

    def seal(self, entry: Entry) -> Stored:
        """The entry as it is stored."""
        parts = [entry.resource, entry.ip_address, entry.user_agent, *([entry.method] if entry.method else [])]
        clear = json.dumps(parts).encode()
        key_id, sealed = self._key.seal(_place(entry.id), clear)
        return Stored(entry.id, entry.occurred_at, entry.user_id, entry.action, entry.result, key_id, sealed)

    def open(self, stored: Stored) -> Entry:
        """The entry in clear. Raises LookupError if its key is not at hand, Unopenable if it was changed or moved."""
        if stored.key_id != self._key.id:
            raise LookupError(f"the audit key {stored.key_id} is not in the key folder")
        resource, ip_address, user_agent, *method = json.loads(self._key.open(_place(stored.id), stored.sealed))
        return Entry(
            stored.id,
            stored.occurred_at,
            stored.user_id,
            Action(stored.action),
            resource,
            ip_address,
            user_agent,
            stored.result,
            *method,
        )


def audit_vault_from(folder: Path) -> AuditVault:
    """The vault whose key lies in this folder; makes it. Raises KeyFileExposed."""
    return AuditVault(key_files.read_or_make(folder / SEALING, _new_key))


def chain_key_from(folder: Path) -> bytes:
    """The key of the chain's codes, 32 bytes; makes it. Raises KeyFileExposed."""
    return key_files.read_or_make(folder / CHAINING, _new_key)


def _new_key() -> bytes:
    return secrets.token_bytes(KEY_SIZE)


def _place(entry_id: str) -> Place:
    return Place("auth.audit", "sealed", entry_id)
