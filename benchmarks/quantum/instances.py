"""Instances of mean-variance with a limit on how many assets are held: OR-Library's, or some of the same sizes.

Files are read as Beasley's OR-Library has them: `portN.txt`, a count, a mean and a standard deviation per asset, and a
correlation per pair, and `portefN.txt`, mean and variance along the frontier without limits. Synthetic ones are sample
moments of returns of a factor model, with a market, sectors and fat tails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from services.optimizer.domain.vectors import Vector

HELD, BUY_IN = 10, 0.01
NAMES = {1: "hang_seng", 2: "dax", 3: "ftse", 4: "sp", 5: "nikkei"}
SIZES = (31, 85, 89, 98, 225, 48, 476)
"""Of the published instances."""
FACTORS, SECTORS, FREEDOM = 3, 8, 5


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Moments per period, by asset."""

    name: str
    mean: Vector
    covariance: Vector
    ends: tuple[float, float] | None = None
    """Returns of the frontier without limits as it was published, the greatest and the least; None: as it is solved."""

    @property
    def assets(self) -> int:
        """N."""
        return int(self.mean.size)


def instances(folder: str, sizes: tuple[int, ...] = SIZES) -> Iterator[Instance]:
    """Those that a folder has, and synthetic ones of the sizes that it lacks."""
    there = [number for number in NAMES if folder and (Path(folder) / f"port{number}.txt").exists()]
    read = [of_library(Path(folder), number) for number in there]
    yield from read
    for size in sizes:
        if size not in {each.assets for each in read}:
            yield synthetic(size)


def of_library(folder: Path, number: int) -> Instance:
    """One of OR-Library's."""
    words = (folder / f"port{number}.txt").read_text(encoding="ascii").split()
    count, numbers = int(words[0]), np.array(words[1:], dtype=np.float64)
    mean, deviation = numbers[: 2 * count].reshape(count, 2).T
    pairs = numbers[2 * count :].reshape(-1, 3)
    correlation = np.eye(count)
    i, j = pairs[:, 0].astype(int) - 1, pairs[:, 1].astype(int) - 1
    correlation[i, j] = correlation[j, i] = pairs[:, 2]
    published = folder / f"portef{number}.txt"
    ends = None
    if published.exists():
        along = np.loadtxt(published)[:, 0]
        ends = float(along.max()), float(along.min())
    return Instance(NAMES[number], mean.copy(), correlation * np.outer(deviation, deviation), ends)


def synthetic(assets: int, seed: int = 1) -> Instance:
    """Sample moments of weekly returns, more of them than assets."""
    random = np.random.default_rng([seed, assets])
    weeks = max(290, 2 * assets)
    loadings = random.normal(0, 0.006, (assets, FACTORS + SECTORS))
    loadings[:, 0] = random.uniform(0.012, 0.03, assets)
    sector = random.integers(0, SECTORS, assets)
    loadings[:, FACTORS:] *= (sector[:, None] == np.arange(SECTORS)) * 2.0
    own = random.uniform(0.015, 0.045, assets)
    shocks = random.standard_t(FREEDOM, (weeks, loadings.shape[1])) * np.sqrt((FREEDOM - 2) / FREEDOM)
    noise = random.standard_t(FREEDOM, (weeks, assets)) * np.sqrt((FREEDOM - 2) / FREEDOM)
    returns = random.normal(0.003, 0.002, assets) + shocks @ loadings.T + noise * own
    return Instance(f"synthetic_{assets}_{seed}", returns.mean(axis=0), np.cov(returns.T))
