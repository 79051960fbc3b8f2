"""What was solved before is not solved again: equal problems have equal results."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.optimizer.app.ports import Results, Whose
from services.optimizer.domain.result import Optimum


class Forgetful:
    """The port Results where nothing is kept."""

    async def find(self, whose: Whose, problem: bytes) -> Optimum | None:  # noqa: ARG002
        """Nothing."""
        return None

    async def keep(self, whose: Whose, problem: bytes, found: Optimum) -> None:
        """Nothing happens."""


async def remembered(
    results: Results, whose: Whose, problem: bytes, solve: Callable[[], Awaitable[Optimum]]
) -> Optimum:
    """The kept optimum of this problem, or a new one, kept unless the clock stopped it: another run might do better."""
    found = await results.find(whose, problem)
    if found is None:
        found = await solve()
        if not found.solved.clock_stopped:
            await results.keep(whose, problem, found)
    return found
