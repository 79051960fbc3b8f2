"""Watching: every minute of every user's, judged once all have told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.auth.app.detector_ports import Detectors, Looking, Usages
from services.auth.app.ports import Clock
from services.auth.domain.forest import Forest
from services.auth.domain.security import Kind, Policy, Response, Scored, block_end, hourly, is_anomaly
from services.auth.domain.usage import FEATURES, Usage, features

LATE = timedelta(seconds=90)  # behind the end of a minute, by which every process has told of it
_MINUTE = timedelta(minutes=1)
TOGETHER = 100  # minutes judged in one transaction


@dataclass(frozen=True, slots=True)
class WatchUsage:
    """Judges what was not judged yet, and raises alarms as the policy says."""

    usages: Usages
    detectors: Detectors
    clock: Clock

    async def __call__(self) -> int:
        """Judge a batch; how many minutes that were."""
        now = self.clock.now()
        found = await self.detectors.active()
        forest = None if found is None or found[1].names != FEATURES else found[1]
        async with self.usages.looking() as look:
            policy = await look.policy()
            minutes = await look.unscored(now - LATE - _MINUTE, TOGETHER)
            for usage in minutes:
                await self._judge(look, policy, forest, usage, now)
        return len(minutes)

    async def _judge(self, look: Looking, policy: Policy, forest: Forest | None, usage: Usage, now: datetime) -> None:
        if forest is None:
            await look.judged(usage, None)
            return
        score = forest.score(features(usage))
        await look.judged(usage, Scored(usage.calls, score, forest.is_unusual(score)))
        if policy.anomaly_action is Response.OBSERVE:
            return
        if is_anomaly(policy, await look.latest(usage, policy.consecutive_minutes)):
            told = await look.tell(
                Kind.ANOMALY, hourly(usage.user_id, usage.minute), usage.user_id, {"detail": said_of(usage, score)}
            )
            if told and policy.anomaly_action is Response.BLOCK:
                await shut_out(look, policy, usage.user_id, now)


async def shut_out(look: Looking, policy: Policy, user_id: str, now: datetime) -> None:
    """Have a user shut out for as long as the policy says, and tell it."""
    until = block_end(policy, now)
    if await look.block(user_id, until):
        said = f"shut out for {policy.block_minutes} min, until {until:%Y-%m-%d %H:%M} UTC"
        await look.tell(Kind.USER_BLOCKED, f"{user_id} {now.isoformat()}", user_id, {"detail": said})


def said_of(usage: Usage, score: float) -> str:
    """A minute in words."""
    return (
        f"score {score:.2f} in the minute of {usage.minute:%Y-%m-%d %H:%M} UTC: {usage.calls} calls of {usage.methods} "
        f"methods from {usage.addresses} addresses, {usage.not_found} not found, {usage.refused} refused, "
        f"{usage.invalid} invalid, {usage.writes} writes, {usage.bytes_in} bytes"
    )
