"""From an answer and what proves it to why it is what it is."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from services.optimizer.domain.allocations.diversification import diversification_ratio, effective_bets
from services.optimizer.domain.allocations.risk_contributions import (
    RiskContributions,
    factor_contributions,
    risk_contributions,
)
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.explanation import (
    AssetExplanation,
    Explanation,
    FactorExplanation,
    GroupExplanation,
    Place,
    RiskShare,
)
from services.optimizer.domain.gains import Gains, gains
from services.optimizer.domain.places import Holding, holdings
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.shadow_prices import bound_prices, shadow_prices
from services.optimizer.domain.vectors import Vector


def explain(problem: Problem, found: Certified) -> Explanation:
    """Say why; of weights that a rule gave, which no limit holds, only who carries the risk."""
    weights, covariance = found.solved.weights, problem.moments.covariance
    proven = gains(problem, found)
    risks = risk_contributions(covariance, weights)
    active = risk_contributions(covariance, weights, problem.benchmark()) if problem.constraints.benchmark else None
    factors, specific, active_specific = _factors(problem, weights)
    ratio = diversification_ratio(covariance, weights)
    return Explanation(
        shadow_prices=() if proven is None else shadow_prices(problem, proven),
        assets=tuple(_assets(problem, weights, proven, risks, active)),
        groups=tuple(_groups(problem, weights, risks, active)),
        factors=factors,
        specific=specific,
        active_specific=active_specific,
        diversification_ratio=ratio if math.isfinite(ratio) else None,
        effective_bets=effective_bets(risks.relative),
    )


def _assets(
    problem: Problem,
    weights: Vector,
    proven: Gains | None,
    risks: RiskContributions,
    active: RiskContributions | None,
) -> Iterator[AssetExplanation]:
    if proven is None:
        by_rule = Holding(Place.FREE, None, False, "as the rule says")
        held, prices = [by_rule] * weights.size, np.zeros(weights.size)
    else:
        held, prices = holdings(problem, proven), np.maximum(*bound_prices(proven))
    for index, symbol in enumerate(problem.symbols):
        yield AssetExplanation(
            symbol=symbol,
            weight=float(weights[index]),
            place=held[index].place,
            marginal_risk=float(risks.marginal[index]),
            risk=_of_asset(risks, index),
            active=None if active is None else _of_asset(active, index),
            bound_price=float(prices[index]),
            return_to_hold=held[index].return_to_hold,
            is_exact=held[index].is_exact,
            sentence=held[index].sentence,
        )


def _of_asset(risks: RiskContributions, index: int) -> RiskShare:
    return RiskShare(float(risks.total[index]), float(risks.relative[index]))


def _groups(
    problem: Problem, weights: Vector, risks: RiskContributions, active: RiskContributions | None
) -> Iterator[GroupExplanation]:
    position = {symbol: index for index, symbol in enumerate(problem.symbols)}
    for group in problem.constraints.groups:
        members = [position[symbol] for symbol in group.symbols]
        yield GroupExplanation(
            name=group.name,
            weight=float(weights[members].sum()),
            risk=_share(float(risks.total[members].sum()), risks.volatility),
            active=None if active is None else _share(float(active.total[members].sum()), active.volatility),
        )


def _factors(
    problem: Problem, weights: Vector
) -> tuple[tuple[FactorExplanation, ...], RiskShare | None, RiskShare | None]:
    """By factor, and what is specific: of the risk and of the active risk."""
    covariance = problem.moments.covariance
    if not isinstance(covariance, FactorCovariance):
        return (), None, None
    risks = factor_contributions(covariance, weights)
    benchmark = problem.benchmark() if problem.constraints.benchmark else None
    active = None if benchmark is None else factor_contributions(covariance, weights, benchmark)
    factors = tuple(
        FactorExplanation(
            factor=index,
            exposure=float(exposure),
            risk=_share(float(risks.factors[index]), risks.volatility),
            active=None if active is None else _share(float(active.factors[index]), active.volatility),
        )
        for index, exposure in enumerate(risks.exposures)
    )
    specific = _share(risks.specific_total, risks.volatility)
    return factors, specific, None if active is None else _share(active.specific_total, active.volatility)


def _share(total: float, of: float) -> RiskShare:
    return RiskShare(total, total / of if of > 0 else 0.0)
