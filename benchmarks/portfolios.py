"""Ten thousand portfolios over one universe of 500 assets: 20 factors, a budget and ten sectors' caps.

Each has returns, a risk aversion between 2 and 20, a cap between 2 and 10 %, a tenth of the names forbidden, and
holdings of its own: the same ones every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from services.optimizer.domain.batch.frame import Frame
from services.optimizer.domain.constraints import Constraints, Group
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem

ASSETS, FACTORS, SECTORS = 500, 20, 10
PER_FRAME = 200
SYMBOLS = tuple(f"S{number:03d}" for number in range(ASSETS))
LARGEST_SECTOR = 0.2


def header(seed: int = 4) -> Problem:
    """What they share."""
    random = np.random.default_rng(seed)
    loadings = random.normal(size=(ASSETS, FACTORS)) * 0.25 / np.sqrt(FACTORS)
    specific = (0.12 + 0.28 * random.random(ASSETS)) ** 2
    expected = random.normal(0.03, 0.05, ASSETS)
    groups = tuple(Group(name, members, max=LARGEST_SECTOR) for name, members in sectors().items())
    moments = Moments(SYMBOLS, expected, FactorCovariance(loadings, specific))
    return Problem(moments, Goal(Objective.UTILITY, risk_aversion=6.0), Constraints(groups=groups))


def sectors() -> dict[str, tuple[str, ...]]:
    """Fifty assets each."""
    size = ASSETS // SECTORS
    return {f"sector-{at}": SYMBOLS[at * size : (at + 1) * size] for at in range(SECTORS)}


def frames(count: int, per_frame: int = PER_FRAME, seed: int = 4) -> Iterator[Frame]:
    """So many portfolios in all, rounded up to whole frames."""
    random = np.random.default_rng(seed)
    for _ in range(-(-count // per_frame)):
        caps = random.uniform(0.02, 0.1, per_frame)
        upper = np.where(random.random((per_frame, ASSETS)) < 0.1, 0.0, caps[:, None])
        sent: dict[str, Any] = {
            "mu_tilts": random.normal(0, 0.02, (per_frame, ASSETS)),
            "risk_aversions": np.exp(random.uniform(np.log(2), np.log(20), per_frame)),
            "upper": upper,
            "holdings": random.dirichlet(np.ones(ASSETS), per_frame),
        }
        yield Frame(per_frame, **{field: array.astype("<f8").tobytes() for field, array in sent.items()})
