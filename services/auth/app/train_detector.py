"""TrainDetector and ListDetectors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from services.auth.app.audit_ports import Trail
from services.auth.app.detector_ports import Detector, Detectors, State, Trained, Trainer, Usages
from services.auth.app.ports import Clock
from services.auth.domain.audit import Action
from services.auth.domain.errors import TooFewMinutes
from services.auth.domain.forest import CONTAMINATION, identity
from services.auth.domain.usage import FEATURES, features

LEAST, MOST = 500, 20_000  # minutes of users trained on
TOLERANCE = 0.02
EXACT = 1e-9  # by which our scores may differ from the library's
KEPT = 50


@dataclass(frozen=True, slots=True)
class TrainDetector:
    """Trains on what is kept, and puts the detector to the trial before it counts."""

    usages: Usages
    trainer: Trainer
    detectors: Detectors
    clock: Clock

    async def __call__(self) -> Detector:
        """The detector after its trial; raises TooFewMinutes."""
        minutes, end = await self.usages.count(MOST)
        if minutes < LEAST or end is None:
            raise TooFewMinutes(minutes, LEAST)
        trained = await self.trainer.train(self._points(), FEATURES)
        problem = problem_of(trained)
        detector = Detector(
            id=identity(trained.content),
            state=State.REJECTED if problem else State.ACTIVE,
            trained_at=self.clock.now(),
            history_end=end,
            minutes=trained.points,
            contamination=trained.contamination,
            library_version=trained.library_version,
            problem=problem,
        )
        await self.detectors.add(detector, trained.content)
        return detector

    async def _points(self) -> AsyncIterator[Sequence[Sequence[float]]]:
        async for usages in self.usages.history(MOST):
            yield [features(usage) for usage in usages]


@dataclass(frozen=True, slots=True)
class OrderTraining:
    """Trains because an administrator says so, which is written down."""

    train: TrainDetector
    trail: Trail

    async def __call__(self) -> Detector:
        """The detector after its trial; raises TooFewMinutes."""
        detector = await self.train()
        await self.trail.done(Action.ADMIN_ACTION, f"detector:{detector.id[:16]}")
        return detector


@dataclass(frozen=True, slots=True)
class ListDetectors:
    """Lists the detectors that are kept."""

    detectors: Detectors

    async def __call__(self) -> Sequence[Detector]:
        """The newest 50, newest first."""
        return await self.detectors.list(KEPT)


def problem_of(trained: Trained) -> str:
    """Why a forest must not count; empty if it may."""
    if abs(trained.contamination - CONTAMINATION) > TOLERANCE:
        return f"it calls {trained.contamination:.3f} of its own history unusual, not {CONTAMINATION}"
    if not trained.error <= EXACT:
        return f"its scores are {trained.error:.2g} from the library's"
    return ""
