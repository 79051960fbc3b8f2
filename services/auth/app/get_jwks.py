"""GetJwks: the public keys that verify access tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.auth.app.ports import PublicKey, TokenSigner


@dataclass(frozen=True, slots=True)
class GetJwks:
    """Shows the public half of every key in use; two during a rotation."""

    signer: TokenSigner

    async def __call__(self) -> Sequence[PublicKey]:
        """The keys, newest first."""
        return self.signer.public_keys()
