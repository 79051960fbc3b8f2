"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller as a verified access token states them.

    `scopes` is closed under implication when the token is minted, so that holding a scope is plain membership.
    """

    user_id: str
    tenant_id: str
    roles: frozenset[str]
    scopes: frozenset[str]
    tier: str
    token_id: str
    expires_at: float  # Unix time, seconds
    version: int = 0  # of the account when the token was given
    key_id: str = ""  # of the key that the token was given for; empty: somebody logged in

    def may(self, scope: str) -> bool:
        """Tells whether the caller holds `scope`."""
        return scope in self.scopes
