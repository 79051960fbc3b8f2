"""Which refusals are written down for the audit trail, and as what.

Not those of a caller whom nobody knows and of attempts beyond the limits, of which anybody could make any number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chassis import context
from chassis.errors import TOO_MANY_CALLS, Answer
from chassis.methods import Method
from services.auth.app.audit_ports import Trail
from services.auth.domain.audit import Action

ACTIONS: Mapping[str, Action] = {
    "Register": Action.USER_REGISTER,
    "Login": Action.USER_LOGIN,
    "BootstrapAdmin": Action.ADMIN_ACTION,
    "UpdateRole": Action.ADMIN_ACTION,
    "LogoutEverywhere": Action.ADMIN_ACTION,
    "UnlockUser": Action.ADMIN_ACTION,
    "DisableUser": Action.ADMIN_ACTION,
    "EnableUser": Action.ADMIN_ACTION,
    "ResetSecondFactor": Action.ADMIN_ACTION,
    "BeginSecondFactor": Action.SECOND_FACTOR_ON,
    "ConfirmSecondFactor": Action.SECOND_FACTOR_ON,
    "RemoveSecondFactor": Action.SECOND_FACTOR_OFF,
    "CreateApiKey": Action.API_KEY_CREATE,
    "DeleteApiKey": Action.API_KEY_DELETE,
    "ExchangeApiKey": Action.USER_LOGIN,
    "ListUsers": Action.ADMIN_ACTION,
    "GetUser": Action.ADMIN_ACTION,
    "LinkAdvisor": Action.ADMIN_ACTION,
    "EndLink": Action.ADMIN_ACTION,
    "ListLinks": Action.ADMIN_ACTION,
    "ExportMyData": Action.USER_EXPORT,
    "DeleteUser": Action.ADMIN_ACTION,
    "ListAuditEvents": Action.ADMIN_ACTION,
    "VerifyAudit": Action.ADMIN_ACTION,
    "ListSecurityEvents": Action.ADMIN_ACTION,
    "SubscribeSecurityEvents": Action.ADMIN_ACTION,
    "GetSecurityPolicy": Action.ADMIN_ACTION,
    "UpdateSecurityPolicy": Action.ADMIN_ACTION,
    "TrainDetector": Action.ADMIN_ACTION,
    "ListDetectors": Action.ADMIN_ACTION,
}
REASONS = frozenset(
    {
        "BAD_CREDENTIALS",
        "ACCOUNT_DISABLED",
        "SECOND_FACTOR_REQUIRED",
        "SECOND_FACTOR_WRONG",
        "OWN_ACCOUNT",
        "LOGIN_REQUIRED",
        "API_KEY_INVALID",
        "API_KEY_NOT_FOUND",
        "EMAIL_TAKEN",
        "SCOPE_MISSING",
        "TOKEN_SUPERSEDED",
        "USER_NOT_FOUND",
        "NOT_AN_ADVISOR",
        "LINK_NOT_FOUND",
        "BOOTSTRAP_SECRET_WRONG",
        "ALREADY_BOOTSTRAPPED",
    }
)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Writes refusals down."""

    trail: Trail

    async def __call__(self, method: Method, answer: Answer) -> None:
        """Write this one down, if it is one of those, or a call that was one too many of its method."""
        if answer.reason == TOO_MANY_CALLS:
            await self.trail.refused(Action.CALL, context.resource(), answer.reason, method.path)
            return
        action = ACTIONS.get(method.name)
        if action is not None and answer.reason in REASONS:
            await self.trail.refused(action, context.resource(), answer.reason)
