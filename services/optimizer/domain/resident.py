"""Problems that travel without their moments, because whoever solves them has the moments already."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Vector


def absent(scenarios: Vector | None = None) -> Moments:
    """What stands in a problem in place of moments; scenarios that were sent beside them come along."""
    return Moments((), np.zeros(0), DenseCovariance(np.zeros((0, 0))), scenarios=scenarios)


def whole(problem: Problem, moments: Moments) -> Problem:
    """The problem as if the moments had been sent along."""
    beside = problem.moments.scenarios
    return replace(problem, moments=moments if beside is None else replace(moments, scenarios=beside))


def universe_id(moments: bytes) -> str:
    """SHA-256 of moments' canonical bytes, hexadecimal."""
    return hashlib.sha256(moments).hexdigest()


def factors_of(moments: Moments) -> int:
    """K; 0 if the covariance is dense."""
    covariance = moments.covariance
    return int(covariance.loadings.shape[1]) if isinstance(covariance, FactorCovariance) else 0
