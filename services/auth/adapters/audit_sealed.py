"""Audit entries as they lie in the store: where they came from and what they were done to, sealed.

Under a key of the trail's own, not of a tenant's: an account that is deleted takes no record of what it did with it.
"""

from __future__ import annotations

from pathlib import Path

from services.auth.adapters.own_key import OwnKey, key_in
from services.auth.domain.audit import Action, Entry, Stored

SEALING = "audit.key"
CHAINING = "audit_chain.key"


class AuditVault:
    """Seals entries with one key."""

    def __init__(self, key: bytes) -> None:
        """The key has 32 bytes."""
        self._key = OwnKey("audit", "auth.audit", key)

    def seal(self, entry: Entry) -> Stored:
        """The entry as it is stored."""
        parts = [entry.resource, entry.ip_address, entry.user_agent, *([entry.method] if entry.method else [])]
        sealed = self._key.seal(entry.id, parts)
        return Stored(entry.id, entry.occurred_at, entry.user_id, entry.action, entry.result, *sealed)

    def open(self, stored: Stored) -> Entry:
        """The entry in clear. Raises LookupError if its key is not at hand, Unopenable if it was changed or moved."""
        resource, ip_address, user_agent, *method = self._key.open(stored.id, stored.key_id, stored.sealed)
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
    return AuditVault(key_in(folder, SEALING))


def chain_key_from(folder: Path) -> bytes:
    """The key of the chain's codes, 32 bytes; makes it. Raises KeyFileExposed."""
    return key_in(folder, CHAINING)
