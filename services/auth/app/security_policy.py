"""GetSecurityPolicy and UpdateSecurityPolicy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.auth.app.audit_ports import Trail
from services.auth.app.security_ports import Policies
from services.auth.domain.audit import Action
from services.auth.domain.security import Policy


@dataclass(frozen=True, slots=True)
class GetSecurityPolicy:
    """Shows what is done about findings."""

    policies: Policies

    async def __call__(self) -> Policy:
        """The policy as it is now."""
        return await self.policies.get()


@dataclass(frozen=True, slots=True)
class UpdateSecurityPolicy:
    """Changes what is done about findings."""

    policies: Policies
    trail: Trail

    async def __call__(self, changes: Mapping[str, Any], version: int | None) -> Policy:
        """The policy after these changes; raises EtagMismatch if a version is given and the stored one is another."""
        policy = await self.policies.change(changes, version)
        await self.trail.done(Action.ADMIN_ACTION, "security_policy")
        return policy
