"""Email addresses as they lie in the store: sealed under their tenant's key, and found by a blind index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chassis import key_files
from chassis.vault import Before, BlindIndex, Column, Fresh, Sealed, Vault
from services.auth.adapters.emails_aesgcm import OldEmails, old_emails_from

if TYPE_CHECKING:
    import asyncpg

EMAIL = Column("auth", "users", "email")
INDEX = "index of email"
INDEX_FILE = "email_index.key"


class SealedEmails:
    """Seals new addresses, and opens also those from before there were keys per tenant."""

    def __init__(self, vault: Vault, index: BlindIndex, before: OldEmails) -> None:
        self.vault = vault
        self._index = index
        self._before = before

    async def first(self, tenant_id: str, user_id: str, email: str) -> tuple[Fresh, Sealed]:
        """The address of a tenant who comes about with it, under a key that is to be kept with it."""
        fresh = await self.vault.fresh(tenant_id)
        return fresh, fresh.key.seal(EMAIL.place(user_id), email.encode())

    async def open(self, row: asyncpg.Record | Mapping[str, Any]) -> str:
        """The address of a row with id, email, key_id and email_key_id, in clear. Raises KmsUnavailable, KeyGone.

        Raises Unopenable, InvalidTag, KeyRefused or LookupError where something was changed, moved or taken away.
        """
        user_id = str(row["id"])
        if row["key_id"] is None:
            return self._before.open(user_id, row["email_key_id"], row["email"])
        return (await self.vault.open(EMAIL.place(user_id), Sealed(str(row["key_id"]), row["email"]))).decode()

    def column(self) -> Column:
        """Where they lie, for the sweep."""

        async def opened(row: Any) -> bytes:
            return self._before.open(row["id"], row["email_key_id"], row["body"]).encode()

        return replace(EMAIL, before=Before("email_key_id", "email_key_id = NULL", opened))

    def index(self, email: str) -> bytes:
        """The blind index of an address, 32 bytes."""
        return self._index.of(email)


async def emails_from(vault: Vault, folder: Path) -> SealedEmails:
    """Those of a vault; what was sealed before it opens by the keys in this folder. Raises KeyFileExposed.

    The key of the index is the vault's; one in the folder, from before, is taken over at the first start.
    """
    file = folder / INDEX_FILE
    imported = key_files.read(file) if file.exists() else None
    return SealedEmails(vault, await vault.index(INDEX, imported), old_emails_from(folder))
